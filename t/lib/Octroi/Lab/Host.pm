# SPDX-License-Identifier: GPL-2.0-or-later
# Octroi::Lab::Host - a host of the lab: namespaces of its own (network, mounts, processes, name), held by its process number 1.
#
#	my $host = Octroi::Lab::Host->start(name => 'printer', dir => "$temp/printer");
#	$host->run('ip', 'address', 'show');		# output; dies when the command fails
#	$host->on_net(sub { IO::Socket::IP->new(...) });	# what opens a socket in there opens it in that host's network
#	$host->end;
#
# A plain host has only a network. One with disks => 1 has its own /etc (a copy), /var and /run as well, below dir, and the built
# programs in /opt: a mail server runs there with the files and places that it has on a real machine. Ending number 1 ends all of its
# processes, and the kernel then takes away its interfaces, rules and mounts: nothing of it is outside.
package Octroi::Lab::Host;

use strict;
use warnings;
use File::Copy ();
use File::Path ();
use IO::Socket::IP;
use Octroi::Process qw(slurp spew wait_until);
use POSIX ();

use constant { CLONE_NEWNS => 0x00020000, CLONE_NEWUTS => 0x04000000, CLONE_NEWIPC => 0x08000000, CLONE_NEWPID => 0x20000000,
	CLONE_NEWNET => 0x40000000 };

my $can_call = eval { require 'syscall.ph'; defined &SYS_setns };
my $path = '/opt:/usr/sbin:/usr/bin:/sbin:/bin';

# Why there can be no such host, or undef.
sub missing {
	return 'only root can make network namespaces' if $> != 0;
	return 'perl does not know the numbers of system calls (syscall.ph)' unless $can_call;
	my @absent = grep { my $program = $_; !grep { -x "$_/$program" } qw(/usr/sbin /usr/bin /sbin /bin) } qw(ip nft nsenter unshare mount);
	return "@absent: not installed (contrib/install-packages)" if @absent;
	return 'this kernel, or what this runs in, does not let us make namespaces' if system('unshare -mnuip true 2>/dev/null') != 0;
	return 'there is no nftables in this kernel' if system("unshare -n nft 'add table inet t' 2>/dev/null") != 0;
	return;
}

