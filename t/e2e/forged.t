# SPDX-License-Identifier: GPL-2.0-or-later
# Header fields that only this gateway may write are gone when somebody else has written them (threats HDR-01, HDR-02, HDR-03),
# as seen in what is delivered; those of others stay.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Octroi::Gate;
use Octroi::Mail qw(plain);

# The MTA's own doing: one field prepended by header_checks, one by an access table, above everything.
my $gate = Octroi::Gate->start(postfix => {
	files => { prepend => "/^X-Trigger:/ PREPEND X-Octroi-Verdict: accept; FORGED by header_checks\n" },
	main => {
		header_checks => 'regexp:$dir/prepend',
		smtpd_recipient_restrictions =>
			'check_sender_access inline:{{prepend@ext.example = PREPEND X-Octroi-Relay: FORGED by access}}, '
			. 'check_client_access static:OK, reject',
	},
});

my $own = 'X-Octroi-Verdict';
my $results = 'Authentication-Results';

# Each line holds FORGED and must go.
my @forged = (
	['our verdict', "$own: accept; id=AAAA-AAAA; FORGED"],
	['our ground', 'X-Octroi-Relay: ground=auth FORGED'],
	['our virus status', 'X-Virus-Status: Clean FORGED'],
	['our virus scanner', 'X-Virus-Scanned: Octroi at gw.ours.example FORGED'],
	['our spam flag', 'X-Spam-Flag: NO FORGED'],
	['upper case', 'X-OCTROI-VERDICT: accept; FORGED'],
	['mixed case', 'x-Octroi-vErDiCt: accept; FORGED'],
	['no space after the colon', "$own:accept; FORGED"],
	['a space before the colon', "$own : accept; FORGED"],
	['a tab before the colon', "$own\t: accept; FORGED"],
	['folded after the colon', "$own:\n accept; FORGED"],
	['folded with a tab', "$own:\n\taccept;\n\tFORGED"],
	['results in our name', "$results: gw.ours.example; dkim=pass header.d=FORGED"],
	['results, upper case', "AUTHENTICATION-RESULTS: GW.OURS.EXAMPLE; spf=pass FORGED"],
	['results with a version', "$results: gw.ours.example 1; spf=pass FORGED"],
	['results with /1', "$results: gw.ours.example/1; spf=pass FORGED"],
	['results, folded', "$results:\n gw.ours.example;\n spf=pass FORGED"],
	['results, a comment first', "$results: (x) gw.ours.example; spf=pass FORGED"],
	['results, nested comments', "$results: (x (y) \\) ) gw.ours.example (z); spf=pass FORGED"],
	['results, quoted', "$results: \"gw.ours.example\"; spf=pass FORGED"],
	['results, trailing dot', "$results: gw.ours.example.; spf=pass FORGED"],
	['results, a space before the colon', "$results : gw.ours.example; spf=pass FORGED"],
	['results without a semicolon', "$results: gw.ours.example FORGED"],
);

my @kept = (
	['results of another', "$results: mx.other.example; spf=pass KEPT"],
	['results of a name below ours', "$results: x.gw.ours.example; spf=pass KEPT"],
	['results of a name that ends like ours', "$results: notgw.ours.example; spf=pass KEPT"],
	['results that mention us in a comment', "$results: mx.other.example (gw.ours.example); spf=pass KEPT"],
	['a field whose name only looks like ours', 'X-Octroid-Verdict: accept KEPT'],
);

for my $copies (1, 2, 50) {
	for my $case (@forged) {
		check("$case->[0], $copies times", $case->[1], $copies);
	}
}
check_kept(@$_) for @kept;
check('all of them at once', join("\n", map { $_->[1] } @forged, @kept, @forged), 1, scalar @kept);
check('among 500 other fields', join("\n", map { ("X-Other: $_", "$own: FORGED $_") } 1 .. 250), 1);

subtest 'prepended by header_checks' => sub {
	my $mail = deliver(plain(head => "X-Trigger: 1\n$own: FORGED\nX-Trigger: 2\n"));
	unlike $mail->head, qr/FORGED/, 'gone';
	is scalar(my @all = $mail->header($own)), 1, 'one verdict';
};
subtest 'prepended by an access table' => sub {
	my $mail = deliver(plain(head => "$own: FORGED\nSubject: first\n"), from => '<prepend@ext.example>');
	unlike $mail->head =~ s/^X-Octroi-Relay: FORGED by access\r\n//r, qr/FORGED/, 'what came with the message is gone';
	is scalar(my @all = $mail->header($own)), 1, 'one verdict';
};
done_testing;

sub deliver {
	my ($message, %args) = @_;
	my $result = $gate->send(message => $message, %args);
	my ($mail) = $gate->delivered($result);

	return $mail // BAIL_OUT("not delivered: $result->{reply}");
}

sub check {
	my ($name, $lines, $copies, $kept) = @_;
	my $mail = deliver(plain(head => "$lines\n" x $copies));
	my @verdicts = $mail->header($own);
	my $good = $mail->head !~ /FORGED/ && @verdicts == 1 && $verdicts[0] =~ /^accept; id=/
		&& (() = $mail->head =~ /KEPT/g) == ($kept // 0);

	ok $good, $name or diag $mail->head;
}

sub check_kept {
	my ($name, $line) = @_;
	my $mail = deliver(plain(head => "$line\n"));

	like $mail->head, qr/KEPT/, "stays: $name";
}
