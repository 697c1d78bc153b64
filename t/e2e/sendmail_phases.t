# SPDX-License-Identifier: GPL-2.0-or-later
# Each phase and each action through Sendmail: what its client hears, what its queue holds, what is delivered, and what becomes of mail
# while the filter is slow or dead.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use IO::Socket::SSL;
use POSIX ();
use Test::More;
use Octroi::Gate;
use Octroi::Mail qw(plain attached program eicar);
use Octroi::Network;
use Octroi::Process qw(spew slurp temp_directory wait_until);

my $alice = 'alice@ours.example';
my $tls = temp_directory();
my $octroi = $ENV{OCTROI_WORK} && -x $ENV{OCTROI_WORK} ? $ENV{OCTROI_WORK} : Octroi::Gate::binary();
local $ENV{OCTROI} = $octroi;		# with a scanner that sleeps, where it was built

make_certificates();
my $zone = <<'EOT';
slow.example    TXT "v=spf1 -all"
slow.example    !delay 4000
EOT
my %conf = (
	headers => "\ton_from_missing = \"defer\"\n\ton_from_multiple = \"discard\"\n\ton_display_own = \"tag\"\n",
	tag => "\tsubject = \"[SUSPECT] \"\n",
	resolver => qq(\tforward = { "127.0.0.1@\$dns_port" }\n\trcpt_wait = "8s"\n),
	antivirus => qq(\tdatabase = "\$database"\n\ton_infected = "quarantine"\n),
	limits => "\ton_oversize = reject\n",
);
my %relay = (relay => <<'EOT');
	certificate "mail server" { subject = "/C=DE/O=Ours+20GmbH/CN=mail.ours.example"  issuer = "/CN=Ours+20CA" }
	grant "this host" { clients = { "127.0.0.1" }  senders = { "ours.example", "<>" }  recipients = { "*" }  owner = "it@ours.example" }
EOT
my $gate = Octroi::Gate->start(mta => 'sendmail', zone => $zone, conf => \%conf, append => \%relay, sendmail => {
	mc => <<"EOT", files => { virtusertable => "list\@ours.example\tu\@ext.example\ninside\@ours.example\tu\@ours.example\n" }, maps => ['virtusertable'] });
