# SPDX-License-Identifier: GPL-2.0-or-later
# octroi relaytest: finds nothing where Octroi stands, finds each way of relaying that was planted into a Postfix without it, says that
# it cannot tell where it cannot, bears what a hostile server says, and never sends a message.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use IO::Socket::INET;
use JSON::PP ();
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep);
use Octroi::Gate;
use Octroi::Process qw(at_end stop_pid temp_directory);

my $gate = Octroi::Gate->start(postfix => { main => { smtpd_authorized_xclient_hosts => '' } });
my @args = qw(--domain ours.example --external u@ext.example --pause 0);
my $dir = temp_directory();

subtest 'Octroi before a Postfix that would relay everything' => sub {
	my ($status, $said) = relaytest($gate->postfix->port);
	is $status, 0, 'nothing relays' or diag explain [grep { $_->{verdict} ne 'ok' } @{ $said->{patterns} }];
	cmp_ok scalar @{ $said->{patterns} }, '>=', 70, scalar @{ $said->{patterns} } . ' patterns';
	is $said->{$_}, 0, "none: $_" for qw(RELAYS unclear);
	is_deeply [grep { $_->{reply} !~ /^5\d\d / } grep { !$_->{control} } @{ $said->{patterns} }], [], 'each has its refusal';
	is scalar $gate->sink->messages, 0, 'nothing was sent';
	unlike $gate->postfix->log, qr/ (?:data|bdat)=/, 'DATA was not even said';
};

my %sane = (smtpd_recipient_restrictions => '', smtpd_relay_restrictions => 'reject_unauth_destination',
	smtpd_authorized_xclient_hosts => '', smtpd_milters => '', non_smtpd_milters => '',
	parent_domain_matches_subdomains => '', virtual_alias_maps => '');
my $ours = 'check_%s_access inline:{{%s = OK}}, reject_unauth_destination';

# [what was planted, main.cf, the patterns that relay, and some that must not be said to]
my @planted = (
	['nothing', {}, [], [qw(R02 R03 R08 R12 R13 R30 R32)]],
	['permit_mynetworks, with us in it', { smtpd_relay_restrictions => 'permit_mynetworks, reject_unauth_destination' },
		[qw(R01 R02 R12 R25 R28)], []],
	['every domain is one that we relay for', { relay_domains => 'static:ALL' }, [qw(R01 R02 R17 R21)], []],
	['routes are handed to the next server', { allow_percent_hack => 'no', swap_bangpath => 'no', allow_untrusted_routing => 'yes' },
		[qw(R08 R13)], [qw(R02 R03)]],
	['who says to be one of us', { smtpd_relay_restrictions => sprintf $ours, 'sender', 'ours.example' }, [qw(R03 R29)], [qw(R01 R02)]],
	['the null sender', { smtpd_relay_restrictions => sprintf $ours, 'sender', '<>' }, [qw(R01)], [qw(R02 R03)]],
	['who calls himself localhost', { smtpd_relay_restrictions => sprintf $ours, 'helo', 'localhost' }, [qw(R30)], [qw(R02)]],
	['XCLIENT for everyone', { smtpd_authorized_xclient_hosts => '127.0.0.1', smtpd_relay_restrictions =>
		'permit_sasl_authenticated, reject_unauth_destination' }, [qw(R32)], [qw(R02 R31)]],
	['a comparison at the wrong end', { relay_domains => 'regexp:{{/ours\.example/ OK}}' }, [qw(R18)], [qw(R02)]],
);

plant(@$_) for @planted;

subtest 'a login for everybody is told, even when it helps nobody yet' => sub {
	my ($status, $said) = relaytest(postfix('anonymous', { smtpd_sasl_security_options => '' }, 'ANONYMOUS')->port);
	is $status, 2, 'exit status';
	is_deeply [sort(verdicts($said, 'R31'))], [qw(ok ok ok unclear)], 'R31';
};
subtest 'what is only deferred is not refused' => sub {
	my ($status, $said) = relaytest(postfix('defer', { smtpd_relay_restrictions => 'defer_unauth_destination' })->port);
	is $status, 2, 'exit status';
	is_deeply [verdicts($said, 'R02')], ['unclear'], 'R02';
};
subtest 'where mail to us is refused as well, refusals prove nothing' => sub {
	my ($status, $said) = relaytest(postfix('closed', { smtpd_relay_restrictions => 'reject' })->port);
	is $status, 2, 'exit status';
	is $said->{RELAYS}, 0, 'none relays';
	is $said->{patterns}[0]{verdict}, 'unclear', 'the first row says so';
};

# [name, what the server does with each connection, what is said of it]
my @hostile = (
	['silence', sub { sleep 600 }, qr/no reply in time/],
	['a closed door', sub { }, qr/closed the connection/],
	['a line without an end', sub { while (print { $_[0] } 'x' x 65536) { } }, qr/too long/],
	['a reply without an end', sub { while (print { $_[0] } "220-x\r\n" x 1000) { } }, qr/too long/],
	['a reply of 1 MB', sub { print { $_[0] } '220-' . 'x' x 100 . "\r\n" for 1 .. 10000; sleep 600 }, qr/too long/],
	['a reply letter by letter', sub { for (1 .. 600) { print { $_[0] } 'x'; sleep 0.2 } }, qr/no reply in time/],
	['no SMTP', sub { print { $_[0] } "HTTP/1.1 400 Bad Request\r\n\r\n"; sleep 600 }, qr/no SMTP reply/],
	['codes that differ', sub { print { $_[0] } "220-x\r\n250 x\r\n"; sleep 600 }, qr/no SMTP reply/],
	['answers before the questions', sub { print { $_[0] } "220 x\r\n" . "250 ok\r\n" x 50; sleep 600 }, qr/no SMTP reply/],
	['a refusal at the door', sub { print { $_[0] } "554 go away\r\n"; sleep 600 }, qr/prove nothing/],
	['silence after MAIL', sub { answer($_[0], 2); sleep 600 }, qr/no reply in time/],
	['the end after EHLO', sub { answer($_[0], 1) }, qr/closed the connection/],
	['control characters', sub { print { $_[0] } "554 \e[2J\e]0;x\a\xff\0 go\r\n"; sleep 600 }, qr/prove nothing/],
);

