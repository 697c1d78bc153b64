# SPDX-License-Identifier: GPL-2.0-or-later
# Octroi::SignedMail - plain DKIM signatures (RFC 6376, rsa-sha256, RSA-2048) for messages of benchmarks, made by openssl and by
# nothing of ours.
#
#	my $signer = Octroi::SignedMail->new($directory);	# its key and its scratch files are there
#	$signer->record;					# the key as the text of a TXT record, in the quotes of a zone file
#	my $field = $signer->signature('example.org', $body, [From => ' a@example.org'], ...);	# [ 'DKIM-Signature', ' v=1; ...' ]
#
# The selector is "key". Fields and body must be written as relaxed canonicalisation (3.4) leaves them, but for the fields' case
# and first space.
package Octroi::SignedMail;

use strict;
use warnings;
use Digest::SHA qw(sha256_base64);
use MIME::Base64 qw(encode_base64);
use Octroi::Process qw(slurp spew);

sub new
{
	my ($class, $dir) = @_;
	my $openssl = sub { system("openssl @_ 2>'$dir/openssl.log'") == 0 or die "openssl:\n", slurp("$dir/openssl.log") };

	$openssl->("genrsa -out '$dir/key' 2048");
	$openssl->("rsa -in '$dir/key' -pubout -outform DER -out '$dir/key.der'");
	my $key = encode_base64(slurp("$dir/key.der"), '');
	# A character-string holds at most 255 bytes (RFC 1035 3.3).
	return bless { dir => $dir, record => '"v=DKIM1; k=rsa; p=' . substr($key, 0, 200) . '" "' . substr($key, 200) . '"' }, $class;
}

sub record { return $_[0]{record}; }

sub _base64_sha256
{
	my $digest = sha256_base64(@_);

	return $digest . '=' x (-length($digest) % 4);
}

sub signature
{
	my ($self, $domain, $body, @fields) = @_;
	my $signed = 'v=1; a=rsa-sha256; c=relaxed/relaxed; d=' . $domain . '; s=key; h=' . join(':', map { lc $_->[0] } @fields)
		. '; bh=' . _base64_sha256($body) . '; b=';
	my $text = join '', map { lc($_->[0]) . ':' . substr($_->[1], 1) . "\r\n" } @fields;

	spew("$self->{dir}/signed", $text . "dkim-signature:$signed");
	open my $openssl, '-|', 'openssl', 'dgst', '-sha256', '-sign', "$self->{dir}/key", '-binary', "$self->{dir}/signed"
		or die "openssl: $!\n";
	my $bytes = do { local $/; <$openssl> };
	close $openssl or die "openssl dgst failed\n";
	return ['DKIM-Signature', " $signed" . encode_base64($bytes, '')];
}

1;
