#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# Root is left behind before any child starts, and the program does not run as root (OS-01).
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Octroi::Service qw(greet mail_once status_of);
use Test::More;

plan skip_all => 'needs to be started as root' if $> != 0;

my $service = Octroi::Service->new;
my $cage = qq(enabled = yes database = "$Octroi::Service::tree/t/data/clamav");

sub refused_with {
	my ($name, $message, %change) = @_;
	my ($status, $said) = $service->refused(text => $service->conf(%change));

	is($status, 78, "$name: refused as a wrong configuration");
	like($said, $message, "$name: it says why");
}

refused_with('root without a user', qr/started as root: say in milter\.conf as whom to run/, user => undef);
refused_with('root as the user', qr/"root" is root/, user => '"root"');
refused_with('an account that is not there', qr/no account "no-such-account"/, user => '"no-such-account"');
refused_with('a group that is not there', qr/no group "no-such-group"/, socket_group => '"no-such-group"');

my $daemon = $service->start(antivirus => $cage, socket_group => '"mail"');
my ($uid, $gid, $mail) = ((getpwnam 'nobody')[2, 3], scalar getgrnam 'mail');

is(mail_once(greet($service->socket))->{answer}, 'continue', 'mail is taken');
# The first examiner only shows the zygote that one can be had, and is gone soon: the last one stays.
my %processes = (supervisor => $daemon->pid, map { $_ => ($daemon->pids($_))[-1] } qw(filter zygote examiner));
for my $name (sort keys %processes) {
	subtest "$name has nothing of root left" => sub {
		my $pid = $processes{$name};
		is(status_of($pid, 'Uid'), join("\t", ($uid) x 4), 'all user ids');
		is(status_of($pid, 'Gid'), join("\t", ($gid) x 4), 'all group ids');
		is(status_of($pid, 'NoNewPrivs'), 1, 'no_new_privs');
		# A capability of an examiner counts in the user namespace it has made for itself, and nowhere else.
		return if $name eq 'examiner';
		is(status_of($pid, $_), '0' x 16, $_) for qw(CapInh CapPrm CapEff CapBnd CapAmb);
		my @groups = sort { $a <=> $b } split ' ', status_of($pid, 'Groups');
		is_deeply(\@groups, [sort { $a <=> $b } $gid, $mail], 'the groups of the account and of the socket');
	};
}
is((stat $daemon->socket_file)[5], $mail, 'the socket belongs to its group');
like($daemon->log, qr/as user nobody/, 'the log says as whom it runs');
ok($daemon->reload, 'it can read its configuration again');

ok($daemon->stop, 'it stops when told to');
done_testing;
