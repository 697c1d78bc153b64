#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# octroi doctor: what the DNS says of our addresses, domains and keys. The name server is ours.
use strict;
use warnings;
use FindBin;
use JSON::PP;
use Test::More;
use Octroi::Dns;
use Octroi::Process qw(slurp spew temp_directory);

my $octroi = $ENV{OCTROI} or plan skip_all => 'OCTROI names no program';
plan skip_all => Octroi::Dns::missing() if Octroi::Dns::missing();
plan skip_all => 'postfix is not installed (contrib/install-packages)' unless grep { -x "$_/postconf" } qw(/usr/sbin /usr/bin);

my $dns = Octroi::Dns->start(zone => <<'END');
25.113.0.203.in-addr.arpa PTR gw.sound.example
gw.sound.example A 203.0.113.25
27.113.0.203.in-addr.arpa PTR gw.other.example
gw.other.example A 203.0.113.99
28.113.0.203.in-addr.arpa !servfail
sound.example TXT "v=spf1 ip4:203.0.113.25 -all"
sound.example TXT "something else"
_dmarc.sound.example TXT "v=DMARC1; p=reject"
sub.sound.example TXT "v=spf1 include:sound.example -all"
twice.example TXT "v=spf1 -all"
twice.example TXT "v=spf1 +all"
_dmarc.twice.example TXT "v=DMARC1; p=none"
others.example TXT "v=spf1 ip4:192.0.2.1 -all"
_dmarc.others.example TXT "v=DMARC1; p=quarantine"
silent.example !servfail
_dmarc.silent.example !servfail
END
my $dir = temp_directory();
my $number = 0;

sub write_file
{
	my ($name, $text) = @_;
	spew("$dir/$name", $text, 0644);
	utime time - 60, time - 60, "$dir/$name";	# postconf waits 2 s for a main.cf that was just changed
	return "$dir/$name";
}

# What is found for mail of a domain that leaves from an address: "state id".
sub found
{
	my ($domain, $address, $more) = @_;
	my $name = 'postfix' . $number++;
	my $conf = write_file("$name.conf", <<"END");
user = "nobody"
authserv_id = "gw.sound.example"
domains = { "$domain" }
antivirus { enabled = no }
content { enabled = no }
resolver { forward = { "${\ $dns->forward}" } timeout = 1s }
END

	mkdir "$dir/$name";
	write_file("$name/main.cf", "compatibility_level = 3.6\nmyhostname = gw.sound.example\nsmtp_bind_address = $address\n" . ($more // ''));
	write_file("$name/master.cf", "smtp inet n - y - - smtpd\n");
	my $json = qx('$octroi' doctor --json --config '$conf' --postfix '$dir/$name' 2>'$dir/stderr');
	my $answer = eval { decode_json($json) } or die "no JSON:\n$json" . slurp("$dir/stderr");
	my %of_dns = map { $_ => 1 } qw(reverse_name spf_record spf_egress dmarc_record dns_advice);
	return [map { "$_->{state} $_->{id}" } grep { $_->{state} ne 'ok' && $of_dns{ $_->{id} } } @{ $answer->{findings} }];
}

is_deeply(found('sound.example', '203.0.113.25'), [], 'a sound domain and address');
is_deeply(found('sub.sound.example', '203.0.113.25'), [], 'an SPF record that includes another, the DMARC record of the domain above');
is_deeply(found('sound.example', '203.0.113.26'), ['warning reverse_name', 'danger spf_egress'], 'an address without a name, which SPF refuses');
is_deeply(found('sound.example', '203.0.113.27'), ['warning reverse_name', 'danger spf_egress'], 'an address whose name denies it');
is_deeply(found('sound.example', '203.0.113.28'), ['unknown reverse_name', 'danger spf_egress'], 'an address whose name could not be told');
is_deeply(found('sound.example', '10.0.0.1'), ['unknown reverse_name'], 'an address that the world does not see');
is_deeply(found('bare.example', '203.0.113.25'), ['warning spf_record', 'warning dmarc_record'], 'a domain with no record');
is_deeply(found('twice.example', '203.0.113.25'), ['danger spf_record', 'info dmarc_record'], 'two SPF records, and a DMARC policy that asks nothing');
is_deeply(found('others.example', '203.0.113.25'), ['danger spf_egress'], 'a record that leaves us out');
is_deeply(found('others.example', '203.0.113.26', "relayhost = [gw.sound.example]\n"), [], 'mail that leaves through another host');
is_deeply(found('silent.example', '203.0.113.25'), ['unknown spf_record', 'unknown dmarc_record'], 'records that could not be told are not ok');
done_testing;
