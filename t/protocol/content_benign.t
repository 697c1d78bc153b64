#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# Ordinary mail of real software (t/corpus/benign.py) passes at the default settings: at most one message in a thousand is called
# ambiguous, none is denied, encrypted, disguised, unreadable or too large. With --long more than 10,000 messages.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Octroi::Corpus;
use Octroi::Service;
use Test::More;

my $service = Octroi::Service->new;
my $corpus = Octroi::Corpus->make('benign', letters => $ENV{OCTROI_LONG} ? 1300 : 100);
my $daemon = Octroi::Corpus::daemon($service);
my $seen = $corpus->send($service->socket, $daemon);
my (%makers, %total);

for my $case ($corpus->cases) {
	my $record = $seen->{ $case->{file} };
	my @objections = $record ? grep { $_ ne 'attachment:active_content' } Octroi::Corpus::objections($record) : 'no answer';
	push @objections, 'refused' if $record && $record->{verdict} ne 'accept' && !@objections;
	$makers{ $case->{maker} }{messages}++;
	next unless @objections;
	$makers{ $case->{maker} }{ join ' and ', @objections }++;
	$total{$_}++ for @objections;
	diag "$case->{maker}: @objections; " . ($record ? $record->{line} =~ s/.*findings=//r : '') . '; ' . $corpus->keep($case);
}
my $messages = $corpus->cases;
for my $maker (sort keys %makers) {
	my %counts = %{ $makers{$maker} };
	my $all = delete $counts{messages};
	my $other = grep { $_ ne 'content:ambiguous' } keys %counts;
	ok(!$other, "$maker: $all messages" . join '', map { ", $counts{$_} $_" } sort keys %counts);
}
cmp_ok(1000 * ($total{'content:ambiguous'} // 0), '<=', $messages, 'at most 0.1 % are ambiguous');
cmp_ok($messages, '>=', $ENV{OCTROI_LONG} ? 10000 : 1000, 'there are enough of them') unless $ENV{OCTROI_FEW};
diag "$messages messages: " . (join(', ', map { "$total{$_} $_" } sort keys %total) || 'no objection to any');
done_testing;
