# SPDX-License-Identifier: GPL-2.0-or-later
# The files an administrator takes over, contrib/postfix and contrib/milter.conf.*: they say what they promise, and apply does it twice
# without harm. Port 25 and port 587 are different doors.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Octroi::Mail qw(plain eicar);
use IO::Socket::INET;
use POSIX ();
use Octroi::Process qw(at_end slurp stop_pid);
use Octroi::Shipped;

my $alice = 'alice@ours.example';
my $gate = Octroi::Shipped->start(role => 'gateway');
my $postfix = $gate->postfix;
my $apply = "$Octroi::Gate::tree/contrib/postfix/apply";

subtest 'apply' => \&apply;
subtest 'milter.conf.gateway and milter.conf.internal are good' => \&examples;
subtest 'the services differ' => \&services;
subtest 'port 25 has no logins, with TLS or without' => \&port_25;
subtest 'port 587 is for who logs in inside TLS' => \&port_587;
subtest 'port 465 is the same inside TLS' => \&port_465;
subtest 'relay patterns on port 25' => sub { relaytest($postfix->port) };
subtest 'what a stranger may ask for' => \&stranger;
subtest 'the filter is behind it: a virus is refused' => sub {
	my $reply = $gate->send(message => plain(body => eicar() . "\n"))->{reply};
	ok $reply->is_refusal && $reply->id, "$reply";
};
subtest 'without the filter mail waits at its sender' => \&without_filter;
subtest 'a mailbox that the internal server does not know is refused at RCPT' => \&unknown_mailbox;
subtest 'the internal server' => \&internal;
done_testing;

sub read_command {
	my @command = @_;
	my $text = qx{@{[join ' ', map { "'" . s/'/'\\''/gr . "'" } @command]} 2>&1};

	return ($? >> 8, $text);
}

