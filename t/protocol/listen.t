#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# The listening socket: whose it is (MLT-14, MLT-15, OS-04), and that systemd's outlives the whole program.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Fcntl qw(S_IMODE);
use IO::Socket::UNIX;
use Octroi::Process qw(free_port spew stop_pid wait_until);
use Octroi::Service qw(greet load_start load_stop mail_once);
use Socket qw(SOCK_STREAM);
use Test::More;

my $restarts = $ENV{OCTROI_RESTARTS} // 20;
my $service = Octroi::Service->new;
my $dir = $service->dir;

sub refused_with {
	my ($name, $status, $message, %change) = @_;

	subtest $name => sub {
		my ($got, $said) = $service->refused(text => $service->conf(%change));
		like($got, qr{^(?:$status)\z}, 'exit status');
		like($said, $message, 'what it says');
	};
}

# Runs on the text and calls $check with the address when it serves.
sub serves {
	my ($name, $address, $check, %change) = @_;

	subtest $name => sub {
		my ($pid, $log) = $service->run(name => 'serves' . ++$service->{serves}, text => $service->conf(%change));
		my $mta = wait_until(20, sub { greet($address) });
		ok($mta, 'it serves') or return diag(Octroi::Process::slurp($log));
		is(mail_once($mta)->{answer}, 'continue', 'mail is taken');
		$check->($pid) if $check;
		$mta->quit;
		ok(stop_pid($pid, 20), 'it stops');
	};
}

my $at = sub { return (listen => qq("$_[0]")) };
my $path = "$dir/s.sock";

serves('mode and group of a unix socket', "unix:$path", sub {
	my @st = stat $path;
	is(sprintf('%04o', S_IMODE($st[2])), '0600', 'the mode that was asked for');
	is($st[4], scalar getpwnam('nobody'), 'it belongs to the user') if $> == 0;
}, $at->("unix:$path"), socket_mode => '"0600"');

serves('a second instance refuses, and harms nothing (MLT-15)', "unix:$path", sub {
	my ($status, $said) = $service->refused(text => $service->conf($at->("unix:$path")));
	is($status, 1, 'exit status');
	like($said, qr/another process listens on \Q$path\E/, 'what it says');
	ok(greet("unix:$path"), 'the first still serves');
}, $at->("unix:$path"));

my $stale = IO::Socket::UNIX->new(Type => SOCK_STREAM, Local => "$dir/stale.sock", Listen => 1);
close $stale;
serves('a stale socket is replaced', "unix:$dir/stale.sock", undef, $at->("unix:$dir/stale.sock"));

spew("$dir/file", "something\n");
refused_with('a file in the way stays', 1, qr/exists and is no socket/, $at->("unix:$dir/file"));
is(Octroi::Process::slurp("$dir/file"), "something\n", 'it does');

symlink "$dir/file", "$dir/link";
refused_with('a symbolic link in the way stays (OS-04)', 1, qr/exists and is no socket/, $at->("unix:$dir/link"));

mkdir "$dir/open";
chmod 0777, "$dir/open";
refused_with('not in a directory that everybody may write to (OS-04)', 1, qr/everybody may write/, $at->("unix:$dir/open/s"));
refused_with('not in a directory that is not there', 1, qr/No such file/, $at->("unix:$dir/nowhere/s"));

my $port = free_port();
serves('TCP on loopback', "inet:$port\@127.0.0.1", sub {
	my ($status, $said) = $service->refused(text => $service->conf($at->("inet:$port\@127.0.0.1")));
	is($status, 1, 'a second instance refuses');
	like($said, qr/another process listens on port $port/, 'and says why');
}, $at->("inet:$port\@localhost"));
serves('TCP on all addresses, when that is meant', "inet:$port\@127.0.0.1", undef, $at->("inet:$port\@0.0.0.0"),
	allow_remote => 'yes');
refused_with('not TCP that others can reach (MLT-14)', '1|78', qr/allow_remote/, $at->("inet:$port\@0.0.0.0"));

subtest 'a socket of systemd outlives the program: no connection is refused over restarts' => sub {
	my $file = "$dir/systemd.sock";
	my $socket = IO::Socket::UNIX->new(Type => SOCK_STREAM, Local => $file, Listen => 1024) or die "$file: $!";
	my $load;
	my $stopped = 0;

	chmod 0666, $file;
	$socket->blocking(1);
	for my $round (1 .. $restarts) {
		my ($pid, $log) = $service->run(name => "systemd$round", text => $service->conf, fds => [$socket]);
		$load //= load_start("unix:$file", 4);
		ok(wait_until(20, sub { greet("unix:$file") }), "served by program $round");
		$stopped += stop_pid($pid, 20);
		like(Octroi::Process::slurp($log), qr/from the service manager/, 'the log says whose socket it is');
	}
	my ($last) = $service->run(name => 'systemd_last', text => $service->conf, fds => [$socket]);
	my %seen = load_stop($load);
	$stopped += stop_pid($last, 20);
	is($stopped, $restarts + 1, 'each stopped when it was told to');
	ok(-S $file, 'the path was left alone');
	cmp_ok(delete $seen{continue}, '>', 20, 'mail was taken');
	is_deeply(\%seen, {}, 'nothing refused, dropped or deferred') or diag explain \%seen;
};

subtest 'exactly one listening stream socket' => sub {
	my @two = map { IO::Socket::UNIX->new(Type => SOCK_STREAM, Local => "$dir/two$_", Listen => 5) } 1, 2;
	my ($status, $said) = $service->refused(text => $service->conf, fds => \@two);
	is($status, 1, 'two are refused');
	like($said, qr/2 sockets; one is needed/, 'and it says so');
	open my $file, '<', '/dev/null';
	($status, $said) = $service->refused(text => $service->conf, fds => [$file]);
	is($status, 1, 'what is no socket is refused');
	like($said, qr/no listening stream socket/, 'and it says so');
};

done_testing;
