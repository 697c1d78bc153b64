# SPDX-License-Identifier: GPL-2.0-or-later
# What contrib/quickstart shows with Postfix comes out the same with Sendmail: each of its rows.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Octroi::Gate;

my $why = Octroi::Gate::missing('sendmail');
plan skip_all => $why if $why;

$ENV{OCTROI_MTA} = 'sendmail';
open my $show, '-|', $^X, "-I$FindBin::Bin/../lib", "$Octroi::Gate::tree/contrib/quickstart.pl" or die "quickstart.pl: $!";
my ($name, @lines, $rows, $good);
while (my $line = <$show>) {
	if ($line =~ /^(ok|BAD) +(.{35})/) {
		settle();
		($name, @lines) = ("$1 $2");
	} elsif ($line =~ /^(\d+) of (\d+) came out as promised/) {
		($good, $rows) = ($1, $2);
	}
	push @lines, $line;
}
settle();
ok close $show, 'the show ends well';
cmp_ok $rows // 0, '>=', 21, 'rows';
is $good, $rows, 'all as promised';
done_testing;

sub settle {
	return unless defined $name;
	my ($state, $sent) = $name =~ /^(\S+) (.*?) *$/;
	ok $state eq 'ok', $sent or diag @lines;
}
