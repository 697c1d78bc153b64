# SPDX-License-Identifier: GPL-2.0-or-later
# Octroi::Service - the daemon as its service manager and its administrator see it, for the tests of its processes.
#
#	my $service = Octroi::Service->new;		# skips the test where the program is not built
#	my $daemon = $service->start(listen => '...', antivirus => 'enabled = no');
#	my $load = load_start($service->socket, 4);	# MTAs that send mail all the time
#	my %got = load_stop($load);			# what they saw
package Octroi::Service;

use strict;
use warnings;
use Cwd ();
use Exporter qw(import);
use File::Basename ();
use IO::Select;
use IO::Socket::UNIX;
use Octroi::Daemon;
use Octroi::Milter;
use Octroi::Process qw(at_end slurp spew temp_directory wait_until);
use POSIX ();
use Socket qw(SOCK_DGRAM);
use Test::More;
use Time::HiRes qw(sleep time);

our @EXPORT_OK = qw(greet mail_once load_start load_stop status_of);

our $tree = Cwd::abs_path(File::Basename::dirname(__FILE__) . '/../../..');

sub new {
	my ($class) = @_;
	my ($built) = grep { defined && -x } $ENV{OCTROI}, "$tree/octroi", "$tree/build/octroi";

	plan skip_all => 'octroi is not built: set OCTROI=/path/to/octroi' unless $built;
	return bless { binary => Cwd::abs_path($built), dir => temp_directory(), count => 0 }, $class;
}

sub binary { return $_[0]{binary} }
sub dir { return $_[0]{dir} }
sub socket { return "unix:$_[0]{dir}/octroi$_[0]{count}/run/octroi.sock" }

# The text of milter.conf: options of the top level, and sections by their name (the text between their braces).
sub conf {
	my ($self, %change) = @_;
	my %top = (listen => '"unix:$dir/run/octroi.sock"', user => '"nobody"', authserv_id => '"gw.ours.example"',
		domains => '{ "ours.example" }', log => 'stderr', drain_time => '"20s"', stop_time => '"20s"');
	my %sections = map { $_ => 'enabled = no' } qw(antivirus content dkim dmarc helo iprev spf);	# these tests have no DNS, and a cage only when they ask for one

	for my $name (keys %change) {
		if (!defined $change{$name}) { delete $top{$name}; }
		elsif ($sections{$name} || $name eq 'examiners') { $sections{$name} = $change{$name}; }
		else { $top{$name} = $change{$name}; }
	}
	return join '', map({ "$_ = $top{$_}\n" } sort keys %top), map { "$_ { $sections{$_} }\n" } sort keys %sections;
}

# A daemon that is ready.
sub start {
	my ($self, %change) = @_;

	$self->{count}++;
	return Octroi::Daemon->start(binary => $self->{binary}, dir => "$self->{dir}/octroi$self->{count}",
		conf => $self->conf(%change));
}

