#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# SIGTERM: no new sessions, those that are open may finish, bounded; then everything ends with status 0.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Octroi::Daemon;
use Octroi::Process qw(slurp wait_until);
use Octroi::Service qw(greet mail_once);
use POSIX qw(WNOHANG);
use Test::More;

my $service = Octroi::Service->new;
my $database = "$Octroi::Service::tree/t/data/clamav";
my $status;

sub ended {
	my ($pid) = @_;

	return wait_until(30, sub { waitpid($pid, WNOHANG) == $pid && defined($status = $?) });
}

sub open_transaction {
	my ($mta) = @_;

	$mta->mail('<a@ext.example>');
	$mta->rcpt('<u@ours.example>');
	$mta->data;
	$mta->header('From', ' a@ext.example');
}

sub end_transaction {
	my ($mta) = @_;

	$mta->eoh;
	$mta->body("hello\r\n");
	return $mta->eom->{answer};
}

subtest 'a message in flight is scanned and answered' => sub {
	my $daemon = $service->start(antivirus => qq(enabled = yes database = "$database"));
	my $pid = $daemon->pid;
	my $mta = greet($service->socket);
	open_transaction($mta);
	kill TERM => $pid;
	ok(wait_until(10, sub { !greet($service->socket) }), 'new sessions are refused at once');
	is(end_transaction($mta), 'continue', 'the message is taken');
	$mta->quit;
	ok(ended($pid), 'then it ends');
	is($status, 0, 'with status 0');
	is_deeply([Octroi::Daemon::pids_of($pid, 'octroi')], [], 'and leaves no process');
	like($daemon->log, qr/stopping: sessions may finish.*stopped/s, 'the log says so');
};

# Processor time, in hundredths of a second.
sub ticks {
	my ($pid) = @_;
	my @stat = split ' ', slurp("/proc/$pid/stat") =~ s/^.*\) //sr;

	return $stat[11] + $stat[12];
}

subtest 'while sessions finish nobody runs in circles' => sub {
	my $daemon = $service->start(antivirus => qq(enabled = yes database = "$database"));
	my $pid = $daemon->pid;
	my $mta = greet($service->socket);
	kill TERM => $pid;
	ok(wait_until(10, sub { !greet($service->socket) }), 'new sessions are refused');
	my $before = ticks($pid);
	sleep 2;	# longer than any of the looks that a supervisor takes now and then
	cmp_ok(ticks($pid) - $before, '<', 20, 'the supervisor waits: no tenth of the 200 ticks');
	$mta->quit;
	ok(ended($pid), 'then it ends');
};

subtest 'sessions that do not end are cut at the bound' => sub {
	my $daemon = $service->start(stop_time => '"1s"');
	my $pid = $daemon->pid;
	my $mta = greet($service->socket);
	kill TERM => $pid;
	ok(ended($pid), 'it ends');
	is($status, 0, 'with status 0');
	like($daemon->log, qr/1 sessions are cut/, 'the log says what that cost');
	is($mta->mail('<a@ext.example>')->{answer}, 'closed', 'the session is closed');
};

subtest 'a second SIGTERM ends it at once' => sub {
	my $daemon = $service->start(stop_time => '"1h"');
	my $pid = $daemon->pid;
	my $mta = greet($service->socket);
	kill TERM => $pid;
	ok(wait_until(10, sub { $daemon->log =~ /stopping/ }), 'it is stopping');
	kill TERM => $pid;
	ok(ended($pid), 'it ends');
	is_deeply([Octroi::Daemon::pids_of($pid, 'octroi')], [], 'and leaves no process');
};

done_testing;
