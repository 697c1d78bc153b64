# SPDX-License-Identifier: GPL-2.0-or-later
# Octroi::Bench - filters as processes, for benchmarks: start them, load them, read what they cost from /proc.
package Octroi::Bench;

use strict;
use warnings;
use Exporter qw(import);
use JSON::PP;
use Octroi::Milter;
use POSIX qw(sysconf _SC_CLK_TCK);
use Time::HiRes qw(sleep time);

our @EXPORT_OK = qw(start stop stop_all process_tree cpu_ms memory load octroi_config median spread);

my %running;

=head2 start(socket => ADDRESS, log => FILE, wait => SECONDS, command => [...])

Starts a filter and waits until it negotiates. Returns its pid; dies with the end of its log when it does not.

=cut

sub start
{
	my (%filter) = @_;
	my $pid = fork;

	die "fork: $!\n" unless defined $pid;
	if (!$pid) {
		open STDIN, '<', '/dev/null';
		open STDOUT, '>', $filter{log};
		open STDERR, '>&', \*STDOUT;
		exec { $filter{command}[0] } @{ $filter{command} } or POSIX::_exit(127);
	}
	$running{$pid} = 1;
	my $end = time + ($filter{wait} || 60);
	while (time < $end && waitpid($pid, POSIX::WNOHANG()) == 0) {
		my $mta = Octroi::Milter->new(socket => $filter{socket}, must_connect => 0, timeout => 5);
		return $pid if $mta && $mta->negotiate->{answer} eq 'continue';
		sleep 0.1;
	}
	stop($pid);
	die "$filter{command}[0] does not serve:\n" . _tail($filter{log});
}

sub _tail
{
	my ($path) = @_;

	open my $file, '<', $path or return '';
	my @lines = <$file>;
	splice @lines, 0, @lines - 20 if @lines > 20;
	return join '', @lines;
}

# The whole tree: a supervisor that is killed cannot end its children.
sub stop
{
	my ($pid) = @_;
	my @pids = process_tree($pid);

	delete $running{$pid};
	kill TERM => $pid;
	for (1 .. 30) {
		last if waitpid($pid, POSIX::WNOHANG()) != 0;
		sleep 0.1;
	}
	kill KILL => grep { my $ppid = _ppid($_); defined $ppid && ($ppid == $$ || $ppid == 1 || grep { $_ == $ppid } @pids) } @pids;
	waitpid $pid, 0;
	return;
}

sub stop_all { stop($_) for keys %running; return; }

sub _stat
{
	my ($pid) = @_;

	open my $file, '<', "/proc/$pid/stat" or return;
	my $line = <$file>;
	return unless defined $line && $line =~ /^\d+ \((.*)\) (.*)$/s;
	return ($1, split / /, $2);
}

sub _ppid { return (_stat($_[0]))[2]; }

=head2 process_tree(PID)

PID and all that descend from it, now.

=cut

sub process_tree
{
	my ($root) = @_;
	my %children;

	opendir my $proc, '/proc' or die "/proc: $!\n";
	for my $pid (grep { /^\d+$/ } readdir $proc) {
		my $ppid = _ppid($pid);
		push @{ $children{$ppid} }, $pid if defined $ppid;
	}
	my @found = ($root);
	for (my $i = 0; $i < @found; $i++) {
		push @found, @{ $children{ $found[$i] } || [] };
	}
	return @found;
}

=head2 cpu_ms(PID)

CPU time of the whole tree so far, with that of children which have ended and were waited for.

=cut

sub cpu_ms
{
	my ($root) = @_;
	my $ticks = 0;

	for my $pid (process_tree($root)) {
		my @stat = _stat($pid) or next;
		$ticks += $stat[$_] for 12 .. 15;
	}
	return $ticks * 1000 / sysconf(_SC_CLK_TCK);
}

=head2 memory(PID)

A row for each process of the tree: { pid, name, threads, fds, rss_kb, pss_kb, private_kb }.

=cut

sub memory
{
	my ($root) = @_;
	my @rows;

	for my $pid (process_tree($root)) {
		my %row = (pid => $pid, name => (_stat($pid))[0], threads => scalar(my @tasks = glob "/proc/$pid/task/*"));
		my %kb;
		open my $file, '<', "/proc/$pid/smaps_rollup" or next;
		while (<$file>) {
			$kb{$1} = $2 if /^(\w+):\s+(\d+) kB/;
		}
		@row{qw(rss_kb pss_kb)} = map { $_ || 0 } @kb{qw(Rss Pss)};
		$row{private_kb} = ($kb{Private_Clean} || 0) + ($kb{Private_Dirty} || 0);
		$row{fds} = my @fds = glob "/proc/$pid/fd/*";
		push @rows, \%row;
	}
	return @rows;
}

=head2 load(PROGRAM, ARGUMENTS...)

Runs the load generator and returns its figures.

=cut

sub load
{
	my ($program, @args) = @_;

	open my $out, '-|', $program, '--json', @args or die "$program: $!\n";
	my $text = do { local $/; <$out> };
	close $out or die "$program @args: exit $?\n";
	return decode_json($text);
}

=head2 octroi_config(FILE, socket => ADDRESS, antivirus => DATABASE or undef, user => NAME)

=cut

sub octroi_config
{
	my ($path, %settings) = @_;

	open my $file, '>', $path or die "$path: $!\n";
	print $file qq(listen = "$settings{socket}"\nauthserv_id = "gw.example.com"\ndomains = { "example.com" }\nlog = stderr\n);
	print $file qq(user = "$settings{user}"\n) if defined $settings{user};
	print $file defined $settings{antivirus} ? qq(antivirus { enabled = yes  database = "$settings{antivirus}" }\n)
		: "antivirus { enabled = no }\ncontent { enabled = no }\n";
	print $file "$_ { enabled = no }\n" for qw(helo iprev spf dkim dmarc);	# there is no DNS; t/bench/dns_latency measures them
	close $file or die "$path: $!\n";
	return $path;
}

sub median
{
	my @sorted = sort { $a <=> $b } @_;

	return @sorted ? ($sorted[$#sorted / 2] + $sorted[@sorted / 2]) / 2 : 0;
}

sub spread { my @sorted = sort { $a <=> $b } @_; return @sorted ? ($sorted[0], $sorted[-1]) : (0, 0); }

1;