sub apply {
	my $config = $postfix->config_directory;
	my @before = map { slurp("$config/$_") } qw(main.cf);
	my ($status, $text) = read_command($apply, 'gateway', '--to', $config);
	is $status, 0, 'again, on what it has made' or diag $text;
	is_deeply [map { slurp("$config/$_") } qw(main.cf)], \@before, 'changes nothing';
	($status, $text) = read_command('postconf', '-c', $config, '-n');
	unlike $text, qr/warning|unused/i, 'postconf has nothing to warn of';

	for my $role (qw(gateway internal)) {
		($status, $text) = read_command($apply, $role);
		is $status, 0, "$role: the lines to paste";
		is_deeply [grep { !/^postconf -(e|M|P) '[^']+'$/ } split /\n/, $text], [], 'are one postconf command each';
	}
	mkdir "$config/empty";
	Octroi::Process::spew("$config/empty/$_", "# nothing\n") for qw(main.cf master.cf);
	($status, $text) = read_command($apply, 'gateway', '--to', "$config/empty");
	isnt $status, 0, 'without the names of the site it is not done';
	like $text, qr/must.*myhostname.*relay_domains/, 'and it says which';
	is slurp("$config/empty/main.cf"), "# nothing\n", 'nothing was changed';
	($status) = read_command($apply, 'gateway', 'smtpd_milters=');
	isnt $status, 0, 'what is no line of the site cannot be given';
}

sub examples {
	for my $role (qw(gateway internal)) {
		my $other = bless { %$gate, role => $role, granted => undef, allowed => undef }, ref $gate;
		my $file = $gate->daemon->dir . "/$role.conf";
		my $state = $gate->daemon->state_directory;
		Octroi::Process::spew($file, ($other->milter_conf =~ s/\$dir\b/$gate->daemon->dir/ger) . qq(state { directory = "$state" }\n));
		my ($status, $text) = read_command(Octroi::Gate::binary(), 'check', '--config', $file);
		is $status, 0, "$role: octroi check" or diag $text;
		unlike $text, qr/^warning/m, 'has nothing to warn of' or diag $text;
	}
}

sub services {
	my ($status, $text) = read_command('postconf', '-c', $postfix->config_directory, '-P', '*/inet/milter_macro_daemon_name');
	my %names = map { /=\s*(\S+)/ ? ($1 => 1) : () } split /\n/, $text;

	is_deeply [sort keys %names], [qw(mx submission submissions)], 'each tells the filter another {daemon_name}';
	($status, $text) = read_command('postconf', '-c', $postfix->config_directory, '-M');
	is_deeply [grep { /\sinet\s/ && !/^\S+\s+inet\s+n\s+-\s+y\s+-\s+-\s+smtpd\s/ } split /\n/, $text], [], 'all of them are chrooted';
	unlike $text, qr/-o (?:smtpd_milters|receive_override_options)/, 'none goes by the filter';
}

sub refused {
	my ($reply, $name) = @_;

	ok $reply->is_refusal, "$name: $reply";
}

sub port_25 {
	my $smtp = $gate->connect;
	unlike $smtp->{ehlo}, qr/AUTH/, 'AUTH is not offered';
	refused($smtp->auth_plain($alice, $Octroi::Gate::logins{$alice}), 'AUTH with a good password');
	is Octroi::Shipped::start_tls($smtp)->code, 220, 'STARTTLS';
	unlike $smtp->ehlo('client.example'), qr/AUTH/, 'nor inside TLS';
	refused($smtp->auth_plain($alice, $Octroi::Gate::logins{$alice}), 'AUTH inside TLS');
	refused($gate->send(smtp => $smtp, from => "<$alice>", rcpt => '<u@ext.example>')->{reply}, 'so nothing is relayed');
	my $result = $gate->send(smtp => $smtp, message => plain());
	is $result->{reply}->code, 250, "mail to ours: $result->{reply}";
	is scalar(() = $gate->delivered($result)), 1, 'and is delivered';
}

sub port_587 {
	my $smtp = $gate->connect(port => $postfix->submission_port);
	unlike $smtp->{ehlo}, qr/AUTH/, 'AUTH is not offered in the clear';
	refused($smtp->auth_plain($alice, $Octroi::Gate::logins{$alice}), 'a password in the clear');
	is $smtp->mail("<$alice>")->code, 530, 'nor is mail taken';

	refused($gate->send(smtp => $gate->submit, rcpt => $_)->{reply}, "inside TLS, but nobody: $_")
		for '<u@ext.example>', '<u@ours.example>';
	$smtp = $gate->submit;
	like $smtp->{ehlo}, qr/AUTH/, 'AUTH is offered inside TLS';
	is $smtp->auth_plain($alice, 'wrong')->code, 535, 'a wrong password';
	refused($gate->send(smtp => $smtp, from => "<$alice>", rcpt => '<u@ext.example>')->{reply}, 'is no login');

	my $result = submitted($gate->submit($alice), $alice);
	is $result->{reply}->code, 250, "who logs in relays: $result->{reply}";
	my ($mail) = $gate->delivered($result);
	like $mail->header('X-Octroi-Relay'), qr/^ground=auth/, 'on the ground of the login';
	refused(submitted($gate->submit($alice), 'bob@ours.example')->{reply}, "with another's address");
}

sub submitted {
	my ($smtp, $from) = @_;

	return $gate->send(smtp => $smtp, from => "<$from>", rcpt => '<u@ext.example>', message => plain(from => $from));
}

sub port_465 {
	my $smtp = Octroi::Smtp->new(port => $postfix->submissions_port, greeting => 0);

	Octroi::Shipped::encrypt($smtp);
	is $smtp->reply->code, 220, 'the greeting is inside TLS';
	like $smtp->ehlo('client.example'), qr/AUTH/, 'AUTH is offered';
	refused($gate->send(smtp => $smtp, rcpt => '<u@ours.example>')->{reply}, 'nobody');
	is $smtp->auth_plain($alice, $Octroi::Gate::logins{$alice})->code, 235, 'a login';
	is submitted($smtp, $alice)->{reply}->code, 250, 'relays';
}

sub relaytest {
	my ($port) = @_;
	my ($status, $text) = read_command(Octroi::Gate::binary(), qw(relaytest --domain ours.example --external u@ext.example --pause 0),
		'--target', "127.0.0.1:$port");

	is $status, 0, 'octroi relaytest finds nothing' or diag $text;
	like $text, qr/ (\d\d+) patterns: \1 ok, 0 relay, 0 unclear$/m, 'of all patterns';
}

sub stranger {
	my $smtp = $gate->connect;
	refused($smtp->command('VRFY u@ours.example'), 'VRFY');
	unlike $smtp->{ehlo}, qr/CHUNKING|ETRN|VRFY|XCLIENT|XFORWARD/, 'EHLO offers nothing of that';
	$smtp = Octroi::Smtp->new(port => $postfix->port);
	refused($smtp->mail('<a@ext.example>'), 'MAIL before EHLO');
	for my $rcpt ('<postmaster>', '<postmaster@ours.example>', '<postmaster@gw.ours.example>', '<postmaster@[127.0.0.1]>') {
		my $result = $gate->send(rcpt => $rcpt, message => plain());
		is $result->{reply}->code, 250, "$rcpt is heard (R20): $result->{reply}" or next;
		is_deeply [map { $_->rcpts } $gate->delivered($result)], ['<postmaster@ours.example>'], 'inside';
	}
	refused($gate->send(rcpt => $_)->{reply}, $_) for '<root@gw.ours.example>', '<u@[127.0.0.1]>', '<u@sub.ours.example>';
}

sub without_filter {
	$gate->daemon->stop;
	my $reply = $gate->send(message => plain())->{reply};
	ok $reply->is_temporary, "$reply";
}

sub unknown_mailbox {
	my $listen = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0, Listen => 16) or die "listen: $!";
	my $pid = fork // die "fork: $!";
	_picky($listen) unless $pid;
	at_end(sub { stop_pid($pid, 5) });
	my $picky = Octroi::Shipped->start(role => 'gateway', main => { relay_transport => 'relay:[127.0.0.1]:' . $listen->sockport });
	my $reply = $picky->send(rcpt => '<nobody@ours.example>')->{reply};
	refused($reply, 'nobody');
	is_deeply [$reply->code, $reply->status], [550, '5.1.1'], 'for good, and before DATA';
	is $picky->connect->mail('<a@ext.example>')->code, 250, 'the sender is not to blame';
	is $picky->send(rcpt => '<u@ours.example>', message => plain())->{reply}->code, 250, 'somebody else is taken';
}

