# SPDX-License-Identifier: GPL-2.0-or-later
# Octroi::Shipped - an Octroi::Gate whose Postfix and Octroi run with the files of contrib/postfix and contrib/milter.conf.*, as an
# administrator would take them over: chrooted, the socket in the chroot, no XCLIENT, TLS and AUTH where they belong.
#
#	my $gate = Octroi::Shipped->start(role => 'gateway', main => { mynetworks => '10.9.9.9' });
#	my $smtp = $gate->submit($login);	# on port 587, after STARTTLS and AUTH
#
# Only what cannot be otherwise here is changed: names (ours.example for example.com), ports, directories, and where mail goes.
# Every client is 127.0.0.1.
package Octroi::Shipped;

use strict;
use warnings;
use parent 'Octroi::Gate';
use Octroi::Process qw(slurp spew temp_directory);
use Octroi::Sink;
use Octroi::Dns;

# Why it cannot run here, or undef.
sub missing {
	return Octroi::Gate::missing() // (eval { require IO::Socket::SSL; 1 } ? undef
		: 'libio-socket-ssl-perl is not installed (contrib/install-packages)');
}

# Named: role (gateway, internal); main => { parameter => value } that the test needs otherwise; conf => text added to milter.conf;
# granted => address that has the grant of milter.conf instead of the example's; allowed => who may open a session (internal).
sub start {
	my ($class, %args) = @_;
	my $why = missing();

	Octroi::Gate::_skip($why, 1) if $why;
	my $self = bless { dir => temp_directory(), %args }, $class;
	$self->{database} = $self->_copy_signatures;
	$self->{dns} = Octroi::Dns->start(zone => "1.0.0.127.in-addr.arpa PTR localhost\n");
	$self->{sink} = Octroi::Sink->start(dir => "$self->{dir}/sink");
	$self->{postfix} = Octroi::Shipped::Postfix->start(dir => "$self->{dir}/postfix", role => $args{role}, granted => $args{granted},
		logins => \%Octroi::Gate::logins, sink_port => $self->{sink}->port, main => $args{main});
	$self->{daemon} = Octroi::Shipped::Daemon->start(binary => Octroi::Gate::binary(), dir => "$self->{dir}/octroi",
		socket => $self->{postfix}->milter_directory . '/octroi.sock', conf => $self->milter_conf,
		files => { logins => join '', map { "$_  $_\n" } sort keys %Octroi::Gate::logins });
	return $self;
}