# Writes a configuration and runs the program on it with an environment of its own, in a new session; fds => [handle ...] are
# handed over as systemd does it. Returns its pid, and the name of the file its standard error goes to.
sub run {
	my ($self, %args) = @_;
	my $name = $args{name} // 'run';
	my ($conf, $log) = map { "$self->{dir}/$name.$_" } qw(conf log);

	spew($conf, $args{text} =~ s/\$dir\b/$self->{dir}/gr, 0644);
	my $pid = fork // die "fork: $!";
	if (!$pid) {
		POSIX::setsid();
		open STDIN, '<', '/dev/null';
		open STDERR, '>>', $log;
		open STDOUT, '>&', \*STDERR;
		delete @ENV{qw(LISTEN_FDS LISTEN_PID NOTIFY_SOCKET WATCHDOG_USEC WATCHDOG_PID JOURNAL_STREAM)};
		%ENV = (%ENV, %{ $args{env} // {} });
		$self->_hand_over(@{ $args{fds} }) if $args{fds};
		exec { $self->{binary} } $self->{binary}, 'run', '--config', $conf or POSIX::_exit(127);
	}
	at_end(sub { kill KILL => Octroi::Daemon::pids_of($pid, 'octroi'); waitpid $pid, 0 });
	return ($pid, $log);
}

sub _hand_over {
	my ($self, @handles) = @_;
	my @numbers = map { fileno $_ } @handles;

	# From the highest on, out of the way of the places they are to have.
	my @moved = map { my $high = $_; $high = POSIX::dup($high) while $high < 20; $high } @numbers;
	for my $i (0 .. $#moved) {
		POSIX::dup2($moved[$i], 3 + $i);
	}
	@ENV{qw(LISTEN_FDS LISTEN_PID)} = (scalar @handles, $$);
}

# Runs it until it ends by itself: its exit status, and what it said.
sub refused {
	my ($self, %args) = @_;
	my $name = 'refused' . ++$self->{refusals};
	my ($pid, $log) = $self->run(%args, name => $name);
	my $status;

	wait_until(20, sub { waitpid($pid, POSIX::WNOHANG) == $pid && defined($status = $? >> 8) });
	return ($status, slurp($log));
}

# A datagram socket for sd_notify messages, and the next of them (undef when none comes).
sub notify_socket {
	my ($self) = @_;
	my $file = "$self->{dir}/notify" . ++$self->{notifies};
	my $socket = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => $file) or die "$file: $!";

	chmod 0666, $file;
	return ($socket, $file);
}

# A session with the filter up to HELO, or undef when it is refused or dropped.
sub greet {
	my ($socket, $client) = @_;
	my $mta = Octroi::Milter->new(socket => $socket, must_connect => 0, timeout => 30) or return;

	return if $mta->negotiate->{answer} ne 'continue';
	return if $mta->connect('mx.ext.example', $client // '203.0.113.7')->{answer} !~ /^(?:continue|none|unsent)$/;
	return if $mta->helo('mx.ext.example')->{answer} !~ /^(?:continue|none|unsent)$/;
	return $mta;
}

# One message from outside to us: the answer at its end.
sub mail_once {
	my ($mta) = @_;

	return $mta->message(from => '<a@ext.example>', rcpt => ['<u@ours.example>'],
		headers => [['From', ' a@ext.example'], ['Subject', ' hello']], body => "hello\r\n");
}

# Until there is something to read on stop: a signal would interrupt a session.
sub _load {
	my ($socket, $out, $stop) = @_;
	my $select = IO::Select->new($stop);
	my %seen;

	until ($select->can_read(0)) {
		my $mta = greet($socket);
		my $answer = $mta ? mail_once($mta)->{answer} : 'refused';
		$seen{$answer}++;
		$mta->quit if $mta && $answer eq 'continue';
	}
	print $out join(' ', %seen), "\n";
	close $out;
	POSIX::_exit(0);
}

# So many MTAs, each with one session and message after the other.
sub load_start {
	my ($socket, $n) = @_;
	my @load;

	for (1 .. $n) {
		pipe my $in, my $out or die "pipe: $!";
		pipe my $stopped, my $stop or die "pipe: $!";
		my $pid = fork // die "fork: $!";
		_load($socket, $out, $stopped) unless $pid;
		close $out;
		push @load, { pid => $pid, in => $in, stop => $stop };
	}
	at_end(sub { kill KILL => map { $_->{pid} } grep { !$_->{done} } @load });
	return \@load;
}

# Ends them; how often each answer was seen: "continue" is mail taken, "refused" a connection that was not.
sub load_stop {
	my ($load) = @_;
	my %sum;

	syswrite $_->{stop}, '.' for @$load;
	for my $one (@$load) {
		my %seen = split ' ', readline($one->{in}) // '';
		$sum{$_} += $seen{$_} for keys %seen;
		waitpid $one->{pid}, 0;
		$one->{done} = 1;
	}
	return %sum;
}

# A line of /proc/PID/status.
sub status_of {
	my ($pid, $field) = @_;

	return (slurp("/proc/$pid/status") // '') =~ /^$field:\s*(.*?)\s*$/m ? $1 : undef;
}

1;
