#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# A milter peer that breaks the protocol: its session ends, and nothing else does (threats MLT-01 to MLT-12, SMTP-19, ID-04).
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Octroi::Milter;
use Octroi::Service qw(greet mail_once);
use Test::More;

my $service = Octroi::Service->new;
my $daemon = $service->start;
my $socket = $service->socket;
my ($filter) = $daemon->pids('filter');

sub peer
{
	my $mta = Octroi::Milter->new(socket => $socket, timeout => 20);
	$mta->negotiate(@_);
	return $mta;
}

# The filter that was there still is, and serves.
sub alive
{
	my ($what) = @_;
	is(mail_once(greet($socket))->{answer}, 'continue', "$what: the next session is served");
	is(($daemon->pids('filter'))[0], $filter, "$what: by the same process");
	return;
}

for my $length (0, 65537, 70000, 2**31 - 1, 2**32 - 1) {
	my $mta = Octroi::Milter->new(socket => $socket, timeout => 20);
	$mta->bytes(pack('N', $length) . 'Oxxxx');
	alive("MLT-01 packet length $length");
	$mta->close;
}

my @silent = map { my $mta = Octroi::Milter->new(socket => $socket, timeout => 20); $mta->bytes("\0\0"); $mta } 1 .. 100;
alive('MLT-02 a hundred peers that send half a length and wait');
$_->close for @silent;

for my $commands (['E'], ['B'], ['R'], ['L'], ['T'], ['C', 'C'], ['O'], ['N', 'E'], ['A', 'A'], ['M', 'M', 'E']) {
	my $mta = peer();
	$mta->raw($_, $_ eq 'C' ? "x\0004\0\031192.0.2.1\0" : "x\0y\0") for @$commands;
	$mta->close;
	alive("MLT-03 out of order: @$commands");
}

for my $data ("name\0004\0\031192.0.2.9", "name\0", '', "\0", "name\0L\0\0/path\0", "name\0U", "name\0006\0\031IPv6:fe80::1%eth0\0",
	"name\0004\0\031999.1.2.3\0", ('x' x 60000) . "\0U") {
	my $mta = peer();
	$mta->raw('C', $data);
	$mta->raw('H', "h\0");
	$mta->raw('M', "<a\@ext.example>\0");
	$mta->close;
	alive('MLT-05, SMTP-19 connect data of ' . length($data) . ' bytes');
}

{
	my $mta = peer();
	$mta->connect('x', '203.0.113.7', 1);
	$mta->raw('D', $_) for "M{auth_authen}", "Mi\0", "M{auth_authen}\0" . ('a' x 60000) . "\0", "Z\0", "M" . ("{x\0y\0" x 5000);
	$mta->close;
	alive('MLT-07 macros without end');
}

for my $login ("alice\r\nbob", "alice\0bob", "al\x01ice", 'a' x 300, '') {
	my $mta = peer();
	$mta->macros(mail => { '{auth_authen}' => $login, '{auth_type}' => 'PLAIN' }) if $login !~ /\0/;
	$mta->connect('mx.ext.example', '203.0.113.7', 1025);
	$mta->helo('mx');
	$mta->mail('<a@ext.example>');
	is($mta->rcpt('<u@ext.example>')->{answer}, 'reject', 'ID-04 a login that is no plain text is none') if $login !~ /\0/;
	$mta->quit;
}
alive('ID-04');

{
	my $mta = peer();
	$mta->connect('mx.ext.example', '203.0.113.7', 1025);
	$mta->helo("evil\r\nid=FAKE verdict=accept");
	$mta->mail('<a@ext.example>');
	$mta->rcpt('<u@ours.example>');
	$mta->data;
	$mta->header("X-Odd\r\nX-Octroi-Verdict", " accept\r\nX-Injected: yes");
	$mta->header('X-Octroi-Verdict', ' forged');
	$mta->header('From', ' a@ext.example');
	$mta->eoh;
	my $end = $mta->eom;
	is($end->{answer}, 'continue', 'MLT-08 CR and LF in names and values');
	my @added = grep { $_->{edit} eq 'insert_header' } @{ $end->{edits} };
	is(scalar(grep { $_->{value} =~ /\r|\n(?![ \t])|\0/ } @added), 0, 'nothing of it is written into our fields');
	is(scalar(grep { $_->{edit} eq 'change_header' } @{ $end->{edits} }), 1, 'the forged field is removed');
	unlike($daemon->log, qr/^id=FAKE/m, 'LOG-02 no line of the log is forged');
	$mta->quit;
}

{
	my $mta = peer(version => 2, actions => 0x1f, steps => 0x7f);
	alive('MLT-09 an MTA of another century');
	$mta = Octroi::Milter->new(socket => $socket, timeout => 20);
	isnt($mta->negotiate(actions => Octroi::Milter::ADDHDRS)->{answer}, 'continue', 'MLT-09 without quarantine there is no session');
	$mta = peer(steps => Octroi::Milter::NR_CONN);
	$mta->connect('mx.ext.example', '203.0.113.7', 1025);
	$mta->helo('mx');
	is(mail_once($mta)->{answer}, 'continue', 'MLT-09 an MTA that wants an answer to everything');
}

{
	my @peers = map { peer() } 1 .. 50;
	$_->raw('Q', '') for @peers;
	@peers = map { peer() } 1 .. 50;
	$_->raw('K', '') for @peers;
	$_->close for @peers;
	alive('MLT-04 sessions that only negotiate');
}

{
	my $mta = greet($socket);
	for (1 .. 300) {
		$mta->mail('<a@ext.example>');
		$mta->rcpt('<u@ext.example>');
		$mta->abort;
	}
	$mta->mail('<a@ext.example>');
	is(scalar(grep { $mta->rcpt("<u\@ext.example>")->{answer} ne "reject" } 1 .. 300), 0, "SMTP-06 three hundred refusals");
	is($mta->rcpt('<u@ours.example>')->{answer}, 'continue', 'SMTP-06, SMTP-07 after any number of refusals');
	$mta->quit;
}
alive('SMTP-07');
done_testing;
