# SPDX-License-Identifier: GPL-2.0-or-later
# Octroi::Lab::Mta - a mail server of the lab: Postfix and Octroi on an Octroi::Lab::Host with disks, each file where a real one has it.
#
#	my $mta = Octroi::Lab::Mta->new(host => $host, role => 'gateway');
#	my $record = $mta->sign_with('example.com');	# makes a DKIM key; what to publish, as a line of a zone text
#	$mta->configure;				# contrib/postfix/apply and contrib/milter.conf.ROLE, as they are
#	$mta->start;
#	$mta->mailbox('alice');				# what is in it: Octroi::Lab::Letter, in the order of arrival
#
# What the shipped files leave to the site (their part "Site") is what stands there; named here is what must be otherwise:
# main => { parameter => value }, conf => code that changes the text of milter.conf in $_, accounts => [ users with a mailbox ],
# aliases => text, logins => { login => password }.
package Octroi::Lab::Mta;

use strict;
use warnings;
use Cwd ();
use File::Basename ();
use File::Copy ();
use File::Path ();
use Octroi::Daemon;
use Octroi::Process qw(slurp spew wait_until);
use Octroi::Sink;

our $tree = Cwd::abs_path(File::Basename::dirname(__FILE__) . '/../../../..');
my $free_uid = 61000;

sub new {
	my ($class, %args) = @_;

	return bless { records => [], read_at => 0, %args }, $class;
}

sub host { return $_[0]{host} }
sub path { return $_[0]{host}->dir . $_[1] }

# octroi dkim-key, as the manual says it. It makes the key for the account that milter.conf names.
sub sign_with {
	my ($self, $domain) = @_;

	my $text = $self->{host}->run(qw(octroi dkim-key --config /etc/octroi/milter.conf --selector s1 --domain), $domain);
	my ($name, $value) = $text =~ /^(\S+)\. IN TXT \( (.*) \)$/m or die "octroi dkim-key says:\n$text";

	return "$name TXT $value\n";
}

