# SPDX-License-Identifier: GPL-2.0-or-later
# Octroi::Mail - messages for tests, made by rule and not by sample.
package Octroi::Mail;

use strict;
use warnings;
use Exporter qw(import);
use IO::Compress::Zip ();
use MIME::Base64 qw(encode_base64);

our @EXPORT_OK = qw(plain attached zip eicar);

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

# The EICAR test string. In halves, so that no file of the tree is taken for infected itself.
sub eicar {
	return 'X5O!P%@AP[4\PZX54(P^)7CC)7}' . '$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*';
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
