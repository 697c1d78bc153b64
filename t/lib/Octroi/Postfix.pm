# SPDX-License-Identifier: GPL-2.0-or-later
# Octroi::Postfix - a private Postfix: its own configuration, queue, data, log and ports below one directory.
#
#	my $postfix = Octroi::Postfix->start(dir => "$temp/postfix", milter => 'unix:/...sock', sink_port => 4025,
#		domains => ['ours.example'], logins => { 'alice@ours.example' => 'secret' });
#	$postfix->port; $postfix->submission_port; $postfix->log;
#
# It refuses nothing by itself: relaying is open to everybody, so what a test sees refused was refused by the milter.
# Everything it accepts goes to the sink. XCLIENT is open to loopback, so that a test can be any client.
# The system's own /etc/postfix (read for its maps alone) and /var/spool/postfix are left as they are. Needs root.
package Octroi::Postfix;

use strict;
use warnings;
use IO::Socket::INET;
use JSON::PP ();
use Octroi::Process qw(at_end free_port slurp spew wait_until);
use POSIX ();

# Why it cannot run here, or undef.
sub missing {
	return 'only root can start a private Postfix' if $> != 0;
	return 'postfix is not installed (contrib/install-packages)' unless -x '/usr/sbin/postfix';
	return 'sasl2-bin is not installed (contrib/install-packages)' unless -x '/usr/sbin/saslpasswd2';
	return;
}

# Also: main => { parameter => value } for main.cf; files => { name => text } beside it (header_checks, ...), where
# "$dir" in a value stands for the configuration directory.
sub start {
	my ($class, %args) = @_;
	my $self = bless { %args, config => "$args{dir}/etc" }, $class;

	$self->{port} = free_port();
	$self->{submission_port} = free_port();
	$self->_make_directories;
	$self->_write_logins;
	$self->_write_configuration;
	at_end(sub { $self->stop });
	$self->_postfix('start') or die "postfix did not start:\n" . $self->log;
	$self->{pid} = $self->pid;
	wait_until(30, sub { IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $self->{port}) })
		or die "postfix does not answer:\n" . $self->log;
	return $self;
}

