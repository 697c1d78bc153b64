# SPDX-License-Identifier: GPL-2.0-or-later
# Bad input gets a clear answer and nothing is lost: malformed addresses, too much of anything, odd orders of commands
# (threats SMTP-04, SMTP-05, SMTP-06, SMTP-07, SMTP-10, SMTP-11, SMTP-12; R26, R35).
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Octroi::Gate;
use Octroi::Mail qw(plain);

my $gate = Octroi::Gate->start(append => { limits => <<'CONF' });
	message_size = "1M"
	header_size  = "64K"
	header_count = 200
	recipients   = 20
CONF

# Postfix cuts a single field at 60,000 bytes before a milter sees it.
my $long_field = 'X-Long: ' . lines(500) =~ s/\n(?=.)/\n /gr;

# [where, address]
my @malformed = (
	[from => '<a@b@c.example>'], [from => '<@a.example>'], [from => '<a@>'], [from => '<a@-.example>'], [from => '<a@b..example>'],
	[from => '<a@' . 'x' x 64 . '.example>'], [from => "<a\x07\@ext.example>"],
	[from => '<a@[300.1.1.1]>'], [from => '<a b@ext.example>'], [from => '<.a@ext.example>'],
	[rcpt => '<u@b@ours.example>'], [rcpt => '<@ours.example>'], [rcpt => '<u@ours..example>'], [rcpt => '<u..v@ours.example>'],
	[rcpt => '<' . 'x' x 65 . '@ours.example>'], [rcpt => "<u\x07\@ours.example>"], [rcpt => '<u v@ours.example>'],
);

for my $case (@malformed) {
	my ($where, $address) = @$case;
	my $reply = $gate->send($where => $address)->{reply};
	my $shown = $address =~ s/([^ -~])/sprintf '\\x%02x', ord $1/ger;
	like "$reply", qr/^(?:50[0-9]|55[0-9]) 5\.(?:1\.[37]|5\.[24])/, "malformed $where $shown" or diag "$reply";
}

sub accepted {
	my ($name, %args) = @_;
	my $result = $gate->send(%args);

	is $result->{reply}->code, 250, $name or diag "$result->{reply}";
	my ($mail) = $gate->delivered($result);
	ok $mail && $mail->header('X-Octroi-Verdict') && $mail->header('X-Virus-Status'), "$name: delivered with a verdict, scanned";
	return $mail;
}

sub refused {
	my ($name, $pattern, %args) = @_;
	my $reply = $gate->send(%args)->{reply};

	like "$reply", $pattern, $name;
	ok $reply->id, "$name: with an id";
}

subtest 'sizes' => sub {
	refused('oversize', qr/^552 5\.3\.4 /, message => plain(body => lines(16000)));
	accepted('just below', message => plain(body => lines(14000)));
	refused('header section too large', qr/^552 5\.3\.4 /, message => plain(head => $long_field . $long_field));
	refused('too many fields', qr/^552 5\.3\.4 /, message => plain(head => "X-Many: 1\n" x 250));
	accepted('fields just below', message => plain(head => "X-Many: 1\n" x 150));
	my $reply = $gate->send(message => "X" x 70000 . ": 1\n\nx\n")->{reply};
	ok $reply->is_refusal || $reply->code == 250, "a field name of 70 KB: $reply";
};

subtest 'R26: too many recipients, and the others get the message' => sub {
	my $result = $gate->send(rcpt => [map { "<u$_\@ours.example>" } 1 .. 25], message => plain());
	is_deeply [map { $_->code } @{ $result->{rcpt} }], [(250) x 20, (452) x 5], '20 are taken, 5 wait';
	is $result->{rcpt}[-1]->status, '4.5.3', "with 4.5.3: $result->{rcpt}[-1]";
	my @rcpts = map { $_->rcpts } $gate->delivered($result);
	is scalar @rcpts, 20, 'delivered to 20';
};

