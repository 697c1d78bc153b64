#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# corpus.pl - writes a corpus of made-up mails that look like real ones; the same arguments give the same bytes.
#
# standard: mostly short texts and replies, newsletters in two forms, now and then a small attachment: 5.7 KiB on average.
# small: short texts (about 1 KiB). large: attachments of 100 KiB to 2 MiB. Names and addresses are of example.org and example.com.
use strict;
use warnings;
use Compress::Zlib qw(compress crc32);
use Getopt::Long;
use MIME::Base64 qw(encode_base64);

my %options = (count => 400, kind => 'standard', seed => 1, infected => 0);
GetOptions(\%options, 'out=s', 'count=i', 'kind=s', 'seed=i', 'infected=i') && defined $options{out} && !@ARGV
	or die "usage: corpus.pl --out DIR [--count N] [--kind standard|small|large] [--seed N] [--infected N: every Nth has EICAR]\n";

# An own generator (Park and Miller): perl's rand may differ from one perl to the next.
my $state;

sub seed { my ($seed) = @_; $state = 1 + $seed % 2147483646; roll(1) for 1 .. 10; return; }
sub roll { my ($sides) = @_; $state = $state * 48271 % 2147483647; return $state % $sides; }
sub pick { return $_[ roll(scalar @_) ]; }
sub between { my ($low, $high) = @_; return $low + roll($high - $low + 1); }

my @words = qw(
	about account after again agenda also always amount answer archive attach autumn basket before begin below better bridge
	budget build calendar carry central change charge clear client close colour column comment contract copy corner cost
	could count course cover current customer data date decide deliver depart design detail different draft early eight
	either enclose engine enough estimate evening every expect explain factory fair family figure final first follow forest
	forward found friday full garden general give good great group harbour have hear heavy help higher holiday hotel hour
	house idea import inside instead invite invoice issue item join journey just keep kind kitchen know large last later
	launch lead learn letter level light line list little local long lower lunch machine maintain make manual market matter
	meeting member middle minute model monday month morning most move much music near need next night note number offer
	office often open order other output over paper parcel part payment people perhaps period phone place plan please point
	possible press price print problem product project proposal quality quarter question quick quiet quote rather read
	ready reason receive record reduce region remark repair reply report request result return review river road room
	sample saturday schedule second section send service several shall sheet short should side signal simple since sketch
	small soon source space spring stage start station still stock store street summer supply sure system table team thank
	their there thing third thursday ticket time today together tomorrow topic total town track train travel tuesday under
	until update usual value version visit wait wall warehouse water week welcome where which while window winter with
	without word work would write year yesterday);
my @people = map { lc } qw(Anna Bruno Carla David Elena Felix Greta Hugo Irene Jonas Klara Leon Mara Nils Olga Paul Rosa Stefan Tina Uwe);
my @days = qw(Mon Tue Wed Thu Fri Sat Sun);

sub sentence
{
	my $text = join ' ', map { pick(@words) } 1 .. between(5, 16);

	return ucfirst($text) . pick('.', '.', '.', '?', '!');
}

sub paragraph { return join ' ', map { sentence() } 1 .. between(2, 6); }

sub wrap
{
	my ($text) = @_;
	my @lines = ('');

	for my $word (split / /, $text) {
		push @lines, '' if length($lines[-1]) + length($word) > 71;
		$lines[-1] .= $lines[-1] eq '' ? $word : " $word";
	}
	return join("\n", @lines) . "\n";
}

sub letter
{
	my ($paragraphs) = @_;

	return 'Dear ' . ucfirst(pick(@people)) . ",\n\n" . join("\n", map { wrap(paragraph()) } 1 .. $paragraphs)
		. "\nKind regards\n" . ucfirst(pick(@people)) . "\n";
}

sub quoted { my ($text) = @_; return join '', map { "> $_\n" } split /\n/, $text; }

sub html
{
	my ($paragraphs) = @_;
	my $rows = join '', map {
		'<tr><td style="padding:8px;font-family:Arial,Helvetica,sans-serif;font-size:14px;color:#333333">' . wrap(paragraph())
		. '<a href="https://www.example.org/' . pick(@words) . '/' . between(1000, 99999) . '">' . pick(@words) . "</a></td></tr>\n"
	} 1 .. $paragraphs;

	return "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"><title>" . pick(@words) . "</title>\n"
		. "<style>body{margin:0;padding:0}table{border-collapse:collapse}</style></head>\n"
		. "<body><table width=\"600\" align=\"center\">\n$rows</table></body></html>\n";
}

sub noise { my ($bytes) = @_; return join '', map { pack 'N', 2 * roll(2147483647) } 1 .. $bytes / 4; }

# A ZIP with one deflated member (APPNOTE 4.3).
sub zip
{
	my ($name, $data) = @_;
	my $deflated = substr compress($data), 2, -4;
	my $sizes = pack 'V V V v v', crc32($data), length $deflated, length $data, length $name, 0;
	my $local = pack('V v v v v v', 0x04034b50, 20, 0, 8, 0x6000, 0x5a21) . $sizes . $name . $deflated;
	my $central = pack('V v v v v v v', 0x02014b50, 20, 20, 0, 8, 0x6000, 0x5a21) . $sizes . pack('v v v V V', 0, 0, 0, 0, 0) . $name;

	return $local . $central . pack 'V v v v v V V v', 0x06054b50, 0, 0, 1, 1, length $central, length $local, 0;
}

sub png_chunk { my ($type, $data) = @_; return pack('N', length $data) . $type . $data . pack 'N', crc32($type . $data); }

