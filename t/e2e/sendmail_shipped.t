# SPDX-License-Identifier: GPL-2.0-or-later
# contrib/sendmail/gateway.mc and octroi.m4 as an administrator takes them over: m4 and octroi doctor have nothing to say, ports 25 and
# 587 are different doors, nothing is relayed without a ground, and one DATA is one message (threats SMTP-01).
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use IO::Socket::SSL;
use JSON::PP ();
use Octroi::Gate;
use Octroi::Mail qw(plain eicar);
use Octroi::Process qw(slurp spew temp_directory);
use Octroi::Smtp;

my $alice = 'alice@ours.example';
my $granted = '192.0.2.10';
my $tls = temp_directory();
# Findings on the machine, the DNS and the directories of this test, and not on what is shipped.
my %of_test = map { $_ => 1 } qw(antivirus running serves socket_rights clock memory_room queue_room scratch_room tasks open_files dropins
	config_rights dnssec);
my $gate = Octroi::Sendmail::Shipped->start;
my $sendmail = $gate->mta;

subtest 'm4 and octroi doctor are silent' => \&doctor;
subtest 'the doctor sees what an administrator may do to it' => \&planted;
subtest 'port 25: no logins, with TLS or without' => \&port_25;
subtest 'port 587: who logs in inside TLS' => \&port_587;
subtest 'relay patterns on port 25' => sub { relaytest() };
subtest 'percent and bang are no ways' => \&routes;
subtest 'the internal server, by its grant' => \&grant;
subtest 'what a stranger may ask for' => \&stranger;
subtest 'one DATA is one message, whatever stands for a line end (SMTP-01)' => \&smuggling;
subtest 'without the filter mail waits at its sender' => \&without_filter;
done_testing;

# --- the tests

sub read_command {
	my @command = @_;
	my $text = qx{@{[join ' ', map { "'" . s/'/'\\''/gr . "'" } @command]} 2>&1};

	return ($? >> 8, $text);
}

