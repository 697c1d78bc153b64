# SPDX-License-Identifier: GPL-2.0-or-later
# With the shipped lines nobody tells the gateway who he is (threats SMTP-15, R29, R32): XCLIENT, XFORWARD, the proxy protocol and
# AUTH= give neither another address nor a login nor a grant. The client is this host, which is even in mynetworks.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Octroi::Mail qw(plain);
use Octroi::Shipped;

my $gate = Octroi::Shipped->start(role => 'gateway');
my $granted = '192.0.2.10';	# of the example: it may send for ours.example to everyone
my $alice = 'alice@ours.example';

my @claims = (
	['a login', "XCLIENT LOGIN=$alice"],
	['the address that has a grant', "XCLIENT ADDR=$granted NAME=mail.ours.example"],
	['the same as IPv6', "XCLIENT ADDR=IPV6:::ffff:$granted"],
	['this host', 'XCLIENT ADDR=127.0.0.1 NAME=localhost'],
	['all of it, in small letters', "xclient addr=$granted login=$alice proto=esmtp helo=gw.ours.example port=25"],
	['an address, forwarded', "XFORWARD ADDR=$granted NAME=mail.ours.example SOURCE=LOCAL"],
);

unlike $gate->connect->{ehlo}, qr/XCLIENT|XFORWARD/, 'none of it is offered';
for my $claim (@claims) {
	my ($name, $command) = @$claim;
	subtest "$command: $name" => sub {
		my $smtp = $gate->connect;
		my $reply = $smtp->command($command);
		ok $reply->is_refusal, "refused: $reply";
		relays_nothing($smtp);
		is_itself($smtp);
	};
}
subtest 'AUTH= of MAIL is a claim (R29)' => sub {
	my $smtp = $gate->connect;
	relays_nothing($smtp, " AUTH=$_") for $alice, '<>', $granted;
	is_itself($smtp);
};
subtest 'a line of the proxy protocol' => sub {
	proxy("PROXY TCP4 $granted 127.0.0.1 40000 25\r\n");
	proxy("PROXY UNKNOWN\r\n");
	proxy("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" . pack('C4 C4 n n', 192, 0, 2, 10, 127, 0, 0, 1, 40000, 25));
};
subtest 'the same claim where XCLIENT is open does relay: this test would see it' => sub {
	my $open = Octroi::Shipped->start(role => 'gateway', main => { smtpd_authorized_xclient_hosts => '127.0.0.1' });
	my $smtp = $open->connect;
	is $smtp->command("XCLIENT ADDR=$granted NAME=mail.ours.example")->code, 220, 'XCLIENT is taken';
	$smtp->ehlo('mail.ours.example');
	my $result = $open->send(smtp => $smtp, from => '<a@ours.example>', rcpt => '<u@ext.example>',
		message => plain(from => 'a@ours.example'));
	is $result->{reply}->code, 250, "and the message: $result->{reply}";
};
done_testing;

sub relays_nothing {
	my ($smtp, $more) = @_;

	for my $from ('a@ours.example', $alice, 'a@ext.example', '') {
		my $reply = $gate->send(smtp => $smtp, from => "<$from>" . ($more // ''), rcpt => '<u@ext.example>')->{reply};
		ok $reply->is_refusal || !$smtp->is_open, "<$from>@{[$more // '']} relays nothing: $reply";
	}
}

sub is_itself {
	my ($smtp) = @_;
	my $result = $gate->send(smtp => $smtp, message => plain());

	is $result->{reply}->code, 250, "mail to ours goes on: $result->{reply}" or return;
	my $record = $gate->record($result->{reply});
	is $record->{client}, '127.0.0.1', 'the client in the log is what it is';
	is $record->{login} // '', '', 'and has no login';
}

# Before the greeting, as a proxy would. To hang up is right; what is not right is to believe it.
sub proxy {
	my ($bytes) = @_;
	my $smtp = Octroi::Smtp->new(port => $gate->postfix->port, greeting => 0);

	$smtp->raw($bytes);
	my $greeting = $smtp->reply;
	return pass "hung up on: $greeting" if $greeting->code != 220;
	my $reply = $smtp->ehlo('mail.ours.example');
	ok $reply->is_refusal || !$smtp->is_open, "no proxy: $reply";
	relays_nothing($smtp) if $smtp->is_open;
}
