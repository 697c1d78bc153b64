# SPDX-License-Identifier: GPL-2.0-or-later
# Clean mail from outside is delivered, unchanged but for the header fields that say why it was let in.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Octroi::Gate;
use Octroi::Mail qw(plain attached zip);

my $gate = Octroi::Gate->start;

my @mails = (
	{ name => 'text', message => plain(body => "Good morning.\n.a line that begins with a dot\n..and two\n") },
	{ name => 'text and an attachment', message => attached(name => 'report.bin', bytes => join '', map { chr } 0 .. 255) },
	{ name => 'a clean archive', message => attached(name => 'report.zip', bytes => zip('report.txt', "nothing\n" x 100)) },
	{ name => 'long lines', message => plain(body => ('x' x 900) . "\n") },
	{ name => 'no To, no Date', message => "From: a\@ext.example\nSubject: short\n\nbody\n" },
);

for my $mail (@mails) {
	subtest $mail->{name} => sub { check($mail->{message}) };
}
subtest 'null sender (a bounce)' => sub { check(plain(from => 'MAILER-DAEMON@ext.example'), from => '<>') };
subtest 'two recipients of ours' => sub { check(plain(), rcpt => ['<u@ours.example>', '<v@ours.example>']) };
done_testing;

sub check {
	my ($message, %args) = @_;
	my $result = $gate->send(message => $message, %args);
	my ($mail) = $gate->delivered($result);

	is $result->{reply}->code, 250, "taken: $result->{reply}" or return;
	ok $mail, 'delivered' or return;
	is $mail->body, (Octroi::Smtp::to_wire($message) =~ s/^\.\././gmr) =~ s/\A.*?\r\n\r\n//sr, 'the body is as it was sent';
	is $mail->from, $args{from} // '<a@ext.example>', 'and so is the sender';
	is_deeply [$mail->rcpts], ref $args{rcpt} ? $args{rcpt} : ['<u@ours.example>'], 'and the recipients';
	check_headers($mail);
}

sub check_headers {
	my ($mail) = @_;
	my @verdicts = $mail->header('X-Octroi-Verdict');

	is @verdicts, 1, 'one verdict';
	like $verdicts[0], qr/^accept; id=[0-9A-Z]{4}-[0-9A-Z]{4}; score=[\d.]+; by=\S/, "X-Octroi-Verdict: $verdicts[0]";
	is $mail->header('X-Virus-Status'), 'Clean', 'X-Virus-Status';
	like $mail->header('X-Virus-Scanned'), qr/gw\.ours\.example/, 'X-Virus-Scanned names the gateway';
	is $mail->header('X-Octroi-Relay'), undef, 'no X-Octroi-Relay: nothing was relayed';
}
