#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# Mail that hides something (threats MIME-, NAME-, ATT-; t/corpus/hostile.py) never passes as if nothing was with it, at the default
# settings: it is found, or what is odd about it is named. With --long each variant is met in five more combinations of encoding,
# position, payload and depth, and ten times as many messages have two tricks at once.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Octroi::Corpus;
use Octroi::Service;
use Test::More;

my $service = Octroi::Service->new;
my $corpus = Octroi::Corpus->make('hostile', $ENV{OCTROI_LONG} ? (combinations => 6, pairs => 4000) : ());
my $daemon = Octroi::Corpus::daemon($service);
my $seen = $corpus->send($service->socket, $daemon);
my (%rows, %total);

for my $case ($corpus->cases) {
	my $result = judge($case, $seen->{ $case->{file} });
	$rows{ $case->{class} }{$result}++;
	$total{$result}++;
	next if $result =~ /^(?:caught|refused|no client|harmless|cut at a NUL)$/;
	diag "$case->{class} $case->{variant}, $case->{payload} in $case->{encoding}, $case->{position}, depth $case->{depth}: "
		. "$result; " . $corpus->keep($case);
}
for my $row (sort keys %rows) {
	my %counts = %{ $rows{$row} };
	my $counted = join ', ', map { "$counts{$_} $_" } sort keys %counts;
	ok(!$counts{escaped} && !$counts{'no answer'} && !$counts{error}, "$row: $counted");
}
diag scalar($corpus->cases) . ' messages: ' . join ', ', map { "$total{$_} $_" } sort keys %total;
cmp_ok(scalar($corpus->cases), '>=', 2000, 'at least 2,000 messages');
done_testing;

sub judge
{
	my ($case, $record) = @_;

	return 'no answer' unless $record;
	return 'caught' if Octroi::Corpus::objections($record);
	return 'error' if $record->{found}{'content:error'} || $record->{found}{'antivirus:error'};
	return 'refused' if $record->{verdict} =~ /^(?:reject|quarantine)$/;
	return 'no client' if $case->{no_client};
	return 'harmless' if grep { $_ eq 'clean' } @{ $case->{words} };	# nothing that everybody refuses
	# libmilter passes strings: of a field of the message itself nobody sees what is behind a NUL (Postfix: message_strip_characters)
	# Postfix makes blanks of them, for the filter and for the reader: what was a header and a body is one long field.
	return 'harmless' if $case->{variant} =~ /CR in the header/ && Octroi::Corpus::has_bare_cr($corpus->bytes($case));
	return 'cut at a NUL' if Octroi::Corpus::has_nul($corpus->bytes($case));
	return 'escaped';
}
