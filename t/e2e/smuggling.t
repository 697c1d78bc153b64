# SPDX-License-Identifier: GPL-2.0-or-later
# SMTP smuggling (threats SMTP-01, SMTP-10, SMTP-16) against the shipped lines of contrib/postfix: one DATA is one message, whatever
# stands for a line end inside it, whoever sends it; and what goes on to the internal server has nothing in it to be misread there.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Octroi::Mail qw(plain);
use Octroi::Shipped;

# What some server might take for the end of a message, and none but the last one may.
my @ends = (
	['LF . LF', "\n.\n"],
	['LF . CR LF', "\n.\r\n"],
	['CR LF . LF', "\r\n.\n"],
	['CR . CR', "\r.\r"],
	['CR . CR LF', "\r.\r\n"],
	['CR LF . CR', "\r\n.\r"],
	['CR . LF', "\r.\n"],
	['LF . CR', "\n.\r"],
	['CR LF NUL . CR LF', "\r\n\0.\r\n"],
	['CR LF . NUL CR LF', "\r\n.\0\r\n"],
	['CR LF . CR CR LF', "\r\n.\r\r\n"],
	['CR CR LF . CR LF', "\r\r\n.\r\r\n"],
	['CR LF . LF CR LF', "\r\n.\n\r\n"],
	['CR LF .. CR LF', "\r\n..\r\n"],
	['CR LF space . CR LF', "\r\n .\r\n"],
	['CR LF . space CR LF', "\r\n. \r\n"],
	['VT . VT', "\x0b.\x0b"],
	['NEL . NEL', "\x85.\x85"],
	['LS . LS', "\xe2\x80\xa8.\xe2\x80\xa8"],
);

my $why = Octroi::Shipped::missing();
plan skip_all => $why if $why;

my %sent;	# number of a message => how it was sent
my $number = 0;
my $stranger;	# the stand of the stranger, for the last subtests

# mynetworks of the shipped lines is this host, which is what every client here is: so the stranger is played by naming another.
play('gateway', 'a stranger', { main => { mynetworks => '10.9.9.9' } }, sub { $_[0]->connect }, 'a@ext.example');
play('gateway', 'a host in mynetworks', {}, sub { $_[0]->connect }, 'a@ext.example');
play('gateway', 'a host with a grant', { granted => '127.0.0.1' }, sub { $_[0]->connect }, 'a@ours.example', '<u@ext.example>');
play('gateway', 'a login on port 587', {}, sub { $_[0]->submit('alice@ours.example') }, 'alice@ours.example', '<u@ext.example>');
play('internal', 'the gateway, to the internal server', { allowed => '127.0.0.1' }, sub { $_[0]->connect }, 'a@ext.example');
subtest 'SMTP-10: who talks too early is hung up on, and nothing of it is a message' => \&too_early;
subtest 'SMTP-10: there is no BDAT' => \&no_bdat;
subtest 'SMTP-16: what was sent behind STARTTLS is not obeyed inside TLS' => \&starttls_injection;
done_testing;

