#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# One message in ten crashes its examiner or hangs in it: each of them is deferred once, its retry is taken, and all others are taken at once (threats
# ATT-16, RES-08). A thousand messages; with OCTROI_LONG=1 (t/run --long) ten thousand.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Octroi::Process qw(at_end);
use Octroi::Service qw(greet);
use POSIX ();
use Test::More;

my $build = $ENV{OCTROI_BUILDDIR} or plan skip_all => 'OCTROI_BUILDDIR names no build directory';
-x "$build/t/octroi_work" or plan skip_all => 't/octroi_work is not built';
$ENV{OCTROI} = "$build/t/octroi_work";

my $messages = $ENV{OCTROI_LONG} ? 10000 : 1000;
my $senders = 8;
my $every = 10;
my $hang_ms = 300;

my $service = Octroi::Service->new;
my $daemon = $service->start(antivirus => "database = \"$FindBin::Bin/../data/clamav\"", examiners => 'max = 12');
my ($filter) = $daemon->pids('filter');
my ($zygote) = $daemon->pids('zygote');
my %seen;

for my $line (map { split /\n/ } map { run_sender($_) } [0 .. $senders - 1]) {
	my ($number, @answers) = split / /, $line;
	$seen{$number} = \@answers;
}
my @struck = grep { is_struck($_) } 0 .. $messages - 1;
my @wrong = grep { "@{ $seen{$_} // [] }" ne (is_struck($_) ? 'tempfail continue' : 'continue') } 0 .. $messages - 1;

is(scalar keys %seen, $messages, 'every message had an end');
is(scalar @struck, $messages / $every, @struck . ' crashes and hangs');
is_deeply([map { "$_: @{ $seen{$_} // [] }" } @wrong], [], 'these cost one retry each, all others none');
is(($daemon->pids('filter'))[0], $filter, 'the same filter serves');
is(($daemon->pids('zygote'))[0], $zygote, 'and the same zygote');
done_testing;

sub is_struck { return $_[0] % $every == 3; }

sub fault_of { return $_[0] / $every % 2 ? "hang $hang_ms" : 'crash'; }

# What all senders wrote: a line for each message with its number and its answers.
sub run_sender {
	my ($numbers) = @_;
	my @pipes = map { start_sender($_) } @$numbers;

	return map { local $/; scalar readline $_ } @pipes;
}

sub start_sender {
	my ($sender) = @_;

	pipe my $in, my $out or die "pipe: $!";
	my $pid = fork // die "fork: $!";
	if ($pid) {
		at_end(sub { kill KILL => $pid; waitpid $pid, 0 });
		return $in;
	}
	my $text = '';
	for (my $number = $sender; $number < $messages; $number += $senders) {
		$text .= join(' ', $number, answers_to($number)) . "\n";
	}
	print $out $text;
	close $out;
	POSIX::_exit(0);
}

# As an MTA does it: again after a temporary failure, and not more than three times.
sub answers_to {
	my ($number) = @_;
	my @answers;

	for my $try (1 .. 3) {
		push @answers, send_one($number, is_struck($number) && $try == 1 ? fault_of($number) : undef);
		last if $answers[-1] ne 'tempfail';
	}
	return @answers;
}

sub send_one {
	my ($number, $fault) = @_;
	my $mta = greet($service->socket) or return 'refused';
	my $answer = $mta->message(from => '<a@ext.example>', rcpt => ['<u@ours.example>'],
		headers => [['From', ' a@ext.example'], ['Subject', " message $number"], $fault ? ['X-Test-Work', " $fault"] : ()],
		body => "message $number\r\n")->{answer};

	$mta->quit;
	return $answer;
}
