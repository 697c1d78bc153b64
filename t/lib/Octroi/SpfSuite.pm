# SPDX-License-Identifier: GPL-2.0-or-later
# Octroi::SpfSuite - the public SPF test suites (YAML), with their zones as text for the scripted name server (t/lib/zone.h).
#
#	for my $scenario (Octroi::SpfSuite::read('rfc7208-tests.yml')) {
#		$dns->zone($scenario->{zone});
#		for my $test (@{ $scenario->{tests} }) { $test->{name}; $test->{helo}; $test->{results}[0]; ... }
#	}
#
# Their files lie beside the project: ../shared/vectors, or $OCTROI_VECTORS. The conventions of their zones: an SPF record is a TXT record
# unless the name has TXT of its own; TIMEOUT fails every type that is not listed before it; names that begin with "error." fail.
package Octroi::SpfSuite;

use strict;
use warnings;
use Cwd ();
use File::Basename ();

my $tree = Cwd::abs_path(File::Basename::dirname(__FILE__) . '/../../..');
my $vectors = $ENV{OCTROI_VECTORS} // "$tree/../shared/vectors";
my @types = qw(A AAAA MX PTR TXT);

# Why the suites cannot be read here, or undef.
sub missing {
	return 'the Perl module YAML::XS (package libyaml-libyaml-perl) is missing' unless eval { require YAML::XS; 1 };
	return -d "$vectors/spf" ? undef : "$vectors/spf is not there: set OCTROI_VECTORS";
}

# Scenarios: { description, zone, tests => [{ name, helo, host, mailfrom, results => [...], explanation }] }.
sub read {
	my ($file) = @_;

	return map { _scenario($_) } YAML::XS::LoadFile("$vectors/spf/$file");
}

sub _scenario {
	my ($yaml) = @_;
	my @tests;

	for my $name (sort keys %{ $yaml->{tests} }) {
		my $test = $yaml->{tests}{$name};
		push @tests, { name => $name, results => ref $test->{result} ? $test->{result} : [$test->{result}],
			map { $_ => $test->{$_} } qw(helo host mailfrom explanation) };
	}
	return { description => $yaml->{description}, tests => \@tests, zone => _zone($yaml) };
}

sub _zone {
	my ($yaml) = @_;
	my $zone = $yaml->{zonedata};
	my @lines = map { _name_lines($_, $zone->{$_}) } sort keys %$zone;
	my %known = map { lc() => 1 } keys %$zone;
	my %errors = map { $_ => 1 } grep { !$known{ lc $_ } } map { /\b(error\.[\w.-]*\w)/g } _strings($yaml);

	return join '', map { "$_\n" } @lines, map { "$_ !servfail" } sort keys %errors;
}

# All strings within.
sub _strings {
	my ($data) = @_;

	return map { _strings($_) } values %$data if ref $data eq 'HASH';
	return map { _strings($_) } @$data if ref $data eq 'ARRAY';
	return $data // ();
}

sub _name_lines {
	my ($name, $entries) = @_;
	my $has_txt = grep { ref && exists $_->{TXT} } @$entries;
	my ($owner, %listed, @lines) = (_name($name) // return);

	for my $entry (@$entries) {
		if (!ref $entry) {
			push @lines, map { "$owner $_ !servfail" } grep { !$listed{$_} } @types;
			next;
		}
		my ($type, $data) = %$entry;
		$type = 'TXT' if $type eq 'SPF' && !$has_txt;
		next if $type eq 'SPF';
		my $text = _data($type, $data) // next;
		$listed{$type} = 1;
		push @lines, "$owner $type $text";
	}
	return @lines;
}

sub _data {
	my ($type, $data) = @_;

	return join ' ', map { _quoted($_) } ref $data ? @$data : $data if $type eq 'TXT' && (ref $data || $data ne 'NONE');
	return if $type eq 'TXT';
	return $data->[0] . ' ' . (_name($data->[1]) // return) if $type eq 'MX';
	return $data if $type eq 'A' || $type eq 'AAAA';
	return _name($data);
}

sub _quoted {
	my ($text) = @_;

	utf8::encode($text) if utf8::is_utf8($text);
	return '"' . $text =~ s/([^ !#-\[\]-~])/sprintf '\\%03d', ord $1/ger . '"';
}

# As it stands in a zone, or undef for one that cannot be in the DNS.
sub _name {
	my ($name) = @_;

	utf8::encode($name) if utf8::is_utf8($name);
	return '.' if $name eq '' || $name eq '.';
	return if grep { $_ eq '' || length > 63 } split /\./, $name;
	return $name =~ s/([^A-Za-z0-9._*-])/sprintf '\\%03d', ord $1/ger;
}

1;
