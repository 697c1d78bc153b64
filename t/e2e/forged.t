# SPDX-License-Identifier: GPL-2.0-or-later
# Header fields that only this gateway may write are gone when somebody else has written them (threats HDR-01, HDR-02, HDR-03),
# as seen in what is delivered; those of others stay. The MTA edits the header itself all the while, which moves what we count.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Octroi::Gate;
use Octroi::Mail qw(plain);

# The MTA's own doing: fields prepended, replaced and dropped by header_checks, prepended by access tables above everything. What it
# writes in the name of another (INNOCENT) has the name of what we remove.
my $results = 'Authentication-Results';
my $innocent = "$results: mx.prepended.example; INNOCENT";
# A header that ends at a name with a NUL is one that two programs read differently: here it must get through, to be looked at.
my @conf = (conf => { content => 'on_ambiguous = accept' });
my $gate = Octroi::Gate->start(@conf, postfix => {
	files => { edits => <<"EOT" },
/^Received:.*by gw/ PREPEND $innocent above our Received
/^From:/ PREPEND $innocent above From
/^Subject:/ PREPEND X-Octroi-Verdict: accept; FORGED by header_checks
/^X-Innocent:/ PREPEND $innocent
/^X-Trigger:/ PREPEND X-Octroi-Verdict: accept; FORGED by header_checks
/^X-Trigger-Results:/ PREPEND $results: gw.ours.example; FORGED by header_checks
/^X-Becomes-Innocent:/ REPLACE $innocent
/^X-Becomes-Ours:/ REPLACE X-Virus-Status: FORGED by header_checks
/^X-Goes:/ IGNORE
EOT
	main => {
		header_checks => 'regexp:$dir/edits',
		smtpd_helo_required => 'yes',
		smtpd_recipient_restrictions =>
			'check_sender_access inline:{{prepend@ext.example = PREPEND X-Octroi-Relay: FORGED by access}, '
			. "{innocent\@ext.example = PREPEND $innocent}}, "
			. "check_helo_access inline:{{innocent.example = PREPEND $innocent}}, "
			. 'check_client_access static:OK, reject',
	},
});

my $always = 2;	# INNOCENT: that many on every message, above Received and above From
my $own = 'X-Octroi-Verdict';

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
check('all of them at once', join("\n", map { $_->[1] } @forged, @kept, @forged), 1, kept => scalar @kept);
check('among 500 other fields', join("\n", map { ("X-Other: $_", "$own: FORGED $_") } 1 .. 250), 1);

# Any order of what is forged, what is not, and what makes the MTA edit. The same orders each time.
subtest 'in any order, among edits of the MTA' => sub {
	my @lines = ("$own: FORGED", "$results: gw.ours.example; FORGED", "$results: mx.other.example; KEPT", 'X-Innocent: x', 'X-Trigger: x',
		'X-Trigger-Results: x', 'X-Becomes-Innocent: x', 'X-Becomes-Ours: x', 'X-Goes: x', 'X-Other: x');
	my $seed = 1;
	my $next = sub { return ($seed = ($seed * 1103515245 + 12345) % 2**31) >> 16 };

	for my $number (1 .. 60) {
		my @picked = map { $lines[$next->() % @lines] } 0 .. $next->() % 15;
		my ($from, $helo) = (('<a@ext.example>', '<innocent@ext.example>')[$number & 1], ('mx.example', 'innocent.example')[$number >> 1 & 1]);
		check("order $number", join("\n", @picked), 1, kept => scalar(grep { /KEPT/ } @picked),
			innocent => (grep { /Innocent/ } @picked) + ($from =~ /innocent/) + ($helo =~ /innocent/), from => $from, helo => $helo);
	}
};

# The name of the gateway in Unicode: A-label, U-label, upper case, wide letters and dots (HDR-01).
subtest 'results of a gateway whose name is not ASCII' => sub {
	my $name = 'gw.xn--mnchen-3ya.example';
	(my $conf = $gate->conf(@conf)) =~ s/^(authserv_id\s*=\s*)"[^"]*"/$1"$name"/m;
	$gate->daemon->configure($conf);
	ok $gate->daemon->reload, 'reloaded';
	for my $id ($name, 'GW.XN--MNCHEN-3YA.EXAMPLE', "gw.m\xc3\xbcnchen.example", "GW.M\xc3\x9cNCHEN.Example", "gw.mu\xcc\x88nchen.example",
		"gw\xe3\x80\x82m\xc3\xbcnchen\xef\xbc\x8eexample", "\xef\xbd\x87w.m\xc3\xbcnchen.example", "gw.m\xc3\xbcnchen.example.", "$name.",
		"gw.m\xfcnchen.example", "\"gw.m\xc3\xbcnchen.example\"", "(\xc3\xbc) $name/1") {
		check("$id, $_ times", "$results: $id; dkim=pass FORGED", $_) for 1, 2, 50;
	}
	for my $id ('gw.munchen.example', 'xn--mnchen-3ya.example', "m\xc3\xbcnchen.example", "x.gw.m\xc3\xbcnchen.example", 'gw.ours.example') {
		check_kept("results of $id", "$results: $id; spf=pass KEPT");
	}
	$gate->daemon->configure($gate->conf(@conf));
	ok $gate->daemon->reload, 'reloaded';
};

# To Postfix a name with such a byte is none: the header ends there, for us and for whoever reads what is delivered. What stands behind
# a NUL in a value it throws away itself (HDR-17).
subtest 'names that are none end the header' => sub {
	for my $name ("X-Octroi\0-Verdict", "$own\0", "\0$own", "X-\001Octroi-Verdict", "$own\x0b", "$own\xe9", "$results\0", 'A name') {
		my $mail = deliver(plain(head => "$name: gw.ours.example; FORGED\n"));
		unlike $mail->head, qr/FORGED/, 'not in the header: ' . $name =~ s/([^ -~])/sprintf '\\x%02x', ord $1/egr;
	}
	check('a NUL before what is forged', "$own: \0FORGED\n$results: \0gw.ours.example; FORGED", 1);
	check('a NUL behind the name of another', "$results: mx.other.example; KEPT\0; FORGED", 1, kept => 1);
	check('a NUL behind our name', "$results: gw.ours.example FORGED\0.other.example", 1);
};

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

# Named: kept (how often KEPT must be there), innocent (what the MTA writes besides), and more for send.
sub check {
	my ($name, $lines, $copies, %args) = @_;
	my ($kept, $innocent) = map { delete $args{$_} // 0 } qw(kept innocent);
	my $mail = deliver(plain(head => "$lines\n" x $copies), %args);
	my @verdicts = $mail->header($own);
	my $good = $mail->head !~ /FORGED/ && @verdicts == 1 && $verdicts[0] =~ /^accept; id=/
		&& (() = $mail->head =~ /KEPT/g) == $kept && (() = $mail->head =~ /INNOCENT/g) == $innocent + $always;

	ok $good, $name =~ s/([^ -~])/sprintf '\\x%02x', ord $1/egr or diag $mail->head;
}

sub check_kept {
	my ($name, $line) = @_;

	check("stays: $name", $line, 1, kept => 1);
}