sub name { return 'postfix' }
sub prepare { }		# nothing has to be done before the test starts something
sub port { return $_[0]{port} }
sub submission_port { return $_[0]{submission_port} }
sub config_directory { return $_[0]{config} }
sub log_file { return "$_[0]{dir}/maillog" }
sub log { return slurp($_[0]->log_file) // '' }

sub pid { return (slurp("$_[0]{dir}/queue/pid/master.pid") // '') =~ /(\d+)/ ? $1 : undef }

# Stops the master and, through it, all of its processes.
sub stop {
	my ($self) = @_;
	my $pid = delete $self->{pid} // $self->pid or return;

	return unless (slurp("/proc/$pid/comm") // '') eq "master\n";
	kill TERM => $pid;
	return if wait_until(10, sub { !-d "/proc/$pid" });
	kill KILL => $pid;
}

# Sends the queue again.
sub flush { return $_[0]->_run('postqueue', '-f') }

# The queue as `postqueue -j` says it: one hash for each message, with queue_name, queue_id, sender, recipients.
sub queue {
	my ($self) = @_;
	my $text = $self->_read('postqueue', '-j');

	return map { JSON::PP::decode_json($_) } split /\n/, $text;
}

sub held { return grep { $_->{queue_name} eq 'hold' } $_[0]->queue }

# A message of the queue as the MTA stores it, for a look at what is held.
sub queued_message { return $_[0]->_read('postcat', '-qbh', $_[1]) }

sub wait_empty {
	my ($self, $seconds) = @_;

	return wait_until($seconds // 60, sub { !$self->queue });
}

# sendmail(1) of this instance. Returns its exit status.
sub sendmail {
	my ($self, $message, @args) = @_;

	open my $pipe, '|-', '/usr/sbin/sendmail', '-C', $self->{config}, @args or die "sendmail: $!";
	print $pipe $message;
	close $pipe;
	return $? >> 8;
}

sub _make_directories {
	my ($self) = @_;
	my $postfix = getpwnam('postfix') // die "there is no user postfix\n";

	for my $dir ($self->{dir}, map { "$self->{dir}/$_" } qw(etc etc/sasl queue data)) {
		mkdir $dir, 0755 or die "$dir: $!";
	}
	chown $postfix, 0, "$self->{dir}/data" or die "$self->{dir}/data: $!";
}

# Cyrus SASL with a database of our own; a login is written with its domain, user@realm. Debian's Postfix looks for
# smtpd.conf below its configuration directory and ignores cyrus_sasl_config_path.
sub _write_logins {
	my ($self) = @_;
	my $sasl = "$self->{config}/sasl";

	spew("$sasl/smtpd.conf", <<"EOT");
pwcheck_method: auxprop
auxprop_plugin: sasldb
sasldb_path: $sasl/sasldb2
mech_list: PLAIN LOGIN
EOT
	for my $login (sort keys %{ $self->{logins} // {} }) {
		my ($user, $realm) = split /@/, $login, 2;
		open my $pipe, '|-', 'saslpasswd2', '-f', "$sasl/sasldb2", '-u', $realm, '-p', '-c', $user or die "saslpasswd2: $!";
		print $pipe $self->{logins}{$login};
		close $pipe or die "saslpasswd2 failed for $login\n";
	}
	chown scalar getpwnam('postfix'), 0, "$sasl/sasldb2";
}

sub _write_configuration {
	my ($self) = @_;
	my %main = ($self->_main, %{ $self->{main} // {} });
	my %files = %{ $self->{files} // {} };

	s/\$dir\b/$self->{config}/g for values %main;
	spew("$self->{config}/main.cf", join '', map { "$_ = $main{$_}\n" } sort keys %main);
	spew("$self->{config}/master.cf", $self->_master);
	spew("$self->{config}/$_", $files{$_}) for keys %files;
}

sub _main {
	my ($self) = @_;
	my $dir = $self->{dir};
	my $sink = "[127.0.0.1]:$self->{sink_port}";

	return (
		compatibility_level => '3.6',
		queue_directory => "$dir/queue",
		data_directory => "$dir/data",
		maillog_file => $self->log_file,
		maillog_file_prefixes => $dir,
		multi_instance_enable => 'yes',
		multi_instance_name => 'postfix-octroi-test',
		inet_interfaces => '127.0.0.1',
		inet_protocols => -e '/proc/net/if_inet6' ? 'all' : 'ipv4',	# for XCLIENT: it listens on 127.0.0.1 alone
		alias_maps => '',
		alias_database => '',
		import_environment => 'MAIL_CONFIG MAIL_DEBUG MAIL_LOGTAG TZ LANG=C',
		in_flow_delay => 0,
		queue_run_delay => '5s',
		minimal_backoff_time => '5s',
		maximal_backoff_time => '10s',
		$self->_main_routes($sink),
		$self->_main_smtpd,
	);
}

sub _main_routes {
	my ($self, $sink) = @_;

	return (
		myhostname => 'gw.ours.example',
		myorigin => 'ours.example',
		mydestination => '',
		mynetworks => '127.0.0.0/8',
		relay_domains => join(' ', @{ $self->{domains} }),
		relayhost => $sink,
		local_transport => "smtp:$sink",
		relay_transport => "smtp:$sink",
		default_transport => "smtp:$sink",
		disable_dns_lookups => 'yes',
		smtp_host_lookup => 'native',
		smtp_tls_security_level => 'none',
		smtpd_tls_security_level => 'none',
		lmtp_host_lookup => 'native',
	);
}

# Limits are out of the way: what is refused here must be the milter's doing. Postfix will not start without a reject in
# these lists, and ignores one that follows a plain permit; a table that says OK to every client makes it void.
sub _main_smtpd {
	my ($self) = @_;

	return (
		smtpd_milters => $self->{milter},
		non_smtpd_milters => $self->{milter},
		milter_default_action => 'tempfail',
		milter_protocol => 6,
		smtpd_relay_restrictions => '',
		smtpd_recipient_restrictions => 'check_client_access static:OK, reject',
		smtpd_authorized_xclient_hosts => '127.0.0.0/8',
		smtpd_peername_lookup => 'no',
		smtpd_sasl_auth_enable => 'yes',
		smtpd_sasl_type => 'cyrus',
		smtpd_sasl_path => 'smtpd',
		cyrus_sasl_config_path => "$self->{config}/sasl",
		smtpd_sasl_security_options => 'noanonymous',
		smtpd_tls_auth_only => 'no',
		smtpd_error_sleep_time => 0,
		smtpd_soft_error_limit => 100000,
		smtpd_hard_error_limit => 100000,
		smtpd_junk_command_limit => 100000,
		smtpd_recipient_overshoot_limit => 100000,
		smtpd_recipient_limit => 100000,
		smtpd_client_connection_count_limit => 0,
		smtpd_client_connection_rate_limit => 0,
		smtpd_forbid_bare_newline => 'yes',
		header_size_limit => 16777216,
		message_size_limit => 134217728,
		mailbox_size_limit => 0,
		default_process_limit => 250,
	);
}

sub _master {
	my ($self) = @_;

	return <<"EOT";
127.0.0.1:$self->{port} inet n - n - - smtpd
127.0.0.1:$self->{submission_port} inet n - n - - smtpd
	-o syslog_name=postfix/submission
	-o milter_macro_daemon_name=ORIGINATING
pickup    unix  n - n 60 1 pickup
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
verify    unix  - - n - 1 verify
flush     unix  n - n 1000? 0 flush
proxymap  unix  - - n - - proxymap
smtp      unix  - - n - - smtp
relay     unix  - - n - - smtp
showq     unix  n - n - - showq
error     unix  - - n - - error
retry     unix  - - n - - error
discard   unix  - - n - - discard
anvil     unix  - - n - 1 anvil
scache    unix  - - n - 1 scache
tlsmgr    unix  - - n 1000? 1 tlsmgr
postlog   unix-dgram n - n - 1 postlogd
EOT
}

sub _postfix { return $_[0]->_run('postfix', $_[1]) }

# A command of this instance, its output in a file beside the log.
sub _run {
	my ($self, $command, @args) = @_;
	my $pid = fork // die "fork: $!";

	if (!$pid) {
		open STDOUT, '>>', "$self->{dir}/commands.log";
		open STDERR, '>&', \*STDOUT;
		exec $command, '-c', $self->{config}, @args or POSIX::_exit(127);
	}
	waitpid $pid, 0;
	return $? == 0;
}

sub _read {
	my ($self, $command, @args) = @_;

	open my $pipe, '-|', $command, '-c', $self->{config}, @args or die "$command: $!";
	local $/;
	my $text = <$pipe> // '';
	close $pipe;
	return $text;
}

1;
