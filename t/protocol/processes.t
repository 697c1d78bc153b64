#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# Processes that die are back at once while the socket stays open; the supervisor's end ends all, and cuts no session.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Octroi::Daemon;
use Octroi::Process qw(slurp wait_until);
use Octroi::Service qw(greet mail_once status_of);
use Test::More;

my $service = Octroi::Service->new;
my $cage = qq(enabled = yes database = "$Octroi::Service::tree/t/data/clamav");
my $daemon = $service->start(antivirus => $cage);
my $socket = $service->socket;

sub new_one {
	my ($role, $old) = @_;

	return wait_until(30, sub { my ($pid) = grep { $_ != $old } $daemon->pids($role); $pid });
}

# Mail that waits for an examiner may be deferred while there is no zygote; it must be taken in the end.
sub scanned { return wait_until(30, sub { my $mta = greet($socket); $mta && mail_once($mta)->{answer} eq 'continue' }) }

subtest 'what ps shows' => sub {
	is(status_of($daemon->pid, 'Name'), 'octroi', 'the supervisor');
	for my $role (qw(filter zygote)) {
		my ($pid) = $daemon->pids($role);
		like(slurp("/proc/$pid/cmdline"), qr/^octroi: $role/, "a $role has its title");
	}
};

subtest 'no process holds what it does not need (RES-06)' => sub {
	my ($filter, $zygote) = map { $daemon->pids($_) } qw(filter zygote);
	my %listening = map { $_ => 1 } (slurp('/proc/net/unix') =~ m{ 00010000 \S+ \S+ +(\d+) \Q@{[$daemon->socket_file]}\E$}m);
	my $holds = sub {
		my ($pid) = @_;
		return scalar grep { my ($inode) = (readlink($_) // '') =~ /^socket:\[(\d+)\]/; $inode && $listening{$inode} }
			glob "/proc/$pid/fd/*";
	};
	is(scalar(keys %listening), 1, 'one listening socket');
	plan skip_all => 'descriptors of others are hidden' unless $holds->($filter);
	is($holds->($filter), 1, 'the filter holds it once');
	is($holds->($daemon->pid), 1, 'the supervisor, too');
	is($holds->($_), 0, "but not $_") for $zygote, $daemon->pids('examiner');
};

subtest 'a cage can reach no table of counters' => sub {
	my $mapped = sub { return scalar grep { m{/state/} } split /\n/, slurp("/proc/$_[0]/maps") // '' };
	my ($filter, $zygote) = map { $daemon->pids($_) } qw(filter zygote);

	plan skip_all => 'the maps of others are hidden' unless $mapped->($filter);
	is($mapped->($_), 0, "$_ has none mapped") for $zygote, $daemon->pids('examiner');
};

subtest 'a filter that is killed is back at once' => sub {
	my ($old) = $daemon->pids('filter');
	kill KILL => $old;
	my $mta = greet($socket);
	ok($mta, 'a connection made meanwhile is served');
	isnt(new_one('filter', $old), 0, 'another filter');
	ok(wait_until(10, sub { $daemon->log =~ /filter $old was killed by SIGKILL/ }), 'the log names the signal');
	ok(scanned(), 'mail is taken');
};

subtest 'a zygote that is killed is back at once' => sub {
	my ($old) = $daemon->pids('zygote');
	kill KILL => $old;
	ok(new_one('zygote', $old), 'another zygote');
	ok(wait_until(10, sub { $daemon->log =~ /zygote $old was killed by SIGKILL/ }), 'the log names the signal');
	ok(scanned(), 'mail is scanned');
};

subtest 'SIGTERM, SIGHUP and SIGINT to a filter do nothing' => sub {
	my ($filter) = $daemon->pids('filter');
	my $mta = greet($socket);
	kill $_ => $filter for qw(TERM HUP INT);
	is(mail_once($mta)->{answer}, 'continue', 'its session is answered');
	is(mail_once(greet($socket))->{answer}, 'continue', 'a new one, too');
	is(($daemon->pids('filter'))[0], $filter, 'the same filter');
};

subtest 'crash after crash: tries get rarer, and it comes back' => sub {
	for (1 .. 6) {
		my ($pid) = wait_until(15, sub { ($daemon->pids('filter'))[0] }) or last;
		kill KILL => $pid;
		wait_until(5, sub { !kill 0 => $pid });
	}
	ok(wait_until(10, sub { $daemon->log =~ /filters keep ending: the next one starts in 1 s/ }), 'the log says so');
	my $mta = greet($socket);
	ok($mta, 'a connection made meanwhile waits and is served');
};

subtest 'without its supervisor a filter lets sessions finish and goes' => sub {
	my $other = $service->start;
	my $mta = greet($service->socket);
	my ($filter) = $other->pids('filter');
	my $leader = $other->pid;

	is(mail_once($mta)->{answer}, 'continue', 'a session');
	kill KILL => $leader;
	waitpid $leader, 0;
	ok(wait_until(10, sub { !greet($service->socket) }), 'new connections are refused');
	is(mail_once($mta)->{answer}, 'continue', 'the session goes on');
	$mta->quit;
	ok(wait_until(10, sub { !Octroi::Daemon::pids_of($leader, 'octroi') }), 'then nothing is left');
	$other->launch;
	ok(greet($service->socket), 'the next start replaces the stale socket');
	ok($other->stop, 'and stops');
};

ok($daemon->stop, 'it stops when told to');
done_testing;