# The findings that are not ok, of a sendmail.cf with something replaced, or of more files beside it.
sub findings {
	my ($from, $to, %beside) = @_;
	my $dir = temp_directory();
	my $cf = slurp($sendmail->config_file);

	$cf =~ s/$from/$to/ or die "nothing to replace" if defined $from;
	spew("$dir/sendmail.cf", $cf);
	spew("$dir/sendmail.mc", slurp($sendmail->config_directory . '/sendmail.mc'));
	spew("$dir/access", $beside{access} // slurp($sendmail->config_directory . '/access'));
	spew("$dir/milter.conf", slurp($gate->daemon->config_file) =~ s/^antivirus \{.*$/antivirus { enabled = no }/mr, 0644);
	my (undef, $text) = read_command(Octroi::Gate::binary(), 'doctor', '--json', '--quick', '--config', "$dir/milter.conf",
		'--sendmail', "$dir/sendmail.cf");
	my ($json) = $text =~ /(\{.*\})/s or die "octroi doctor: $text\n";
	my $answer = JSON::PP::decode_json($json);
	return map { "$_->{state} $_->{id}: $_->{reason}" } grep { $_->{state} ne 'ok' && !$of_test{ $_->{id} } } @{ $answer->{findings} };
}

sub doctor {
	is_deeply [findings()], [], 'silent';
}

sub planted {
	for my $row ([qr/^(Xoctroi.*), F=T/m, 'sendmail_filter_flags'], [qr/^(O RejectNUL=).*/m, 'reject_nul'],
		[qr/^(O AuthOptions=).*/m, 'auth_options'], [qr/^(O DaemonPortOptions=.*Name=MSA, M=)Ea/m, 'daemon_options'],
		[qr/^(#####  \$Id: )nouucp/m, 'nouucp'], [qr/^(#####  \$Id: )nopercenthack/m, 'nopercenthack'],
		[qr/^(O MaxMessageSize=)\d+/m, 'message_size'], [qr/^(Xoctroi.*;E:)10m/m, 'sendmail_filter_timeouts']) {
		my ($from, $id) = @$row;
		my $to = $id eq 'sendmail_filter_timeouts' ? '30s' : $id eq 'message_size' ? '90000000' : '';
		my ($text) = slurp($sendmail->config_file) =~ $from or fail("$id: nothing to replace"), next;
		next if $id =~ /^no/;		# the .mc beside it says so, too
		my @findings = findings($from, "$text$to");
		ok scalar(grep { /^\S+ $id:/ } @findings), $id or diag explain \@findings;
	}
	ok scalar(grep { /^danger srv_features:/ } findings(undef, undef, access => "Srv_Features:\t$_\n")), "Srv_Features: $_"
		for qw(O U G F);
}

sub port_25 {
	my $smtp = $gate->connect;
	unlike $smtp->{ehlo}, qr/AUTH/, 'AUTH is not offered';
	ok !$smtp->auth_plain($alice, $Octroi::Gate::logins{$alice})->is_ok, 'nor taken';
	start_tls($smtp);
	unlike $smtp->ehlo('client.example'), qr/AUTH/, 'nor inside TLS';
	ok !$smtp->auth_plain($alice, $Octroi::Gate::logins{$alice})->is_ok, 'nor taken there';
	ok $gate->send(smtp => $smtp, from => "<$alice>", rcpt => '<u@ext.example>')->{reply}->is_refusal, 'so nothing is relayed';
	$smtp->rset;
	my $result = $gate->send(smtp => $smtp, message => plain());
	is $result->{reply}->code, 250, "mail to ours: $result->{reply}" or return;
	my ($mail) = $gate->delivered($result);
	like $mail->header('X-Octroi-Verdict'), qr/^accept;/, 'delivered';
	is $gate->record($result->{reply})->{daemon}, 'MTA', 'daemon=MTA';
	ok $gate->send(message => plain(body => eicar() . "\n"))->{reply}->is_refusal, 'a virus is not';
}

sub submit {
	my ($login) = @_;
	my $smtp = $gate->connect(port => $sendmail->submission_port);

	start_tls($smtp);
	$smtp->{ehlo} = $smtp->ehlo('client.example');
	$smtp->{auth} = $smtp->auth_plain($login, $Octroi::Gate::logins{$login}) if $login;
	return $smtp;
}

sub start_tls {
	my ($smtp) = @_;

	is $smtp->command('STARTTLS')->code, 220, 'STARTTLS';
	$smtp->{buffer} = '';
	IO::Socket::SSL->start_SSL($smtp->{socket}, SSL_verify_mode => 0) or $smtp->_lost('TLS: ' . IO::Socket::SSL::errstr());
}

sub port_587 {
	my $smtp = $gate->connect(port => $sendmail->submission_port);
	unlike $smtp->{ehlo}, qr/AUTH/, 'AUTH is not offered in the clear';
	ok !$smtp->auth_plain($alice, $Octroi::Gate::logins{$alice})->is_ok, 'nor taken';
	is $smtp->mail("<$alice>")->code, 530, 'nor is mail';
	is submit()->mail('<a@ext.example>')->code, 530, 'nor inside TLS, of nobody';
	$smtp = submit($alice);
	is $smtp->{auth}->code, 235, 'a login inside TLS' or diag $sendmail->log;
	my $result = $gate->send(smtp => $smtp, from => "<$alice>", rcpt => '<u@ext.example>', message => plain(from => $alice));
	is $result->{reply}->code, 250, "relays: $result->{reply}" or return;
	my ($mail) = $gate->delivered($result);
	like $mail->header('X-Octroi-Relay'), qr/^ground=auth/, 'on the ground of the login';
	is $gate->record($result->{reply})->{daemon}, 'MSA', 'daemon=MSA';
	$smtp->rset;
	ok $gate->send(smtp => $smtp, from => '<bob@ours.example>', rcpt => '<u@ext.example>')->{reply}->is_refusal, "not with another's address";
}

sub relaytest {
	my ($status, $text) = read_command(Octroi::Gate::binary(), qw(relaytest --domain ours.example --external u@ext.example --pause 0),
		'--target', '192.0.2.25:' . $sendmail->port);

	is $status, 0, 'octroi relaytest finds nothing' or diag $text;
	like $text, qr/ (\d\d+) patterns: \1 ok, 0 relay, 0 unclear$/m, 'of all patterns';
}

sub routes {
	for my $rcpt ('<u%ext.example@ours.example>', '<ext.example!u@ours.example>', '<"u@ext.example"@ours.example>', '<@ours.example:u@ext.example>',
		'<u%ext.example@[192.0.2.25]>', '<ext.example!u>') {
		ok $gate->send(rcpt => $rcpt, message => plain())->{reply}->is_refusal, $rcpt;
	}
}

sub grant {
	my %internal = (client => { ADDR => $granted, NAME => 'mail.ours.example' });
	my $result = $gate->send(%internal, from => '<a@ours.example>', rcpt => '<u@ext.example>', message => plain(from => 'a@ours.example'));
	is $result->{reply}->code, 250, "its mail leaves: $result->{reply}";
	ok $gate->send(%internal, from => '<a@ext.example>', rcpt => '<u@ext.example>')->{reply}->is_refusal, 'that of others does not';
	ok $gate->send(client => { ADDR => '192.0.2.11' }, from => '<a@ours.example>', rcpt => '<u@ext.example>')->{reply}->is_refusal, 'nor does its neighbour\'s';
}

sub stranger {
	my $smtp = $gate->connect;
	for my $command ('VRFY u@ours.example', 'EXPN u@ours.example', 'ETRN ours.example', 'XCLIENT ADDR=192.0.2.10') {
		ok !$smtp->command($command)->is_ok || $command =~ /VRFY/, $command;
	}
	unlike $smtp->{ehlo}, qr/\b(?:ETRN|EXPN|VERB|XCLIENT)\b/, 'EHLO offers nothing of that';
	for my $rcpt ('<postmaster>', '<postmaster@ours.example>', '<postmaster@gw.ours.example>', '<postmaster@[192.0.2.25]>') {
		my $result = $gate->send(rcpt => $rcpt, message => plain());
		is $result->{reply}->code, 250, "$rcpt is heard (R20)" or next;
		is_deeply [map { $_->rcpts } $gate->delivered($result)], ['<postmaster@ours.example>'], 'inside';
	}
	ok $gate->send(rcpt => $_)->{reply}->is_refusal, $_ for '<root@gw.ours.example>', '<u@[192.0.2.25]>', '<u@sub.ours.example>';
}

# Each end is followed by commands that would be a second message, with a sender that the sink would show. Either the session sees
# the end, in which case what follows is judged as any other message is, or it is text; what must not be is that the internal server
# sees an end where this one saw none.
sub smuggling {
	my %ends = ('LF . LF' => "\n.\n", 'LF . CR LF' => "\n.\r\n", 'CR LF . LF' => "\r\n.\n", 'CR . CR' => "\r.\r", 'CR LF NUL . CR LF' => "\r\n\0.\r\n",
		'CR LF . NUL CR LF' => "\r\n.\0\r\n", 'CR LF . CR CR LF' => "\r\n.\r\r\n", 'CR LF CR . CR LF' => "\r\n\r.\r\n");
	for my $name (sort keys %ends) {
		my $smtp = $gate->connect;
		my $tag = 'smuggle-' . unpack 'H*', $ends{$name};
		$smtp->mail('<a@ext.example>');
		$smtp->rcpt('<u@ours.example>');
		$smtp->command('DATA');
		$smtp->raw(Octroi::Smtp::to_wire(plain(subject => $tag)) . "one$ends{$name}MAIL FROM:<injected\@ours.example>\r\nRCPT TO:<u\@ours.example>\r\nDATA\r\n"
			. "Subject: $tag injected\r\n\r\ntwo\r\n.\r\n");
		my $reply = $smtp->reply;
		$smtp->quit;
		ok $reply->code, "$name: $reply";
	}
	ok $sendmail->wait_empty, 'the queue is empty' or diag join(' ', glob "$sendmail->{dir}/queue/*"), $sendmail->log;
	my @mails = grep { ($_->header('Subject') // '') =~ /^smuggle/ || $_->from =~ /injected/ } $gate->sink->messages;
	is_deeply [map { $_->from . ' ' . $_->header('Subject') } grep { $_->from =~ /injected/ } @mails], [], 'no second message';
	for my $mail (@mails) {
		unlike $mail->bytes, qr/(?<!\r)\n|\r(?!\n)|\0/, 'no stray line end is handed on: ' . $mail->header('Subject');
	}
}

sub without_filter {
	$gate->daemon->stop(1);
	my $reply = $gate->send(message => plain())->{reply};

	ok $reply->is_temporary, "$reply";
}

# --- the stand: the shipped files with the names and places of this test

package Octroi::Sendmail::Shipped;

use parent -norequire, 'Octroi::Gate';
use Octroi::Process qw(slurp temp_directory);

sub start {
	my ($class) = @_;
	my $why = Octroi::Gate::missing('sendmail');

	Octroi::Gate::_skip($why, 1) if $why;
	Octroi::Sendmail::prepare();
	my $self = bless { mta_name => 'sendmail', dir => temp_directory() }, $class;
	$self->{database} = $self->_copy_signatures;
	$self->{dns} = Octroi::Dns->start(port => 53, zone => "ext.example A 203.0.113.7\nours.example A 192.0.2.10\n"
		. "7.113.0.203.in-addr.arpa PTR mx.ext.example\nmx.ext.example A 203.0.113.7\n");
	$self->{sink} = Octroi::Sink->start(dir => "$self->{dir}/sink");
	$self->{daemon} = Octroi::Daemon->start(binary => Octroi::Gate::binary(), dir => "$self->{dir}/octroi", conf => $self->milter_conf,
		files => { logins => join '', map { "$_  $_\n" } sort keys %Octroi::Gate::logins });
	make_certificate();
	$self->{mta} = Octroi::Sendmail->start(dir => "$self->{dir}/sendmail", logins => \%Octroi::Gate::logins, sink_port => $self->{sink}->port,
		milter => 'local:' . $self->{daemon}->socket_file, dns => 1, whole_mc => \&shipped_mc, maps => [qw(access mailertable)],
		files => { access => "Connect:$granted\tRELAY\n", mailertable => "ours.example\trelay:[127.0.0.1]\n",
			aliases => "postmaster: postmaster\@ours.example\nroot: postmaster\n" });
	return $self;
}

sub ours { return $_[0] =~ s/\bexample\.com\b/ours.example/gr }

sub milter_conf {
	my ($self) = @_;
	my $conf = ours(slurp("$Octroi::Gate::tree/contrib/milter.conf.gateway"));

	$conf =~ s{/etc/octroi/}{\$dir/}g;
	$conf =~ s/^(user\s*=\s*)"octroi"/$1"nobody"/m or die 'user';
	return $conf . qq(listen = "unix:\$dir/run/octroi.sock"\nlog = stderr\n)
		. qq(antivirus { database = "$self->{database}" }\nresolver { forward = { "127.0.0.1\@53" } }\n);
}

sub make_certificate {
	my $key = "$tls/gw.ours.example";

	system("openssl req -x509 -newkey rsa:2048 -nodes -batch -subj /CN=gw.ours.example -days 2 -keyout $key.key -out $key.pem 2>/dev/null")
		and die 'openssl req';
	chmod 0600, "$key.key";
}

sub shipped_mc {
	my ($sendmail) = @_;
	my $mc = ours(slurp("$Octroi::Gate::tree/contrib/sendmail/gateway.mc"));
	my ($places, $port, $submission) = ($sendmail->mc_places, $sendmail->port, $sendmail->submission_port);

	$places =~ s/^define\(`confAUTH_MECHANISMS.*\n//m;
	$places .= "define(`OCTROI_SOCKET', `$sendmail->{milter}')dnl\ndefine(`SMART_HOST', `relay:[127.0.0.1]')dnl\n";
	$mc =~ s{^(DOMAIN\(.*\n)}{$1$places}m or die 'DOMAIN';
	$mc =~ s{/etc/mail/m4/octroi\.m4}{$Octroi::Gate::tree/contrib/sendmail/octroi.m4}g;
	$mc =~ s{/etc/octroi/tls}{$tls}g;
	$mc =~ s{/etc/mail/}{\$dir/}g;
	$mc =~ s{Port=smtp}{Port=$port}g;
	$mc =~ s{Port=submission}{Port=$submission}g;
	return $mc . $sendmail->mc_tail;
}
