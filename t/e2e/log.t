# SPDX-License-Identifier: GPL-2.0-or-later
# One line for each message, as an administrator reads it: stable keys in their order, hostile bytes escaped, the id of the reply in it
# (threats LOG-01, LOG-02).
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Octroi::Gate;
use Octroi::Mail qw(plain);

my $gate = Octroi::Gate->start;
my $accepted = $gate->send(message => plain(), helo => 'mx.ext.example');
my $refused = $gate->send(rcpt => '<u@ext.example>', helo => "x\x1b[31m\" id=FAKE-FAKE verdict=accept");
my $oversized = $gate->send(helo => 'y' x 400, message => plain());

subtest 'an accepted message' => sub {
	my $record = $gate->record($accepted->{reply});
	ok $record, 'has a line' or return diag $gate->daemon->log;
	is_deeply [grep { !/^(?:rule|observed|by|reply)$/ } @{ $record->{keys} }],
		[qw(id queue_id client helo daemon mailfrom rcpts rcpt direction grounds size_bytes verdict findings dmarc elapsed_ms)], 'with its keys in order';
	is $record->{queue_id}, $accepted->{reply}->queue_id, 'queue_id';
	is $record->{client}, '203.0.113.7', 'client';
	is $record->{helo}, 'mx.ext.example', 'helo';
	is $record->{mailfrom}, '<a@ext.example>', 'mailfrom';
	is $record->{rcpts}, 1, 'rcpts';
	is $record->{verdict}, 'accept', 'verdict';
	like $record->{elapsed_ms}, qr/^\d+$/, 'elapsed_ms';
	my ($mail) = $gate->delivered($accepted);
	like $mail->header('X-Octroi-Verdict'), qr/id=\Q$record->{id}\E;/, 'the id is that of the header';
};

subtest 'a refused recipient' => sub {
	my $record = $gate->record($refused->{reply});
	ok $record, 'has a line under the id of the reply' or return diag $gate->daemon->log;
	is $record->{verdict}, 'reject', 'verdict';
	is $record->{by}, 'relay:denied', 'by';
	is $record->{refused_rcpt}, '<u@ext.example>', 'whom it concerned';
	like $record->{reply}, qr/^550 5\.7\.1 /, 'the reply';
	unlike $record->{line}, qr/[^ -~]/, 'no control byte in the line';
	is scalar(grep { $_->{id} eq 'FAKE-FAKE' } $gate->daemon->records), 0, 'what the client said makes no record';
};

subtest 'a long HELO' => sub {
	my $record = $gate->record($oversized->{reply});
	cmp_ok length $record->{helo}, '<=', 300, 'is cut';
};

subtest 'one line each' => sub {
	my %count;
	$count{ $_->{id} }++ for $gate->daemon->records;
	is_deeply [grep { $count{$_} > 1 } keys %count], [], 'no id twice';
	is scalar keys %count, 3, 'three messages, three lines';
};
done_testing;
