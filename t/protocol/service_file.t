#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# contrib/octroi.service: hardened as far as the examiners' own cage allows, and nothing systemd does not understand.
use strict;
use warnings;
use FindBin;
use Test::More;

my $contrib = "$FindBin::Bin/../../contrib";
my $analyze = '/usr/bin/systemd-analyze';

plan skip_all => "$analyze is not installed" unless -x $analyze;

my $text = `$analyze --no-pager security --offline=true $contrib/octroi.service 2>&1`;
my ($exposure) = $text =~ /Overall exposure level for octroi\.service: ([\d.]+)/;
plan skip_all => 'systemd-analyze is too old for --offline' unless defined $exposure;

cmp_ok($exposure, '<=', 2.0, 'exposure') or diag $text;
# Of a system where it is not installed, only the program and the pages may be missing.
my @said = grep { !/is not executable|man .*failed with code/ } `$analyze verify $contrib/octroi.service $contrib/octroi.socket 2>&1`;
is_deeply(\@said, [], 'systemd understands every line');
open my $in, '<', "$contrib/octroi.service" or die "octroi.service: $!";
my %value = map { /^(\w+)=(.*)$/ ? ($1 => $2) : () } <$in>;
is($value{Type}, 'notify', 'it waits until the filter is ready');
is($value{KillMode}, 'mixed', 'SIGTERM goes to the supervisor alone: sessions may finish');
for my $namespace (qw(user mnt net ipc uts)) {
	like($value{RestrictNamespaces}, qr/\b$namespace\b/, "an examiner may have a $namespace namespace of its own");
}
done_testing;
