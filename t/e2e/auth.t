# SPDX-License-Identifier: GPL-2.0-or-later
# Who has logged in may relay, as oneself: senders of others are refused in the envelope and in From; what looks like a login is none.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Octroi::Gate;
use Octroi::Mail qw(plain);

my $gate = Octroi::Gate->start;
my ($alice, $bob) = ('alice@ours.example', 'bob@ours.example');

subtest 'a login relays with ground=auth' => sub {
	for my $client (qw(outside lan)) {
		my $result = alice(client => $client);
		is $result->{reply}->code, 250, "from $client: $result->{reply}" or next;
		my ($mail) = $gate->delivered($result);
		is_deeply [$mail->rcpts], ['<u@ext.example>'], 'delivered';
		like $mail->header('X-Octroi-Relay'), qr/^ground=auth\b/, 'X-Octroi-Relay: ' . $mail->header('X-Octroi-Relay');
		like $mail->header('X-Octroi-Verdict'), qr/^accept;/, 'X-Octroi-Verdict';
		is $gate->record($result->{reply})->{login}, $alice, 'the login is in the log';
	}
};
subtest 'and on the submission port' => sub {
	is alice(port => $gate->postfix->submission_port)->{reply}->code, 250, 'taken';
};

# threats ID-05, ID-06: [name, envelope sender, From field(s), taken?]
my @senders = (
	['own address', $alice, "From: $alice", 1],
	['own address in capitals', 'Alice@OURS.example', "From: ALICE\@ours.EXAMPLE", 1],
	['a second address of hers', 'sales@ours.example', 'From: Sales <sales@ours.example>', 1],
	['the null sender with her From (a read receipt)', '', "From: $alice", 1],
	['envelope of another', $bob, "From: $alice", 0],
	['From of another', $alice, "From: $bob", 0],
	['From of another in a comment-laden form', $alice, "From: (alice\@ours.example) \"Bob\" <$bob>", 0],
	['two authors, one of them another', $alice, "From: $alice, $bob\nSender: $alice", 0],
	['two From fields', $alice, "From: $alice\nFrom: $bob", 0],
	['no From: Postfix writes her address', $alice, "X-None: 1", 1],
	['an empty From', $alice, "From:", 0],
	['a From without an address', $alice, "From: Alice <>", 0],
	['a stranger', 'a@ext.example', "From: $alice", 0],
	['a tagged address that is not listed', 'alice+tag@ours.example', "From: $alice", 0],
);

for my $case (@senders) {
	my ($name, $from, $field, $taken) = @$case;
	subtest "alice sends as: $name" => sub {
		my $result = $gate->send(login => $alice, from => "<$from>", rcpt => '<u@ext.example>',
			message => "$field\nSubject: x\nMessage-ID: <$name>\n\nx\n" =~ s/<([^>@]*)>\n/'<' . time . $$ . '@t.example>' . "\n"/er);
		return is $result->{reply}->code, 250, "taken: $result->{reply}" if $taken;
		ok $result->{reply}->is_refusal, "refused: $result->{reply}";
		is $result->{reply}->status, '5.7.1', 'with 5.7.1';
		ok $result->{reply}->id, 'and an id';
	};
}

# R31: [name, what happens before MAIL]
my @no_logins = (
	['wrong password', sub { $_[0]->auth_plain($alice, 'wrong') }],
	['an account that does not exist', sub { $_[0]->auth_plain('eve@ours.example', 'x') }],
	['AUTH ANONYMOUS', sub { $_[0]->command('AUTH ANONYMOUS YQ==') }],
	['AUTH EXTERNAL', sub { $_[0]->command('AUTH EXTERNAL =') }],
	['AUTH that was broken off', sub { $_[0]->command('AUTH PLAIN'); $_[0]->command('*') }],
);

for my $case (@no_logins) {
	subtest "R31: $case->[0] is no login" => sub {
		my $smtp = $gate->connect;
		my $auth = $case->[1]->($smtp);
		my $result = $gate->send(smtp => $smtp, from => "<$alice>", rcpt => '<u@ext.example>');
		ok !$auth->is_ok, "AUTH: $auth";
		ok $result->{reply}->is_refusal, "refused: $result->{reply}";
		is $result->{reply}->status, '5.7.1', 'with 5.7.1';
	};
}

subtest 'R31, R36: RSET keeps the login, and each message is judged afresh' => sub {
	my $smtp = $gate->connect(login => $alice);
	my @codes;
	for my $from ($alice, $bob, $alice) {
		$smtp->rset;
		push @codes, $gate->send(smtp => $smtp, from => "<$from>", rcpt => '<u@ext.example>',
			message => plain(from => $alice))->{reply}->code;
	}
	is $codes[0], 250, 'her own';
	like $codes[1], qr/^5/, "another's, refused";
	is $codes[2], 250, 'her own again';
};

subtest 'a login without the right to relay is of no use when relay.authenticated = no' => sub {
	$gate->daemon->configure($gate->conf(append => { relay => "\tauthenticated = no\n" }));
	ok $gate->daemon->reload, 'reloaded';
	my $result = alice();
	ok $result->{reply}->is_refusal, "refused: $result->{reply}";
};
done_testing;

sub alice {
	return $gate->send(login => $alice, from => "<$alice>", rcpt => '<u@ext.example>', message => plain(from => $alice), @_);
}
