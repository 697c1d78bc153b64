# SPDX-License-Identifier: GPL-2.0-or-later
# A device that cannot log in relays inside its grant; outside of it the refusal names the limit (R40).
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Octroi::Gate;
use Octroi::Mail qw(plain);

my $scanner = 'scanner@ours.example';
my $gate = Octroi::Gate->start(append => { relay => <<'CONF' });
	grant "meter" {
		clients    = { "10.1.2.41" }
		senders    = { "meter@ours.example" }
		recipients = { "data@ext.example" }
		rate       = "2/1h"
	}
	grant "old-fax" {
		clients    = { "10.1.2.42" }
		senders    = { "fax@ours.example" }
		recipients = { "*" }
		expires    = "2020-01-31"
	}
CONF

subtest 'inside its scope' => sub {
	my $result = device();
	is $result->{reply}->code, 250, "taken: $result->{reply}" or return;
	my ($mail) = $gate->delivered($result);
	is_deeply [$mail->rcpts], ['<u@ext.example>'], 'delivered';
	like $mail->header('X-Octroi-Relay'), qr/^ground=grant\b.*printer/, 'X-Octroi-Relay: ' . $mail->header('X-Octroi-Relay');
};

my @outside = (
	{ name => 'another sender', from => '<boss@ours.example>', says => qr/sender/ },
	{ name => 'the null sender', from => '<>', says => qr/sender/ },
	{ name => 'another recipient', rcpt => '<u@other.example>', says => qr/recipient/ },
	{ name => 'a route to its domain', rcpt => '<u%ext.example@ours.example>', says => qr/./ },
	{ name => 'a domain below that of the grant', rcpt => '<u@sub.ext.example>', says => qr/recipient/ },
	{ name => 'another From', message => plain(from => 'boss@ours.example'), says => qr/boss/ },
	{ name => 'an expired grant', client => { ADDR => '10.1.2.42' }, from => '<fax@ours.example>', says => qr/ended|expired/ },
	{ name => 'a neighbour of the device', client => 'lan', says => qr/./ },
);

for my $case (@outside) {
	subtest "outside: $case->{name}" => sub {
		my $reply = device(%$case)->{reply};
		ok $reply->is_refusal, "refused: $reply";
		is $reply->status, '5.7.1', 'with 5.7.1';
		like $reply, $case->{says}, 'saying why';
		ok $reply->id, 'and an id';
	};
}

subtest 'its rate' => sub {
	my @replies = map { device(client => { ADDR => '10.1.2.41' }, from => '<meter@ours.example>', rcpt => '<data@ext.example>',
		message => plain(from => 'meter@ours.example'))->{reply} } 1 .. 3;
	is $replies[0]->code, 250, 'the first';
	is $replies[1]->code, 250, 'the second';
	ok $replies[2]->is_temporary, "the third is over the rate: $replies[2]";
};

subtest 'to ours it needs no grant' => sub {
	is $gate->send(client => 'device', from => '<boss@ours.example>')->{reply}->code, 250, 'taken';
};
done_testing;

sub device {
	return $gate->send(client => 'device', from => "<$scanner>", rcpt => '<u@ext.example>', message => plain(from => $scanner), @_);
}
