# SPDX-License-Identifier: GPL-2.0-or-later
# Who wrote it, through the MTA: SPF, DKIM and DMARC together, what is refused, held and taken, and the one field that says so. Messages are
# signed here by Mail::DKIM with a key that is made for the test.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Octroi::Gate;
use Octroi::Mail qw(plain);
use Octroi::Process qw(slurp temp_directory);

plan skip_all => 'Mail::DKIM (libmail-dkim-perl) is not installed'
	unless eval { require Mail::DKIM::Signer; require Mail::DKIM::PrivateKey; 1 };
plan skip_all => 'openssl is not installed' if system('openssl version >/dev/null 2>&1') != 0;

my $dir = temp_directory();
my $public = make_key("$dir/key");
my $record = qq("v=DKIM1; k=rsa; p=$public");
my $gate = Octroi::Gate->start(zone => <<"EOT");
_dmarc.legit.example         TXT "v=DMARC1; p=reject"
legit.example                TXT "v=spf1 ip4:203.0.113.7 ~all"
s1._domainkey.legit.example  TXT $record
s2._domainkey.legit.example  TXT $record
_dmarc.moved.example         TXT "v=DMARC1; p=reject"
moved.example                TXT "v=spf1 ip4:198.51.100.1 ~all"
s1._domainkey.moved.example  TXT $record
_dmarc.strict.example        TXT "v=DMARC1; p=reject; adkim=s; aspf=s"
mail.strict.example          TXT "v=spf1 ip4:203.0.113.7 -all"
s1._domainkey.mail.strict.example TXT $record
_dmarc.held.example          TXT "v=DMARC1; p=quarantine"
_dmarc.none.example          TXT "v=DMARC1; p=none"
_dmarc.testing.example       TXT "v=DMARC1; p=reject; t=y"
_dmarc.down.example          !servfail
evil.example                 TXT "v=spf1 ip4:203.0.113.7 -all"
s1._domainkey.evil.example   TXT $record
lists.example                TXT "v=spf1 ip4:203.0.113.7 -all"
s1._domainkey.lists.example  TXT $record
mx.legit.example             TXT "v=spf1 a -all"
mx.legit.example             A   203.0.113.7
EOT

sub make_key {
	my ($file) = @_;

	system("openssl genrsa -traditional -out $file 2048 2>/dev/null") == 0 or die "openssl genrsa failed\n";
	chomp(my @lines = grep { !/^-/ } qx(openssl rsa -in $file -pubout 2>/dev/null));
	return join '', @lines;
}

# The message with a signature of that domain above it. Named: selector, headers (what h= adds), canonicalization.
sub sign {
	my ($message, $domain, %args) = @_;
	my $signer = Mail::DKIM::Signer->new(Algorithm => 'rsa-sha256', Method => $args{canonicalization} // 'relaxed/relaxed', Domain => $domain,
		Selector => $args{selector} // 's1', Key => Mail::DKIM::PrivateKey->load(File => "$dir/key"));

	(my $wire = $message) =~ s/\r?\n/\r\n/g;
	$signer->PRINT($wire);
	$signer->CLOSE;
	return $signer->signature->as_string . "\n" . $message;
}

# From whom it claims to be, in the envelope of another. Named: sign (domain), head, body, from (envelope), helo.
sub send_as {
	my ($author, %args) = @_;
	my $message = plain(from => $author, map { $_ => $args{$_} } grep { defined $args{$_} } qw(head body));

	$message = sign($message, $args{sign}) if $args{sign};
	return $gate->send(message => $message, from => $args{from} // '<x@evil.example>', helo => $args{helo} // 'mx.ext.example');
}

sub mail_of {
	my ($result, $name) = @_;

	is $result->{reply}->code, 250, "$name: taken" or diag "$result->{reply}";
	return ($gate->delivered($result))[0];
}

# Our Authentication-Results in one line: the only one with our name, and above everything.
sub results {
	my ($mail) = @_;
	my @ours = grep { /^gw\.ours\.example\b/ } $mail->header('Authentication-Results');

	is scalar @ours, 1, 'one Authentication-Results of ours';
	like $mail->head, qr/\AAuthentication-Results: gw\.ours\.example;/, 'on top';
	return ($ours[0] // '') =~ s/\s+/ /gr;
}

# RFC 8601 2.2: authserv-id, then for each method a result and properties, each "name=token" or "name=address" or quoted.
sub is_well_formed {
	my ($results) = @_;
	my $value = qr/"(?:[^"\\]|\\.)*"|[^\s";]+/;
	my $result = qr/[a-z-]+=[a-z]+(?: reason=$value)?(?: [a-z]+\.[a-z-]+=$value)*/;

	return $results =~ /\Agw\.ours\.example(?:; $result)+\z/;
}

