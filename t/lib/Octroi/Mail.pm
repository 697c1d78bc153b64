# SPDX-License-Identifier: GPL-2.0-or-later
# Octroi::Mail - messages for tests, made by rule and not by sample.
package Octroi::Mail;

use strict;
use warnings;
use Exporter qw(import);
use IO::Compress::Zip ();
use MIME::Base64 qw(encode_base64);

our @EXPORT_OK = qw(plain attached zip archive encrypted_zip eicar program two_encodings);

my $number = 0;

# A message of text. Named arguments: from, to, subject, body, id (Message-ID), and head: more field lines, which come first.
sub plain {
	my (%m) = @_;

	return _head(%m) . "Content-Type: text/plain; charset=us-ascii\n\n" . ($m{body} // "Good morning.\n");
}

# The same with one attachment: name, bytes.
sub attached {
	my (%m) = @_;
	my $boundary = 'part-' . $number;

	return _head(%m) . <<"EOT" . encode_base64($m{bytes}) . "--$boundary--\n";
Content-Type: multipart/mixed; boundary="$boundary"

--$boundary
Content-Type: text/plain; charset=us-ascii

Please see the file.

--$boundary
Content-Type: application/octet-stream; name="$m{name}"
Content-Disposition: attachment; filename="$m{name}"
Content-Transfer-Encoding: base64

EOT
}

# A ZIP archive with one member.
sub zip {
	my ($name, $bytes) = @_;

	IO::Compress::Zip::zip(\$bytes => \my $archive, Name => $name, Time => 1000000000, Minimal => 1)
		or die "zip: $IO::Compress::Zip::ZipError";
	return $archive;
}

# A ZIP archive with several: name, bytes, name, bytes ...
sub archive {
	my ($name, $bytes, @more) = @_;
	my $zip = IO::Compress::Zip->new(\my $archive, Name => $name, Time => 1000000000, Minimal => 1);

	$zip->print($bytes);
	while (@more) {
		$zip->newStream(Name => shift @more, Time => 1000000000, Minimal => 1);
		$zip->print(shift @more);
	}
	$zip->close;
	return $archive;
}

# A ZIP archive with one stored member that is encrypted with a password (APPNOTE.TXT 6.1).
sub encrypted_zip {
	my ($name, $bytes, $password) = @_;
	my @keys = (0x12345678, 0x23456789, 0x34567890);
	my $update = sub {
		$keys[0] = _crc($keys[0], $_[0]);
		$keys[1] = (($keys[1] + ($keys[0] & 0xff)) * 134775813 + 1) & 0xffffffff;
		$keys[2] = _crc($keys[2], $keys[1] >> 24);
	};
	my $crc = 0xffffffff;
	$crc = _crc($crc, ord) for split //, $bytes;
	$crc ^= 0xffffffff;

	$update->(ord) for split //, $password;
	my $secret = '';
	for my $byte ((map { ($_ * 37) & 0xff } 1 .. 11), $crc >> 24, map { ord } split //, $bytes) {
		my $t = ($keys[2] | 2) & 0xffff;
		$secret .= chr($byte ^ ((($t * ($t ^ 1)) >> 8) & 0xff));
		$update->($byte);
	}
	my $common = pack 'v v v v v V V V v v', 20, 1, 0, 0, 0x2c21, $crc, length $secret, length $bytes, length $name, 0;
	my $local = "PK\3\4$common$name$secret";
	my $directory = "PK\1\2" . pack('v', 20) . $common . pack('v v v V V', 0, 0, 0, 0, 0) . $name;
	return $local . $directory . "PK\5\6" . pack 'v v v v V V v', 0, 0, 1, 1, length $directory, length $local, 0;
}

sub _crc {
	my ($crc, $byte) = @_;

	$crc ^= $byte;
	$crc = $crc & 1 ? $crc >> 1 ^ 0xedb88320 : $crc >> 1 for 1 .. 8;
	return $crc;
}

# The EICAR test string. In halves, so that no file of the tree is taken for infected itself.
sub eicar {
	return 'X5O!P%@AP[4\PZX54(P^)7CC)7}' . '$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*';
}

# What every Windows program begins with, and nothing else: it does not run.
sub program {
	my $dos = "MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0\xb8" . "\0" x 43 . pack('V', 128) . 'This program cannot be run in DOS mode.';

	return pack('a128 a4 v v V V V v v', $dos, "PE\0\0", 0x14c, 1, 0, 0, 0, 224, 0x102) . pack('v', 0x10b) . "\0" x 222
		. pack('a8 V8', '.text', 16, 4096, 512, 512) . "\0" x 512;
}

# A message with bytes in base64 behind two fields that disagree about the encoding: one mail program shows the text, another the file.
sub two_encodings {
	my ($bytes) = @_;

	return _head() . "Content-Type: application/octet-stream\nContent-Transfer-Encoding: 7bit\n"
		. "Content-Transfer-Encoding: base64\n\n" . encode_base64($bytes);
}

sub _head {
	my (%m) = @_;
	my $id = $m{id} // sprintf '<%d.%d.%d@test.example>', time, $$, ++$number;
	my $from = $m{from} // 'Alice <alice@ext.example>';
	my $to = $m{to} // 'u@ours.example';
	my $subject = $m{subject} // 'A test';

	return ($m{head} // '') . <<"EOT";
From: $from
To: $to
Subject: $subject
Message-ID: $id
Date: Sat, 03 Jan 2026 10:00:00 +0000
MIME-Version: 1.0
EOT
}

1;
