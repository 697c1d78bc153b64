#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# octroi run --sandbox-selftest: each way out of the cage is tried and denied (threats OS-12).
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Octroi::Service;
use Test::More;

my $service = Octroi::Service->new;
my $binary = $service->binary;
my $said = `$binary run --sandbox-selftest 2>&1`;
my $status = $?;
my @lines = grep { /^(?:not )?ok / } split /\n/, $said;
my @open = grep { /# TODO/ } @lines;
my @worked = grep { /^not ok / && !/# TODO/ } @lines;

is($status, 0, 'exit status');
cmp_ok(scalar @lines, '>=', 40, 'ways out were tried: ' . @lines);
is_deeply(\@worked, [], 'none worked');
like($said, qr/^1\.\.@{[scalar @lines]}$/m, 'all are counted');
diag "not barred here: $_" for @open;	# a layer that the system lacks, or that a sanitizer cannot live with
is(scalar(grep { !/lacks a layer|sanitizer/ } @open), 0, 'and says why');
is(scalar(my @left = glob '/tmp/octroi-selftest-*'), 0, 'nothing is left in /tmp') if !defined $ENV{TMPDIR};

$said = `$binary run --sandbox-selftest --config /dev/null 2>&1`;
isnt($? >> 8, 0, 'it stands alone');
done_testing;