sub check_results {
	my ($mail, $name, @parts) = @_;
	my $results = results($mail);

	ok is_well_formed($results), "$name: as RFC 8601 has it" or diag $results;
	like $results, $_, "$name: $_" for @parts;
	return $results;
}

sub refused {
	my ($result, $name, $code, $status) = @_;
	my $reply = $result->{reply};

	is $reply->code, $code, "$name: $reply";
	is $reply->status, $status, "$name: status";
	ok $reply->id, "$name: with an id";
	ok $result->{data}, "$name: at the end of the message";
	return $reply;
}

sub reconfigure {
	my (%append) = @_;

	$gate->daemon->configure($gate->conf(append => \%append));
	ok $gate->daemon->reload, 'reloaded';
}

subtest 'pass by SPF' => sub {
	my $mail = mail_of(send_as('a@legit.example', from => '<b@legit.example>'), 'aligned envelope') or return;
	check_results($mail, 'SPF', qr/; iprev=pass policy\.iprev=203\.0\.113\.7(?:;|\z)/, qr/; spf=pass smtp\.mailfrom=b\@legit\.example(?:;|\z)/,
		qr/; dkim=none(?:;|\z)/, qr/; dmarc=pass header\.from=legit\.example\b/);
	like $mail->header('X-Octroi-Verdict'), qr/^accept; id=\S+; score=0\.0; by=none/, 'and nothing is held against it';
};

subtest 'pass by SPF of the HELO name: the null sender' => sub {
	my $mail = mail_of(send_as('mailer-daemon@legit.example', from => '<>', helo => 'mx.legit.example'), 'a bounce') or return;
	check_results($mail, 'a bounce', qr/; spf=pass smtp\.helo=mx\.legit\.example(?:;|\z)/, qr/; dmarc=pass header\.from=legit\.example\b/);
};

subtest 'pass by DKIM' => sub {
	for my $canonicalization ('relaxed/relaxed', 'simple/simple') {
		my $message = sign(plain(from => 'A <a@legit.example>'), 'legit.example', canonicalization => $canonicalization);
		my $mail = mail_of($gate->send(message => $message, from => '<x@nothing.example>'), $canonicalization) or next;
		check_results($mail, $canonicalization, qr/; spf=none /,
			qr/; dkim=pass header\.d=legit\.example header\.s=s1 header\.a=rsa-sha256 header\.b="?[A-Za-z0-9+\/]{8}"?(?:;|\z)/,
			qr/; dmarc=pass header\.from=legit\.example\b/);
	}
};

subtest 'each signature has its result' => sub {
	my $message = sign(sign(plain(from => 'a@legit.example'), 'legit.example', selector => 's2'), 'evil.example');
	$message = "DKIM-Signature: v=1; a=rsa-sha256; d=legit.example; s=s1; h=from; bh=AAAA; b=AAAA\n$message";
	my $mail = mail_of($gate->send(message => $message, from => '<x@nothing.example>'), 'three signatures') or return;
	my $results = check_results($mail, 'three', qr/; dkim=pass header\.d=evil\.example /, qr/; dkim=pass header\.d=legit\.example header\.s=s2 /,
		qr/; dkim=(?:fail|permerror)\b[^;]* header\.d=legit\.example header\.s=s1 /, qr/; dmarc=pass header\.from=legit\.example\b/);
	is scalar(() = $results =~ /; dkim=/g), 3, 'three of them';
};

subtest 'what passes for another domain proves nothing' => sub {
	my $reply = refused(send_as('a@legit.example', sign => 'evil.example'), 'SPF and DKIM of evil.example', 550, '5.7.1');
	like "$reply", qr/legit\.example/, 'which names the domain that asks for it';
	my $record = $gate->record($reply);
	is $record->{verdict}, 'reject', 'and the log says so';
	like $record->{by}, qr/dmarc/i, 'and by what';
	refused(send_as('a@sub.legit.example'), 'a name below it', 550, '5.7.1');
	refused(send_as('a@strict.example', from => '<x@mail.strict.example>', sign => 'mail.strict.example'), 'strict alignment', 550, '5.7.1');
};

