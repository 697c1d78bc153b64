# SPDX-License-Identifier: GPL-2.0-or-later
# Octroi::Lab::Rules - the five rules as a table: who tries what in the lab, what is promised, and what happens.
#
#	Octroi::Lab::Rules::play($lab, sub { my ($row) = @_; ... });	# after each row: rule, tried, promised, happened, ok
#
# A row is [what is tried, what is promised, code]. The code returns (ok, what happened); that it dies is BAD, too.
package Octroi::Lab::Rules;

use strict;
use warnings;
use JSON::PP ();
use Octroi::Lab;
use Octroi::Mail qw(attached eicar plain program);
use Octroi::Process qw(slurp wait_until);

my ($gateway, $mail, $partner) = ('192.0.2.25', '192.0.2.10', '203.0.113.25');
my ($alice, $bob, $anna, $scanner) = map { "$_\@example." . ($_ eq 'anna' ? 'net' : 'com') } qw(alice bob anna scanner);
my $number = 0;

our @rules = (
	['1. Only the mail gateway sends to the Internet (port 25)' => [
		['workstation to a web server outside', 'passes: the border closes port 25 alone', \&web],
		['infected workstation straight to a mail server outside', 'dropped, counted for it, logged',
			sub { straight_out(shift, 'workstation', '10.1.2.3') }],
		['the same by IPv6', 'dropped, counted for it, logged', \&straight_out_6],
		['printer straight to a mail server outside', 'dropped, counted for it, logged', sub { straight_out(shift, 'printer', '10.1.2.40') }],
		['internal mail server past the gateway', 'dropped, counted for it, logged', sub { straight_out(shift, 'mail', $mail) }],
		['on the gateway, a program that is not the MTA', 'refused, logged', \&not_the_mta],
		['on the gateway, the MTA itself', 'delivered', \&mta_itself],
	]],
	['2. The mail servers relay nothing without a login or a written grant' => [
		['octroi relaytest from outside against the gateway', 'no pattern relays', \&relaytest],
		['workstation through the gateway without a login', 'refused', sub { relay(shift, 'workstation', $gateway) }],
		['stranger through the gateway', 'refused', sub { relay(shift, 'stranger', $gateway) }],
		['stranger at port 587 of the gateway', 'no answer', sub { silence(shift, 'stranger', $gateway, 587) }],
		['a password on port 25 of the gateway', 'no AUTH there', \&auth_on_25],
		['workstation through the gateway with its login', 'delivered, ground=auth', \&with_login],
		['printer inside its grant', 'delivered, ground=domain, to ours', \&printer_inside],
		['printer to somebody outside', 'refused: not in its grant',
			sub { printer(shift, $scanner, $anna, qr/"printer" does not cover the recipient/) }],
		['printer to somebody outside, as somebody else', 'refused: not in its grant',
			sub { printer(shift, $alice, $anna, qr/"printer" does not cover the sender/) }],
		['internal mail server for a domain that is not ours', 'refused by the gateway', \&foreign_through_mail],
		['stolen login as somebody else (how much it sends: not judged yet)', 'refused: not its address', \&stolen_login],
		['stolen login, another author in From', 'refused: not its address', \&stolen_from],
	]],
	['3. The internal server stands behind a gateway that filters' => [
		['octroi doctor on the gateway', 'nothing but what the lab lacks', sub { doctor(shift, 'gateway') }],
		['octroi doctor on the internal server', 'nothing but what the lab lacks', sub { doctor(shift, 'mail') }],
		['the other company writes to us', 'delivered; SPF, DKIM, DMARC pass', \&from_partner],
		['we write to the other company', 'delivered, ground=grant; SPF, DKIM, DMARC pass there', \&to_partner],
		['a mailbox that does not exist', 'refused at RCPT, 550 5.1.1', \&no_mailbox],
		['null sender, inwards: a bounce for one of us', 'delivered', \&null_in],
		['null sender, outwards: a bounce of ours', 'delivered, ground=grant', \&null_out],
		['we write to a mailbox that does not exist outside', 'the sender gets a bounce', \&bounce_to_us],
	]],
	['4. What passes is scanned, and forgeries are noticed' => [
		['virus from outside', 'refused', \&virus],
		['virus of our own', 'refused when it is sent', \&virus_of_ours],
		['program attachment from outside', 'refused', \&program_attachment],
		['a NUL in the subject, to hide the rest from the filter', 'delivered without the NUL', \&nul_in_header],
		['our domain as envelope sender, from outside (SPF)', 'refused', \&forged_envelope],
		['our domain in From, from outside (DMARC)', 'refused', \&forged_from],
		["the other company's domain in From", 'refused, as it asks for', \&forged_partner],
	]],
	['5. The internal server cannot be reached' => [
		['stranger to port 25 of the internal server', 'no answer', sub { silence(shift, 'stranger', $mail, 25) }],
		['stranger to port 587 of the internal server', 'no answer', sub { silence(shift, 'stranger', $mail, 587) }],
		['the other company to port 25 of the internal server', 'no answer', sub { silence(shift, 'partner', $mail, 25) }],
		['workstation to port 25 of the internal server', 'refused by the network', \&workstation_25],
		['neighbour in the same network: no firewall between', 'refused by session.allow', \&neighbour],
		['stranger to the management port of the gateway', 'no answer', sub { silence(shift, 'stranger', $gateway, 22) }],
		['management to it', 'passes the rules', \&management],
		['the MTA of the gateway to port 25 of the internal server', 'open', \&gateway_25],
	]],
);