# The example, with the names and places of this test.
sub milter_conf {
	my ($self) = @_;
	my $conf = ours(slurp("$Octroi::Gate::tree/contrib/milter.conf.$self->{role}"));

	$conf =~ s{/etc/octroi/}{\$dir/}g;
	$conf =~ s/^(user\s*=\s*)"octroi"/$1"nobody"/m or die 'user';
	$conf =~ s/(clients\s*=\s*)\{.*?\}/$1\{ "$self->{granted}" }/ if $self->{granted};
	$conf =~ s/(allow\s*=\s*)\{.*?\}/$1\{ "$self->{allowed}" }/ if $self->{allowed};
	return $conf . qq(listen = "unix:@{[$self->{postfix}->milter_directory]}/octroi.sock"\nlog = stderr\n)
		. qq(antivirus { database = "$self->{database}" }\nresolver { forward = { "127.0.0.1\@@{[$self->{dns}->port]}" } }\n)
		. ($self->{conf} // '');
}

sub ours {
	my ($text) = @_;

	return $text =~ s/\bexample\.com\b/ours.example/gr =~ s/\b(gw|mail)\.ours\.example/gw.ours.example/gr;
}

# There is no XCLIENT: the client is what it is.
sub connect {
	my ($self, %args) = @_;

	return $self->SUPER::connect(%args, client => undef);
}

# A session on the submission port that has said STARTTLS and EHLO, and AUTH when there is a login.
sub submit {
	my ($self, $login) = @_;
	my $smtp = $self->connect(port => $self->postfix->submission_port);

	start_tls($smtp);
	$smtp->{ehlo} = $smtp->ehlo('client.example');
	$smtp->{auth} = $smtp->auth_plain($login, $Octroi::Gate::logins{$login}) if defined $login;
	return $smtp;
}

# The reply to STARTTLS; when it is 220, the connection is encrypted from now on.
sub start_tls {
	my ($smtp) = @_;
	my $reply = $smtp->command('STARTTLS');

	encrypt($smtp) if $reply->code == 220;
	return $reply;
}

sub encrypt {
	my ($smtp) = @_;

	$smtp->{buffer} = '';
	IO::Socket::SSL->start_SSL($smtp->{socket}, SSL_verify_mode => 0) or $smtp->_lost('TLS: ' . IO::Socket::SSL::errstr());
}

package Octroi::Shipped::Daemon;

use parent -norequire, 'Octroi::Daemon';

sub socket_file { return $_[0]{socket} }

package Octroi::Shipped::Postfix;

use strict;
use warnings;
use parent -norequire, 'Octroi::Postfix';
use File::Copy ();
use File::Path ();
use Octroi::Process qw(free_port slurp spew);

sub submissions_port { return $_[0]{submissions_port} }
sub milter_directory { return "$_[0]{dir}/queue/octroi" }

# The values of the part "Site" that this test has to give.
sub site {
	my ($self) = @_;
	my $granted = $self->{granted} // '192.0.2.10';
	my %site = (myhostname => 'gw.ours.example', myorigin => 'ours.example', octroi_granted => "cidr:{ {$granted OK} }",
		smtpd_tls_chain_files => "$self->{config}/tls.pem");

	return (%site, mydestination => 'ours.example', relayhost => "[127.0.0.1]:$self->{sink_port}") if $self->{role} eq 'internal';
	return (%site, relay_domains => 'ours.example', relay_transport => "relay:[127.0.0.1]:$self->{sink_port}",
		smtpd_recipient_restrictions => 'check_recipient_access inline:{ {ours.example = reject_unverified_recipient} }',
		virtual_alias_maps => 'inline:{ {postmaster@gw.ours.example = postmaster@ours.example},'
			. ' {postmaster@[127.0.0.1] = postmaster@ours.example} }');
}

sub _write_configuration {
	my ($self) = @_;
	my $config = $self->{config};
	my %site = $self->site;
	my %main = ($self->_places, %{ $self->{main} // {} });

	$self->{submissions_port} = free_port();
	spew("$config/main.cf", "# nothing yet\n");
	File::Copy::copy('/usr/share/postfix/master.cf.dist', "$config/master.cf") or die "master.cf.dist: $!";
	$self->_make_certificate;
	$self->apply(map { "$_=$site{$_}" } sort keys %site);
	spew("$config/main.cf", join '', slurp("$config/main.cf"), map { "$_ = $main{$_}\n" } sort keys %main);
	$self->_move_services;
	$self->_furnish_chroot;
}

# contrib/postfix/apply on this instance. Its output.
sub apply {
	my ($self, @site) = @_;

	open my $pipe, '-|', "$Octroi::Gate::tree/contrib/postfix/apply", $self->{role}, '--to', $self->{config}, @site or die "apply: $!";
	local $/;
	my $text = <$pipe> // '';
	close $pipe or die "apply failed: $text";
	return $text;
}

# What says where this instance lives and how it reaches the sink, and keeps it off the real DNS.
sub _places {
	my ($self) = @_;
	my $dir = $self->{dir};

	return (
		queue_directory => "$dir/queue",
		data_directory => "$dir/data",
		maillog_file => $self->log_file,
		maillog_file_prefixes => $dir,
		multi_instance_enable => 'yes',
		multi_instance_name => 'postfix-octroi-test',
		inet_interfaces => '127.0.0.1',
		inet_protocols => 'ipv4',
		import_environment => 'MAIL_CONFIG MAIL_DEBUG MAIL_LOGTAG TZ LANG=C',
		in_flow_delay => 0,
		queue_run_delay => '5s',
		minimal_backoff_time => '5s',
		maximal_backoff_time => '10s',
		smtpd_peername_lookup => 'no',
		smtpd_error_sleep_time => 0,
		default_transport => "smtp:[127.0.0.1]:$self->{sink_port}",
		$self->{role} eq 'internal' ? (local_transport => "smtp:[127.0.0.1]:$self->{sink_port}", local_recipient_maps => '') : (),
	);
}

sub _make_certificate {
	my ($self) = @_;
	my $tls = "$self->{config}/tls";

	system("openssl req -x509 -newkey rsa:2048 -nodes -batch -subj /CN=gw.ours.example -days 2 -keyout $tls.key -out $tls.crt 2>/dev/null")
		and die 'openssl req';
	spew("$tls.pem", slurp("$tls.key") . slurp("$tls.crt"), 0600);
}

# The services as shipped, on ports of our own.
sub _move_services {
	my ($self) = @_;
	my %port = (smtp => $self->{port}, submission => $self->{submission_port}, submissions => $self->{submissions_port});
	my $master = slurp("$self->{config}/master.cf");

	for my $service (keys %port) {
		$master =~ s/^$service(?=\s+inet\s)/127.0.0.1:$port{$service}/m or die "no $service in master.cf";
	}
	$master =~ s/^(?:maildrop|uucp|ifmail|bsmtp|scalemail-backend|mailman)\s.*\n(?:\s.*\n)*//gm;
	spew("$self->{config}/master.cf", $master);
}

# Where smtpd looks when it is locked into the queue directory: the logins under the same name, and the directory of the socket.
sub _furnish_chroot {
	my ($self) = @_;
	my $queue = "$self->{dir}/queue";
	my $postfix = getpwnam('postfix');
	my $gid = getgrnam('postfix');

	File::Path::make_path("$queue$self->{config}/sasl", "$queue/etc");
	File::Copy::copy($_, "$queue/etc/") for grep { -e } '/etc/services', '/etc/nsswitch.conf', '/etc/localtime';
	File::Copy::copy("$self->{config}/sasl/sasldb2", "$queue$self->{config}/sasl/sasldb2") or die "sasldb2: $!";
	chown $postfix, 0, "$queue$self->{config}/sasl/sasldb2";
	mkdir $self->milter_directory, 0750 or die $self->milter_directory . ": $!";
	chown scalar getpwnam('nobody'), $gid, $self->milter_directory or die "chown: $!";
}

1;
