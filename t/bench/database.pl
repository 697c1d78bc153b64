#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# database.pl - writes a ClamAV database of random signatures beside the test database, so that a scan costs what it costs with
# an official one. The random ones find nothing; the test ones keep the self-tests of an engine going.
#
# The same arguments give the same bytes. Two million hashes, 300,000 bodies and 20,000 logical ones take 790 MB of memory.
use strict;
use warnings;
use File::Copy qw(copy);
use FindBin;
use Getopt::Long;

my %options = (hashes => 200_000, bodies => 30_000, logical => 2_000, seed => 1);
GetOptions(\%options, 'out=s', 'hashes=i', 'bodies=i', 'logical=i', 'seed=i') && defined $options{out} && !@ARGV
	or die "usage: database.pl --out DIR [--hashes N] [--bodies N] [--logical N] [--seed N]\n";

# Park and Miller; see corpus.pl.
my $state = 1 + $options{seed} % 2147483646;

sub roll { my ($sides) = @_; $state = $state * 48271 % 2147483647; return $state % $sides; }
sub hex_bytes { my ($count) = @_; return join '', map { sprintf '%02x', roll(256) } 1 .. $count; }

sub write_file
{
	my ($name, $count, $line) = @_;

	open my $file, '>', "$options{out}/$name" or die "$options{out}/$name: $!\n";
	print $file $line->($_), "\n" for 1 .. $count;
	close $file or die "$options{out}/$name: $!\n";
	return;
}

# For any file, for programs, for HTML and for mail: about as an official database has them.
sub target { return (0, 0, 1, 1, 1, 1, 1, 3, 4)[ roll(9) ]; }

mkdir $options{out};
write_file('random.hdb', $options{hashes}, sub { sprintf '%s:%d:Bench.Hash.%d', hex_bytes(16), 1000 + roll(900_000), $_[0] });
write_file('random.ndb', $options{bodies}, sub {
	sprintf 'Bench.Body.%d:%d:*:%s', $_[0], target(), hex_bytes(16 + roll(24)) . (roll(4) ? '' : '{4-64}' . hex_bytes(12)) });
write_file('random.ldb', $options{logical}, sub {
	sprintf 'Bench.Logical.%d;Engine:51-255,Target:%d;0&1;%s;%s', $_[0], target(), hex_bytes(8 + roll(8)), hex_bytes(8 + roll(8)) });
for my $path (glob "$FindBin::Bin/../data/clamav/*.?db") {
	copy($path, $options{out}) or die "$path: $!\n";
}