for my $case (@hostile) {
	my ($name, $serve, $what) = @$case;
	subtest "a hostile server: $name" => sub {
		my $server = server($serve);
		my ($status, $said, $text) = relaytest($server->{port}, '--timeout', 1);
		is $status, 2, 'could not test';
		is $said->{RELAYS}, 0, 'none is said to relay';
		like $said->{patterns}[0]{note}, $what, 'and why';
		($status, undef, $text) = run_relaytest($server->{port}, '--timeout', 1);
		unlike $text, qr/[^ -~\n]/, 'nothing of it reaches the terminal';
	};
}

subtest 'wrong command lines' => sub {
	my @good = qw(--target 127.0.0.1:25 --domain ours.example);
	for my $wrong ([], [qw(--domain ours.example)], [@good, '--target', '127.0.0.1:0'], [@good, '--domain', 'x..y'],
		[@good, '--external', 'x@ours.example'], [@good, '--helo', "x\r\nDATA"], [@good, '--timeout', '1s'], ['--nothing']) {
		my ($status, $text) = run_octroi(@$wrong);
		is $status, 2, join ' ', map { s/[^ -~]/?/gr } '2:', @$wrong;
		like $text, qr/^usage: octroi relaytest/m, 'and the usage';
	}
	my ($status, $text) = run_octroi('--target', '127.0.0.1:' . Octroi::Process::free_port(), @args);
	is $status, 2, 'nobody there';
	like $text, qr/given up: Connection refused/, 'is said';
};
done_testing;

# Standard output and error of octroi relaytest, and its exit status.
sub run_octroi {
	my @command = (Octroi::Gate::binary(), 'relaytest', @_);

	my $pid = open my $pipe, '-|';
	defined $pid or die "fork: $!";
	if (!$pid) {
		open STDERR, '>&', \*STDOUT;
		exec 'timeout', 120, @command;
		die "exec: $!";
	}
	my $text = do { local $/; <$pipe> } // '';
	close $pipe;
	return ($? >> 8, $text);
}

sub run_relaytest {
	my ($port, @more) = @_;
	my ($status, $text) = run_octroi('--target', "127.0.0.1:$port", @args, @more);

	return ($status, undef, $text);
}

sub relaytest {
	my ($port, @more) = @_;
	my ($status, undef, $text) = run_relaytest($port, '--json', @more);

	return ($status, eval { JSON::PP::decode_json($text) } // do { diag $text; { patterns => [] } });
}

sub verdicts {
	my ($said, $id) = @_;

	return map { $_->{verdict} } grep { $_->{pattern} eq $id } @{ $said->{patterns} };
}

# A Postfix without Octroi; everything goes to the sink of the gate.
sub postfix {
	my ($name, $main, $mechanisms) = @_;

	return Octroi::Postfix->start(dir => "$dir/" . ($name =~ s/\W+/-/gr), domains => ['ours.example'], sink_port => $gate->sink->port,
		milter => '', logins => \%Octroi::Gate::logins, main => { %sane, %$main },
		files => { $mechanisms ? ('sasl/smtpd.conf' => "mech_list: $mechanisms\n") : () });
}

sub plant {
	my ($name, $main, $relay, $closed) = @_;

	subtest "planted: $name" => sub {
		my $postfix = postfix($name, $main);
		my ($status, $said) = relaytest($postfix->port);
		is $status, (@$relay ? 1 : 0), 'exit status' or diag explain [grep { $_->{verdict} ne 'ok' } @{ $said->{patterns} }];
		ok scalar(grep({ $_ eq 'RELAYS' } verdicts($said, $_))), "$_ relays" for @$relay;
		is_deeply [grep { $_ eq 'RELAYS' } verdicts($said, $_)], [], "$_ does not" for @$closed;
		unlike $postfix->log, qr/ (?:data|bdat)=/, 'DATA was not said';
		$postfix->stop;
	};
}

# Answers so many commands as a mail server would.
sub answer {
	my ($socket, $commands) = @_;

	print $socket "220 gw.ours.example ESMTP\r\n";
	for (1 .. $commands) {
		defined(my $line = <$socket>) or return;
		print $socket "250 ok\r\n";
	}
}

# A server that does the same with each connection, in a process of its own.
sub server {
	my ($serve) = @_;
	my $listen = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0, Listen => 16) or die "listen: $!";
	my $pid = fork // die "fork: $!";

	if (!$pid) {
		$SIG{$_} = 'DEFAULT' for qw(INT TERM HUP);
		$SIG{PIPE} = 'IGNORE';
		$SIG{CHLD} = 'IGNORE';
		while (my $socket = $listen->accept) {
			next if fork;
			$socket->autoflush(1);
			local $SIG{ALRM} = sub { POSIX::_exit(0) };	# outlives no test
			alarm 20;
			$serve->($socket);
			POSIX::_exit(0);
		}
		POSIX::_exit(0);
	}
	at_end(sub { stop_pid($pid, 5) });
	return { port => $listen->sockport, pid => $pid };
}
