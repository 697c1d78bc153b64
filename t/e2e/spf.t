# SPDX-License-Identifier: GPL-2.0-or-later
# SPF through the MTA: who passes, who is refused and with which words, what stands in the header, and what an outage of the DNS does.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Octroi::Gate;
use Octroi::Mail qw(plain);
use Octroi::Process qw(wait_until);

my $zone = <<'EOT2';
pass.example     TXT  "v=spf1 ip4:203.0.113.7 -all"
chain.example    TXT  "v=spf1 include:pass.example ?all"
fail.example     TXT  "v=spf1 -all"
says.example     TXT  "v=spf1 -all exp=why.example"
why.example      TXT  "%{i} is none of ours, %{s}: 100%% sure"
lies.example     TXT  "v=spf1 -all exp=lie.example"
lie.example      TXT  "well\013\010250 2.0.0 Ok"
soft.example     TXT  "v=spf1 ip4:192.0.2.1 ~all"
neutral.example  TXT  "v=spf1 ?all"
faulty.example   TXT  "v=spf1 ip5:1 -all"
helo.example     TXT  "v=spf1 a -all"
helo.example     A    203.0.113.7
forged.example   TXT  "v=spf1 -all"
forged.example   A    203.0.113.7
ours.example     TXT  "v=spf1 -all"
real.example     TXT  "v=spf1 ip4:198.51.101.7 -all"
40.2.1.10.in-addr.arpa PTR printer.ours.example
down.example     !servfail
EOT2
$zone .= "late$_.example TXT \"v=spf1 ip4:203.0.113.7 -all\"\n" for 1 .. 60;
my $wait = qq(\trcpt_wait = "10s"\n\ttimeout = "2s"\n\tunknown_ttl = "0ms"\n);
my $gate = Octroi::Gate->start(zone => $zone, append => { resolver => $wait });

sub send_from {
	my ($domain, %args) = @_;

	return $gate->send(from => "<a\@$domain>", message => plain(from => "a\@$domain"), %args);
}

# What the internal server got of a message that was taken.
sub mail_of {
	my ($result, $name) = @_;

	is $result->{reply}->code, 250, "$name: taken" or diag "$result->{reply}";
	return ($gate->delivered($result))[0];
}

sub refused {
	my ($result, $name, $code, $status) = @_;
	my $reply = $result->{reply};

	is $reply->code, $code, "$name: $reply";
	is $reply->status, $status, "$name: status";
	ok $reply->id, "$name: with an id";
	return $reply;
}

sub reconfigure {
	my (%append) = @_;

	$gate->daemon->configure($gate->conf(append => { resolver => $wait, %append }));
	ok $gate->daemon->reload, 'reloaded';
}

