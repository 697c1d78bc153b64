#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# What comes of answers and non-answers of the DNS, from the wire to the verdict: `octroi try` and the daemon against a scripted name server.
# Rows DNS-01 to DNS-05 of threats.md and the public SPF suite.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Octroi::Daemon;
use Octroi::Dns;
use Octroi::Gate;
use Octroi::Milter;
use Octroi::Process qw(temp_directory wait_until);
use Octroi::SpfSuite;
use Octroi::Try;
use Test::More;

plan skip_all => 'OCTROI names no program' unless defined Octroi::Gate::binary();
plan skip_all => Octroi::Dns::missing() if Octroi::Dns::missing();

my @results = qw(pass fail softfail neutral temperror permerror);
my $all_accepted = join "\n", map { ("on_$_ = accept", "on_helo_$_ = accept") } @results;
my $fail_rejected = $all_accepted =~ s/on_fail = accept/on_fail = reject/r;
my $dns = Octroi::Dns->start;
my $top = qq(authserv_id = "receiver.example"\ndomains = { "ours.example" }\nlog = stderr\nantivirus { enabled = no }\n);
my $others_off = join '', map { "$_ { enabled = no }\n" } qw(helo iprev dkim dmarc);

sub resolver { return qq(resolver { forward = { "@{[ $dns->forward ]}" }  dnssec = no  $_[0] }\n) }

sub run_try {
	my ($conf, %args) = @_;
	my $try = Octroi::Try->new(conf => $conf);

	return $try->run(%args);
}