subtest 'quarantine is held' => sub {
	my $before = $gate->postfix->held;
	my $result = send_as('a@held.example');
	is $result->{reply}->code, 250, 'taken' or diag "$result->{reply}";
	my ($held) = grep { $_->{queue_id} eq $result->{reply}->queue_id } $gate->postfix->held;
	ok $held, 'and held' or return;
	like $gate->postfix->queued_message($held->{queue_id}), qr/dmarc=fail\s+header\.from=held\.example/, 'with its result';
	my ($testing) = ((send_as('a@testing.example'))->{reply});
	is scalar(grep { $_->{queue_id} eq $testing->queue_id } $gate->postfix->held), 1, 'p=reject with t=y likewise';
};

subtest 'none is taken, and marked' => sub {
	my $mail = mail_of(send_as('a@none.example'), 'p=none');
	check_results($mail, 'p=none', qr/; dmarc=fail\b[^;]* header\.from=none\.example\b/) if $mail;
	$mail = mail_of(send_as('a@nothing.example'), 'no policy') or return;
	check_results($mail, 'no policy', qr/; dmarc=none\b[^;]* header\.from=nothing\.example\b/);
};

subtest 'forwarding breaks SPF, DKIM holds' => sub {
	my $mail = mail_of(send_as('a@moved.example', from => '<a@moved.example>', sign => 'moved.example'), 'forwarded') or return;
	check_results($mail, 'forwarded', qr/; spf=softfail /, qr/; dkim=pass header\.d=moved\.example /, qr/; dmarc=pass header\.from=moved\.example\b/);
	refused(send_as('a@moved.example', from => '<a@moved.example>'), 'without a signature', 550, '5.7.1');
};

# What a list does to a message: a prefix in the Subject, a line below the text, a List-Id and a signature of its own.
sub by_list {
	my (%args) = @_;
	my $message = sign(plain(from => 'a@moved.example', subject => 'A question'), 'moved.example');

	$message =~ s/^Subject: /Subject: [users] /m;
	$message = "List-Id: Users <users.lists.example>\n$message-- \nusers\@lists.example\n";
	return $args{unsigned} ? $message : sign($message, 'lists.example');
}

subtest 'a mailing list breaks DKIM' => sub {
	my %list = (from => '<bounce@lists.example>', helo => 'mx.ext.example');
	refused($gate->send(%list, message => by_list()), 'as the domain asks', 550, '5.7.1');
	reconfigure(dmarc => qq(\texempt_lists = { "users.lists.example" }\n));
	my $mail = mail_of($gate->send(%list, message => by_list()), 'a list that is wanted');
	check_results($mail, 'a list that is wanted', qr/; dkim=pass header\.d=lists\.example /, qr/; dkim=fail\b[^;]* header\.d=moved\.example /,
		qr/; dmarc=fail\b[^;]* header\.from=moved\.example\b/) if $mail;
	refused($gate->send(%list, message => by_list(unsigned => 1)), 'the same name without its signature', 550, '5.7.1');
	refused($gate->send(%list, message => sign(by_list(unsigned => 1), 'evil.example')), 'with that of another', 550, '5.7.1');
	reconfigure();
};

subtest 'what could not be told is deferred' => sub {
	my $reply = send_as('a@down.example')->{reply};
	is int($reply->code / 100), 4, "the policy: $reply";
	ok $reply->id, 'with an id';
	is send_as('a@legit.example', from => '<b@legit.example>')->{reply}->code, 250, 'and nobody else is';
};

