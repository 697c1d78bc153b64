#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# octroi dkim-key makes keys that nobody else reads and records that can be published; octroi check compares the two.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Octroi::Dns;
use Octroi::Process qw(slurp spew temp_directory);

my $octroi = $ENV{OCTROI} or plan skip_all => 'OCTROI names no program';
my $dir = temp_directory();
my $name = 's1._domainkey.example.com';

sub run {
	my (@command) = @_;
	my $out = qx{@{[join ' ', map { "'$_'" } $octroi, @command]} 2>$dir/stderr};

	return ($? >> 8, $out, slurp("$dir/stderr"));
}

sub dkim_key { return run('dkim-key', '--config', "$dir/milter.conf", @_) }

# The account of the daemon; without root there is nobody to give a key to.
my $user = $> == 0 ? 'nobody' : getpwuid $>;
spew("$dir/milter.conf", qq(domains = { "example.com" }\nuser = "$user"\n));

my %records;
subtest 'a key' => sub {
	for my $type ([s1 => 'rsa'], [e1 => 'ed25519'], [r3 => 'rsa', '--bits', '3072']) {
		my ($selector, $word, @options) = @$type;
		my ($status, $out, $err) = dkim_key('--domain', 'Example.COM.', '--selector', $selector, '--type', $word, @options);
		my $file = "$dir/dkim/$selector._domainkey.example.com.pem";
		is $status, 0, "$selector: made" or diag $err;
		my @stat = stat $file;
		is $stat[2] & 07777, 0600, 'for one account';
		is getpwuid($stat[4]), $user, 'that of the daemon';
		ok !((stat "$dir/dkim")[2] & 0027), 'in a directory of its own';
		like slurp($file), qr/^-----BEGIN PRIVATE KEY-----/, 'as PEM';
		unlike $out, qr/PRIVATE/, 'the private half is not shown';
		my ($line) = $out =~ /^(\Q$selector\E\._domainkey\.example\.com\. IN TXT \(.*\))$/m;
		ok defined $line, 'the record as one line for a zone file' or next;
		my @strings = $line =~ /"([^"]*)"/g;
		ok !(grep { length > 255 } @strings), 'in strings that a record can hold';
		$records{$selector} = join '', @strings;
		like $records{$selector}, qr/^v=DKIM1; k=$word; p=[A-Za-z0-9+\/]+=*$/, 'that make a key record';
		like $out, qr/^# \Q$records{$selector}\E$/m, 'and in one piece for a form';
		like $out, qr/^\tkey "\Q$selector\E._domainkey.example.com" \{\n\t\tfile = "\Q$file\E"$/m, 'the lines for milter.conf';
	}
};

subtest 'a key is never overwritten' => sub {
	my $before = slurp("$dir/dkim/$name.pem");
	my ($status, $out, $err) = dkim_key('--domain', 'example.com', '--selector', 's1');
	is $status, 1, 'refused';
	like $err, qr/File exists; a key is not overwritten/, 'in words';
	is $out, '', 'no record of a key that was not kept';
	is slurp("$dir/dkim/$name.pem"), $before, 'and it is still there';
	symlink "$dir/target", "$dir/dkim/s2._domainkey.example.com.pem";
	is +(dkim_key('--domain', 'example.com', '--selector', 's2'))[0], 1, 'no link is followed';
	ok !-e "$dir/target", 'to nowhere';
};

subtest 'what cannot be' => sub {
	for my $case (
		['no domain', '--selector', 's9'], ['no selector', '--domain', 'example.com'], ['a top-level domain', '--domain', 'com', '--selector', 's9'],
		['a path', '--domain', 'example.com', '--selector', '../../x'], ['another type', '--domain', 'example.com', '--selector', 's9', '--type', 'dsa'],
		['a short key', '--domain', 'example.com', '--selector', 's9', '--bits', '512'],
		['a long one', '--domain', 'example.com', '--selector', 's9', '--bits', '16384'],
		['bits that are none', '--domain', 'example.com', '--selector', 's9', '--bits', '2048x'],
		['an option that is none', '--domain', 'example.com', '--selector', 's9', '--force', 'yes'],
	) {
		my ($what, @arguments) = @$case;
		my ($status, $out, $err) = dkim_key(@arguments);
		is $status, 2, "$what: refused";
		like $err, qr/^usage: octroi dkim-key/m, 'with what would be right';
		is $out, '', 'and nothing else';
	}
	is +(dkim_key('--domain', 'example.com', '--selector', 's9', '--directory', "$dir/no/where"))[0], 1, 'a directory that cannot be made';
};

sub check {
	my ($zone, $more) = @_;
	my $dns = Octroi::Dns->start(zone => $zone);
	my $conf = join '', qq(user = "$user"\ndomains = { "example.com" }\nantivirus { enabled = no }\naccount { senders = { "a a\@example.com" } }\n),
		qq(resolver { forward = { "@{[$dns->forward]}" } timeout = "1s" }\n), qq(sign { key "$name" { file = "$dir/dkim/$name.pem" } @{[$more // '']} }\n);

	spew("$dir/check.conf", $conf);
	my ($status, $out, $err) = run('check', '--config', "$dir/check.conf");
	return ($status, join('', grep { /sign/ } split /^/m, $out), $err);
}

subtest 'octroi check' => sub {
	plan skip_all => Octroi::Dns::missing() if Octroi::Dns::missing();
	my ($status, $said) = check(qq($name TXT "$records{s1}"\n));
	is $status, 0, 'the record is published';
	is $said, '', 'nothing to be said';
	(undef, $said) = check(qq($name TXT "$records{r3}"\n));
	like $said, qr/^warning: sign.key: the DNS record $name holds another key.*; it should be: \Q$records{s1}\E$/m, 'another key';
	(undef, $said) = check("x.example A 192.0.2.1\n");
	like $said, qr/the DNS record $name is not published/, 'not published';
	($status, $said) = check("$name !servfail\n");
	like $said, qr/the DNS record $name could not be looked up \(SERVFAIL\)$/m, 'the DNS cannot tell';
	is $status, 0, 'which is no error';
	(undef, $said) = check("$name !silent\n");
	like $said, qr/the DNS record $name could not be looked up \(.*\)$/m, 'the DNS does not answer';
};

subtest 'a key that others can read' => sub {
	plan skip_all => Octroi::Dns::missing() if Octroi::Dns::missing();
	chmod 0644, "$dir/dkim/$name.pem";
	my ($status, undef, $err) = check('');
	is $status, 1, 'is an error';
	like $err, qr/others can read or write this private key; run: chmod 0600 \Q$dir\E/, 'with the command that helps';
	chmod 0600, "$dir/dkim/$name.pem";
	unlink "$dir/dkim/$name.pem";
	($status, undef, $err) = check('');
	is $status, 1, 'one that is not there';
	like $err, qr/\.pem: No such file/, 'too';
};
done_testing;
