# SPDX-License-Identifier: GPL-2.0-or-later
# The known relay patterns (R01 to R40: published open-relay tests and the address tricks of threats ID-01, ID-02), from outside
# and from the LAN, without a login. Postfix itself would relay all of it: only Octroi refuses.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Octroi::Gate;
use Octroi::Mail qw(plain);

my $gate = Octroi::Gate->start(postfix => { main => { virtual_alias_maps => 'inline:{list@ours.example=u@ext.example}' } });

# expect: deny = 5xx 5.7.1 at RCPT; refuse = any 5xx; ours = taken and delivered to ours; never = whatever the answer, nothing goes outside.
my @patterns = (
	['R01', deny => '<u@ext.example>', from => '<>'],
	['R02', deny => '<u@ext.example>'],
	['R03', deny => '<u@ext.example>', from => '<a@ours.example>'],
	['R04', deny => '<u@ext.example>', from => '<a@gw.ours.example>'],
	['R05', deny => '<u@ext.example>', from => '<a@[192.0.2.25]>'],
	['R05', deny => '<u@ext.example>', from => '<a@[IPv6:2001:db8::25]>'],
	['R06', deny => '<u@ext.example>', from => '<a@localhost>'],
	['R06', refuse => '<u@ext.example>', from => '<a@127.0.0.1>'],
	['R07', refuse => '<u@ext.example>', from => '<a>'],
	['R07', refuse => '<u@ext.example>', from => '<postmaster>'],
	['R08', refuse => '<u%ext.example@ours.example>'],
	['R08', refuse => '<u%ext.example@gw.ours.example>'],
	['R08', refuse => '<u%ext.example@[192.0.2.25]>'],
	['R09', refuse => '<u%ext.example>'],
	['R09', refuse => '<"u%ext.example">'],
	['R10', refuse => '<u@ext.example@ours.example>'],
	['R10', refuse => '<u@ext.example@[192.0.2.25]>'],
	['R11', refuse => '<"u@ext.example">'],
	['R11', refuse => '<"u@ext.example"@ours.example>'],
	['R11', refuse => '<"u@ext.example"@[192.0.2.25]>'],
	['R12', refuse => '<@ours.example:u@ext.example>'],
	['R12', refuse => '<@[192.0.2.25]:u@ext.example>'],
	['R12', refuse => '<@a.example,@b.example:u@ext.example>'],
	['R13', refuse => '<ext.example!u>'],
	['R13', refuse => '<ext.example!u@ours.example>'],
	['R13', refuse => '<ext.example!u@[192.0.2.25]>'],
	['R13', refuse => '<a!ext.example!u>'],
	['R14', refuse => '<u%ext.example%ours.example@gw.ours.example>'],
	['R14', refuse => '<ext.example!u%x@ours.example>'],
	['R15', refuse => '<u@[203.0.113.9]>'],
	['R15', refuse => '<u@203.0.113.9>'],
	['R15', refuse => '<u@[IPv6:2001:db8::9]>'],
	['R15', refuse => '<u@#3405803785>'],
	['R15', refuse => '<u@0xcb007109>'],
	['R15', refuse => '<u@[192.0.2.25]>'],
	['R16', refuse => '<u@ext.example.>'],
	['R16', ours => '<u@ours.example.>'],
	['R17', deny => '<u@EXT.Example>'],
	['R17', ours => '<u@OURS.EXAMPLE>'],
	['R18', deny => '<u@sub.ours.example>'],
	['R18', deny => '<u@ours.example.ext.example>'],
	['R18', deny => '<u@xours.example>'],
	['R18', deny => '<u@ours.exampl>'],
	['R19', refuse => '<u@xn--exmple-cua.example>'],
	['R19', refuse => "<u\@ours\xef\xbc\x8eexample.ext>", smtputf8 => 1],
	['R19', refuse => "<u\xef\xbc\xa0ext.example>", smtputf8 => 1],
	['R20', ours => '<postmaster>'],
	['R20', ours => '<postmaster@ours.example>'],
	['R20', ours => '<postmaster@[192.0.2.25]>'],
	['R20', ours => '<abuse@ours.example>'],
	['R21', deny => '<postmaster@ext.example>'],
	['R22', never => '<MAILER-DAEMON>'],
	['R22', never => '<root>'],
	['R22', never => '<u>'],
	['R23', never => '<"|cmd"@ours.example>'],
	['R23', never => '</etc/passwd@ours.example>'],
	['R23', never => '<:include:/x@ours.example>'],
	['R23', never => '<-oQ/tmp@ours.example>'],
	['R24', ours => '<u+ext=ext.example@ours.example>'],
	['R24', ours => '<SRS0=abcd=EF=ext.example=u@ours.example>'],
	['R24', ours => '<prvs=0123456789=u@ours.example>'],
	['R28', deny => 'u@ext.example'],
	['R28', deny => '   <u@ext.example>   '],
	['R28', deny => '<u@ext.example> ORCPT=rfc822;u@ours.example NOTIFY=NEVER'],
	['R29', deny => '<u@ext.example>', from => '<a@ours.example> AUTH=bob@ours.example'],
	['R30', deny => '<u@ext.example>', helo => 'localhost'],
	['R30', deny => '<u@ext.example>', helo => 'gw.ours.example'],
	['R30', deny => '<u@ext.example>', helo => '[192.0.2.25]'],
	['R30', deny => '<u@ext.example>', helo => 'ours.example'],
	['R38', refuse => '<>'],
	['R38', refuse => '<@>'],
	['R38', refuse => '<u@>'],
	['R38', refuse => '<@ours.example>'],
	['R38', refuse => '<' . 'x' x 65 . '@ours.example>'],
	['R38', refuse => '<u@' . 'x.' x 126 . 'ours.example>'],
	['R38', refuse => "<u\x01\@ours.example>"],
	['R38', refuse => "<u\xff\@ours.example>"],
	['R39', deny => '<u@mxhijack.example>'],
);

