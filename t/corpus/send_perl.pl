#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# Reads letters (JSON lines) and writes each as MIME::Entity, MIME::Lite or Email::MIME composes it: send_perl.pl KIND LETTERS DIR.
use strict;
use warnings;
use Encode qw(encode);
use JSON::PP;

my ($kind, $letters, $directory) = @ARGV;
my %compose = ('MIME::Entity' => \&mime_entity, 'MIME::Lite' => \&mime_lite, 'Email::MIME' => \&email_mime);
(my $module = $kind) =~ s{::}{/}g;
eval { require "$module.pm" } or do { print "# not installed: $kind\n"; exit 0 };
open my $in, '<', $letters or die "$letters: $!";
while (my $line = <$in>) {
	my $letter = JSON::PP->new->utf8->decode($line);
	my $text = eval { $compose{$kind}->($letter) } // next;
	open my $out, '>:raw', sprintf '%s/%05d.eml', $directory, $letter->{number} or die $!;
	print $out $text;
	close $out;
}

sub head { return $_[0] =~ /[^\x20-\x7e]/ ? encode('MIME-Header', $_[0]) : $_[0] }

sub slurp {
	open my $file, '<:raw', $_[0] or die "$_[0]: $!";
	local $/;
	return readline($file) // '';
}

sub bytes {
	my ($letter, $what) = @_;
	return encode($letter->{charset}, $letter->{$what});
}

# As programs do: every other name as an encoded word, the others as they are in UTF-8.
sub name_of {
	my ($letter, $file) = @_;
	return $letter->{number} % 2 ? head($file->{name}) : encode('UTF-8', $file->{name});
}

sub mime_entity {
	my ($letter) = @_;
	my $cte = $letter->{cte} || '-SUGGEST';
	my $top = MIME::Entity->build(From => head($letter->{from_name}) . " <$letter->{from}>", To => $letter->{to}, Subject => head($letter->{subject}), Type => 'multipart/mixed');
	my $body = $letter->{html} ? $top->attach(Type => 'multipart/alternative') : $top;
	$body->attach(Type => 'text/plain', Charset => $letter->{charset}, Data => bytes($letter, 'text'), Encoding => $cte);
	$body->attach(Type => 'text/html', Charset => $letter->{charset}, Data => bytes($letter, 'html'), Encoding => $cte) if $letter->{html};
	for my $file (@{ $letter->{attachments} }) {
		my %more = $file->{cid} ? (Id => "<$file->{cid}>", Disposition => 'inline') : (Disposition => 'attachment');
		$top->attach(Type => $file->{type} eq 'message/rfc822' ? 'application/octet-stream' : $file->{type}, Path => $file->{path}, Filename => name_of($letter, $file), Encoding => '-SUGGEST', %more);
	}
	$top->make_singlepart unless @{ $letter->{attachments} } || $letter->{html};
	return $top->stringify;
}

sub mime_lite {
	my ($letter) = @_;
	my $top = MIME::Lite->new(From => "$letter->{from}", To => $letter->{to}, Subject => head($letter->{subject}), Type => 'multipart/mixed');
	$top->attach(Type => "text/plain; charset=$letter->{charset}", Data => bytes($letter, 'text'), Encoding => $letter->{cte} || 'quoted-printable');
	$top->attach(Type => "text/html; charset=$letter->{charset}", Data => bytes($letter, 'html'), Encoding => 'quoted-printable') if $letter->{html};
	$top->attach(Type => $_->{type}, Path => $_->{path}, Filename => name_of($letter, $_), Encoding => 'base64', $_->{cid} ? (Id => "<$_->{cid}>") : (Disposition => 'attachment'))
		for grep { $_->{type} ne 'message/rfc822' } @{ $letter->{attachments} };
	return $top->as_string;
}

sub email_mime {
	my ($letter) = @_;
	my %text = (charset => $letter->{charset}, encoding => $letter->{cte} || 'quoted-printable');
	my @parts = Email::MIME->create(attributes => { content_type => 'text/plain', %text }, body_str => $letter->{text});
	push @parts, Email::MIME->create(attributes => { content_type => 'text/html', %text }, body_str => $letter->{html}) if $letter->{html};
	@parts = Email::MIME->create(attributes => { content_type => 'multipart/alternative' }, parts => [@parts]) if @parts > 1;
	push @parts, Email::MIME->create(attributes => { content_type => $_->{type}, name => $_->{name}, filename => $_->{name}, disposition => 'attachment', encoding => 'base64' }, body => slurp($_->{path}))
		for grep { $_->{type} ne 'message/rfc822' } @{ $letter->{attachments} };
	return Email::MIME->create(header_str => [From => $letter->{from}, To => $letter->{to}, Subject => $letter->{subject}], parts => \@parts)->as_string;
}
