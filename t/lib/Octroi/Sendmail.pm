# SPDX-License-Identifier: GPL-2.0-or-later
# Octroi::Sendmail - a private Sendmail: its own sendmail.cf made by m4, queue, maps, logins, log and ports below one directory. It is
# spoken to as Octroi::Postfix is.
#
#	my $sendmail = Octroi::Sendmail->start(dir => "$temp/sendmail", milter => 'unix:/...sock', sink_port => 4025,
#		logins => { 'alice@ours.example' => 'secret' }, mc => "FEATURE(`...')dnl\n");
#
# It refuses nothing by itself: relaying is open to everybody and % and ! are ways, so what a test sees refused was refused by the
# milter. Everything it accepts goes to the sink. It has no XCLIENT: clients bind to their addresses in a network of the test's own
# (Octroi::Network), and their names come from a hosts file that Sendmail alone sees.
#
# Debian's sendmail and postfix exclude each other, so its packages are only unpacked, below the build directory. Needs root.
package Octroi::Sendmail;

use strict;
use warnings;
use Cwd ();
use File::Basename ();
use File::Path ();
use IO::Select;
use IO::Socket::INET;
use IO::Socket::UNIX;
use Octroi::Network;
use Octroi::Process qw(at_end free_port reap slurp spew stop_pid wait_until);
use POSIX ();
use Socket qw(SOCK_DGRAM);

our $tree = Cwd::abs_path(File::Basename::dirname(__FILE__) . '/../../..');

# What is unpacked: the program, what m4 reads, and the libraries that Debian 12 may lack.
my @packages = qw(sendmail-bin sendmail-cf libldap-2.5-0 libnsl2 libtirpc3 libwrap0);

# Addresses of its own: what an address literal may name.
my @own = qw(192.0.2.25);
my @ipv6_clients = qw(2001:db8::1 2001:db8::7 2001:db8::25 2001:db8::66 2001:db8:5::1 2001:db8:6::1);

# Why it cannot run here, or undef.
sub missing {
	return 'only root can start a private Sendmail' if $> != 0;
	return 'm4 is not installed (contrib/install-packages)' unless grep { -x "$_/m4" } split /:/, $ENV{PATH};
	return 'sasl2-bin is not installed (contrib/install-packages)' unless -x '/usr/sbin/saslpasswd2';
	return Octroi::Network::missing() // (defined root() ? undef : 'the packages of Sendmail could not be had (apt-get download)');
}

# Before anything else of the test is started: what is started afterwards is in the same network.
sub prepare { Octroi::Network::enter(ipv4 => \@own, ipv6 => \@ipv6_clients) }