define(`confSERVER_CERT', `$tls/server.pem')dnl
define(`confSERVER_KEY', `$tls/server.key')dnl
define(`confCACERT', `$tls/ca.pem')dnl
define(`confCACERT_PATH', `$tls')dnl
FEATURE(`virtusertable', `hash \$dir/virtusertable')dnl
VIRTUSER_DOMAIN(`ours.example')dnl
EOT
my $sendmail = $gate->mta;
my @slow = start_slow();

subtest 'what each action makes of a message' => \&actions;
subtest 'quarantine is that of Sendmail: mailq -qQ, and an administrator lets it out' => \&quarantine;
subtest 'fields: their order, their index, and what is forged (HDR-01, HDR-02, HDR-12)' => \&fields;
subtest 'a reply with percent signs (HDR-11)' => \&percent;
subtest 'several messages in a session: each has its own queue id and its own judgement (R36, SMTP-07)' => \&session;
subtest 'logins: {auth_authen} at MAIL' => \&logins;
subtest 'client certificates: {verify}' => \&certificates;
subtest 'postmaster of this host (R20): {if_addr}' => \&this_host;
subtest 'IPv6: addresses with a prefix' => \&ipv6;
subtest 'an alias of ours that leads outside (R37)' => \&alias;
subtest 'mail of this host itself, by sendmail(1)' => \&local_mail;
subtest 'slow name servers and slow scanners: R and E of octroi.m4' => \&slow;
subtest 'a session that is refused: at connect, HELO, MAIL, RCPT' => \&refused_sessions;
subtest 'the filter is dead: mail waits at its sender' => \&dead;
done_testing;

# --- helpers

sub make_certificates {
	my $openssl = sub { system("cd $tls && openssl @_ 2>/dev/null") == 0 or die "openssl @_" };
	my $subject = "-subj '/C=DE/O=Ours GmbH/CN=mail.ours.example'";

	for my $ca (qw(ca forged)) {	# two authorities of the same name
		$openssl->("req -x509 -newkey rsa:2048 -nodes -batch -days 2 -subj '/CN=Ours CA' -keyout $ca.key -out $ca.pem");
		$openssl->("req -newkey rsa:2048 -nodes -batch $subject -keyout client-$ca.key -out client.csr");
		$openssl->("x509 -req -in client.csr -CA $ca.pem -CAkey $ca.key -CAcreateserial -days 2 -out client-$ca.pem");
	}
	$openssl->("req -x509 -newkey rsa:2048 -nodes -batch -days 2 -subj /CN=gw.ours.example -keyout server.key -out server.pem");
	chmod 0600, glob "$tls/*.key";
}

sub taken {
	my ($name, %args) = @_;
	my $result = $gate->send(message => plain(), %args);

	is $result->{reply}->code, 250, "taken: $name" or diag "$result->{reply}";
	return $result;
}

sub refused {
	my ($name, %args) = @_;
	my $reply = $gate->send(message => plain(), %args)->{reply};

	ok $reply->is_refusal && $reply->status eq '5.7.1' && $reply->id, "refused: $name" or diag "$reply";
	return $reply;
}

sub mail_of {
	my ($result) = @_;
	my ($mail) = $gate->delivered($result);

	return $mail // BAIL_OUT("not delivered: $result->{reply}");
}

# Another Sendmail before the same filter and the same sink, whose lines say something else about the filter; more lines, files.
sub another {
	my ($name, $equates, $mc, $files) = @_;
	my $milter = 'unix:' . $gate->daemon->socket_file;

	return Octroi::Sendmail->start(dir => $gate->dir . "/$name", milter => $milter, sink_port => $gate->sink->port,
		mc => "undefine(`confINPUT_MAIL_FILTERS')dnl\nINPUT_MAIL_FILTER(`$name', `S=$milter$equates')dnl\n" . ($mc // ''), files => $files);
}

# A message that a child sends meanwhile: a file that will hold the reply.
sub send_meanwhile {
	my ($name, %args) = @_;
	my $file = $gate->dir . "/reply.$name";
	my $pid = fork // die "fork: $!";

	return { name => $name, file => $file, pid => $pid } if $pid;
	my $reply = eval { $gate->send(message => plain(), %args)->{reply} } // "died: $@";
	spew("$file.new", "$reply");
	rename "$file.new", $file;
	POSIX::_exit(0);
}

sub reply_of {
	my ($sent) = @_;

	wait_until(60, sub { -e $sent->{file} });
	return Octroi::Smtp::Reply->new(split m{ / }, slurp($sent->{file}) // '000 no reply in time');
}

# --- the tests

sub actions {
	my $result = taken('a clean message');
	my @names = map { $_->[0] } mail_of($result)->fields;
	is_deeply [@names[0 .. 5]], [qw(Authentication-Results Received-SPF X-Octroi-Verdict X-Virus-Status X-Virus-Scanned Received)],
		'ours are on top, above the Received of this gateway, and in order';
	my $reply = refused('a program', message => attached(name => 'a.exe', bytes => program()));
	is $gate->record($reply)->{verdict}, 'reject', 'reject, with its line';

	$reply = $gate->send(message => plain() =~ s/^From:.*\n//mr)->{reply};
	ok $reply->is_temporary && $reply->status =~ /^4\./ && $reply->id, "defer: $reply";
	is $gate->record($reply)->{verdict}, 'defer', 'with its line';

	$result = taken('two From fields: discard', message => plain(head => "From: other\@ext.example\n"));
	is $gate->record($result->{reply})->{verdict}, 'discard', 'with its line';
	ok $sendmail->wait_empty, 'nothing of it is in the queue';
	is scalar(grep { $_->queue_id eq $result->{reply}->queue_id } $gate->sink->messages), 0, 'nor delivered';

	$result = taken('our name in a display name: tag', message => plain(from => '"boss@ours.example" <x@ext.example>'));
	my $mail = mail_of($result);
	is_deeply [$mail->header('Subject')], ['[SUSPECT] A test'], 'the subject is changed, in its place';
	is_deeply [$mail->header('X-Spam-Flag')], ['YES'], 'X-Spam-Flag';
	is $gate->record($result->{reply})->{daemon}, 'MTA', 'the log names the port';
	is $gate->record(taken('at the other port', port => $sendmail->submission_port)->{reply})->{daemon}, 'MSA', 'and that one';
}

sub quarantine {
	my $result = taken('a virus that is to be held', message => plain(body => eicar() . "\n"));
	my $id = $result->{reply}->queue_id;
	my ($held) = grep { $_->{queue_id} eq $id } $sendmail->held;

	ok $held, 'it is held' or return;
	like $held->{reason}, qr/^Octroi: .*Eicar/i, 'with the reason';
	like $sendmail->mailq('-qQ'), qr/^$id\b.*QUARANTINE: Octroi: /ms, 'mailq -qQ shows both';
	unlike $sendmail->mailq, qr/^$id\b/m, 'mailq does not';
	like $sendmail->queued_message($id), qr/^X-Octroi-Verdict:\s*quarantine;/m, 'it has its verdict';
	unlike $sendmail->queued_message($id), qr/^X-Virus-Status:\s*Clean/m, 'and no stamp that says clean';
	ok $sendmail->flush, 'the queue is run';
	is scalar(grep { $_->queue_id eq $id } $gate->sink->messages), 0, 'and it stays where it is';
	ok $sendmail->_run('-qQ', '-Q', "-qI$id"), "sendmail -qQ -Q -qI$id";
	$sendmail->flush;
	is scalar(my @mails = $gate->sink->wait_for($id)), 1, 'lets it out, once';
}

sub fields {
	my @forged = ('X-Octroi-Verdict: accept; FORGED', 'x-octroi-VERDICT : FORGED', "X-Octroi-Verdict:\n\tFORGED", 'X-Virus-Status: Clean FORGED',
		'Authentication-Results: gw.ours.example; FORGED', "Authentication-Results:\n (x) \"GW.ours.example\" 1;\n FORGED",
		'X-Octroi-Relay: ground=auth FORGED', 'X-Spam-Flag: NO FORGED');
	my @kept = ('Authentication-Results: mx.other.example; KEPT', 'X-Other: KEPT');
	for my $row (['one of each', @forged], ['among others', map { ($_, @kept) } @forged], ['50 times', (@forged) x 50],
		['among 500 of another', map { ("X-Other: KEPT $_", $forged[$_ % @forged]) } 1 .. 250],
		['500 copies of a field that we add (HDR-12)', ($forged[0]) x 500], ['and of one that we leave', ($kept[0]) x 500]) {
		my ($name, @lines) = @$row;
		my $mail = mail_of(taken($name, message => plain(head => join '', map { "$_\n" } @lines)));
		my @verdicts = $mail->header('X-Octroi-Verdict');
		unlike $mail->head, qr/FORGED/, 'nothing forged is left';
		is scalar(() = $mail->head =~ /KEPT/g), scalar(grep { /KEPT/ } @lines), 'nothing else is gone';
		is scalar(@verdicts), 1, 'one verdict, ours';
	}
	my $mail = mail_of(taken('leading spaces and folds', message => plain(head => "X-A:a\nX-B:  b\nX-C: c\n\td\n")));
	like $mail->head, qr/^X-A: ?a\r\nX-B:  b\r\nX-C: c\r\n\td\r\n/m, 'stand as they were sent';
}

sub percent {
	my $name = '100%s%n%%.exe';
	my $reply = refused($name, message => attached(name => $name, bytes => program()));

	like "$reply", qr/\Q$name\E/, "each percent sign once: $reply";
}

sub session {
	my $smtp = $gate->connect;
	my @ids;
	for my $rcpt ('<u@ours.example>', '<u@ext.example>', '<v@ours.example>') {
		my $result = $gate->send(smtp => $smtp, rcpt => $rcpt, message => plain());
		push @ids, $result->{reply}->queue_id;
		ok $rcpt =~ /ext/ ? $result->{reply}->is_refusal : $result->{reply}->is_ok, "$rcpt: $result->{reply}";
		is $gate->record($result->{reply})->{queue_id} // '', $ids[-1], 'its queue id is in the log' if $ids[-1];
		$smtp->rset;
	}
	isnt $ids[0], $ids[2], 'another id each';
	$smtp->mail('<a@ext.example>');
	$smtp->rset;
	is $smtp->mail('<b@ext.example>')->code, 250, 'MAIL after RSET';
	ok $smtp->rcpt('<u@ext.example>')->is_refusal, 'is judged afresh';
	$smtp->quit;
}

sub logins {
	my $result = taken('a login, to the outside', login => $alice, from => "<$alice>", rcpt => '<u@ext.example>', message => plain(from => $alice));
	is $gate->record($result->{reply})->{login}, $alice, 'is in the log';
	like mail_of($result)->header('X-Octroi-Relay'), qr/^ground=auth/, 'and the ground';
	refused("another's address", login => $alice, from => '<bob@ours.example>', rcpt => '<u@ext.example>');
	my $smtp = $gate->connect;
	is $smtp->auth_plain($alice, 'wrong')->code, 535, 'a wrong password';
	refused('is no login', smtp => $smtp, from => "<$alice>", rcpt => '<u@ext.example>');
	$smtp->rset;
	ok $gate->send(smtp => $smtp, from => "<$alice> AUTH=$alice", rcpt => '<u@ext.example>')->{reply}->is_refusal, 'nor is AUTH= of MAIL (R29)';
}

sub certificates {
	for my $row (['client-ca', 250, 'one of our own authority'], ['client-forged', 550, 'the same names, another authority'], [undef, 550, 'none']) {
		my ($file, $code, $name) = @$row;
		my $smtp = $gate->connect;
		is $smtp->command('STARTTLS')->code, 220, "STARTTLS: $name";
		my %cert = $file ? (SSL_cert_file => "$tls/$file.pem", SSL_key_file => "$tls/$file.key") : ();
		ok(IO::Socket::SSL->start_SSL($smtp->{socket}, SSL_verify_mode => 0, %cert), 'the session is encrypted') or next;
		$smtp->ehlo('mail.ours.example');
		my $reply = $gate->send(smtp => $smtp, from => '<a@ours.example>', rcpt => '<u@ext.example>', message => plain(from => 'a@ours.example'))->{reply};
		is $reply->code, $code, "$name: $reply";
	}
}

sub this_host {
	for my $rcpt ('<postmaster>', '<postmaster@gw.ours.example>', '<postmaster@[192.0.2.25]>') {
		taken($rcpt, rcpt => $rcpt);
	}
	refused($_, rcpt => $_) for '<postmaster@[192.0.2.26]>', '<u@[192.0.2.25]>', '<root@gw.ours.example>';
}

sub ipv6 {
	plan skip_all => 'no IPv6 here' unless Octroi::Network::ipv6();
	my %six = (client => { ADDR => 'IPV6:2001:db8::66' });
	my $result = taken('a client with an IPv6 address', %six);
	is $gate->record($result->{reply})->{client}, '2001:db8::66', 'as it is written';
	refused('relaying', %six, rcpt => '<u@ext.example>');
	taken('postmaster at the literal', %six, rcpt => '<postmaster@[IPv6:2001:db8::25]>');
}

# An alias of the aliases file is a matter of delivery. A line of virtusertable is part of how Sendmail reads the address, and Octroi
# refuses where the two readings lead to different places: a stranger may have seen to that.
sub alias {
	my $other = another('aliasing', ', F=T, T=R:60s', "LOCAL_DOMAIN(`ours.example')dnl\n", { aliases => "list: u\@ext.example\n" });
	my $result = taken('an alias', rcpt => '<list@ours.example>', port => $other->port);
	is_deeply [map { $_->rcpts } $gate->delivered($result)], ['<u@ext.example>'], 'delivered where it leads';
	refused('a line of virtusertable', rcpt => '<list@ours.example>');
	$result = taken('one that leads to ours', rcpt => '<inside@ours.example>');
	is_deeply [map { $_->rcpts } $gate->delivered($result)], ['<u@ours.example>'], 'delivered where it leads';
	refused('what it leads to, written out', rcpt => '<u@ext.example>', port => $_->port) for $sendmail, $other;
}

# It comes by SMTP from 127.0.0.1, and needs the grant that README shows.
sub local_mail {
	my $id = '<local@gw.ours.example>';
	is $sendmail->sendmail(plain(from => 'root@ours.example', id => $id), '-f', 'root@ours.example', '-i', 'u@ext.example'), 0, 'is taken';
	my $mail = wait_until(30, sub { (grep { $_->message_id eq $id } $gate->sink->messages)[0] });
	ok $mail, 'and delivered' or return diag $sendmail->log;
	like $mail->header('X-Octroi-Relay'), qr/^ground=grant/, 'by its grant';
}

# They take 4 to 9 seconds, so they are sent first and looked at late. The filter tells Sendmail every 5 seconds that it is at work,
# so R is about that, and E about the whole.
sub start_slow {
	my %slow = (from => '<a@slow.example>');
	my $impatient = another('impatient', ', F=T, T=C:30s;S:30s;R:2s;E:5m');
	my @slow = (send_meanwhile('dns', %slow), send_meanwhile('impatient', %slow, port => $impatient->port));

	return @slow unless $octroi eq ($ENV{OCTROI_WORK} // '');
	my %work = (message => plain(head => "X-Test-Work: sleep 8000\n"));
	return @slow, send_meanwhile('progress', %work, port => another('progress', ', F=T, T=C:30s;S:30s;R:7s;E:5m')->port),
		send_meanwhile('brief', %work, port => another('brief', ', F=T, T=C:30s;S:30s;R:60s;E:4s')->port);
}

sub slow {
	my ($dns, $impatient, $progress, $brief) = map { reply_of($_) } @slow;

	is $dns->status, '5.7.23', "RCPT waits for a name server that takes 4 s: $dns";
	ok $impatient->is_temporary && !$impatient->id, "with R:2s Sendmail does not, and defers: $impatient";
	return diag 'OCTROI_WORK names no program: slow scanners are not played' unless $progress;
	is $progress->code, 250, "a scan of 8 s with R:7s: $progress";
	ok $brief->is_temporary && !$brief->id, "with E:4s it is deferred: $brief";
}

# At connect Sendmail has a text of its own, and HELO is told of nothing: MAIL is refused then, and what follows.
sub refused_sessions {
	for my $at (qw(connect helo mailfrom rcpt)) {
		my %top = ('' => "refuse_at = $at\n");
		$gate->daemon->configure($gate->conf(conf => \%conf, append => { %relay, %top }));
		ok $gate->daemon->reload, "refuse_at = $at";
		taken('another client');
		refused_at($at);
	}
}

sub refused_at {
	my ($at) = @_;
	my $smtp = $gate->connect(client => 'denied');
	my @replies = ($smtp->greeting, $smtp->{ehlo}, $smtp->mail('<a@ext.example>'), $smtp->rcpt('<u@ours.example>'), $smtp->command('DATA'));
	my %first = (connect => 0, helo => 2, mailfrom => 2, rcpt => 3);
	my $reply = $replies[$first{$at}];
	my $ours = $at ne 'connect';

	$smtp->quit;
	ok $reply->is_refusal, "refused: $reply";
	is $reply->id ne '', $ours, $ours ? 'with our text' : "with Sendmail's text";
	is scalar(grep { $_->is_ok || $_->code == 354 } @replies[($at eq 'rcpt' ? 3 : 2) .. 4]), 0, 'nothing can be sent' or diag "@replies";
	my $record = $gate->daemon->record($ours ? (id => $reply->id) : (client => '198.51.100.66'));
	is $record->{by}, 'session:denied', 'the log says why';
}

sub dead {
	my $careless = another('careless', '');		# no F=
	my $open = $gate->connect;
	$gate->daemon->stop(1);		# it would wait for the open session
	for my $rcpt ('<u@ours.example>', '<u@ext.example>') {
		my $reply = $gate->send(rcpt => $rcpt, message => plain())->{reply};
		ok $reply->is_temporary, "$rcpt: $reply";
		$reply = $gate->send(rcpt => $rcpt, message => plain(), port => $careless->port)->{reply};
		is $reply->code, 250, "without F=T it goes in, unfiltered, and is even relayed: $reply";
	}
	my $reply = $gate->send(smtp => $open, message => plain())->{reply};
	ok $reply->is_temporary || !$open->is_open, "in a session that was open: $reply";
	$gate->daemon->launch;
	taken('and it goes on when the filter is back');
}