# An internal server where nobody is nobody, one connection at a time.
sub _picky {
	my ($listen) = @_;

	$SIG{$_} = 'DEFAULT' for qw(INT TERM HUP PIPE);
	while (my $socket = $listen->accept) {
		print $socket "220 mail.ours.example ESMTP\r\n";
		while (defined(my $line = <$socket>)) {
			print $socket $line =~ /^RCPT.*nobody/i ? "550 5.1.1 no such user\r\n" : $line =~ /^DATA/i ? "451 4.3.0 later\r\n" : "250 ok\r\n";
			last if $line =~ /^QUIT/i;
		}
	}
	POSIX::_exit(0);
}

sub internal {
	my $inside = Octroi::Shipped->start(role => 'internal', allowed => '127.0.0.1');
	my $result = $inside->send(message => plain());
	is $result->{reply}->code, 250, "the gateway brings mail: $result->{reply}";
	refused($inside->send(from => '<a@ours.example>', rcpt => '<u@ext.example>')->{reply}, 'and relays nothing');
	is $inside->submit($alice)->{auth}->code, 235, 'people log in on port 587';
	relaytest($inside->postfix->port);

	my $closed = Octroi::Shipped->start(role => 'internal');	# session.allow as in the example, with 127.0.0.1 in it
	is $closed->send(message => plain())->{reply}->code, 250, 'this host is in session.allow of the example';
	$closed = Octroi::Shipped->start(role => 'internal', allowed => '192.0.2.25');
	refused($closed->send->{reply}, 'who is not in session.allow is refused');
}
