#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# What a service manager is told (sd_notify), and that the watchdog is fed only by sessions that are served.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use IO::Select;
use Octroi::Daemon;
use Octroi::Process qw(slurp stop_pid wait_until);
use Octroi::Service qw(greet);
use Test::More;
use Time::HiRes qw(time);

my $service = Octroi::Service->new;
my ($notify, $notify_file) = $service->notify_socket;
my $select = IO::Select->new($notify);
my $path = $service->dir . '/s.sock';

# The next message with that word, or undef.
sub told {
	my ($wanted, $seconds) = @_;
	my $deadline = time + ($seconds // 20);

	while ($select->can_read($deadline > time ? $deadline - time : 0)) {
		$notify->recv(my $text, 4096);
		return $text if $text =~ $wanted;
	}
	return;
}

my ($pid, $log) = $service->run(text => $service->conf(listen => qq("unix:$path")),
	env => { NOTIFY_SOCKET => $notify_file, WATCHDOG_USEC => 1_500_000 });

like(told(qr/READY=1/), qr/^STATUS=serving$/m, 'ready, with a status');
ok(greet("unix:$path"), 'and it is');
ok(told(qr/WATCHDOG=1/), 'the watchdog is fed');
ok(told(qr/WATCHDOG=1/), 'and fed again');

kill HUP => $pid;
like(told(qr/RELOADING=1/), qr/^MONOTONIC_USEC=\d+$/m, 'a reload is announced, with its moment');
ok(told(qr/READY=1/), 'and its end');

my ($filter) = wait_until(10, sub { my @pids = Octroi::Daemon::pids_of($pid, 'octroi-filter'); @pids == 1 && $pids[0] });
kill STOP => $filter;
1 while $select->can_read(0) && defined $notify->recv(my $old, 4096);
ok(wait_until(30, sub { slurp($log) =~ /filter $filter does not answer: killed/ }), 'a filter that hangs is killed');
my @fed;
while ($select->can_read(0)) {
	$notify->recv(my $text, 4096);
	push @fed, $text if $text =~ /WATCHDOG=1/;
}
cmp_ok(scalar @fed, '<=', 1, 'the watchdog was not fed meanwhile (but for a test that was under way)');
ok(told(qr/WATCHDOG=1/), 'it is fed again: another filter serves');

kill TERM => $pid;
ok(told(qr/STOPPING=1/), 'the stop is announced');
waitpid $pid, 0;
is($?, 0, 'and it ends');

subtest 'without a database it is ready, and says loudly what is missing' => sub {
	mkdir $service->dir . '/empty';
	my ($other, $other_log) = $service->run(name => 'empty', text => $service->conf(listen => qq("unix:$path"),
		antivirus => 'enabled = yes database = "$dir/empty"'), env => { NOTIFY_SOCKET => $notify_file });
	my $text = told(qr/READY=1/);
	like($text, qr/^STATUS=.*NOTHING CAN BE SCANNED: .*database/m, 'the status says it');
	like(slurp($other_log), qr/NOTHING CAN BE SCANNED, such mail is deferred/, 'the log says it');
	ok(stop_pid($other, 20), 'it stops');
};

done_testing;
