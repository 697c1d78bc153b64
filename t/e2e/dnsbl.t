# SPDX-License-Identifier: GPL-2.0-or-later
# DNS lists through the MTA: who is refused, who can be reached all the same, and which answers refuse nobody.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Octroi::Gate;
use Octroi::Mail qw(plain);
use Octroi::Process qw(wait_until);

# A list that is as RFC 5782 section 5 wants it, with what it says of 203.0.113.66, .67 and .68, and a list that is not.
my $zone = <<'EOT2';
2.0.0.127.bl.example        A    127.0.0.2
66.113.0.203.bl.example     A    127.0.0.2
66.113.0.203.bl.example     TXT  "sent spam on Tuesday\013\010250 2.0.0 Ok <b>100%</b>"
67.113.0.203.bl.example     A    127.0.0.10
68.113.0.203.bl.example     A    127.0.0.2
68.113.0.203.bl.example     TXT  !servfail
2.0.0.127.allow.example     A    127.0.0.2
69.113.0.203.bl.example     A    127.0.0.2
69.113.0.203.allow.example  A    127.0.1.3
test.names.example          A    127.0.1.2
evil.example.names.example  A    127.0.1.2
2.0.0.127.over.example      A    127.0.0.2
66.113.0.203.over.example   A    127.255.255.254
2.0.0.127.hijack.example    A    127.0.0.2
66.113.0.203.hijack.example A    203.0.113.80
*.public.example            A    127.255.255.254
*.world.example             A    127.0.0.2
2.0.0.127.down.example      A    127.0.0.2
66.113.0.203.down.example   !servfail
EOT2
$zone .= "$_.113.0.203.in-addr.arpa PTR mx$_.ext.example\nmx$_.ext.example A 203.0.113.$_\n" for 65 .. 69;

sub listed_client { return { ADDR => "203.0.113.$_[0]", NAME => "mx$_[0].ext.example" } }

my $wait = qq(\trcpt_wait = "10s"\n\ttimeout = "2s"\n\tunknown_ttl = "0ms"\n);
my $gate = Octroi::Gate->start(zone => $zone, append => { resolver => $wait, 'dnsbl "bl.example"' => qq(\tcodes = { "127.0.0.2" }\n) });

sub send_as { my ($client, %args) = @_; return $gate->send(client => listed_client($client), message => plain(), %args) }

sub taken {
	my ($name, $result) = @_;

	is $result->{reply}->code, 250, "taken: $name" or diag "$result->{reply}";
	return $result;
}

sub refused {
	my ($name, $result, $code) = @_;
	my $reply = $result->{reply};

	is $reply->code, $code // 554, "refused: $name: $reply";
	ok $reply->id, "$name: with an id";
	return $reply;
}

# Another set of lists: title => text of its section.
sub lists {
	my (%lists) = @_;
	my %append = map { ("dnsbl \"$_\"" => $lists{$_}) } keys %lists;

	$gate->daemon->configure($gate->conf(append => { resolver => $wait, %append }));
	ok $gate->daemon->reload, 'reloaded';
}