# The directory below which Debian's sendmail lies, or undef when it cannot be had.
sub root {
	my $cache = ($ENV{OCTROI_BUILDDIR} // "$tree/build") . '/sendmail';

	return $cache if -x "$cache/usr/libexec/sendmail/sendmail";
	my $work = "$cache.$$";
	File::Path::make_path($work);
	system("cd '$work' && apt-get -qq -o APT::Sandbox::User=root -o Acquire::Retries=0 -o Acquire::http::Timeout=20 download @packages >/dev/null 2>&1"
		. ' && for deb in *.deb; do dpkg -x "$deb" . || exit 1; done && chmod g-s usr/libexec/sendmail/* && rm -f *.deb') == 0
		&& rename $work, $cache;
	File::Path::remove_tree($work);
	return -x "$cache/usr/libexec/sendmail/sendmail" ? $cache : undef;
}

# Also: mc => text, more lines for sendmail.mc; whole_mc => code that returns the text instead of ours, from the object; files => { name => text } beside it (access, aliases,
# ...), of which those in maps => [names] become hash maps; hosts => { address => name }; dns => true: Sendmail asks the name server at
# 127.0.0.1 port 53, else nobody; queue_run => seconds between two runs of the queue (1).
# In these texts "$dir" stands for the configuration directory.
sub start {
	my ($class, %args) = @_;
	my $self = bless { queue_run => 1, %args, files => $args{files} // {}, config => "$args{dir}/etc", root => root() // die "no sendmail\n" }, $class;

	prepare();
	$self->{port} = free_port();
	$self->{submission_port} = free_port();
	$self->_make_directories;
	$self->_write_logins;
	$self->_write_configuration;
	$self->_listen_log;
	at_end(sub { $self->stop });
	$self->launch;
	return $self;
}

sub launch {
	my ($self) = @_;

	$self->{pid} = fork // die "fork: $!";
	$self->_serve unless $self->{pid};
	wait_until(30, sub { reap($self->{pid}) || IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $self->{port}) });
	die "sendmail does not answer:\n" . $self->log if reap($self->{pid});
}

sub name { return 'sendmail' }
sub port { return $_[0]{port} }
sub submission_port { return $_[0]{submission_port} }
sub config_directory { return $_[0]{config} }
sub config_file { return "$_[0]{config}/sendmail.cf" }
sub log_file { return "$_[0]{dir}/maillog" }
sub log { return slurp($_[0]->log_file) // '' }
sub pid { return $_[0]{pid} }

# Stops the daemon. Its children, who hold sessions or deliver, see to their own end; those of the test's clients are gone by then.
sub stop {
	my ($self) = @_;

	stop_pid(delete $self->{pid}, 10) if $self->{pid};
	stop_pid(delete $self->{syslog}, 5) if $self->{syslog};
}

# Sends the queue again.
sub flush { return $_[0]->_run('-q') }

# The queue: one hash for each message, with queue_name ('hold' when it is in quarantine), queue_id, sender, recipients, reason.
sub queue {
	my ($self) = @_;

	return map { $self->_read_queue_file($_) } glob "$self->{dir}/queue/[qh]f*";
}

sub held { return grep { $_->{queue_name} eq 'hold' } $_[0]->queue }

# A message of the queue as the MTA stores it, for a look at what is held: the fields as they will be sent, and the body.
sub queued_message {
	my ($self, $queue_id) = @_;
	my ($file) = grep { defined } map { slurp("$self->{dir}/queue/${_}f$queue_id") } qw(h q);
	my @fields = ($file // '') =~ /^H\?[^?]*\?(.*\n(?:[ \t].*\n)*)/mg;

	return join('', @fields) . "\n" . (slurp("$self->{dir}/queue/df$queue_id") // '');
}

sub wait_empty {
	my ($self, $seconds) = @_;

	return wait_until($seconds // 60, sub { my @files = glob "$self->{dir}/queue/*"; !@files });
}

# sendmail(1) of this instance, as Debian has it: a message goes by SMTP to the daemon, from 127.0.0.1. Returns its exit status.
sub sendmail {
	my ($self, $message, @args) = @_;

	open my $pipe, '|-', $self->_command("$self->{config}/submit.cf", '-Ac', @args) or die "sendmail: $!";
	print $pipe $message;
	close $pipe;
	return $? >> 8;
}

# What `mailq` with these arguments says.
sub mailq {
	my ($self, @args) = @_;

	open my $pipe, '-|', $self->_command($self->config_file, '-bp', @args) or die "sendmail: $!";
	local $/;
	return scalar <$pipe> // '';
}

# A program of the package, with the libraries that lie below the root.
sub _program {
	my ($self, $name) = @_;
	my $root = $self->{root};

	return ('env', 'LD_LIBRARY_PATH=' . join(':', glob("$root/lib/*-linux-gnu"), glob("$root/usr/lib/*-linux-gnu")),
		"$root/usr/libexec/sendmail/$name");
}

# sendmail as an administrator runs it, who sees what the daemon sees.
sub _command {
	my ($self, $cf, @args) = @_;

	return ('nsenter', "--mount=/proc/$self->{pid}/ns/mnt", '--', $self->_program('sendmail'), '-C', $cf, @args);
}

sub _run {
	my ($self, @args) = @_;
	my @command = $self->_command($self->config_file, @args);

	return system("@command >>'$self->{dir}/commands.log' 2>&1") == 0;
}

# qf lines: S<sender>, R<flags>:<recipient>, q<reason> (op.me, appendix B).
sub _read_queue_file {
	my ($self, $file) = @_;
	my $text = slurp($file) // return;		# it has been delivered meanwhile
	my ($kind, $queue_id) = $file =~ m{/(.)f(\w+)\z};
	my ($reason) = $text =~ /^q(.*)/m;

	return { queue_name => $kind eq 'h' ? 'hold' : 'queue', queue_id => $queue_id, sender => $text =~ /^S<?(.*?)>?$/m ? $1 : '',
		recipients => [map { { address => $_ } } $text =~ /^R[A-Z]*:<?(.*?)>?$/mg], reason => $reason };
}

sub _make_directories {
	my ($self) = @_;

	mkdir $self->{dir}, 0755 or die "$self->{dir}: $!";
	mkdir "$self->{dir}/$_", $_ =~ /queue/ ? 0700 : 0755 for qw(etc etc/sasl queue msp-queue dev);
	chown scalar getpwnam('nobody'), -1, "$self->{dir}/msp-queue";
}

# As Octroi::Postfix has them. Sendmail.conf is found by SASL_CONF_PATH.
sub _write_logins {
	my ($self) = @_;
	my $sasl = "$self->{config}/sasl";

	spew("$sasl/Sendmail.conf", <<"EOT");
pwcheck_method: auxprop
auxprop_plugin: sasldb
sasldb_path: $sasl/sasldb2
mech_list: PLAIN LOGIN
log_level: 2
EOT
	for my $login (sort keys %{ $self->{logins} // {} }) {
		my ($user, $realm) = split /@/, $login;
		open my $pipe, '|-', 'saslpasswd2', '-p', '-c', '-f', "$sasl/sasldb2", '-u', $realm // 'ours.example', $user
			or die "saslpasswd2: $!";
		print $pipe $self->{logins}{$login};
		close $pipe or die "saslpasswd2 failed for $login\n";
	}
	chmod 0600, "$sasl/sasldb2";
}

sub _write_configuration {
	my ($self) = @_;
	my %files = (%{ $self->{files} }, hosts => $self->_hosts, 'nsswitch.conf' => 'hosts: files' . ($self->{dns} ? " dns\n" : "\n"),
		'resolv.conf' => "nameserver 127.0.0.1\n");

	spew("$self->{config}/$_", $files{$_} =~ s/\$dir\b/$self->{config}/gr) for keys %files;
	$self->_make_map($_) for @{ $self->{maps} // [] };
	$self->_make_cf('sendmail', $self->{whole_mc} ? $self->{whole_mc}->($self) : $self->_mc);
	$self->_make_cf('submit', $self->_submit_mc);
}

sub _hosts {
	my ($self) = @_;
	my %hosts = ('127.0.0.1' => 'localhost', '192.0.2.25' => 'gw.ours.example', %{ $self->{hosts} // {} });

	return join '', map { "$_ $hosts{$_}\n" } sort grep { $hosts{$_} =~ /^\w/ } keys %hosts;
}

sub _make_map {
	my ($self, $name) = @_;
	my @makemap = $self->_program('makemap');

	system("@makemap -C /dev/null hash '$self->{config}/$name' <'$self->{config}/$name' 2>>'$self->{dir}/commands.log'") == 0 or die "makemap $name failed\n";
}

# m4 with what Debian's own sendmail.mc reads, from where it was unpacked. What it complains of is fatal, but for the open relay that a
# test wants: a line in the wrong place is no more than that.
sub _make_cf {
	my ($self, $name, $mc) = @_;
	my $to = "$self->{config}/$name";
	my $share = "$self->{root}/usr/share/sendmail/cf";

	$mc =~ s/\$dir\b/$self->{config}/g;
	$mc =~ s{/usr/share/sendmail/cf/}{$share/}g;
	$mc =~ s{^(include\(.*)m4/cf(\.m4'\)dnl\n)}{$&$1debian/autoconf$2}m;	# which OSTYPE would read from /usr/share
	spew("$to.mc", $mc);
	my $status = system("m4 '$to.mc' >'$to.cf' 2>'$to.err'");
	my $complaint = slurp("$to.err") =~ s/^\*\*\* WARNING: FEATURE\(`promiscuous_relay'\).*\n\t.*\n//mr;
	die "m4 $name.mc: $complaint\n" if $status || $complaint;
}

# The first lines of each sendmail.mc here.
sub mc_head {
	return <<"EOT";
include(`/usr/share/sendmail/cf/m4/cf.m4')dnl
OSTYPE(`debian')dnl
DOMAIN(`debian-mta')dnl
EOT
}

# Where this instance lives, who it is and where mail goes: what any sendmail.mc of a test needs.
sub mc_places {
	my ($self) = @_;
	my $dir = $self->{dir};

	return <<"EOT";
define(`confDOMAIN_NAME', `gw.ours.example')dnl
define(`confTRUSTED_USER', `root')dnl
define(`QUEUE_DIR', `$dir/queue')dnl
define(`ALIAS_FILE', `@{[ $self->{files}{aliases} ? "$self->{config}/aliases" : '' ]}')dnl
define(`STATUS_FILE', `$dir/statistics')dnl
define(`HELP_FILE', `$self->{config}/helpfile')dnl
define(`confPID_FILE', `$dir/sendmail.pid')dnl
define(`confCW_FILE', `')dnl
define(`confCT_FILE', `-o $self->{config}/trusted-users')dnl
define(`confCR_FILE', `-o $self->{config}/relay-domains')dnl
define(`confSERVICE_SWITCH_FILE', `$self->{config}/service.switch')dnl
define(`confCONTROL_SOCKET_NAME', `')dnl
define(`confDEAD_LETTER_DROP', `')dnl
undefine(`confHOST_STATUS_DIRECTORY')dnl
define(`confTO_IDENT', `0')dnl
define(`confQUEUE_LA', `10000')dnl
define(`confREFUSE_LA', `10000')dnl
define(`confDELAY_LA', `0')dnl
define(`confMIN_QUEUE_AGE', `0')dnl
define(`confMAX_HEADERS_LENGTH', `16777216')dnl
define(`confMILTER_LOG_LEVEL', `14')dnl
define(`confAUTH_MECHANISMS', `PLAIN LOGIN')dnl
define(`RELAY_MAILER_ARGS', `TCP \$h $self->{sink_port}')dnl
EOT
}

# SASL_CONF_PATH in the environment: Sendmail keeps nothing of its own but what E says.
sub mc_tail {
	my ($self) = @_;

	return "LOCAL_CONFIG\nESASL_CONF_PATH=$self->{config}/sasl\n";
}

sub _mc {
	my ($self) = @_;

	return mc_head() . $self->mc_places . <<"EOT" . ($self->{mc} // '') . "MAILER(`smtp')dnl\n" . $self->mc_tail;
define(`OCTROI_SOCKET', `$self->{milter}')dnl
include(`$tree/contrib/sendmail/octroi.m4')dnl
undefine(`_NO_UUCP_')undefine(`_NO_PERCENTHACK_')dnl
define(`confAUTH_OPTIONS', `y')dnl
define(`confMAX_MESSAGE_SIZE', `134217728')dnl
FEATURE(`promiscuous_relay')dnl
FEATURE(`accept_unresolvable_domains')dnl
FEATURE(`accept_unqualified_senders')dnl
FEATURE(`nocanonify')dnl
FEATURE(`no_default_msa')dnl
DAEMON_OPTIONS(`Name=MTA, Family=inet, Port=$self->{port}')dnl
DAEMON_OPTIONS(`Name=MSA, Family=inet, Port=$self->{submission_port}, M=E')dnl
@{[ Octroi::Network::ipv6() ? "DAEMON_OPTIONS(`Name=MTA6, Family=inet6, Addr=2001:db8::25, Port=$self->{port}')dnl\n" : '' ]}dnl
define(`SMART_HOST', `relay:[127.0.0.1]')dnl
define(`MAIL_HUB', `relay:[127.0.0.1]')dnl
EOT
}

# What sendmail(1) of Debian reads (submit.cf): everything goes to the daemon by SMTP.
sub _submit_mc {
	my ($self) = @_;

	return <<"EOT";
include(`/usr/share/sendmail/cf/m4/cf.m4')dnl
OSTYPE(`debian')dnl
DOMAIN(`debian-msp')dnl
define(`confDOMAIN_NAME', `gw.ours.example')dnl
define(`MSP_QUEUE_DIR', `$self->{dir}/msp-queue')dnl
define(`confRUN_AS_USER', `nobody')dnl
define(`confTRUSTED_USER', `nobody')dnl
define(`MSP_QUEUE_FILE_MODE', `0600')dnl
define(`STATUS_FILE', `$self->{dir}/statistics')dnl
define(`confPID_FILE', `$self->{dir}/msp.pid')dnl
define(`confTO_IDENT', `0')dnl
define(`confDIRECT_SUBMISSION_MODIFIERS', `C')dnl
define(`RELAY_MAILER_ARGS', `TCP \$h $self->{port}')dnl
FEATURE(`nocanonify')dnl
FEATURE(`msp', `[127.0.0.1]')dnl
EOT
}

# The daemon, which sees a hosts file, a resolver and a /dev/log of its own.
sub _serve {
	my ($self) = @_;
	my @command = ($self->_program('sendmail'), '-C', $self->config_file);

	eval { $self->_furnish; 1 } or do { print STDERR $@; POSIX::_exit(126) };
	open STDIN, '<', '/dev/null';
	open STDOUT, '>>', $self->log_file;
	open STDERR, '>&', \*STDOUT;
	system(@command, '-bi') if $self->{files}{aliases};
	exec @command, '-bD', "-q$self->{queue_run}s" or POSIX::_exit(127);
}

# Mounts that nobody else sees. There may be no /dev/log to put ours on, so all of /dev is another one.
sub _furnish {
	my ($self) = @_;
	my $dev = "$self->{dir}/dev";
	my $script = join ' && ', 'mount --make-rprivate /', (map { "mount --bind $self->{config}/$_ /etc/$_" } qw(hosts nsswitch.conf resolv.conf)),
		(map { ": >$dev/$_ && mount --bind /dev/$_ $dev/$_" } qw(null zero random urandom)), "mount --rbind $dev /dev";

	Octroi::Network::unshare(0x20000);	# CLONE_NEWNS
	system($script) == 0 or die "mount failed\n";
}

# The child that plays syslogd.
sub _listen_log {
	my ($self) = @_;
	my $owner = $$;
	my $socket = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => "$self->{dir}/dev/log") or die "$self->{dir}/dev/log: $!";

	open my $log, '>>', $self->log_file or die $self->log_file . ": $!";
	$log->autoflush(1);
	$self->{syslog} = fork // die "fork: $!";
	return if $self->{syslog};
	$SIG{$_} = 'DEFAULT' for qw(INT TERM HUP PIPE);
	while (getppid == $owner) {	# never longer than the test
		next unless IO::Select->new($socket)->can_read(0.5);
		defined $socket->recv(my $text, 8192) or last;
		print $log $text =~ s/^<\d+>//r =~ s/[\0\n]*\z/\n/r;
	}
	POSIX::_exit(0);
}

1;