sub play {
	my ($lab, $tell) = @_;

	for my $rule (@rules) {
		for my $row (@{ $rule->[1] }) {
			my ($tried, $promised, $code) = @$row;
			my @answer = eval { $code->($lab) };
			@answer = (0, "could not be tried: $@") unless @answer;
			chomp $answer[1];
			$tell->({ rule => $rule->[0], tried => $tried, promised => $promised, ok => $answer[0] ? 1 : 0, happened => $answer[1] });
		}
	}
}

sub count { return scalar map { @{ $_->[1] } } @rules }

# A subject that no other letter has.
sub token { return sprintf 'lab-%d-%d', $$, ++$number }

sub letter {
	my ($from, $to, $subject, %more) = @_;

	return plain(from => $from, to => $to, subject => $subject, head => "X-Lab: $subject\n", %more);
}

# -- Rule 1

# "Nobody listens there" is an answer, too: the packet has been there and back.
sub web {
	my ($lab) = @_;
	my $answer = $lab->host('workstation')->knock($partner, 80);

	return ($answer =~ /^(?:open|connection refused)$/, "port 80: $answer");
}

sub straight_out {
	my ($lab, $who, $from, $to) = @_;
	my $answer = $lab->host($who)->knock($to // $partner, 25);
	my $packets = caught($lab, $from);
	my ($logged, $told) = logged($lab, 'octroi-border smtp out: ', $from);

	return ($answer eq 'no answer' && $packets > 0 && $logged, "$answer; $packets packets counted for $from; $told");
}

sub straight_out_6 {
	my ($lab) = @_;

	return (1, 'not tried: this kernel has no IPv6') unless Octroi::Lab::has_ipv6();
	return straight_out($lab, 'workstation', '2001:db8:1::3', '2001:db8:ff::25');
}

# Packets in the set of the border.
sub caught {
	my ($lab, $from) = @_;
	my $set = $lab->host('border')->run(qw(nft list set inet octroi_border), $from =~ /:/ ? 'caught6' : 'caught');

	return $set =~ /\Q$from\E (?:timeout \S+ )?(?:expires \S+ )?counter packets (\d+)/ ? $1 : 0;
}

# The kernel writes IPv6 addresses in full.
sub logged {
	my ($lab, $prefix, $from) = @_;
	my $written = $from =~ /:/ ? $from =~ s/^2001:db8:1::3$/2001:0db8:0001:0000:0000:0000:0000:0003/r : $from;
	my $lines = $lab->kernel_log($prefix) or return (1, 'the log was not read: the kernel keeps it from us');
	my $found = grep { /\bSRC=\Q$written\E\b/ } @$lines;
	return ($found > 0, $found > 0 ? 'logged' : 'NOT logged');
}

sub not_the_mta {
	my ($lab) = @_;
	my $text = knock_as($lab, 'nobody', $partner);
	my ($logged, $told) = logged($lab, 'octroi-gateway out: ', $gateway);

	return ($text =~ /unreachable|no route|refused/ && $logged, "$text; $told");
}

# A connection from the gateway by a program of that user.
sub knock_as {
	my ($lab, $user, $to) = @_;
	my $code = 'my ($to, $uid) = @ARGV; $> = $uid; print IO::Socket::INET->new(PeerAddr => $to, PeerPort => 25) ? "open" : lc "$!"';
	my ($status, $text) = $lab->host('gateway')->try(qw(timeout 5 perl -MIO::Socket::INET -e), $code, $to, scalar getpwnam($user));

	return $text;
}

sub mta_itself {
	my ($lab) = @_;
	my $subject = token();
	my $message = letter("postmaster\@example.com", $anna, $subject);

	$lab->host('gateway')->run('sh', '-c', 'printf %s "$1" | sendmail -f postmaster@example.com ' . $anna, 'sh', $message);
	my $letter = $lab->mta('partner')->letter('anna', $subject);
	return ($letter ? 1 : 0, $letter ? 'delivered' : 'NOT delivered');
}

# -- Rule 2

sub relaytest {
	my ($lab) = @_;
	my ($status, $text) = $lab->host('stranger')->try('/opt/octroi', qw(relaytest --domain example.com --recipient), $alice,
		'--external', $anna, '--pause', 0, qw(--from-domain stranger.example --helo mx.stranger.example --target), $gateway);
	my ($sum) = $text =~ /(\d+ patterns: .*)$/m;

	return ($status == 0 && ($sum // '') =~ / 0 relay, 0 unclear/, $sum // $text);
}

sub refused {
	my ($reply, $pattern) = @_;

	return ($reply->is_refusal && "$reply" =~ ($pattern // qr/./), "$reply");
}

sub relay {
	my ($lab, $who, $to) = @_;

	return refused($lab->send($lab->smtp($who, $to), from => '<a@stranger.example>', rcpt => "<$anna>"), qr/^55\d .*relay/i);
}

sub silence {
	my ($lab, $who, $to, $port) = @_;
	my $answer = $lab->host($who)->knock($to, $port);

	return ($answer eq 'no answer', $answer);
}

sub auth_on_25 {
	my ($lab) = @_;
	my $smtp = $lab->smtp('stranger', $gateway);
	my $reply = $smtp->auth_plain($alice, $Octroi::Lab::logins{$alice});

	return ($smtp->{ehlo} !~ /AUTH/ && $reply->is_refusal, "$reply");
}

sub with_login {
	my ($lab) = @_;
	my $subject = token();
	my $reply = $lab->send($lab->submission('workstation', $gateway, $alice), from => "<$alice>", rcpt => "<$anna>",
		message => letter($alice, $anna, $subject));

	return outside_with_ground($lab, $reply, $subject, 'auth');
}

# Taken by the gateway or the internal server, and in anna's mailbox with that ground.
sub outside_with_ground {
	my ($lab, $reply, $subject, $ground) = @_;

	return (0, "$reply") unless $reply->is_ok;
	my $letter = $lab->mta('partner')->letter('anna', $subject) or return (0, "$reply, but NOT delivered");
	my $grounds = grounds($lab, $letter);
	return ($grounds =~ /^\Q$ground\E\b/, "delivered, grounds=$grounds");
}

# Why the gateway let a letter go, as its log says.
sub grounds {
	my ($lab, $letter) = @_;
	my ($queue_id) = map { /\bby gw\.example\.com\b.*?\bid (\w+)/ } $letter->header('Received');
	my $record = defined $queue_id && $lab->mta('gateway')->record(queue_id => $queue_id, 5);

	return $record ? $record->{grounds} // 'none' : 'no record';
}

sub printer_inside {
	my ($lab) = @_;
	my $subject = token();
	my $reply = $lab->send($lab->smtp('printer', $mail), from => "<$scanner>", rcpt => "<$alice>", message => letter($scanner, $alice, $subject));
	my $letter = $reply->is_ok && $lab->mta('mail')->letter('alice', $subject);

	return ($letter ? 1 : 0, $letter ? 'delivered' : "$reply");
}

sub printer {
	my ($lab, $from, $to, $pattern) = @_;

	return refused($lab->send($lab->smtp('printer', $mail), from => "<$from>", rcpt => "<$to>"), $pattern);
}

sub foreign_through_mail {
	my ($lab) = @_;

	return refused($lab->send($lab->smtp('mail', $gateway), from => '<a@stranger.example>', rcpt => "<$anna>"), qr/grant|relay/);
}

sub stolen_login {
	my ($lab) = @_;

	return refused($lab->send($lab->submission('workstation', $mail, $bob), from => "<$alice>", rcpt => "<$anna>",
		message => letter($alice, $anna, token())), qr/^553 5\.7\.1/);
}

sub stolen_from {
	my ($lab) = @_;

	return refused($lab->send($lab->submission('workstation', $gateway, $bob), from => "<$bob>", rcpt => "<$anna>",
		message => letter($alice, $anna, token())), qr/^55\d 5\.7\.1/);
}

# -- Rule 3

# What the lab cannot have: fresh signatures, a clock that is set from outside, a service manager, room for both companies.
my %lacking = map { $_ => 1 } qw(clamav_database clamav_main freshclam clock memory_room queue_room scratch_room tasks open_files);

sub doctor {
	my ($lab, $name) = @_;
	my ($status, $text) = $lab->host($name)->try(qw(octroi doctor --json --config /etc/octroi/milter.conf));
	my $answer = eval { JSON::PP::decode_json($text) } or return (0, "status $status: $text");
	my @found = grep { $_->{state} !~ /^(?:ok|info)$/ && !$lacking{ $_->{id} } } @{ $answer->{findings} };

	return (@found == 0 && $answer->{checks} >= 40, @found ? join '; ', map { "$_->{state} $_->{id}: $_->{reason}" } @found
		: "$answer->{checks} checks, nothing found");
}

sub results {
	my ($letter) = @_;
	my ($results) = $letter->header('Authentication-Results');

	return join ' ', ($results // '') =~ /;\s*((?:spf|dkim|dmarc)=\w+)/g;
}

# Each of the three at least once, and each pass.
sub all_pass {
	my ($results) = @_;
	my %found = map { split /=/ } split / /, $results;

	return $results !~ /=(?!pass\b)/ && 3 == grep { $found{$_} } qw(spf dkim dmarc);
}

sub from_partner {
	my ($lab) = @_;
	my $subject = token();

	$lab->host('partner')->run('sh', '-c', "printf %s \"\$1\" | sendmail -f $anna $alice", 'sh', letter($anna, $alice, $subject));
	my $letter = $lab->mta('mail')->letter('alice', $subject) or return (0, 'NOT delivered: ' . last_status($lab, 'partner'));
	my @results = map { results(bless { bytes => "Authentication-Results: $_\n\n" }, ref $letter) }
		grep { /^gw\.example\.com/ } $letter->header('Authentication-Results');
	my ($verdict) = ($letter->header('X-Octroi-Verdict') // 'no verdict') =~ /^([^;]*)/;
	return (all_pass("@results"), "delivered; @results; $verdict");
}

sub to_partner {
	my ($lab) = @_;
	my $subject = token();
	my $reply = $lab->send($lab->submission('workstation', $mail, $alice), from => "<$alice>", rcpt => "<$anna>",
		message => letter($alice, $anna, $subject));
	my ($ok, $happened) = outside_with_ground($lab, $reply, $subject, 'grant');
	my $letter = $ok && $lab->mta('partner')->letter('anna', $subject) or return ($ok, $happened);
	my $results = results($letter);

	return (all_pass($results), "$happened; there $results");
}

sub last_status {
	my ($lab, $name) = @_;

	return (grep { / status=| reject: / } split /\n/, $lab->mta($name)->log)[-1] // 'nothing in the log';
}

sub no_mailbox {
	my ($lab) = @_;

	return refused($lab->send($lab->smtp('partner', $gateway), from => "<$anna>", rcpt => '<nobody-here@example.com>'), qr/^550 5\.1\.1/);
}

sub null_in {
	my ($lab) = @_;
	my $subject = token();
	my $reply = $lab->send($lab->smtp('partner', $gateway), from => '<>', rcpt => "<$bob>",
		message => letter('MAILER-DAEMON@mx.example.net', $bob, $subject));
	my $letter = $reply->is_ok && $lab->mta('mail')->letter('bob', $subject) or return (0, "$reply");

	return ($letter->from eq '<>', 'delivered, Return-Path: ' . $letter->from);
}

sub null_out {
	my ($lab) = @_;
	my $subject = token();

	$lab->host('mail')->run('sh', '-c', "printf %s \"\$1\" | sendmail -f '<>' $anna", 'sh', letter('MAILER-DAEMON@example.com', $anna, $subject));
	my $letter = $lab->mta('partner')->letter('anna', $subject) or return (0, 'NOT delivered: ' . last_status($lab, 'mail'));
	my $grounds = grounds($lab, $letter);
	return ($letter->from eq '<>' && $grounds =~ /^grant\b/, 'delivered, Return-Path: ' . $letter->from . ", grounds=$grounds");
}

sub bounce_to_us {
	my ($lab) = @_;
	my $subject = token();
	my $reply = $lab->send($lab->submission('workstation', $mail, $alice), from => "<$alice>", rcpt => '<nobody-here@example.net>',
		message => letter($alice, 'nobody-here@example.net', $subject));
	my $letter = $reply->is_ok && $lab->mta('mail')->letter('alice', $subject) or return (0, "$reply; no bounce: " . last_status($lab, 'gateway'));

	return ($letter->from eq '<>' && $letter->bytes =~ /nobody-here\@example\.net/, 'Return-Path: ' . $letter->from . ', '
		. ($letter->header('Subject') // ''));
}

# -- Rule 4

sub from_stranger {
	my ($lab, $message, %more) = @_;

	return $lab->send($lab->smtp('stranger', $gateway), from => '<a@stranger.example>', rcpt => "<$alice>", message => $message, %more);
}

sub virus {
	my ($lab) = @_;

	return refused(from_stranger($lab, attached(from => 'a@stranger.example', name => 'letter.txt', bytes => eicar())), qr/\[\w{4}-\w{4}\]/);
}

sub virus_of_ours {
	my ($lab) = @_;

	return refused($lab->send($lab->submission('workstation', $mail, $alice), from => "<$alice>", rcpt => "<$anna>",
		message => attached(from => $alice, name => 'letter.txt', bytes => eicar())), qr/\[\w{4}-\w{4}\]/);
}

sub program_attachment {
	my ($lab) = @_;

	return refused(from_stranger($lab, attached(from => 'a@stranger.example', name => 'invoice.pdf', bytes => program())), qr/invoice\.pdf/);
}

# As the filter saw it, so it is delivered (message_strip_characters).
sub nul_in_header {
	my ($lab) = @_;
	my $subject = token();
	my $reply = from_stranger($lab, letter('a@stranger.example', $alice, "$subject-before\0-behind", head => ''));
	my $letter = $reply->is_ok && $lab->mta('mail')->letter('alice', $subject) or return (0, "$reply");

	my $is = $letter->header('Subject');
	return ($letter->bytes !~ /\0/ && $is eq "$subject-before-behind", 'delivered, Subject: ' . ($is =~ s/\0/\\0/gr));
}

sub forged_envelope {
	my ($lab) = @_;

	return refused(from_stranger($lab, letter($alice, $bob, token()), from => "<$alice>"), qr/SPF|5\.7\.23/);
}

sub forged_from {
	my ($lab) = @_;

	return refused(from_stranger($lab, letter("The Director <$bob>", $alice, token())), qr/DMARC/i);
}

sub forged_partner {
	my ($lab) = @_;

	return refused(from_stranger($lab, letter($anna, $alice, token())), qr/DMARC/i);
}

# -- Rule 5

sub workstation_25 {
	my ($lab) = @_;
	my $answer = $lab->host('workstation')->knock($mail, 25);

	return ($answer =~ /unreachable|no route|refused/, $answer);
}

sub neighbour {
	my ($lab) = @_;

	return refused($lab->send($lab->smtp('neighbour', $mail), from => "<$alice>", rcpt => "<$bob>", message => letter($alice, $bob, token())),
		qr/^55\d 5\.7\.1/);
}

sub management {
	my ($lab) = @_;
	my $answer = $lab->host('management')->knock($gateway, 22);

	return ($answer =~ /^(?:open|connection refused)$/, "port 22: $answer");
}

sub gateway_25 {
	my ($lab) = @_;
	my $answer = knock_as($lab, 'postfix', $mail);

	return ($answer eq 'open', $answer);
}

1;