# threats HDR-04 to HDR-08: of what comes from evil.example with its SPF and its signature, nothing is delivered as proven to be from
# legit.example.
subtest 'From of one and another (HDR-04 to HDR-08)' => sub {
	my @attacks = (
		"From: a\@legit.example\nFrom: x\@evil.example", "From: x\@evil.example\nFrom: a\@legit.example",
		"From : a\@legit.example\nFrom: x\@evil.example", "From\t: x\@evil.example\nFrom: a\@legit.example",
		"From:\n a\@legit.example\nFrom: x\@evil.example", "From\n : a\@legit.example\nFrom: x\@evil.example",
		'From: a@legit.example, x@evil.example', 'From: x@evil.example, a@legit.example', 'From: <x@evil.example>a@legit.example',
		'From: a@legit.example <x@evil.example>', 'From: <a@legit.example> <x@evil.example>', 'From: <a@legit.example>\,<x@evil.example>',
		'From: <@evil.example,@x.example:a@legit.example>', 'From: =?utf-8?B?PGFAbGVnaXQuZXhhbXBsZT4=?=<x@evil.example>',
		'From: =?utf-8?Q?a=40legit.example=2C?= <x@evil.example>', 'From: "a@legit.example"@evil.example',
		"From: a\@legit.example'\@any.evil.example", 'From: a@legit.example(.evil.example', 'From: a@legit.example (<x@evil.example>)',
		'From: "<a@legit.example>" <x@evil.example>', 'From: "a@legit.example <x@evil.example>', 'From: g: a@legit.example, x@evil.example;',
		'From: g:; a@legit.example', "From: a\@legit.example\0\@evil.example", "From: a\@legit.example\r\nX-A: \@evil.example",
		'From: a@legit%2Eexample@evil.example', "Sender: a\@legit.example\nSubject: no From", 'From:', 'From: <>', "From: a\xef\xbc\xa0legit.example",
	);
	for my $attack (@attacks) {
		my $message = plain(from => 'HERE') =~ s/^From: HERE/$attack/mr;
		my $signed = eval { sign($message, 'evil.example') } // $message;
		my $result = $gate->send(message => $signed, from => '<x@evil.example>');
		my $name = $attack =~ s/([^ -~])/sprintf '\\x%02x', ord $1/egr;
		my $queue_id = $result->{reply}->queue_id;
		my $held = $queue_id && grep { $_->{queue_id} eq $queue_id } $gate->postfix->held;
		my ($mail) = $queue_id && !$held ? $gate->delivered($result) : ();
		unlike $mail ? results($mail) : '', qr/dmarc=pass header\.from="?legit/, "$name: " . ($mail ? 'taken' : $held ? 'held' : $result->{reply});
	}
};

# What section headers says of strangers by default, and not of those who have a ground.
subtest 'headers that cannot be' => sub {
	my $two = plain(from => "a\@nothing.example\nFrom: b\@none.example");
	like refused($gate->send(message => $two), 'two From fields', 550, '5.7.1'), qr/several From fields/, 'and why';
	my $result = $gate->send(message => plain(from => '<a@nothing.example>b@nowhere.example'));
	is scalar(grep { $_->{queue_id} eq $result->{reply}->queue_id } $gate->postfix->held), 1, 'two readings: held';
	refused($gate->send(message => plain(head => "Received: from a by b; x\n" x 41)), 'a loop (ID-12)', 554, '5.4.6');
	my $mail = mail_of($gate->send(message => plain(from => '"ceo@ours.example" <x@nothing.example>', head => "Subject: first\n")), 'a colleague?');
	like $mail->header('X-Octroi-Verdict'), qr/^tag; id=\S+; score=5\.0;/, 'name and second Subject are weighed' if $mail;
	$mail = mail_of($gate->send(message => plain(from => 'Doe, Jane <a@none.example>')), 'a careless program');
	$result = $gate->send(client => 'device', from => '<scanner@ours.example>', rcpt => '<u@ext.example>',
		message => plain(from => 'scanner@ours.example', head => "Subject: first\nTo: x\n"));
	$mail = mail_of($result, 'a careless device') or return;
	like $mail->header('X-Octroi-Verdict'), qr/score=0\.0; by=none/, 'is left alone';
};

subtest 'what others write about it counts for nothing (HDR-01, HDR-16)' => sub {
	my $forged = "Authentication-Results: gw.ours.example; spf=pass smtp.mailfrom=a\@legit.example; dmarc=pass header.from=legit.example\n"
		. "Authentication-Results: mx.other.example; dkim=pass header.d=legit.example\nReceived-SPF: pass\n";
	refused(send_as('a@legit.example', head => $forged), 'refused all the same', 550, '5.7.1');
	my $mail = mail_of(send_as('a@none.example', head => $forged), 'p=none') or return;
	my $results = check_results($mail, 'p=none', qr/; dmarc=fail\b/);
	unlike $results, qr/legit/, 'nothing of it in ours';
	is scalar(grep { /^mx\.other/ } $mail->header('Authentication-Results')), 1, 'that of another host stays';
};

subtest 'who has a ground is not judged' => sub {
	my $alice = 'alice@ours.example';
	my $mail = mail_of($gate->send(login => $alice, from => "<$alice>", rcpt => '<u@ext.example>', message => plain(from => $alice)), 'a login') or return;
	is scalar(my @all = $mail->header('Authentication-Results')), 0, 'no Authentication-Results';
};
done_testing;