# name => [zone lines, outcome of a sender at this name]. Questions to a name that is slow or silent end with resolver.timeout, 2 s here;
# a verdict there must be, and not after the 30 s that a server can be slow.
my @answers = (
	['DNS-01 no answer', '!silent', 'temperror'],
	['DNS-01 an answer after 4 s, more than the time there is', 'TXT "v=spf1 -all"', '!delay 4000', 'temperror'],
	['DNS-01 an answer after 31 s', 'TXT "v=spf1 -all"', '!delay 31000', 'temperror'],
	['DNS-01 an answer after 100 ms', 'TXT "v=spf1 ip4:203.0.113.7 -all"', '!delay 100', 'pass'],
	['DNS-01 SERVFAIL', '!servfail', 'temperror'],
	['DNS-01 REFUSED', '!refused', 'temperror'],
	['DNS-01 FORMERR', '!formerr', 'temperror'],
	['DNS-01 NOTIMP', '!notimp', 'temperror'],
	['DNS-01 truncated, whole by TCP', 'TXT "v=spf1 ip4:203.0.113.7 -all"', '!truncate', 'pass'],
	['DNS-01 truncated, no TCP', 'TXT "v=spf1 ip4:203.0.113.7 -all"', '!tcp-refused', 'temperror'],
	['DNS-01 garbage', '!garbage', 'temperror'],
	['DNS-01 the address of a mechanism cannot be told', 'TXT "v=spf1 a -all"', 'A !servfail', 'temperror'],
	['DNS-01 an include cannot be told', 'TXT "v=spf1 include:sub.name.example -all"', 'sub.name.example TXT !servfail', 'temperror'],
	['DNS-17 a wrong id with a record that lets everybody pass', 'TXT "v=spf1 -all"', '!wrong-id 20', 'fail'],
	['DNS-17 a wrong id and nothing else', 'TXT "v=spf1 -all"', '!wrong-id', 'temperror'],
	['DNS-17 records of others beside the answer', 'TXT "v=spf1 include:victim.example -all"', '!spoof', 'victim.example TXT "v=spf1 -all"', 'fail'],
	['DNS-03 20 KB in one record', 'TXT "v=spf1 ' . 'ip4:192.0.2.1 ' x 1400 . 'ip4:203.0.113.7 -all"', 'pass'],
	['DNS-03 64 KB in one record', 'TXT "v=spf1 ' . 'ip4:192.0.2.1 ' x 4600 . 'ip4:203.0.113.7 -all"', qr/^(?:pass|permerror|temperror)\z/],
	['DNS-03 255 strings', 'TXT "v=spf1 " ' . '"ip4:192.0.2.1 " ' x 253 . '"ip4:203.0.113.7 -all"', 'pass'],
	['DNS-03 248 records of 250 octets beside it', '!huge 10000', qr/^(?:none|temperror)\z/],
	['DNS-03 300 records', (map { "TXT \"x$_\"" } 1 .. 300), 'TXT "v=spf1 +all"', 'temperror'],
	['DNS-03 two SPF records', 'TXT "v=spf1 +all"', 'TXT "v=spf1 -all"', 'permerror'],
	['DNS-03 a NUL', 'TXT "v=spf1 \000 +all"', 'permerror'],
	['DNS-03 eight bits', 'TXT "v=spf1 a:\195\164.example +all"', 'permerror'],
	['DNS-03 quote and backslash', 'TXT "v=spf1 a:\"\\\\ +all"', 'permerror'],
	['DNS-04 CNAME to itself', '!loop', 'temperror'],
	['DNS-04 a circle', 'CNAME other.example', 'other.example CNAME name.example', 'temperror'],
	['DNS-04 a chain of 8', 'TXT "v=spf1 ip4:203.0.113.7 -all"', '!chain 8', 'pass'],
	['DNS-04 a chain of 50', 'TXT "v=spf1 +all"', '!chain 50', 'temperror'],
	['DNS-04 CNAME beside TXT', 'CNAME other.example', 'TXT "v=spf1 +all"', 'other.example TXT "v=spf1 -all"', 'fail'],
	['DNS-04 an MX that is itself', 'TXT "v=spf1 mx -all"', 'MX 0 name.example', 'A 203.0.113.7', 'pass'],
	['DNS-04 a PTR that is itself', 'TXT "v=spf1 ptr -all"', '7.113.0.203.in-addr.arpa PTR 7.113.0.203.in-addr.arpa', 'fail'],
	['DNS-06 10 lookups, 9 of them void', 'TXT "v=spf1 ' . join(' ', map { "exists:x$_.example" } 1 .. 9) . ' a -all"', 'A 203.0.113.7',
		(map { "x$_.example TXT none" } 1 .. 9), 'permerror'],
	['DNS-05 10 lookups that find something', 'TXT "v=spf1 ' . join(' ', map { "a:x$_.example" } 1 .. 9) . ' a -all"', 'A 203.0.113.7',
		(map { "x$_.example A 192.0.2.$_" } 1 .. 9), 'pass'],
	['DNS-05 11 lookups', 'TXT "v=spf1 ' . join(' ', map { "a:x$_.example" } 1 .. 10) . ' a -all"', 'A 203.0.113.7',
		(map { "x$_.example A 192.0.2.$_" } 1 .. 10), 'permerror'],
	['DNS-05 11 lookups in three levels', 'TXT "v=spf1 include:i1.example include:i2.example -all"',
		'i1.example TXT "v=spf1 include:i3.example a:x1.example a:x2.example -all"',
		'i3.example TXT "v=spf1 a:x3.example a:x4.example a:x5.example -all"',
		'i2.example TXT "v=spf1 a:x6.example a:x7.example a:x8.example ?all"',
		(map { "x$_.example A 192.0.2.$_" } 1 .. 8), 'permerror'],
	['DNS-05 an include of itself', 'TXT "v=spf1 include:name.example -all"', 'permerror'],
	['DNS-05 redirects in a circle', 'TXT "v=spf1 redirect=other.example"', 'other.example TXT "v=spf1 redirect=name.example"', 'permerror'],
	['DNS-05 all before redirect', 'TXT "v=spf1 ?all redirect=name.example"', 'neutral'],
	['DNS-06 three voids', 'TXT "v=spf1 a:v1.example a:v2.example a:v3.example +all"', 'permerror'],
	['DNS-06 two voids', 'TXT "v=spf1 a:v1.example a:v2.example +all"', 'pass'],
	['DNS-06 11 MX', 'TXT "v=spf1 mx -all"', (map { ("MX 0 x$_.example", "x$_.example A 203.0.113.7") } 1 .. 11), 'permerror'],
	['DNS-06 1,000 PTR', 'TXT "v=spf1 ptr -all"', (map { "7.113.0.203.in-addr.arpa PTR p$_.elsewhere.example" } 1 .. 1000), 'fail'],
	['DNS-08 v=spf10', 'TXT "v=spf10 +all"', 'none'],
	['DNS-08 a prefix too long', 'TXT "v=spf1 ip4:203.0.113.7/33 +all"', 'permerror'],
	['DNS-08 a mechanism of 10 KB', 'TXT "v=spf1 a:' . 'x' x 10000 . '.example +all"', qr/^(?:permerror|pass)\z/],
);