sub png
{
	my ($bytes) = @_;
	my $width = 64;
	my $height = int($bytes / ($width * 3)) || 1;
	my $pixels = join '', map { "\0" . substr noise($width * 3 + 4), 0, $width * 3 } 1 .. $height;

	return "\x89PNG\r\n\x1a\n" . png_chunk('IHDR', pack 'N N C5', $width, $height, 8, 2, 0, 0, 0)
		. png_chunk('IDAT', compress($pixels)) . png_chunk('IEND', '');
}

sub pdf
{
	my ($bytes) = @_;
	my $stream = compress(join "\n", map { 'BT (' . sentence() . ') Tj ET' } 1 .. $bytes / 25);

	return "%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 obj\n<< /Type /Pages /Kids [3 0 R] /Count 1 >>\nendobj\n"
		. "3 0 obj\n<< /Type /Page /Parent 2 0 R /Contents 4 0 R >>\nendobj\n4 0 obj\n<< /Length " . length($stream)
		. " /Filter /FlateDecode >>\nstream\n$stream\nendstream\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n";
}

sub csv { my ($bytes) = @_; return join '', map { join(';', between(1, 9999), pick(@words), pick(@words), between(1, 100) / 4) . "\r\n" } 1 .. $bytes / 24; }

sub attachment
{
	my ($bytes) = @_;
	my $word = pick(@words);
	my ($type, $name, $data) = @{ pick(
		sub { ['image/png', "$word.png", png($bytes)] }, sub { ['application/pdf', "$word.pdf", pdf($bytes)] },
		sub { ['application/zip', "$word.zip", zip("$word.csv", csv($bytes * 3))] }, sub { ['text/csv', "$word.csv", csv($bytes)] },
	)->() };

	return "Content-Type: $type; name=\"$name\"\nContent-Transfer-Encoding: base64\nContent-Disposition: attachment; filename=\"$name\"\n\n"
		. encode_base64($data);
}

# In pieces, so that this file is not taken for what it describes.
sub eicar
{
	my $eicar = join '', 'X5O!P%@AP[4\PZX54(P^)7CC)7}$', 'EICAR-STANDARD-', 'ANTIVIRUS-TEST-FILE!$H+H*';

	return "Content-Type: application/octet-stream; name=\"test.com\"\nContent-Transfer-Encoding: base64\n"
		. "Content-Disposition: attachment; filename=\"test.com\"\n\n" . encode_base64($eicar);
}

sub text_part { my ($text) = @_; return "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 7bit\n\n$text"; }
sub html_part { my ($text) = @_; return "Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: 7bit\n\n$text"; }

sub multipart
{
	my ($subtype, @parts) = @_;
	my $boundary = sprintf '=_%08x%08x', roll(2147483647), roll(2147483647);

	return "Content-Type: multipart/$subtype;\n\tboundary=\"$boundary\"\n\n"
		. join('', map { "--$boundary\n$_\n" } @parts) . "--$boundary--\n";
}

my %bodies = (
	note => sub { text_part(letter(between(1, 3))) },
	reply => sub { text_part(letter(between(1, 3)) . "\nOn Monday somebody wrote:\n" . quoted(letter(between(2, 5)))) },
	newsletter => sub { multipart('alternative', text_part(letter(between(4, 8))), html_part(html(between(6, 14)))) },
	attached => sub { multipart('mixed', text_part(letter(1)), attachment(between(4000, 31000))) },
	heavy => sub { multipart('mixed', text_part(letter(2)), attachment(between(100_000, pick(300_000, 600_000, 2_000_000)))) },
);

# How often of 100.
my %mixes = (
	standard => [note => 37, reply => 26, newsletter => 25, attached => 12],
	small => [note => 100],
	large => [heavy => 100],
);

sub kind_of
{
	my @mix = @{ $mixes{ $options{kind} } || die "no kind $options{kind}\n" };
	my $at = roll(100);

	while (my ($kind, $share) = splice @mix, 0, 2) {
		return $kind if ($at -= $share) < 0;
	}
	return 'note';
}

sub head
{
	my ($number) = @_;
	my ($from, $to) = (pick(@people), pick(@people));
	my $date = sprintf '%s, %02d May 2026 %02d:%02d:%02d +0000', pick(@days), between(1, 31), map { roll($_) } 24, 60, 60;
	my $id = sprintf '%08x.%d', roll(2147483647), $number;

	return "Received: from mail.example.org (mail.example.org [192.0.2.9])\n\tby mx.example.org (Postfix) with ESMTPS id "
		. sprintf('%010X', roll(2147483647)) . "\n\tfor <$to\@example.com>; $date\n"
		. "Date: $date\nFrom: " . ucfirst($from) . " <$from\@example.org>\nTo: " . ucfirst($to) . " <$to\@example.com>\n"
		. 'Subject: ' . sentence() . "\nMessage-ID: <$id\@mail.example.org>\nMIME-Version: 1.0\n"
		. (roll(3) ? "User-Agent: Example Mail 1.0\n" : "X-Mailer: Example Mailer 2.3\nList-Id: <list.example.org>\nPrecedence: bulk\n");
}

mkdir $options{out};
my $bytes = 0;
for my $number (1 .. $options{count}) {
	seed($options{seed} * 100_003 + $number);
	my $kind = kind_of();
	my $body = $options{infected} && $number % $options{infected} == 0
		? multipart('mixed', text_part(letter(1)), eicar()) : $bodies{$kind}->();
	my $mail = head($number) . $body;
	my $path = sprintf '%s/%05d.eml', $options{out}, $number;
	open my $file, '>:raw', $path or die "$path: $!\n";
	print $file $mail;
	close $file or die "$path: $!\n";
	$bytes += length $mail;
}
printf "%d messages, %.2f KiB on average\n", $options{count}, $options{count} ? $bytes / $options{count} / 1024 : 0;