sub play {
	my ($role, $who, $args, $connect, $from, $rcpt) = @_;

	subtest "$who" => sub {
		my $gate = Octroi::Shipped->start(role => $role, %$args);
		smuggle($gate, $connect, $from, $rcpt // '<u@ours.example>', @$_) for @ends;
		check_arrivals($gate);
		early_answers($gate) if $who eq 'a stranger';
	};
}

# The message of an attacker: behind the false end stands what a server that takes it for one would obey.
sub smuggle {
	my ($gate, $connect, $from, $rcpt, $name, $end) = @_;
	my $smtp = $connect->($gate);
	my $id = ++$number;

	$sent{$id} = $name;
	$smtp->mail("<$from>");
	$smtp->rcpt($rcpt);
	my $data = $smtp->command('DATA');
	return is $data->code, 354, "$name: DATA: $data" unless $data->code == 354;
	$smtp->raw(Octroi::Smtp::to_wire(plain(from => $from, subject => "outer $id")) . "before$end"
		. "MAIL FROM:<$from>\r\nRCPT TO:<victim\@ours.example>\r\nDATA\r\nFrom: <$from>\r\nSubject: smuggled $id\r\n\r\nsmuggled\r\n.\r\n");
	my $reply = $smtp->reply;
	is $reply->code, 250, "$name: taken as one message: $reply";
	my $next = $smtp->command('NOOP');
	like $next, qr/^250 2\.0\.0 Ok$/, "$name: and the next reply is to the next command: $next";
	$smtp->quit;
}

sub check_arrivals {
	my ($gate) = @_;

	ok $gate->postfix->wait_empty, 'the queue is empty';
	my @mail = $gate->sink->messages;
	my %subject;
	$subject{ $_->header('Subject') // '' }++ for @mail;
	is scalar @mail, scalar @ends, 'as many messages as DATA';
	is_deeply [grep { !/^outer/ || $subject{$_} != 1 } sort keys %subject], [], 'each once, and no other';
	is_deeply [grep { /victim/ } map { $_->rcpts } @mail], [], 'no recipient was smuggled in';
	is_deeply [map { $sent{ ($_->header('Subject') // '') =~ /(\d+)/ ? $1 : 0 } } grep { $_->bytes =~ /\r(?!\n)|(?<!\r)\n/ } @mail], [],
		'no lone CR or LF goes on to the next server';
}

# For the subtests below: they need no other stand.
sub early_answers { $stranger = $_[0] }

sub too_early {
	my $smtp = $stranger->connect;
	my $before = $stranger->sink->messages;

	$smtp->mail('<a@ext.example>');
	$smtp->rcpt('<u@ours.example>');
	$smtp->raw("DATA\r\nSubject: too early\r\n\r\nx\r\n.\r\nMAIL FROM:<b\@ext.example>\r\nRCPT TO:<victim\@ours.example>\r\nDATA\r\n"
		. "Subject: smuggled\r\n\r\nx\r\n.\r\n");
	my $reply = $smtp->reply;
	is $reply->code, 554, "$reply";
	is $smtp->reply->code, 0, 'and the connection is closed';
	ok $stranger->postfix->wait_empty, 'the queue is empty';
	is scalar($stranger->sink->messages), $before, 'nothing was delivered';
}

sub no_bdat {
	my $smtp = $stranger->connect;

	unlike $smtp->{ehlo}, qr/CHUNKING|ETRN/, 'EHLO does not offer it';
	my $reply = $smtp->command('ETRN ours.example');
	ok $reply->is_refusal, "ETRN: $reply";
	$smtp->mail('<a@ext.example>');
	my $without = $smtp->command('DATA');
	ok $without->is_refusal, "DATA without a recipient: $without";
	is $smtp->rcpt('<u@ours.example>')->code, 250, 'a recipient is taken';
	$reply = $smtp->command('BDAT 0 LAST');
	ok $reply->is_refusal, "BDAT: $reply";
	is $smtp->reply->code, 0, 'and the connection is closed: its chunk would be read as commands';
}

sub starttls_injection {
	my $smtp = $stranger->connect(port => $stranger->postfix->submission_port);

	$smtp->raw("STARTTLS\r\nEHLO injected.example\r\nMAIL FROM:<injected\@ours.example>\r\n");
	my $reply = $smtp->reply;
	return ok $reply->is_refusal, "refused: $reply" unless $reply->code == 220;
	Octroi::Shipped::encrypt($smtp);
	return pass 'hung up on' unless $smtp->is_open;
	my $ehlo = $smtp->ehlo('client.example');
	unlike $stranger->postfix->log, qr/injected/, 'nothing of it was obeyed';
	return is $ehlo->code, 0, 'hung up on' unless $ehlo->is_ok;
	like $ehlo, qr/^250-gw\.ours\.example/, 'the first reply inside TLS is to the first command inside TLS';
	is $smtp->command('NOOP')->code, 250, 'and the next to the next';
}
