# SPDX-License-Identifier: GPL-2.0-or-later
# The relay matrix through Postfix (threats ID-01, ID-02): address form x domain x client, each cell with its one right answer.
# Nothing is relayed without a ground, nothing of ours is refused.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Octroi::Gate;
use Octroi::Mail qw(plain);

my $gate = Octroi::Gate->start;

# How a domain can be written into a recipient. plain: it says nothing but that domain; else it hides a route.
my @forms = (
	{ name => 'plain', rcpt => '<u@DOMAIN>', plain => 1 },
	{ name => 'quoted', rcpt => '<"u"@DOMAIN>', plain => 1 },
	{ name => 'source route', rcpt => '<@ours.example:u@DOMAIN>', plain => 1 },
	{ name => 'percent', rcpt => '<u%DOMAIN@ours.example>' },
	{ name => 'percent at our literal', rcpt => '<u%DOMAIN@[192.0.2.25]>' },
	{ name => 'percent alone', rcpt => '<u%DOMAIN>' },
	{ name => 'bang', rcpt => '<DOMAIN!u@ours.example>' },
	{ name => 'bang alone', rcpt => '<DOMAIN!u>' },
	{ name => '@ in quotes', rcpt => '<"u@DOMAIN"@ours.example>' },
	{ name => '@ in quotes alone', rcpt => '<"u@DOMAIN">' },
	{ name => 'two @', rcpt => '<u@DOMAIN@ours.example>', malformed => 1 },
);

my @domains = (
	{ name => 'ours.example', ours => 1 },
	{ name => 'OURS.EXAMPLE', ours => 1 },
	{ name => 'ours.example.', ours => 1 },
	{ name => 'ext.example', granted => 1 },
	{ name => 'EXT.Example', granted => 1 },
	{ name => 'sub.ours.example' },
	{ name => 'xours.example' },
	{ name => 'ours.example.ext.example' },
);

my @clients = (
	{ name => 'outside' },
	{ name => 'outside, as one of us', from => 'a@ours.example' },
	{ name => 'lan', client => 'lan', from => 'a@ours.example' },
	{ name => 'device out of its scope', client => 'device', from => 'a@ours.example' },
	{ name => 'device in its scope', client => 'device', from => 'scanner@ours.example', granted => 1 },
	{ name => 'login', from => 'alice@ours.example', login => 'alice@ours.example' },
	{ name => 'login in the LAN', client => 'lan', from => 'bob@ours.example', login => 'bob@ours.example' },
);

my %sent;	# cell number => what was expected of it
my $cells = 0;

for my $client (@clients) {
	subtest $client->{name} => sub { check_client($client) };
}
cmp_ok $cells, '>=', 200, "$cells cells";
subtest 'what arrived is what had a ground' => \&check_arrivals;
done_testing;

# taken, refused, or either (a route that a login may use or not: it must only never be taken for ours).
sub expectation {
	my ($client, $form, $domain) = @_;

	return 'refused' if $form->{malformed};
	return 'taken' if $form->{plain} && ($domain->{ours} || $client->{login});
	return 'taken' if $form->{plain} && $domain->{granted} && $client->{granted};
	return 'either' if $client->{login} || $domain->{ours};
	return 'refused';
}

sub check_client {
	my ($client) = @_;
	my $smtp = $gate->connect(client => $client->{client} // 'outside', login => $client->{login});

	for my $form (@forms) {
		for my $domain (@domains) {
			check_cell($smtp, $client, $form, $domain);
			$smtp->rset;
		}
	}
	$smtp->quit;
}

sub check_cell {
	my ($smtp, $client, $form, $domain) = @_;
	my $expect = expectation($client, $form, $domain);
	my $from = $client->{from} // 'a@ext.example';
	my $rcpt = $form->{rcpt} =~ s/DOMAIN/$domain->{name}/r;
	my $number = ++$cells;
	my $result = $gate->send(smtp => $smtp, from => "<$from>", rcpt => $rcpt,
		message => plain(from => $from, subject => "cell $number"));
	my $reply = $result->{reply};
	my $got = $reply->code == 250 ? 'taken' : $reply->is_refusal ? 'refused' : 'deferred';

	$sent{$number} = { expect => $expect, got => $got, rcpt => $rcpt, client => $client };
	ok $got eq $expect || ($expect eq 'either' && $got ne 'deferred'), "$expect: $rcpt ($form->{name})" or diag "$reply";
}

sub check_arrivals {
	my %arrived;

	ok $gate->postfix->wait_empty, 'the queue is empty';
	for my $mail ($gate->sink->messages) {
		my ($number) = ($mail->header('Subject') // '') =~ /^cell (\d+)/ or next;
		$arrived{$number}++;
		check_ground($mail, $sent{$number});
	}
	is_deeply [sort keys %arrived], [sort grep { $sent{$_}{got} eq 'taken' } keys %sent], 'each that was taken, and no other';
	is scalar(grep { $sent{$_}{expect} eq 'refused' } keys %arrived), 0, 'none that had to be refused';
}

# A message for another domain says on which ground it left.
sub check_ground {
	my ($mail, $cell) = @_;
	my ($rcpt) = $mail->rcpts;
	my $relay = $mail->header('X-Octroi-Relay') // '';

	return if $rcpt =~ /^<"?[^@%!]+"?\@ours\.example>\z/i && $relay eq '';
	my $wanted = $cell->{client}{login} ? qr/^ground=auth\b/ : $cell->{client}{granted} ? qr/^ground=grant\b/ : qr/^no ground/;
	like $relay, $wanted, "$cell->{rcpt} ($cell->{client}{name})";
}
