#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# octroi hold and free are felt at the next command of a session that is open; events are written about by mail, once; octroi status tells what is
# going on, and when it cannot tell. Our own address in a DNS list is such an event.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use JSON::PP ();
use Octroi::Daemon;
use Octroi::Dns;
use Octroi::Gate;
use Octroi::Milter;
use Octroi::Process qw(slurp spew temp_directory wait_until);
use Octroi::Sink;
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep);

plan skip_all => 'OCTROI names no program' unless defined Octroi::Gate::binary();
plan skip_all => Octroi::Dns::missing() if Octroi::Dns::missing();

my $octroi = Octroi::Gate::binary();
my $dir = temp_directory();
my $sink = Octroi::Sink->start(dir => "$dir/sink");
my $dns = Octroi::Dns->start(zone => <<'END');
2.0.0.127.bl.example A 127.0.0.2
25.100.51.198.bl.example A 127.0.0.4
25.100.51.198.bl.example TXT "infected, see https://bl.example/remove?ip=198.51.100.25 <b>now</b>"
2.0.0.127.refuses.example A 127.0.0.2
25.100.51.198.refuses.example A 127.255.255.254
END
my $conf = <<"END";
listen = "unix:\$dir/run/octroi.sock"
user = "nobody"
authserv_id = "gw.ours.example"
domains = { "ours.example" }
log = stderr
resolver { forward = { "@{[ $dns->forward ]}" }  dnssec = no  timeout = "1s" }
relay { authenticated = yes }
dnsbl "bl.example" { }
dnsbl "refuses.example" { }
reputation { addresses = { "198.51.100.25", "198.51.100.26" } }
alert { to = { "admin\@ours.example" }  through = "127.0.0.1:@{[ $sink->port ]}" }
END
$conf .= "$_ { enabled = no }\n" for qw(iprev helo spf dkim dmarc content antivirus);

my $daemon = Octroi::Daemon->start(binary => $octroi, dir => "$dir/octroi", conf => $conf);

# Runs a command of the program: its exit status, what it prints, what it complains about.
sub octroi {
	my ($command, @words) = @_;
	my $pid = fork // die "fork: $!";

	if (!$pid) {
		open STDOUT, '>', "$dir/out";
		open STDERR, '>', "$dir/err";
		$ENV{TZ} = 'UTC0';
		delete @ENV{qw(SUDO_USER DOAS_USER)};
		exec { $octroi } $octroi, $command, '--config', $daemon->config_file, @words or POSIX::_exit(127);
	}
	waitpid $pid, 0;
	return ($? >> 8, slurp("$dir/out"), slurp("$dir/err"));
}

sub status_json {
	my ($status, $out) = octroi('status', '--json');

	return ($status, JSON::PP::decode_json($out));
}

sub session {
	my ($client) = @_;
	my $mta = Octroi::Milter->new(socket => 'unix:' . $daemon->socket_file, timeout => 20);

	$mta->negotiate;
	$mta->connect('mx.ext.example', $client);
	$mta->helo('mx.ext.example');
	return $mta;
}

# MAIL of a login.
sub mail {
	my ($mta, $login) = @_;

	$mta->macros(mail => { '{auth_authen}' => $login, '{auth_type}' => 'PLAIN' }) if defined $login;
	return $mta->mail('<bob@ours.example>');
}