subtest 'pass' => sub {
	for my $domain (qw(pass.example chain.example)) {
		my $mail = mail_of(send_from($domain), $domain) or next;
		like $mail->header('Received-SPF'), qr/^pass \(gw\.ours\.example: .*203\.0\.113\.7.*$domain/, 'Received-SPF';
		like $mail->header('Received-SPF'), qr/\bidentity=mailfrom;\s+client-ip=203\.0\.113\.7;\s+envelope-from="?a\@$domain/, 'and its keys';
		like $mail->header('Authentication-Results'), qr/^gw\.ours\.example;.*\bspf=pass\b.*smtp\.mailfrom="?a\@$domain/s, 'Authentication-Results';
		like $mail->header('X-Octroi-Verdict'), qr/^accept; id=\S+; score=0\.0; by=none/, 'X-Octroi-Verdict';
	}
};

subtest 'fail is refused at RCPT where that may wait' => sub {
	my $result = send_from('fail.example');
	my $reply = refused($result, 'fail.example', 550, '5.7.23');
	ok !$result->{data}, 'before the message';
	like "$reply", qr/203\.0\.113\.7 may not send mail of fail\.example/, 'the words of the reply';
	my $record = $gate->record($reply);
	ok $record, 'there is a record' or return;
	is $record->{verdict}, 'reject', 'which says so';
	like $record->{by}, qr/spf/i, 'and by what';
};

subtest 'postmaster can be reached, and he alone' => sub {
	my $result = send_from('fail.example', rcpt => ['<postmaster@ours.example>', '<u@ours.example>']);
	is_deeply [map { $_->code } @{ $result->{rcpt} }], [250, 550], 'the answers at RCPT';
	my $mail = mail_of($result, 'to postmaster') or return;
	is_deeply [$mail->rcpts], ['<postmaster@ours.example>'], 'delivered';
	like $mail->header('Authentication-Results'), qr/\bspf=fail\b/, 'and marked';
};

subtest 'softfail is weighed and marked' => sub {
	my $mail = mail_of(send_from('soft.example'), 'softfail') or return;
	like $mail->header('Received-SPF'), qr/^softfail /, 'Received-SPF';
	like $mail->header('Authentication-Results'), qr/\bspf=softfail\b/, 'Authentication-Results';
	like $mail->header('X-Octroi-Verdict'), qr/^accept; id=\S+; score=2\.0;/, 'X-Octroi-Verdict';
	is $mail->header('X-Spam-Flag'), undef, 'not tagged';
};

subtest 'neutral, none and permerror' => sub {
	for my $case (['neutral.example', 'neutral', '0.0'], ['nothing.example', 'none', '0.0'], ['faulty.example', 'permerror', '2.0']) {
		my ($domain, $result, $score) = @$case;
		my $mail = mail_of(send_from($domain), $result) or next;
		like $mail->header('Received-SPF'), qr/^$result /, "$result: Received-SPF";
		like $mail->header('Authentication-Results'), qr/\bspf=$result\b/, "$result: Authentication-Results";
		like $mail->header('X-Octroi-Verdict'), qr/^accept; id=\S+; score=\Q$score\E;/, "$result: X-Octroi-Verdict";
	}
};

subtest 'the HELO name' => sub {
	my $mail = mail_of(send_from('pass.example', helo => 'helo.example'), 'its own name');
	like join("\n", $mail->header('Authentication-Results')), qr/\bspf=pass\b.*smtp\.helo=helo\.example/s, 'Authentication-Results' if $mail;
	refused(send_from('pass.example', helo => 'forged.example'), 'a forged name', 550, '5.7.23');
	$mail = mail_of($gate->send(from => '<>', helo => 'helo.example', message => plain()), 'the null sender is judged by it');
	like $mail->header('Received-SPF'), qr/^pass .*identity=helo/, 'Received-SPF' if $mail;
	refused($gate->send(from => '<>', helo => 'forged.example', message => plain()), 'the null sender with a forged name', 550, '5.7.23');
};

subtest 'who has a ground is not judged: a login, a grant' => sub {
	my $alice = 'alice@ours.example';
	my $mail = mail_of($gate->send(login => $alice, from => "<$alice>", rcpt => '<u@ext.example>', message => plain(from => $alice)), 'a login');
	is $mail->header('Received-SPF'), undef, 'no Received-SPF' if $mail;
	$mail = mail_of($gate->send(client => 'device', from => '<scanner@ours.example>', rcpt => '<u@ext.example>',
		message => plain(from => 'scanner@ours.example')), 'a grant');
	is $mail->header('Received-SPF'), undef, 'no Received-SPF' if $mail;
	refused($gate->send(from => "<$alice>", message => plain(from => $alice)), 'but a stranger with our domain is', 550, '5.7.23');
};

subtest 'each message of a session is judged for itself (SMTP-07)' => sub {
	my $smtp = $gate->connect;
	my @codes = map { send_from($_, smtp => $smtp)->{reply}->code } qw(pass.example fail.example soft.example fail.example pass.example);
	is_deeply \@codes, [250, 550, 250, 550, 250], 'one after the other';
};

subtest 'what a domain says of its refusals stays outside' => sub {
	unlike refused(send_from('says.example'), 'by default', 550, '5.7.23'), qr/none of ours/, 'not in the reply';
	reconfigure(spf => "\texplain = yes\n");
	like refused(send_from('says.example'), 'with explain', 550, '5.7.23'), qr/203\.0\.113\.7 is none of ours, a\@says\.example: 100% sure/,
		'in the reply';
	my $reply = refused(send_from('lies.example'), 'control characters', 550, '5.7.23');
	is scalar(my @lines = $reply->lines), 1, 'do not end the line (DNS-07)';
	like "$reply", qr/^[ -~]+\z/, 'nor get into the reply';
};

subtest 'the domain that the DNS cannot tell is deferred (DNS-01)' => sub {
	refused(send_from('down.example'), 'SERVFAIL', 451, '4.4.3');
	is send_from('pass.example')->{reply}->code, 250, 'and nobody else is';
};

subtest 'an outage of the DNS, and after it (DNS-19)' => sub {
	$gate->dns->outage(1);
	refused(send_from('late1.example'), 'in the outage', 451, '4.4.3');
	is send_from('pass.example')->{reply}->code, 250, 'what is known already is taken';
	$gate->dns->outage(0);
	my $n = 2;
	ok wait_until(30, sub { send_from('late' . $n++ . '.example')->{reply}->code == 250 }), 'after it mail is taken again';
	ok wait_until(30, sub { send_from('late1.example')->{reply}->code == 250 }), 'that of the deferred sender, too';
};

subtest 'without waiting at RCPT it is refused all the same' => sub {
	$gate->daemon->configure($gate->conf);
	ok $gate->daemon->reload, 'reloaded';
	my $result = send_from('fail.example');
	refused($result, 'at RCPT or at the end', 550, '5.7.23');
};

subtest 'softfail as a tag' => sub {
	reconfigure(spf => "\ton_softfail = tag\n", tag => qq(\tsubject = "[SUSPECT] "\n));
	my $mail = mail_of(send_from('soft.example'), 'tagged') or return;
	like $mail->header('X-Octroi-Verdict'), qr/^tag; id=\S+;.* by=\S*spf/i, 'X-Octroi-Verdict';
	is $mail->header('X-Spam-Flag'), 'YES', 'X-Spam-Flag';
	like $mail->header('Subject'), qr/^\[SUSPECT\] /, 'Subject';
};

subtest 'a trusted forwarder is not judged, but who gave it the mail' => sub {
	reconfigure(spf => qq(\ttrusted = { "203.0.113.7" }\n));
	my $received = "Received: from mx.real.example (mx.real.example [%s])\n\tby mx.ext.example (Postfix) with ESMTP id 4Xk2;\n"
		. "\tSat, 21 Nov 2026 12:00:00 +0000 (UTC)\n";
	my $mail = mail_of($gate->send(from => '<a@real.example>', message => plain(head => sprintf $received, '198.51.101.7')), 'the right client');
	like $mail->header('Received-SPF'), qr/^pass .*client-ip=198\.51\.101\.7/, 'Received-SPF' if $mail;
	refused($gate->send(from => '<a@real.example>', message => plain(head => sprintf $received, '192.0.2.99')), 'another one', 550, '5.7.23');
	$mail = mail_of(send_from('fail.example'), 'no such field');
	like $mail->header('Received-SPF'), qr/^none /, 'is none, never pass' if $mail;
};
done_testing;
