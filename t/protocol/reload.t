#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SIGHUP: a new filter takes over on the same socket and nobody notices; a configuration with errors changes nothing (OS-09).
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Octroi::Process qw(wait_until);
use Octroi::Service qw(greet load_start load_stop mail_once);
use Test::More;
use Time::HiRes qw(sleep);

my $reloads = $ENV{OCTROI_RELOADS} // 100;
my $service = Octroi::Service->new;
my $daemon = $service->start;
my $socket = $service->socket;

sub filter { return ($daemon->pids('filter'))[-1] // 0 }

subtest 'a good configuration is taken over by a new filter' => sub {
	my $before = filter();
	ok($daemon->reload, 'the reload is reported as done');
	isnt(filter(), $before, 'another filter serves');
	like($daemon->log, qr/the configuration \S+ is in force/, 'the log says so');
	ok(wait_until(10, sub { !grep { $_ == $before } $daemon->pids('filter') }), 'the old one, idle, has ended');
	is(mail_once(greet($socket))->{answer}, 'continue', 'mail is taken');
};

subtest 'a configuration with errors changes nothing and all errors are said' => sub {
	my $before = filter();
	$daemon->configure($service->conf . "nonsense = 1\nsession { deny = { \"10.0.0.1/8\" } }\n");
	ok($daemon->reload, 'the reload is reported as done');
	is(filter(), $before, 'the same filter serves');
	like($daemon->log, qr/milter\.conf:\d+: .*nonsense/, 'the first error, with its line');
	like($daemon->log, qr/milter\.conf:\d+: .*10\.0\.0\.1/, 'the second, too');
	like($daemon->log, qr/has errors: nothing has changed/, 'what came of it');
	is(mail_once(greet($socket))->{answer}, 'continue', 'mail is taken');
	$daemon->configure($service->conf);
};

subtest 'a session that is open goes on with its filter' => sub {
	my $before = filter();
	my $mta = greet($socket);
	is(mail_once($mta)->{answer}, 'continue', 'its first message');
	ok($daemon->reload, 'reload');
	isnt(filter(), $before, 'another filter serves');
	is(mail_once($mta)->{answer}, 'continue', 'its second message, afterwards');
	ok(scalar(grep { $_ == $before } $daemon->pids('filter')), 'the old filter waits for it');
	$mta->quit;
	ok(wait_until(10, sub { !grep { $_ == $before } $daemon->pids('filter') }), 'and ends when it has ended');
};

subtest 'sessions of an old filter are cut when its time is over' => sub {
	$daemon->configure($service->conf(drain_time => '"1s"'));
	ok($daemon->reload, 'reload to a short time');
	wait_until(20, sub { 1 == (() = $daemon->pids('filter')) });	# the one before may take the session still
	my $mta = greet($socket);
	my $before = filter();
	ok($daemon->reload, 'and again, with a session open');
	ok(wait_until(20, sub { !grep { $_ == $before } $daemon->pids('filter') }), 'the old filter ends');
	like($daemon->log, qr/ends with its time: 1 sessions are cut/, 'and says what that cost');
	is($mta->mail('<a@ext.example>')->{answer}, 'closed', 'the session is closed');
	$daemon->configure($service->conf);
	ok($daemon->reload, 'reload to the usual time');
};

subtest 'what needs a restart is said' => sub {
	$daemon->configure($service->conf(listen => '"unix:$dir/run/other.sock"'));
	ok($daemon->reload, 'reload');
	like($daemon->log, qr/listen, .* change with a restart only/, 'the log says so');
	ok(!-e $daemon->dir . '/run/other.sock', 'no second socket');
	is(mail_once(greet($socket))->{answer}, 'continue', 'the first one serves');
	$daemon->configure($service->conf);
	ok($daemon->reload, 'reload');
};

subtest 'a burst of SIGHUP ends in one filter' => sub {
	kill HUP => $daemon->pid for 1 .. 30;
	$daemon->reload;
	ok(wait_until(20, sub { my @pids = $daemon->pids('filter'); @pids == 1 }), 'one is left');
	is(mail_once(greet($socket))->{answer}, 'continue', 'mail is taken');
};

# One in ten has an error. Each good one starts a new filter and, with the antivirus, a new zygote.
sub reload_under_load
{
	my ($gate, $where, $pause, %change) = @_;
	my $load = load_start($where, 4);
	my $failed = 0;

	for my $i (1 .. $reloads) {
		$gate->configure($service->conf(%change) . ($i % 10 == 0 ? "broken {\n" : ''));
		$gate->reload or $failed++;
		sleep $pause;
	}
	my %seen = load_stop($load);
	is($failed, 0, 'each reload is reported as done');
	cmp_ok($seen{continue}, '>', $reloads, 'mail was taken all the time');
	delete $seen{continue};
	is_deeply(\%seen, {}, 'no connection refused, no session dropped, no mail deferred') or diag explain \%seen;
	return;
}

subtest "$reloads reloads under load lose nothing" => sub { reload_under_load($daemon, $socket, 0) };

subtest 'nor do they while mail is scanned' => sub {
	my %scanning = (antivirus => "database = \"$Octroi::Service::tree/t/data/clamav\"");
	my $scanner = $service->start(%scanning);
	reload_under_load($scanner, $service->socket, 0.05, %scanning);	# a new zygote each time
	ok($scanner->stop, 'it stops when told to');
};

ok($daemon->stop, 'it stops when told to');
done_testing;