sub is_held {
	my ($answer, $text, $name) = @_;

	like($answer->{text} // $answer->{answer}, $text, $name);
}

subtest 'a hold is felt at the next command of a session that is open' => sub {
	my $mta = session('192.0.2.77');
	mail($mta, 'bob');
	is($mta->rcpt('<u@ext.example>')->{answer}, 'continue', 'a recipient before');

	my ($status, $out, $err) = octroi('hold', 'bob', 'for', '2h', 'because', 'stolen', 'password');
	is($status, 0, 'octroi hold') or diag $err;
	like($out, qr/login bob is held until \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\. Running sessions feel it/, 'says until when');
	sleep 0.15;	# holds.h: looked at every 100 ms at the most
	is_held($mta->rcpt('<v@ext.example>'), qr/^450 4\.7\.1 login bob may send nothing until .* UTC: stolen password .*\[[0-9A-Z]{4}-[0-9A-Z]{4}\]/,
		'the next recipient of the session');
	my $other = session('192.0.2.78');
	mail($other, 'alice');
	is($other->rcpt('<v@ext.example>')->{answer}, 'continue', 'somebody else is not held');

	like(scalar qx{'$octroi' status --state '${\ $daemon->state_directory}'}, qr/login bob/, 'octroi status shows it, of a directory alone');
	($status, $out) = octroi('hold');
	like($out, qr/^login bob, since .*, until .*, by \S+: stolen password$/m, 'octroi hold alone lists it');
	($status, $out) = octroi('free', 'bob');
	is($status, 0, 'octroi free');
	like($out, qr/login bob may send again/, 'says so');
	sleep 0.15;
	is($mta->rcpt('<w@ext.example>')->{answer}, 'continue', 'the next recipient is taken');
	is((octroi('free', 'bob'))[0], 1, 'once more: it was not held');
};

subtest 'what was let out before is told' => sub {
	my $mta = session('192.0.2.80');
	$mta->macros(mail => { '{auth_authen}' => 'carol', '{auth_type}' => 'PLAIN' });
	my $end = $mta->message(from => '<carol@ours.example>', rcpt => ['<u@one.example>', '<v@one.example>', '<w@two.example>'],
		headers => [['From', ' carol@ours.example'], ['Subject', ' x']], body => "x\r\n");
	is($end->{answer}, 'continue', 'a message of hers is taken');
	wait_until(10, sub { (octroi('search', 'login=carol'))[0] == 0 });
	my ($status, $out) = octroi('hold', 'carol', 'for', 'ever');
	like($out, qr/held until it is freed/, 'for ever');
	like($out, qr/Let out before, since .*: 1 message to 3 recipients in 2 domains/, 'how much');
	like($out, qr/^ +2 +one\.example /m, 'the domains');
	like($out, qr/^ +1 +w\@two\.example /m, 'the recipients');
	octroi('free', 'carol');
};

subtest 'a network, and an address in it' => sub {
	is((octroi('hold', '198.51.100.0/24'))[0], 0, 'a network is held');
	sleep 0.15;
	my $mta = session('198.51.100.9');
	$mta->mail('<a@ext.example>');
	is_held($mta->rcpt('<u@ours.example>'), qr/^450 4\.7\.1 client 198\.51\.100\.0\/24 may send nothing/, 'a host in it');
	is($mta->rcpt('<postmaster@ours.example>')->{answer}, 'continue', 'postmaster of ours can be written to');
	my ($status, $out, $err) = octroi('free', '198.51.100.9');
	is($status, 1, 'the address alone was not held');
	like($err, qr/still held with 198\.51\.100\.0\/24 .*octroi free 198\.51\.100\.0\/24/, 'the network is named');
	is((octroi('free', '198.51.100.0/24'))[0], 0, 'the network is freed');
	like((octroi('hold', '198.51.100.1/24'))[2], qr/host bits; the network is 198\.51\.100\.0\/24/, 'host bits');
	is((octroi('hold', 'bob', 'for', 'ages'))[0], 2, 'no time');
	is((octroi('hold', '0.0.0.0/0'))[0], 2, 'everybody');
};

subtest 'holds are in the journal, with who did it' => sub {
	my ($status, $out) = octroi('search', '--json', 'about=login:bob');
	my @entries = map { JSON::PP::decode_json($_) } split /\n/, $out;
	my ($hold) = grep { $_->{event} eq 'hold' } @entries;
	my ($free) = grep { $_->{event} eq 'free' } @entries;
	is($hold->{operator}, scalar getpwuid($>), 'who held') or diag $out;
	like($hold->{note}, qr/^until .*: stolen password$/, 'until when and why');
	is($free->{operator}, scalar getpwuid($>), 'who freed');
};

subtest 'our address is in a list: one mail, which tells what is needed (threats DNS-12: a refusal is no listing)' => sub {
	ok(wait_until(40, sub { $sink->messages > 0 }), 'a mail comes');
	sleep 1;
	my @mails = $sink->messages;
	is(@mails, 1, 'exactly one');
	my $mail = $mails[0];
	is($mail->from, '<>', 'the null sender');
	is_deeply([$mail->rcpts], ['<admin@ours.example>'], 'to the administrator');
	my $text = $mail->bytes =~ s/\r//gr;
	like($text, qr/^Auto-Submitted: auto-generated$/m, 'nothing answers it');
	like($text, qr/^Subject: \[octroi\] listed: address:198\.51\.100\.25$/m, 'subject');
	(my $flat = $text) =~ s/\n/ /g;
	like($flat, qr/listed by bl\.example \(127\.0\.0\.4: infected, see https:\S+ .*; ask for removal at https:\/\/bl\.example\/remove\?ip=198\.51\.100\.25/,
		'code, reason and where to ask');
	unlike($flat, qr/refuses\.example/, 'the list that refuses to answer');
	like($flat, qr/No login or host of ours was out of line/, 'and who was out of line before');
	my ($id) = $text =~ /octroi explain ([0-9A-Z-]{9})/;
	is((octroi('explain', $id // ''))[0], 0, 'its id is in the journal');
};

subtest 'status' => sub {
	my ($status, $json);
	wait_until(20, sub { ($status, $json) = status_json(); $json->{filters}[0]{messages}{accept} });
	is($status, 0, 'all is well');
	my $filter = $json->{filters}[0];
	is($filter->{state}, 'serving', 'a filter serves');
	is($filter->{pid}, ($daemon->pids('filter'))[-1], 'its pid');
	is($filter->{messages}{accept}, 1, 'messages by verdict');
	is($filter->{journal}{dropped}, 0, 'the journal');
	ok($filter->{resolver}{asked} > 0, 'the resolver');
	is_deeply([map { $_->{about} } @{ $json->{listings} }], ['address:198.51.100.25'], 'listings');
	is($json->{listings}[0]{removal}, 'https://bl.example/remove?ip=198.51.100.25', 'where to ask for removal');
	my ($code, $out) = octroi('status');
	like($out, qr/^Filter \d+ on gw\.ours\.example serves$/m, 'in words');
	like($out, qr/1 accepted, 0 tagged/, 'counts in words');
	like($out, qr/address:198\.51\.100\.25 in bl\.example \(127\.0\.0\.4\)/, 'the listing in words');
	like($out, qr/In the last 7 days\n(?s:.*)listed address:198/, 'what happened');
};

subtest 'a reload: the listing is no news' => sub {
	my $before = ($daemon->pids('filter'))[-1];
	$daemon->reload;
	my $json;
	ok(wait_until(20, sub { (undef, $json) = status_json(); my $filter = $json->{filters}[0]; $filter && $filter->{pid} != $before && $filter->{state} eq 'serving' }),
		'the new filter tells its status');
	my $seen = $json->{listings}[0]{seen};
	ok(wait_until(30, sub { (undef, $json) = status_json(); ($json->{listings}[0]{seen} // '') ne $seen }), 'it looks again');
	is(scalar(() = $daemon->log =~ /event=listed/g), 1, 'one event');
	is(scalar(my @mails = $sink->messages), 1, 'one mail');
};

subtest 'a filter that has ended says nothing any more' => sub {
	$daemon->stop;
	my ($status, $json) = status_json();
	is($status, 1, 'not well');
	is($json->{filters}[0]{state}, 'ended', 'it has ended');
	my ($code, $out) = octroi('status');
	like($out, qr/HAS ENDED: this is what it wrote \d+ s ago/, 'in words');
	unlink $daemon->state_directory . '/status.json';
	like((octroi('status'))[1], qr/No filter has written its status/, 'nothing at all');
	spew($daemon->state_directory . '/status.json', '{"pid": "x"}');
	like((octroi('status'))[1], qr/No filter has written its status/, 'what is no status of ours');
};

done_testing;
