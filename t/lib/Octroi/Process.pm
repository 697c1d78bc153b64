# SPDX-License-Identifier: GPL-2.0-or-later
# Octroi::Process - small tools for the processes of a test: waiting for a fact, ending what was started.
#
# What is registered with at_end() is undone at the end of the process that registered it, whichever way it ends
# (exit, die, INT, TERM, HUP), last first; a fork's copy of the list is not run by the fork.
package Octroi::Process;

use strict;
use warnings;
use Exporter qw(import);
use File::Path ();
use File::Temp ();
use POSIX qw(WNOHANG);
use Time::HiRes qw(sleep time);

our @EXPORT_OK = qw(at_end end_all temp_directory wait_until reap stop_pid free_port spew slurp);

my @undo;

sub at_end {
	my ($code) = @_;

	push @undo, { pid => $$, code => $code };
	$SIG{$_} = sub { exit 128 + 15 } for qw(INT TERM HUP PIPE);
}

# Undoes everything now.
sub end_all {
	# told to end again, it still ends everything: half a clean-up leaves servers behind
	local @SIG{qw(INT TERM HUP PIPE)} = ('IGNORE') x 4;

	while (my $entry = pop @undo) {
		next unless $entry->{pid} == $$;
		eval { $entry->{code}->(); 1 } or warn "clean-up: $@";
	}
}

END {
	my $status = $?;
	end_all();
	$? = $status;
}

# A directory that is removed at the end, after everything that was started in it has been stopped; kept when
# OCTROI_KEEP is set. Other users may pass through it: Postfix and Octroi run as users of their own.
sub temp_directory {
	my $dir = File::Temp::tempdir('octroi-XXXXXXXX', TMPDIR => 1);

	chmod 0755, $dir or die "$dir: $!";
	at_end(sub { $ENV{OCTROI_KEEP} ? warn "kept: $dir\n" : File::Path::remove_tree($dir) });
	return $dir;
}

# Asks until the answer is true, and returns it; after $seconds returns what came last.
sub wait_until {
	my ($seconds, $ask) = @_;
	my $deadline = time + $seconds;
	my $pause = 0.005;

	while (1) {
		my $answer = $ask->();
		return $answer if $answer || time > $deadline;
		sleep $pause;
		$pause *= 1.5 if $pause < 0.1;
	}
}

# Has the child ended? (Also true when it is no child of ours.)
sub reap {
	my ($pid) = @_;

	return waitpid($pid, WNOHANG) != 0;
}

# Ends a child: TERM, after $seconds KILL. True when TERM was enough.
sub stop_pid {
	my ($pid, $seconds) = @_;

	kill TERM => $pid;
	return 1 if wait_until($seconds, sub { reap($pid) });
	kill KILL => $pid;
	waitpid $pid, 0;
	return 0;
}

# A loopback port that nobody listens on just now.
sub free_port {
	require IO::Socket::INET;
	my $socket = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0, Listen => 1) or die "no free port: $!";

	return $socket->sockport;
}

sub spew {
	my ($file, $text, $mode) = @_;

	open my $out, '>:raw', $file or die "$file: $!";
	print $out $text or die "$file: $!";
	close $out or die "$file: $!";
	chmod $mode, $file or die "$file: $!" if defined $mode;
}

sub slurp {
	my ($file) = @_;

	open my $in, '<:raw', $file or return;
	local $/;
	return scalar <$in> // '';
}

1;
