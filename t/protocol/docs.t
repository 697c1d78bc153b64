#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# The man page and the sample file in the tree are what the option tables make.
use strict;
use warnings;
use FindBin;
use Test::More;

my $build = $ENV{OCTROI_BUILDDIR} or plan skip_all => 'OCTROI_BUILDDIR names no build directory';
my %made = ('conf/milter.conf.5' => 'man', 'conf/milter.conf.sample' => 'sample');

for my $file (sort keys %made) {
	open my $in, '<', "$FindBin::Bin/../../$file" or die "$file: $!";
	local $/;
	my $written = <$in>;
	my $made = `$build/milter/docs $made{$file}`;
	is($written, $made, "$file is up to date (make docs)");
}
is(system("$build/octroi check --config $FindBin::Bin/../../conf/milter.conf.sample >/dev/null"), 0, 'the sample file is a good configuration');
done_testing;