# name, dir (made here), disks, binary (what is in /opt: its directory).
sub start {
	my ($class, %args) = @_;
	my $self = bless { %args }, $class;

	mkdir $self->{dir}, 0755 or die "$self->{dir}: $!";
	$self->_make_disks if $self->{disks};
	spew("$self->{dir}/resolv.conf", $args{resolv} // '', 0644);
	$self->{pid} = $self->_spawn;
	$self->{started} = _started($self->{pid});
	return $self;
}

# The same host, as another process of the lab has started it.
sub known {
	my ($class, %args) = @_;

	return bless { %args }, $class;
}

sub pid { return $_[0]{pid} }
sub dir { return $_[0]{dir} }
sub name { return $_[0]{name} }
sub facts { return { map { $_ => $_[0]{$_} } qw(name dir pid started disks) } }

# Is number 1 still the process that it was?
sub is_up { return (_started($_[0]{pid}) // '') eq $_[0]{started} }

sub end {
	my ($self) = @_;

	return unless $self->{pid} && $self->is_up;
	kill KILL => $self->{pid};
	wait_until(10, sub { !$self->is_up });
}

# As a command line to be executed outside.
sub inside {
	my ($self, @command) = @_;

	return ('nsenter', '-t', $self->{pid}, qw(-m -n -u -i -p), '--', '/usr/bin/env', '-i', "PATH=$path", 'LC_ALL=C.UTF-8', 'HOME=/root',
		'TERM=' . ($ENV{TERM} // 'dumb'), (map { defined $ENV{$_} ? "$_=$ENV{$_}" : () } grep { /SAN_OPTIONS$/ } keys %ENV), @command);
}

# Standard output and error together. Dies of a failure.
sub run {
	my ($self, @command) = @_;
	my ($status, $text) = $self->try(@command);

	die "$self->{name}: @command: status $status\n$text" if $status != 0;
	return $text;
}

# (status, output)
sub try {
	my ($self, @command) = @_;

	open my $pipe, '-|', $self->inside('sh', '-c', 'exec "$@" 2>&1 </dev/null', 'sh', @command) or die "nsenter: $!";
	local $/;
	my $text = <$pipe> // '';
	close $pipe;
	return ($? >> 8, $text);
}

# Goes on when this returns; number 1 is its parent then.
sub background {
	my ($self, $log, @command) = @_;

	return $self->run('sh', '-c', 'log=$1; shift; exec </dev/null >>"$log" 2>&1; setsid "$@" &', 'sh', $log, @command);
}

# Runs code of ours with the network of the host. What it opens there stays there.
sub on_net {
	my ($self, $code) = @_;
	open my $home, '<', '/proc/self/ns/net' or die "/proc/self/ns/net: $!";
	open my $there, '<', "/proc/$self->{pid}/ns/net" or die "$self->{name}: $!";

	_setns($there);
	my @answer = eval { $code->() };
	my $problem = $@;
	_setns($home);
	die $problem if $problem;
	return wantarray ? @answer : $answer[-1];
}

# What comes of a TCP connection: "open", "no answer", or what the system says.
sub knock {
	my ($self, $address, $port, $seconds) = @_;

	return $self->on_net(sub {
		IO::Socket::IP->new(PeerHost => $address, PeerPort => $port, Timeout => $seconds // 1.5) and return 'open';
		return $!{ETIMEDOUT} || $!{EINPROGRESS} || $!{EALREADY} ? 'no answer' : lc "$!";
	});
}

sub _setns {
	my ($handle) = @_;

	syscall(SYS_setns(), fileno $handle, CLONE_NEWNET) == 0 or die "setns: $!\n";
}

# When a process began (proc(5), field 22), to tell it from a later one with the same number.
sub _started {
	my ($pid) = @_;
	my $stat = slurp("/proc/$pid/stat") // return;

	return $stat =~ /\) ([^ZX]) / ? (split ' ', $stat =~ s/.*\) //sr)[19] : undef;
}

# A child makes the namespaces, and its child is number 1 of the host; it says so when everything is mounted.
sub _spawn {
	my ($self) = @_;
	pipe my $from, my $to or die "pipe: $!";
	my $child = fork // die "fork: $!";

	if (!$child) {
		close $from;
		eval { $self->_enter($to); 1 } or print STDERR $@;
		POSIX::_exit(1);
	}
	close $to;
	my $said = join '', <$from>;
	waitpid $child, 0;
	$said =~ /^(\d+) ready$/ or die "$self->{name} does not come up\n";
	return $1;
}

sub _enter {
	my ($self, $to) = @_;

	POSIX::setsid();
	syscall(SYS_unshare(), CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET) == 0 or die "unshare: $!\n";
	pipe my $ready, my $tell or die "pipe: $!";
	my $first = fork // die "fork: $!";
	if (!$first) {
		close $_ for $ready, $to;
		$self->_be_number_one($tell);
	}
	close $tell;
	print $to "$first " . (join '', <$ready>);
	close $to;
	POSIX::_exit(0);
}

sub _be_number_one {
	my ($self, $tell) = @_;
	my @disks = $self->{disks} ? map { "mount --bind '$self->{dir}/$_' /$_" } qw(etc run var)
		: ("mount --bind '$self->{dir}/resolv.conf' /etc/resolv.conf || :");
	# A program that was built for /usr/local looks for its configuration there.
	push @disks, "mount --bind '$self->{dir}/etc' /usr/local/etc || :" if $self->{disks};
	my $opt = $self->{binary} ? "mount --bind '$self->{binary}' /opt" : ':';
	my $setup = join "\n", 'set -e', 'mount --make-rprivate /', 'mount -t proc proc /proc', $opt, @disks, "hostname '$self->{name}'",
		'ip link set lo up';

	$SIG{$_} = 'DEFAULT' for qw(INT TERM HUP PIPE);
	system('sh', '-c', $setup) == 0 or POSIX::_exit(1);
	print $tell "ready";
	close $tell;
	chdir '/';
	open STDIN, '<', '/dev/null';
	open $_, '>', '/dev/null' for \*STDOUT, \*STDERR;
	# Orphans are its children; ignored, they leave no zombies.
	exec { $^X } 'octroi-lab', '-e', "\$0 = 'octroi-lab: $self->{name}'; \$SIG{CHLD} = 'IGNORE'; \$SIG{TERM} = sub { exit }; sleep 1000 while 1"
		or POSIX::_exit(1);
}

sub _make_disks {
	my ($self) = @_;
	my $dir = $self->{dir};

	system('cp', '-a', '/etc', "$dir/etc") == 0 or die "$dir/etc: cp failed\n";
	unlink "$dir/etc/resolv.conf";
	spew("$dir/etc/resolv.conf", $self->{resolv} // '', 0644);
	spew("$dir/etc/hostname", "$self->{name}\n", 0644);
	spew("$dir/etc/hosts", "127.0.0.1 localhost\n", 0644);
	mkdir "$dir/run", 0755 or die "$dir/run: $!";
	File::Path::make_path(map { "$dir/var/$_" } qw(cache lib/clamav lib/octroi lib/postfix log mail spool/postfix));
	symlink '/run', "$dir/var/run";
	mkdir "$dir/var/tmp" and chmod 01777, "$dir/var/tmp";
}

1;