subtest 'answers of the DNS' => sub {
	for my $case (@answers) {
		my ($name, @lines) = @$case;
		my $expected = pop @lines;
		my $zone = join '', map { /^\S+\.(?:example|arpa) / ? "$_\n" : "name.example $_\n" } @lines;
		$dns->zone($zone);
		my $got = run_try($top . $others_off . resolver('timeout = "2s"') . "spf { $all_accepted\ntimeout = \"4s\" }\n", from => '<a@name.example>');
		my $outcome = Octroi::Try::outcome($got, 'spf');
		ok ref $expected ? $outcome =~ $expected : $outcome eq $expected, "$name: $outcome"
			or diag explain $got;
		cmp_ok $got->{elapsed_ms} // 1e9, '<', 30000, "$name: with a verdict before the slowest server has spoken";
		like Octroi::Try::header($got, 'Authentication-Results'), qr/\bspf=\Q$outcome\E\b/, "$name: Authentication-Results";
	}
};

# What the defaults make of it: never let pass as if it were well, never refused for good.
subtest 'DNS-01 the sender of a domain that cannot be told is asked to come again' => sub {
	for my $behaviour (qw(!servfail !refused !silent)) {
		$dns->zone("name.example $behaviour\n7.113.0.203.in-addr.arpa PTR mx.name.example\n");
		my $got = run_try($top . resolver('timeout = "1s"'), from => '<a@name.example>', helo => 'mx.name.example');
		is $got->{action}, 'defer', $behaviour;
		like $got->{reply}, qr/^451 4\.4\.3 /, "$behaviour: $got->{reply}";
	}
};

