#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# However an MTA cuts the body of a message into chunks, the verdict and the findings are the same (threats MIME-28).
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Octroi::Corpus;
use Octroi::Service;
use Test::More;

use constant LARGEST => 12000;	# bytes: one packet of the protocol for each byte of the body

my $service = Octroi::Service->new;
my $daemon = Octroi::Corpus::daemon($service);

for my $corpus (Octroi::Corpus->make('hostile'), Octroi::Corpus->make('benign', letters => 30)) {
	my @small = grep { -s "$corpus->{dir}/$_->{file}" <= LARGEST } $corpus->cases;
	my $every = @small / 100;
	my @chosen = map { $small[$_ * $every] } 0 .. 99;
	my $prefix = 'A';
	my $whole = $corpus->send($service->socket, $daemon, cases => \@chosen, prefix => $prefix++);
	my %sizes = (1 => 1, 2 => 2, 3 => 3, 7 => 7, 'random' => sub { 1 + int rand 300 });

	is(scalar(keys %$whole), 100, 'each message has its line in the log');
	for my $name (sort keys %sizes) {
		my $cut = $corpus->send($service->socket, $daemon, cases => \@chosen, prefix => $prefix++, size => $sizes{$name});
		my @differ = grep { telling($cut->{ $_->{file} }) ne telling($whole->{ $_->{file} }) } @chosen;
		is(scalar(@differ), 0, "chunks of $name bytes: the same verdict and findings");
		for my $case (@differ) {
			my ($was, $is) = map { telling($_->{ $case->{file} }) } $whole, $cut;
			diag "$case->{file}: $was but $is; " . $corpus->keep($case);
		}
	}
}
done_testing;

sub telling
{
	my ($record) = @_;

	return $record ? join ' ', map { $record->{$_} // '' } qw(verdict by score findings size_bytes) : 'no line';
}
