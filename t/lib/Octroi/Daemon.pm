# SPDX-License-Identifier: GPL-2.0-or-later
# Octroi::Daemon - `octroi run` in the foreground as our child, with a configuration and a log of its own.
#
#	my $daemon = Octroi::Daemon->start(binary => $ENV{OCTROI}, dir => "$temp/octroi", conf => $text);
#	$daemon->kill_role('filter');
#	my $record = $daemon->record(queue_id => '4Xk2');	# the log line of a message, a hash
#
# It has a session (setsid) of its own: all of its processes are found by that, also those whose parent has died.
package Octroi::Daemon;

use strict;
use warnings;
use IO::Handle;
use IO::Select;
use IO::Socket::UNIX;
use POSIX ();
use Socket qw(SOCK_DGRAM SOCK_STREAM);
use Octroi::Process qw(at_end reap slurp spew stop_pid wait_until);

my %comm = (filter => 'octroi-filter', zygote => 'octroi-zygote', examiner => 'octroi-examine');

# binary, dir (made here), conf (the text of milter.conf; "$dir" in it stands for dir), files => { name => text } beside it,
# seconds (60) to be ready in. Dies with the log when it does not come up.
sub start {
	my ($class, %args) = @_;
	my $self = bless { seconds => 60, read_at => 0, records => [], %args }, $class;

	for my $dir ($self->{dir}, "$self->{dir}/run", "$self->{dir}/tmp") {
		mkdir $dir, 0755 or die "$dir: $!";
	}
	chmod 01777, "$self->{dir}/tmp";	# the daemon's TMPDIR: it runs as a user of its own
	spew("$self->{dir}/$_", $self->{files}{$_}, 0644) for keys %{ $self->{files} // {} };
	$self->configure($self->{conf});
	$self->launch;
	at_end(sub { $self->stop });
	return $self;
}

sub pid { return $_[0]{pid} }
sub dir { return $_[0]{dir} }
sub config_file { return "$_[0]{dir}/milter.conf" }
sub log_file { return "$_[0]{dir}/octroi.log" }
sub log { return slurp($_[0]->log_file) // '' }
sub notify_log { return "$_[0]{dir}/notify.log" }
sub state_directory { return "$_[0]{dir}/state" }
sub socket_file { return "$_[0]{dir}/run/octroi.sock" }

# Replaces milter.conf in one step.
sub configure {
	my ($self, $conf) = @_;

	$conf .= "state { directory = \"\$dir/state\" }\n" unless $conf =~ /^\s*state\s*\{/m;
	$conf =~ s/\$dir\b/$self->{dir}/g;
	$self->_make_state($conf);
	spew($self->config_file . '.new', $conf, 0644);
	rename $self->config_file . '.new', $self->config_file or die "milter.conf: $!";
}

# Where it remembers things: it belongs to the user that the program becomes.
sub _make_state {
	my ($self, $conf) = @_;
	my ($user) = $conf =~ /^\s*user\s*=\s*"(\w+)"/m;
	my @ids = $user && $> == 0 ? (getpwnam $user)[2, 3] : ();

	return if -d $self->state_directory;
	mkdir $self->state_directory, 0750 or die $self->state_directory . ": $!";
	chown @ids, $self->state_directory if @ids;
}

# Starts the program and waits until it says that it is ready (sd_notify) and answers on its socket.
sub launch {
	my ($self) = @_;
	my $notify_file = "$self->{dir}/run/notify";
	my $owner = $$;

	stop_pid(delete $self->{listener}, 5) if $self->{listener};
	unlink $notify_file;
	my $notify = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => $notify_file) or die "$notify_file: $!";
	chmod 0666, $notify_file;
	$self->{pid} = fork // die "fork: $!";
	$self->_exec($notify_file) unless $self->{pid};
	$self->{notified_at} = -s $self->notify_log // 0;
	$self->{listener} = fork // die "fork: $!";
	_listen($notify, $self->notify_log, $owner) unless $self->{listener};
	$self->_wait_notify(qr/^READY=1$/m) or die "octroi did not become ready:\n" . $self->log;
	wait_until($self->{seconds}, sub { $self->answers }) or die "octroi does not answer:\n" . $self->log;
}

# Does somebody speak milter on the socket? Negotiates (SMFIC_OPTNEG, protocol 6) and leaves.
sub answers {
	my ($self) = @_;
	my $socket = IO::Socket::UNIX->new(Type => SOCK_STREAM, Peer => $self->socket_file) or return 0;
	my $answer = '';

	local $SIG{PIPE} = 'IGNORE';
	syswrite $socket, pack 'N a N N N', 13, 'O', 6, 0x1ff, 0x1fffff;
	return 0 unless IO::Select->new($socket)->can_read(5);
	sysread $socket, $answer, 5;
	syswrite $socket, pack 'N a', 1, 'Q';
	return $answer =~ /O\z/ ? 1 : 0;
}

# Asks for a reload and waits for its end (RELOADING=1, then READY=1), whatever came of it: the log tells.
sub reload {
	my ($self) = @_;

	$self->{notified_at} = -s $self->notify_log;
	kill HUP => $self->{pid};
	return $self->_wait_notify(qr/^RELOADING=1$/m) && $self->_wait_notify(qr/^READY=1$/m);
}

# TERM, and KILL when it does not end in time; then nothing of it may be left. True when it ended by itself.
sub stop {
	my ($self, $seconds) = @_;
	my $pid = delete $self->{pid} or return 1;

	kill CONT => pids_of($pid, 'octroi');
	my $ended = stop_pid($pid, $seconds // 30);
	kill KILL => pids_of($pid, 'octroi');
	stop_pid(delete $self->{listener}, 5);
	return $ended;
}

sub is_running { return $_[0]{pid} && !reap($_[0]{pid}) ? 1 : 0 }

# The processes of a role (filter, zygote, examiner), the oldest first.
sub pids { return pids_of($_[0]{pid}, $comm{ $_[1] } // die "no role $_[1]") }

# Sends KILL (or another signal) to a random process of the role. Its pid, or undef when there is none.
sub kill_role {
	my ($self, $role, $signal) = @_;
	my @pids = $self->pids($role) or return;
	my $pid = $pids[rand @pids];

	return kill($signal // 'KILL', $pid) ? $pid : undef;
}

# All lines of messages so far: hashes of key to value, with the line itself as 'line'.
sub records {
	my ($self) = @_;

	open my $log, '<:raw', $self->log_file or return;
	seek $log, $self->{read_at}, 0;
	while (my $line = <$log>) {
		last unless $line =~ s/\n\z//;
		$self->{read_at} = tell $log;
		my $record = parse_record($line) or next;
		push @{ $self->{records} }, $record;
	}
	return @{ $self->{records} };
}

# The last record whose key has that value; waits for it.
sub record {
	my ($self, $key, $value, $seconds) = @_;
	my @found;

	wait_until($seconds // 20, sub { @found = grep { ($_->{$key} // '') eq $value } $self->records });
	return $found[-1];
}

# "... id=7f3a queue_id=4Xk2 reply="a \"b\"" ..." as a hash, or undef when the line is none of a message.
sub parse_record {
	my ($line) = @_;
	my %record = (line => $line, keys => []);

	return unless $line =~ /(?:^|\s)id=.*\sverdict=/;
	while ($line =~ /(?:^|\s)([a-z_]+)=("(?:[^"\\]|\\.)*"|\S*)/g) {
		my ($key, $value) = ($1, $2);
		$value =~ s/\\(.)/$1/g if $value =~ s/^"(.*)"\z/$1/s;
		push @{ $record{keys} }, $key;
		$record{$key} = $value;
	}
	return \%record;
}

# The system's signatures, or undef where there are none.
sub official_database {
	my @official = glob '/var/lib/clamav/*.{cvd,cld,cud,ndb,hdb,ldb}';

	return grep({ -s } @official) ? '/var/lib/clamav' : undef;
}

# Processes of the session that $leader founded whose name begins like that, the oldest first: pids start over at the system's largest.
sub pids_of {
	my ($leader, $name) = @_;
	my %started;

	for my $file (glob '/proc/[0-9]*/stat') {
		my $stat = slurp($file) // next;
		my ($pid, $comm, $state, $session) = $stat =~ /^(\d+) \((.*)\) (\S) \d+ \d+ (\d+) / or next;
		$started{$pid} = (split ' ', $stat =~ s/.*\) //sr)[19] if $session == $leader && $state ne 'Z' && index($comm, $name) == 0;
	}
	my @pids = sort { $started{$a} <=> $started{$b} || $a <=> $b } keys %started;
	return @pids;
}

sub _exec {
	my ($self, $notify_file) = @_;

	POSIX::setsid();
	open STDIN, '<', '/dev/null';
	open STDERR, '>>', $self->log_file;
	open STDOUT, '>&', \*STDERR;
	@ENV{qw(NOTIFY_SOCKET TMPDIR)} = ($notify_file, "$self->{dir}/tmp");
	delete @ENV{qw(LISTEN_FDS LISTEN_PID WATCHDOG_USEC)};
	exec $self->{binary}, 'run', '--config', $self->config_file
		or print STDERR "cannot run $self->{binary}: $!\n";
	POSIX::_exit(127);
}

# The child that plays the service manager: somebody has to read what the daemon says, all the time.
sub _listen {
	my ($notify, $file, $owner) = @_;
	my $select = IO::Select->new($notify);

	$SIG{$_} = 'DEFAULT' for qw(INT TERM HUP PIPE);
	open my $log, '>>', $file or POSIX::_exit(1);
	$log->autoflush(1);
	while (getppid == $owner) {	# never longer than the test
		next unless $select->can_read(0.5);
		defined $notify->recv(my $text, 4096) or last;
		print $log "$text\n";
	}
	POSIX::_exit(0);
}

# Waits for a line of the notifications that has not been waited for yet.
sub _wait_notify {
	my ($self, $wanted) = @_;

	return wait_until($self->{seconds}, sub {
		my $text = substr slurp($self->notify_log) // '', $self->{notified_at};
		return $self->is_running ? 0 : -1 unless $text =~ $wanted;
		$self->{notified_at} += $+[0];
		return 1;
	}) == 1;
}

1;
