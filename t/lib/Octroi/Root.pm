# SPDX-License-Identifier: GPL-2.0-or-later
# Octroi::Root - a Debian system of the test's own to install packages in: an overlay over this one, or over a directory, that is gone
# when the test ends. Where systemd-nspawn can, systemd runs in it, with nothing started but what a package starts.
#
#	Octroi::Root::enter();			# first thing in a test: the rest runs in a mount and process namespace of its own
#	my $root = Octroi::Root->new(lower => '/');
#	$root->boot or diag $root->why;
#	my ($status, $text) = $root->run(qw(dpkg --install /root/octroi.deb));
#	my $file = $root->path('/etc/octroi/milter.conf');	# the same file, seen from here
package Octroi::Root;

use strict;
use warnings;
use Octroi::Process qw(at_end slurp spew temp_directory wait_until);
use POSIX ();

# Why it cannot run here, or undef.
sub missing {
	return 'only root can mount' if $>;
	return 'no unshare (util-linux)' unless -x '/usr/bin/unshare';
	return 'no namespaces, or no overlay file system, here'
		if system(q{unshare --mount --pid --fork --propagation private sh -c '
			d=$(mktemp -d) && mount -t tmpfs none "$d" && mkdir "$d/u" "$d/w" "$d/r" &&
			mount -t overlay none -o lowerdir=/,upperdir="$d/u",workdir="$d/w" "$d/r"; s=$?; umount -l "$d"; rmdir "$d"; exit $s'} . ' 2>/dev/null');
	return;
}

# Starts the script anew inside; everything that it mounts or starts ends with it.
sub enter {
	return if $ENV{OCTROI_ROOT_ENTERED};
	$ENV{OCTROI_ROOT_ENTERED} = 1;
	exec 'unshare', qw(--mount --pid --fork --kill-child --mount-proc --propagation private --), $^X, (map { "-I$_" } @INC), $0, @ARGV
		or die "unshare: $!";
}

# lower: the system below.
sub new {
	my ($class, %args) = @_;
	my $self = bless { lower => '/', dir => temp_directory(), %args }, $class;
	my $dir = $self->{dir};

	$self->{root} = "$dir/root";
	_must('mount', '-t', 'tmpfs', '-o', 'mode=0755', 'none', $dir);
	mkdir "$dir/$_" or die "$dir/$_: $!" for qw(upper work root);
	_must('mount', '-t', 'overlay', '-o', "lowerdir=$self->{lower},upperdir=$dir/upper,workdir=$dir/work", 'none', $self->{root});
	at_end(sub { $self->_leave });
	$self->_calm;
	return $self;
}

sub path { return "$_[0]{root}$_[1]" }
sub why { return $_[0]{why} }
sub is_booted { return defined $_[0]{init} }

# What was changed or made, as paths below /.
sub changed {
	my ($self, $pattern) = @_;
	my @found = qx{cd '$self->{dir}/upper' && find . ! -type c -path '*$pattern*'};

	chomp @found;
	return sort map { s/^\.//r } @found;
}

# A command inside. Its exit status and all it said.
sub run {
	my ($self, @command) = @_;
	my @way = $self->{init} ? ('nsenter', '-t', $self->{init}, qw(-m -u -i -n -p -r -w)) : ('chroot', $self->{root});

	$self->_mount unless $self->{init};
	open my $out, '-|', 'sh', '-c', 'exec "$@" </dev/null 2>&1', 'sh', @way, qw(env LC_ALL=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin),
		'DEBIAN_FRONTEND=noninteractive', @command or die "$command[0]: $!";
	local $/;
	my $text = readline $out;
	close $out;
	return ($? >> 8, $text);
}

# Code here, but with a directory of that system as its root and as one of its accounts: what it returns, a string.
sub as {
	my ($self, $name, $directory, $code) = @_;
	my ($uid, $gid) = (slurp($self->path('/etc/passwd')) =~ /^\Q$name\E:[^:]*:(\d+):(\d+):/m) or die "no account $name";

	pipe my $in, my $out or die "pipe: $!";
	my $pid = fork // die "fork: $!";
	if (!$pid) {
		chroot $self->path($directory) or POSIX::_exit(1);
		chdir '/';
		$) = "$gid $gid";
		POSIX::setgid($gid);
		POSIX::setuid($uid);
		print $out eval { $code->() } // "died: $@";
		close $out;
		POSIX::_exit(0);
	}
	close $out;
	local $/;
	my $text = readline $in;
	waitpid $pid, 0;
	return $text;
}

# Starts systemd in it. False when it cannot, and why() says so.
sub boot {
	my ($self) = @_;

	$self->{why} = -x '/usr/bin/systemd-nspawn' ? -x $self->path('/lib/systemd/systemd') ? undef : 'systemd is not installed'
		: 'systemd-nspawn is not installed (contrib/install-packages)';
	return 0 if $self->{why};
	$self->_unmount;
	my $log = "$self->{dir}/boot.log";
	my $nspawn = fork // die "fork: $!";
	_boot($self->{root}, $log) unless $nspawn;
	$self->{nspawn} = $nspawn;
	my $init = wait_until(60, sub { waitpid($nspawn, POSIX::WNOHANG) ? -1 : _first_child($nspawn) });
	$self->{init} = $init > 0 ? $init : undef;
	my $state = $self->{init} && wait_until(60, sub { ($self->run(qw(systemctl is-system-running)))[1] =~ /^(running|degraded)/ && $1 });
	return 1 if $state;
	$self->{why} = "systemd does not start in systemd-nspawn here: " . ((slurp($log) // '') =~ s/\s+/ /gr);
	$self->_halt;
	return 0;
}

# No network, no services of the system below; Landlock is not on nspawn's list of system calls.
sub _boot {
	my ($root, $log) = @_;
	my $hierarchy = -e '/sys/fs/cgroup/cgroup.controllers' ? 1 : 0;

	POSIX::setsid();
	open STDIN, '<', '/dev/null';
	open STDOUT, '>', $log;
	open STDERR, '>&', \*STDOUT;
	$ENV{SYSTEMD_NSPAWN_UNIFIED_HIERARCHY} = $hierarchy;
	exec 'systemd-nspawn', qw(--quiet --register=no --keep-unit --private-network --boot --console=pipe --machine=octroi-test), "--directory=$root",
		'--system-call-filter=landlock_create_ruleset landlock_add_rule landlock_restrict_self', 'systemd.unit=basic.target'
		or POSIX::_exit(127);
}

# PID 1 of the container, once there is one.
sub _first_child {
	my ($parent) = @_;
	my @pids = split ' ', slurp("/proc/$parent/task/$parent/children") // '';

	for my $pid (@pids) {
		return $pid if (slurp("/proc/$pid/comm") // '') eq "systemd\n" && (slurp("/proc/$pid/status") // '') =~ /^NSpid:.*\s1$/m;
	}
	return 0;
}

# The system below keeps its services, its mounts and its ban of starting any to itself.
sub _calm {
	my ($self) = @_;

	unlink glob($self->path('/etc/systemd/system/*.wants/*'));
	spew($self->path('/etc/fstab'), '', 0644);
	unlink $self->path('/usr/sbin/policy-rc.d');
}

# What programs in a chroot need; systemd-nspawn makes its own.
sub _mount {
	my ($self) = @_;

	return if $self->{mounted}++;
	_must('mount', '-t', 'tmpfs', '-o', 'mode=1777', 'none', $self->path('/tmp'));
	_must('mount', '-t', 'tmpfs', 'none', $self->path('/run'));
	_must('mount', '-t', 'proc', 'none', $self->path('/proc'));
	_must('mount', '--rbind', '/dev', $self->path('/dev'));
	mkdir $self->path('/run/lock');
}

sub _unmount {
	my ($self) = @_;

	return unless delete $self->{mounted};
	system 'umount', '--lazy', '--recursive', $self->path($_) for qw(/dev /proc /run /tmp);
}

sub _halt {
	my ($self) = @_;

	kill TERM => $self->{nspawn} if $self->{nspawn};
	wait_until(10, sub { waitpid($self->{nspawn}, POSIX::WNOHANG) != 0 }) or kill KILL => $self->{nspawn} if $self->{nspawn};
	delete @$self{qw(nspawn init)};
}

sub _leave {
	my ($self) = @_;

	$self->_halt;
	system 'umount', '--lazy', '--recursive', $self->{dir};
}

sub _must {
	system(@_) == 0 or die "@_: failed\n";
}

1;