# A verdict on what is no address is given without SPF: those tests of the suite are not for us.
subtest 'the public SPF suite' => sub {
	plan skip_all => Octroi::SpfSuite::missing() if Octroi::SpfSuite::missing();
	my $try = Octroi::Try->new(conf => $top . $others_off . resolver('') . "spf { $fail_rejected\nexplain = yes }\n");
	my ($compared, $no_address) = (0, 0);
	for my $scenario (Octroi::SpfSuite::read('rfc7208-tests.yml')) {
		$dns->zone($scenario->{zone});
		for my $test (@{ $scenario->{tests} }) {
			my $got = $try->run(client => $test->{host}, helo => $test->{helo}, from => '<' . ($test->{mailfrom} // '') . '>');
			if (($got->{reply} // '') =~ /^501 5\.1\.7 /) { $no_address++; next }
			$compared++;
			check_suite_test("$scenario->{description}: $test->{name}", $test, $got);
		}
	}
	is $compared + $no_address, 203, 'all tests of the suite were run';
	cmp_ok $no_address, '<=', 4, "$no_address of them have a sender that is no address";
};

sub check_suite_test {
	my ($name, $test, $got) = @_;
	my ($finding) = Octroi::Try::findings($got, 'spf');
	my $outcome = $finding ? $finding->{outcome} : 'no finding';

	ok scalar(grep { lc $_ eq $outcome } @{ $test->{results} }), "$name: $outcome" or diag explain $test, $got;
	return if $outcome ne 'fail' || !defined $test->{explanation} || $test->{explanation} eq 'DEFAULT';
	my $said = substr $test->{explanation}, 0, 160;
	like $finding->{text}, qr/the domain says: "\Q$said\E"/, "$name: the explanation";
	like $got->{reply}, qr/^550 5\.7\.23 [ -~]+\z/, "$name: printable in the reply";
}

# The daemon: one session, its DNS in trouble in between.
my $daemon = Octroi::Daemon->start(binary => Octroi::Gate::binary(), dir => temp_directory() . '/octroi', conf => $top . <<"END" . $others_off .
listen = "unix:\$dir/run/octroi.sock"
user = "nobody"
END
	resolver('timeout = "1s" unknown_ttl = "0ms"') . "spf { on_softfail = accept }\n");

sub send_message {
	my ($from) = @_;
	my $mta = Octroi::Milter->new(socket => 'unix:' . $daemon->socket_file, timeout => 60);

	$mta->negotiate;
	$mta->connect('mx.ext.example', '203.0.113.7');
	$mta->helo('mx.ext.example');
	for my $step (sub { $mta->mail($from) }, sub { $mta->rcpt('<u@ours.example>') }) {
		my $reply = $step->();
		return $reply if $reply->{answer} =~ /^(?:reject|tempfail|closed|timeout|malformed)\z/;
	}
	$mta->data;
	$mta->header('Subject', ' test');
	$mta->eoh;
	$mta->body("test\r\n");
	my $reply = $mta->eom;
	$mta->quit;
	return $reply;
}

subtest 'DNS-19 the daemon in an outage of the DNS, and after it' => sub {
	$dns->zone(join '', map { "name$_.example TXT \"v=spf1 ip4:203.0.113.7 -all\"\n" } 1 .. 30);
	is send_message('<a@name1.example>')->{answer}, 'continue', 'before';
	$dns->outage(1);
	my $reply = send_message('<a@name2.example>');
	is $reply->{answer}, 'tempfail', 'in the outage a new domain is deferred';
	like $reply->{text}, qr/^451 4\.4\.3 /, $reply->{text};
	is send_message('<a@name1.example>')->{answer}, 'continue', 'a domain that is in the cache is not';
	$dns->outage(0);
	my $n = 3;
	ok wait_until(30, sub { send_message('<a@name' . $n++ . '.example>')->{answer} eq 'continue' }), 'and after it new domains are taken again';
	ok wait_until(30, sub { send_message('<a@name2.example>')->{answer} eq 'continue' }), 'and the one that was deferred';
};

subtest 'DNS-02 domains that do not exist' => sub {
	$dns->zone('');
	my %answers;
	$answers{ send_message("<a\@random-$_.example>")->{answer} }++ for 1 .. 100;
	is_deeply \%answers, { continue => 100 }, 'are none, each of them';
	$dns->forget;
	send_message('<a@random-1.example>') for 1 .. 5;
	is_deeply [$dns->asked('random-1.example', 'TXT')], [], 'and the cache knows them';
};

subtest 'findings carry what programs ask for' => sub {
	$dns->zone(<<'EOT2');
author.example          TXT "v=spf1 ip4:203.0.113.7 -all"
_dmarc.author.example   TXT "v=DMARC1; p=quarantine"
EOT2
	my $signature = 'v=1; a=rsa-sha256; d=author.example; s=gone; h=from; bh=' . 'A' x 43 . '=; b=AAAA';
	my $got = run_try($top . resolver(''), helo => 'mx.author.example', from => '<a@author.example>',
		message => "DKIM-Signature: $signature\r\nFrom: a\@author.example\r\nSubject: x\r\n\r\nx\r\n");
	my %finding = map { $_->{scanner} => $_ } @{ $got->{findings} };
	is $finding{dmarc}{outcome}, 'pass', 'DMARC passes by SPF';
	is $finding{dmarc}{policy}, 'quarantine', 'and tells the policy';
	is $finding{dkim}{$_->[0]}, $_->[1], "the signature's $_->[0]" for ['domain', 'author.example'], ['selector', 'gone'];
	ok $finding{dkim}{aligned}, 'which is aligned';
	ok ref $finding{dkim}{aligned}, 'a boolean';
};

ok $daemon->stop, 'the daemon ended by itself';
unlike $daemon->log, qr/ERROR: \w+Sanitizer|runtime error/, 'no sanitizer had anything to say';
done_testing;