# What the records say about the last message of a client: the findings of the lists.
sub findings_of { my ($result) = @_; return $gate->record($result->{reply})->{findings} // '' }

subtest 'a listed client is refused at RCPT' => sub {
	my $result = send_as(66);
	my $reply = refused('listed', $result);
	is $reply->status, '5.7.1', 'with 5.7.1';
	ok !$result->{data}, 'before the message';
	like "$reply", qr/203\.0\.113\.66.*bl\.example.*127\.0\.0\.2/, 'the client, the list and the code';
	my $record = $gate->record($reply) or return fail 'there is no record';
	is $record->{verdict}, 'reject', 'the record says so';
	like $record->{by}, qr/dnsbl/i, 'and by what';
};

# Nobody is kept waiting for a reason: the first refusal may have to do without.
subtest 'the reason of the list stands in the reply (DNS-14)' => sub {
	my $reply;
	ok wait_until(20, sub { ($reply = send_as(66)->{reply}) =~ /sent spam on Tuesday/ }), 'when it is there' or diag "$reply";
	is scalar(my @lines = $reply->lines), 1, 'in one line';
	like "$reply", qr/^[ -~]+\z/, 'of printable characters';
};

subtest 'others are not' => sub {
	taken('not listed', send_as(65));
	taken('listed with another code', send_as(67));
	refused('listed without a reason that could be told', send_as(68));
};

subtest 'postmaster and abuse can be reached, and nobody else' => sub {
	taken("<$_>", send_as(66, rcpt => "<$_>")) for qw(postmaster@ours.example abuse@ours.example);
	my $result = send_as(66, rcpt => ['<postmaster@ours.example>', '<u@ours.example>']);
	is_deeply [map { $_->code } @{ $result->{rcpt} }], [250, 554], 'another recipient beside it is refused';
	is_deeply [($gate->delivered($result))[0]->rcpts], ['<postmaster@ours.example>'], 'and does not get it';
};

subtest 'the same client after AUTH is let through' => sub {
	my $alice = 'alice@ours.example';
	for my $rcpt ('<u@ext.example>', '<u@ours.example>') {
		taken("to $rcpt", send_as(66, login => $alice, from => "<$alice>", rcpt => $rcpt, message => plain(from => $alice)));
	}
	my $smtp = $gate->connect(client => listed_client(66));
	refused('before AUTH', $gate->send(smtp => $smtp, message => plain()));
	ok $smtp->auth_plain($alice, $Octroi::Gate::logins{$alice})->is_ok, 'AUTH in the same session';
	taken('after it', $gate->send(smtp => $smtp, from => "<$alice>", rcpt => '<u@ext.example>', message => plain(from => $alice)));
};

subtest 'without waiting at RCPT the refusal comes at the end at the latest' => sub {
	$gate->daemon->configure($gate->conf(append => { 'dnsbl "bl.example"' => '' }));
	ok $gate->daemon->reload, 'reloaded';
	refused('listed', send_as(66));
	taken('not listed', send_as(65));
};

subtest 'an answer that is an error lists nobody (DNS-11, DNS-12)' => sub {
	lists('over.example' => '', 'hijack.example' => '', 'down.example' => '');
	my $result = taken('127.255.255.254, 203.0.113.80, SERVFAIL', send_as(66));
	my ($mail) = $gate->delivered($result) or return;
	like $mail->header('X-Octroi-Verdict'), qr/^accept;/, 'X-Octroi-Verdict';
	is +(() = findings_of($result) =~ /dnsbl:error/g), 3, 'what they could not tell is in the record' or diag findings_of($result);
	lists('over.example' => "\ton_error = defer\n");
	my $reply = refused('with on_error = defer', send_as(66), 451);
	is $reply->status, '4.7.1', 'for the moment';
	taken('somebody else', send_as(65));
};

subtest 'a list that answers 127.255.255.254 to everything refuses nobody (DNS-12)' => sub {
	lists('public.example' => '');
	taken("client $_", send_as($_)) for 65, 66, 67;
};

subtest 'a list that lists the world is switched off, and that is said once (DNS-13)' => sub {
	my $before = length $gate->daemon->log;
	lists('world.example' => "\tipv6 = no\n");	# which would be said for itself
	ok wait_until(20, sub { substr($gate->daemon->log, $before) =~ /dnsbl "world\.example"/ }), 'the log says so';
	taken("client $_", send_as($_)) for 65 .. 67;
	my @told = substr($gate->daemon->log, $before) =~ /(^.*dnsbl "world\.example":.*$)/mg;
	is scalar @told, 1, 'once' or diag join "\n", @told;
};

subtest 'an allow list stands over it' => sub {
	lists('bl.example' => '', 'allow.example' => "\ttype = allow\n");
	my $result = taken('listed by both', send_as(69));
	like +($gate->delivered($result))[0]->header('Authentication-Results'), qr/\bdnswl=pass\b.*dns\.zone=allow\.example/s, 'Authentication-Results (RFC 8904)';
	refused('listed by one', send_as(66));
};

subtest 'a list of domains' => sub {
	lists('names.example' => qq(\tof = { "sender", "helo" }\n));
	refused('the sender', send_as(65, from => '<a@evil.example>'));
	refused('the HELO name', send_as(65, helo => 'evil.example'));
	taken('others', send_as(65));
};

subtest 'a weight' => sub {
	lists('bl.example' => "\ton_listed = 3.5\n");
	my $result = taken('listed', send_as(66));
	like +($gate->delivered($result))[0]->header('X-Octroi-Verdict'), qr/^accept; id=\S+; score=3\.5;/, 'X-Octroi-Verdict';
};

subtest 'an outage of the DNS lists nobody, and ends (DNS-01, DNS-19)' => sub {
	$gate->daemon->configure($gate->conf(append => { resolver => $wait, spf => "\tenabled = no\n", dmarc => "\tenabled = no\n", 'dnsbl "bl.example"' => '' }));
	ok $gate->daemon->reload, 'reloaded';	# its cache is empty
	$gate->dns->outage(1);
	taken('in the outage', send_as(68));
	$gate->dns->outage(0);
	ok wait_until(30, sub { send_as(68)->{reply}->code == 554 }), 'after it the listed client is refused';
};
done_testing;