subtest 'SMTP-04: messages that lack something' => sub {
	accepted('no bytes at all', message => '');
	accepted('an empty line', message => "\n");
	accepted('fields only', message => "From: a\@ext.example\nSubject: x\n");
	accepted('body only', message => "this is no field\nnor this\n");
	accepted('a line of 100 KB', message => plain(body => 'x' x 100_000 . "\n"));
};

subtest 'SMTP-07, R35: RSET everywhere, and commands out of order' => sub {
	my $smtp = $gate->connect;
	for my $before ([], ['mail'], ['mail', 'rcpt'], ['mail', 'bad rcpt'], ['bad mail'], ['mail', 'mail']) {
		step($smtp, $_) for @$before;
		is $smtp->rset->code, 250, "RSET after @$before";
		accepted("a message after @$before, RSET", smtp => $smtp, message => plain());
	}
	ok $smtp->command('DATA')->is_refusal, 'DATA without MAIL';
	ok $smtp->rcpt('<u@ours.example>')->is_refusal, 'RCPT without MAIL';
	step($smtp, 'mail');
	ok $smtp->command('DATA')->is_refusal, 'DATA without RCPT';
	step($smtp, 'bad rcpt');
	ok $smtp->command('DATA')->is_refusal, 'DATA after all recipients were refused';
	ok $smtp->command("$_ x")->is_refusal, "$_ is nothing to rely on" for qw(EXPN TURN SOML);
	$smtp->rset;
	accepted('a message after all of that', smtp => $smtp, message => plain());
};

subtest 'SMTP-10: pipelining' => sub {
	my $smtp = $gate->connect;
	my @replies = $smtp->pipeline('MAIL FROM:<a@ext.example>', 'RCPT TO:<u@ours.example>', 'RCPT TO:<u@ext.example>', 'DATA');
	is_deeply [map { $_->code } @replies], [250, 250, 550, 354], 'answers in order';
	$smtp->raw("Subject: piped\r\n\r\nx\r\n.\r\n");
	is $smtp->reply->code, 250, 'taken';
};

subtest 'SMTP-08: the client leaves in the middle' => sub {
	for my $after (['mail'], ['mail', 'rcpt'], ['mail', 'rcpt', 'data']) {
		my $smtp = $gate->connect;
		step($smtp, $_) for @$after;
		$smtp->close;
	}
	accepted('others go on', message => plain());
};

subtest 'SMTP-11: what a client says at EHLO' => sub {
	for my $helo ('[IPv6:::1]', 'localhost', 'x; dkim=pass header.d=bank.example', 'a"b(c', 'x' x 400) {
		my $mail = accepted('EHLO ' . substr($helo, 0, 40), helo => $helo, message => plain());
		unlike join("\n", $mail->header('Authentication-Results'), map { s/"(?:[^"\\]|\\.)*"//gr } $mail->header('Received-SPF')),
			qr/header\.d=bank/, 'nothing injected';
	}
	my $result = $gate->send(helo => 'gw.ours.example', message => plain());
	like $result->{reply}, qr/^550 5\.7\.1 .*gw\.ours\.example/, 'a stranger with our own name is refused';
	is $gate->record($result->{reply})->{by}, 'helo:own', 'by helo:own';
};

subtest '30 messages in one session' => sub {
	my $smtp = $gate->connect;
	my @codes = map { $gate->send(smtp => $smtp, message => plain())->{reply}->code } 1 .. 30;
	is_deeply \@codes, [(250) x 30], 'all taken';
};
done_testing;

sub lines {
	my ($count) = @_;
	my $line = 'x' x 70 . "\n";

	return $line x $count;
}

sub step {
	my ($smtp, $what) = @_;

	return $smtp->mail('<a@ext.example>') if $what eq 'mail';
	return $smtp->mail('<a@b@c>') if $what eq 'bad mail';
	return $smtp->rcpt('<u@ours.example>') if $what eq 'rcpt';
	return $smtp->rcpt('<u@ext.example>') if $what eq 'bad rcpt';
	return $smtp->command('DATA');
}