my %expect = (
	deny   => sub { $_[0]->is_refusal && $_[0]->status eq '5.7.1' },
	refuse => sub { $_[0]->is_refusal },
	ours   => sub { $_[0]->code == 250 },
	never  => sub { $_[0]->is_ok || $_[0]->is_refusal },
);

for my $client (qw(outside lan)) {
	subtest "from $client" => sub { check_pattern($client, @$_) for @patterns };
}
subtest 'R25: only the recipient of ours gets the message' => \&mixed_recipients;
subtest 'R37: an alias of ours that leads outside is ours' => \&alias_to_outside;
subtest 'nothing was relayed' => \&nothing_relayed;
done_testing;

sub check_pattern {
	my ($client, $id, $expect, $rcpt, %args) = @_;
	my $from = ($args{from} // '<a@ext.example>') . ($args{smtputf8} ? ' SMTPUTF8' : '');
	my $result = $gate->send(client => $client, helo => $args{helo}, from => $from, rcpt => $rcpt, message => plain());
	my $shown = "$from -> $rcpt" . ($args{helo} ? " (EHLO $args{helo})" : '');

	ok $expect{$expect}->($result->{reply}), "$id $expect: $shown" =~ s/([^ -~])/sprintf '\\x%02x', ord $1/ger
		or diag "$result->{reply}";
}

sub mixed_recipients {
	my $result = $gate->send(rcpt => ['<u@ours.example>', '<u@ext.example>', '<v@ours.example>'], message => plain());

	is_deeply [map { $_->code } @{ $result->{rcpt} }], [250, 550, 250], 'each recipient has its own answer';
	my ($mail) = $gate->delivered($result);
	is_deeply [sort $mail->rcpts], ['<u@ours.example>', '<v@ours.example>'], 'delivered to ours alone';
}

sub alias_to_outside {
	my $result = $gate->send(rcpt => '<list@ours.example>', message => plain());

	is $result->{reply}->code, 250, "taken: $result->{reply}";
	my ($mail) = $gate->delivered($result);
	is_deeply [$mail->rcpts], ['<u@ext.example>'], 'and sent where the alias of the MTA says';
}

sub nothing_relayed {
	ok $gate->postfix->wait_empty, 'the queue is empty';
	my @rcpts = map { $_->rcpts } grep { ($_->header('To') // '') ne '' } $gate->sink->messages;
	my @outside = grep { !/^<(?:[^@%!]+\@ours\.example|postmaster\@\[192\.0\.2\.25\])\.?>\z/i } @rcpts;

	is_deeply \@outside, ['<u@ext.example>'], 'no recipient outside but that of the alias';
}
