#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# check and try, as an administrator uses them.
use strict;
use warnings;
use FindBin;
use File::Temp qw(tempdir);
use JSON::PP;
use Test::More;

my $octroi = $ENV{OCTROI} or plan skip_all => 'OCTROI names no program';
my $database = "$FindBin::Bin/../data/clamav";
my $dir = tempdir(CLEANUP => 1);

sub spew
{
	my ($name, $text) = @_;
	open my $out, '>', "$dir/$name" or die "$name: $!";
	binmode $out;
	print $out $text;
	close $out;
	return "$dir/$name";
}

sub run
{
	my (@command) = @_;
	my $out = qx{@{[join ' ', map { "'$_'" } @command]} 2>$dir/stderr};
	my $status = $? >> 8;
	open my $in, '<', "$dir/stderr" or die;
	local $/;
	return ($status, $out, scalar <$in>);
}

my $base = <<"END";
authserv_id = "gw.example.com"
domains = { "example.com" }
user = "nobody"
account { senders = { "alice alice\@example.com" } }
# no DNS here
spf { enabled = no }  helo { enabled = no }  iprev { enabled = no }  dkim { enabled = no }  dmarc { enabled = no }
END
my $good = spew('good.conf', "$base antivirus { enabled = no }\n");
my $scan = spew('scan.conf', "$base antivirus { database = \"$database\" }\n");

# check
my ($status, $out, $err) = run($octroi, 'check', '--config', $good);
is($status, 0, 'a good configuration');
like($out, qr/^warning: antivirus.enabled is no/m, 'what an administrator should know is said');
($status, $out) = run($octroi, 'check', '--config', spew('nodb.conf', "$base antivirus { database = \"$dir\" }\n"));
like($out, qr/no ClamAV signatures in .*freshclam/, 'a missing database, and how to get one');

($status, $out, $err) = run($octroi, 'check', '--config', spew('noanchor.conf', "$base antivirus { enabled = no }\nresolver { trust_anchor = \"$dir/root.key\" }\n"));
is($status, 1, 'a trust anchor that is missing is an error: the daemon would not start');
like($err, qr/noanchor\.conf: cannot read the trust anchor/, 'which is said');

my $bad = spew('bad.conf', <<'END');
domians = { "example.com" }
session {
    deny = { "10.1.2.3/24", "192.0.2.1" }
    alow = { }
}
antivirus {
    timeout = 5x
    on_error = accept
    on_infected = drop
}
relay { grant "printer" { clients = { "192.0.2.40" } rate = "50" } }
END
($status, $out, $err) = run($octroi, 'check', '--config', $bad);
is($status, 1, 'a configuration with errors');
like($err, qr/bad\.conf:1: .*domians.*domains/, 'unknown name with the nearest one');
like($err, qr/bad\.conf:3: .*host bits.*10\.1\.2\.0\/24/, 'host bits, and what was meant (ID-03)');
like($err, qr/bad\.conf:4: .*alow.*allow/, 'unknown name in a section');
like($err, qr/bad\.conf:7: .*timeout/, 'a value of the wrong kind');
like($err, qr/bad\.conf:8: .*nobody has looked at/, 'nothing lets mail in unscanned');
like($err, qr/bad\.conf:9: .*no action/, 'an unknown action');
like($err, qr/bad\.conf:11: .*rate/, 'in a titled section');
like($err, qr/bad\.conf:11: .*senders/, 'a required option that is missing');
like($err, qr/: 9 errors/, 'all of them at once');

($status, $out) = run($octroi, 'check', '--changed', '--config', $good);
like($out, qr/good\.conf:2: domains = \{ "example\.com" \}/, 'what differs from the defaults, with its line');
unlike($out, qr/timeout/, 'and nothing else');

# try
my $mail = spew('mail', "From: a\@ext.example\r\nSubject: hello\r\nX-Octroi-Verdict: forged\r\n\r\nbody\r\n");
my $eicar = spew('eicar', "From: a\@ext.example\nSubject: x\n\n" . 'X5O!P%@AP[4\PZX54(P^)7CC)7}$' . 'EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*' . "\n");

sub try
{
	my ($conf, $message, @words) = @_;
	my ($rc, $json, $errors) = run($octroi, 'try', '--json', '--config', $conf, '--client', '203.0.113.9', @words, $message);
	is($rc, 0, "a verdict for @words") or diag($errors);
	return decode_json($json);
}

my $got = try($scan, $mail, '--from', '<a@ext.example>', '--rcpt', '<u@example.com>', '--rcpt', 'v@other.example');
is($got->{action}, 'accept');
is($got->{direction}, 'inbound');
is($got->{recipients}[0]{ground}, 'domain', 'a ground for ours');
ok(!$got->{recipients}[1]{accepted}, 'none for others');
like($got->{recipients}[1]{reply}, qr/^550 5\.7\.1 .*\[$got->{id}\]$/, 'the refusal ends with the id');
my %headers = map { $_->{name} => $_->{value} } @{ $got->{headers} };
like($headers{'X-Octroi-Verdict'}, qr/^accept; id=$got->{id}; score=0\.0; by=none$/);
is($headers{'X-Virus-Status'}, 'Clean');

$got = try($scan, $eicar, '--from', '<>', '--rcpt', '<u@example.com>');
is($got->{action}, 'reject', 'EICAR is refused');
like($got->{reply}, qr/^550 5\.7\.1 virus found: /);

$got = try(spew('empty.conf', "$base antivirus { database = \"$dir\" }\n"), $mail, '--from', '<>', '--rcpt', '<u@example.com>');
is($got->{action}, 'defer', 'without a database mail is deferred, never passed');
like($got->{reply}, qr/^451 4\.7\.1 /);

$got = try($good, $mail, '--from', '<alice@example.com>', '--rcpt', '<v@other.example>', '--auth', 'alice');
is($got->{direction}, 'submission');
is($got->{recipients}[0]{ground}, 'auth');
is($got->{action}, 'reject', 'From is not one of hers');
like($got->{reply}, qr/may not write as <a\@ext\.example>/);
is($got->{findings}[0]{outcome}, 'foreign_from');

$got = try($good, $mail, '--from', '<bob@example.com>', '--rcpt', '<v@other.example>', '--auth', 'alice');
like($got->{reply}, qr/^553 5\.7\.1 login alice may not send as <bob\@example\.com>/, 'nor is the envelope sender');

for my $path ('<a@b@c>', '<a@b', '<a b@c>', "<a\@\xff>") {
	$got = try($good, $mail, '--from', $path, '--rcpt', '<u@example.com>');
	is($got->{action}, 'reject', 'a malformed sender is a verdict');
	like($got->{reply}, qr/^501 5\.1\.7 /);
}
$got = try($good, $mail, '--from', '<a>', '--rcpt', '<u@example.com>');
like($got->{reply}, qr/^553 5\.1\.7 /, 'an unqualified sender (R07)');
($status) = run($octroi, 'try', '--config', $good, '--client', 'nowhere', '--from', '<>', '--rcpt', '<u@example.com>', $mail);
is($status, 2, 'no verdict for no address');
($status, $out, $err) = run($octroi, 'try', '--config', $bad, '--client', '192.0.2.1', '--from', '<>', '--rcpt', '<u@example.com>', $mail);
is($status, 2, 'no verdict with a configuration that has errors');
like($err, qr/bad\.conf:1:/);
done_testing;