# Before the first start; the account of octroi must be there before anything is asked of it.
sub prepare {
	my ($self) = @_;
	my $etc = $self->path('/etc');

	$self->_add_account('octroi', '/var/lib/octroi');
	$self->_add_account($_, "/var/mail/$_") for @{ $self->{accounts} // [] };
	File::Path::make_path("$etc/octroi/tls", "$etc/postfix/sasl");
	spew("$etc/octroi/logins", join('', map { "$_  $_\n" } sort keys %{ $self->{logins} // {} }), 0644);
	spew("$etc/aliases", "root: postmaster\n" . ($self->{aliases} // ''), 0644);
	for my $file (glob "$tree/t/data/clamav/*.*db") {
		File::Copy::copy($file, $self->path('/var/lib/clamav/')) or die "$file: $!";
	}
	$self->{host}->run(qw(chown -R octroi:octroi /var/lib/octroi));
	$self->{host}->run('install', '-d', '-o', $_, '-m', '0700', "/var/mail/$_") for @{ $self->{accounts} // [] };
	$self->{host}->run(qw(install -d -o octroi -g postfix -m 0750 /var/spool/postfix/octroi));
	spew("$etc/octroi/milter.conf", $self->milter_conf, 0644);
}

sub milter_conf {
	my ($self) = @_;
	local $_ = slurp("$tree/contrib/milter.conf.$self->{role}");

	$self->{conf}->() if $self->{conf};
	return $_;
}

sub configure {
	my ($self) = @_;
	my $etc = $self->path('/etc/postfix');

	spew("$etc/main.cf", "# nothing yet\n", 0644);
	File::Copy::copy('/usr/share/postfix/master.cf.dist', "$etc/master.cf") or die "master.cf.dist: $!";
	$self->_write_logins;
	$self->_make_certificate;
	$self->_apply;
	$self->_set(maillog_file => '/var/log/mail.log', inet_protocols => 'ipv4', mail_spool_directory => '/var/mail/', in_flow_delay => 0,
		%{ $self->{main} // {} });
	$self->_furnish_chroot;
	$self->{host}->run('newaliases') if $self->{accounts};
}

sub start {
	my ($self) = @_;

	$self->{host}->background('/var/log/octroi.log', qw(octroi run --config /etc/octroi/milter.conf));
	$self->{host}->run('postfix', 'start');
}

sub wait_ready {
	my ($self, $seconds) = @_;
	my $ready = wait_until($seconds, sub { -S $self->socket_file && $self->Octroi::Daemon::answers });

	die $self->{host}->name . ": octroi does not answer:\n" . $self->octroi_log unless $ready;
	wait_until(20, sub { $self->{host}->knock('127.0.0.1', 25) eq 'open' }) or die $self->{host}->name . ": no postfix\n" . $self->log;
}

sub socket_file { return $_[0]->path('/var/spool/postfix/octroi/octroi.sock') }
sub log_file { return $_[0]->path('/var/log/octroi.log') }
sub octroi_log { return slurp($_[0]->log_file) // '' }
sub log { return slurp($_[0]->path('/var/log/mail.log')) // '' }

# The log line of a message or refusal: as Octroi::Daemon finds it.
sub records { return Octroi::Daemon::records(@_) }
sub record { return Octroi::Daemon::record(@_) }

sub mailbox {
	my ($self, $user) = @_;

	return map { Octroi::Lab::Letter->new($_) } sort glob $self->path("/var/mail/$user/new/*");
}

# The letter in somebody's mailbox with that text in it; waits for it.
sub letter {
	my ($self, $user, $text, $seconds) = @_;
	my @found;

	wait_until($seconds // 20, sub { @found = grep { index($_->bytes, $text) >= 0 } $self->mailbox($user) });
	return $found[0];
}

sub _add_account {
	my ($self, $name, $home) = @_;
	my $etc = $self->path('/etc');
	my $uid = ++$free_uid;

	return if slurp("$etc/passwd") =~ /^\Q$name\E:/m;
	spew("$etc/passwd", slurp("$etc/passwd") . "$name:x:$uid:$uid:$name:$home:/usr/sbin/nologin\n", 0644);
	spew("$etc/group", slurp("$etc/group") . "$name:x:${uid}:\n", 0644);
}

# The values of the part "Site" that stand in the shipped file.
sub _apply {
	my ($self) = @_;
	my ($site) = slurp("$tree/contrib/postfix/$self->{role}.main.cf") =~ /\A(.*?)^# -- Everywhere/ms or die 'no part "Site"';
	my @values = map { s/ = /=/r } grep { /^[a-z_]+ = / } split /\n/, $site;

	open my $pipe, '-|', "$tree/contrib/postfix/apply", $self->{role}, '--to', $self->path('/etc/postfix'), @values or die "apply: $!";
	my @said = <$pipe>;
	close $pipe or die "contrib/postfix/apply failed:\n@said";
}

sub _set {
	my ($self, %main) = @_;

	system('postconf', '-c', $self->path('/etc/postfix'), '-e', map { "$_=$main{$_}" } sort keys %main) == 0 or die 'postconf -e';
}

# Cyrus SASL with a database of its own. smtpd reads smtpd.conf before it is locked into the queue directory, and the database after.
sub _write_logins {
	my ($self) = @_;
	my $db = $self->path('/etc/sasldb2');

	spew($self->path('/etc/postfix/sasl/smtpd.conf'),
		"pwcheck_method: auxprop\nauxprop_plugin: sasldb\nsasldb_path: /etc/sasldb2\nmech_list: PLAIN LOGIN\n", 0644);
	for my $login (sort keys %{ $self->{logins} // {} }) {
		my ($user, $realm) = split /@/, $login, 2;
		open my $pipe, '|-', 'saslpasswd2', '-f', $db, '-u', $realm, '-p', '-c', $user or die "saslpasswd2: $!";
		print $pipe $self->{logins}{$login};
		close $pipe or die "saslpasswd2 failed for $login\n";
	}
	chown 0, scalar getgrnam('postfix'), $db;
	chmod 0640, $db;
}

sub _make_certificate {
	my ($self) = @_;
	my $name = $self->{host}->name;
	my $tls = $self->path("/etc/octroi/tls/$name");
	my ($file) = slurp("$tree/contrib/postfix/$self->{role}.main.cf") =~ /^smtpd_tls_chain_files = (\S+)/m;

	system('openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -batch -days 30'
		. " -subj /CN=$name -keyout $tls.key -out $tls.crt 2>/dev/null") and die 'openssl req';
	spew($self->path($file), slurp("$tls.key") . slurp("$tls.crt"), 0600);
}

sub _furnish_chroot {
	my ($self) = @_;
	my $queue = $self->path('/var/spool/postfix');
	my $postfix = getpwnam('postfix');

	mkdir "$queue/etc", 0755;
	system('cp', '-aL', (grep { -e } map { $self->path("/etc/$_") } qw(hosts localtime nsswitch.conf resolv.conf services sasldb2)), "$queue/etc/");
	chown $postfix, 0, $self->path('/var/lib/postfix');
}

# A letter as it lies in a mailbox (Maildir): a message of a sink whose envelope is in Return-Path and Delivered-To.
package Octroi::Lab::Letter;

use parent -norequire, 'Octroi::Sink::Message';

sub new {
	my ($class, $file) = @_;

	return bless { file => $file, bytes => Octroi::Process::slurp($file) }, $class;
}

sub from { return scalar $_[0]->header('Return-Path') }

1;
