# SPDX-License-Identifier: GPL-2.0-or-later
# Mail of the host itself, through sendmail(1) and non_smtpd_milters: ground=local, scanned as well; and it is no way in for others.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Octroi::Gate;
use Octroi::Mail qw(plain eicar);
use Octroi::Process qw(wait_until);

my $gate = Octroi::Gate->start;

my $number = 0;

sub local_mail {
	my ($rcpt, %args) = @_;
	my $id = sprintf '<local-%d-%d@gw.ours.example>', $$, ++$number;
	my $status = $gate->postfix->sendmail(plain(from => 'root@ours.example', id => $id, %args), '-f', 'root@ours.example', '-i', $rcpt);

	is $status, 0, "sendmail $rcpt";
	return $id;
}

sub arrived {
	my ($id) = @_;

	return wait_until(30, sub { (grep { $_->message_id eq $id } $gate->sink->messages)[0] });
}

subtest 'to the internal server' => sub {
	my $mail = arrived(local_mail('u@ours.example'));
	ok $mail, 'delivered' or return;
	like $mail->header('X-Octroi-Verdict'), qr/^accept;/, 'with a verdict';
	is $mail->header('X-Virus-Status'), 'Clean', 'scanned';
};

subtest 'to the outside' => sub {
	my $mail = arrived(local_mail('u@ext.example'));
	ok $mail, 'delivered' or return diag $gate->postfix->log;
	like $mail->header('X-Octroi-Relay'), qr/^ground=local\b/, 'ground=local';
};

subtest 'a virus of the host itself does not leave' => sub {
	my $id = local_mail('u@ext.example', body => eicar() . "\n");
	ok wait_until(30, sub { grep { ($_->{by} // '') eq 'antivirus:infected' } $gate->daemon->records }), 'found';
	is scalar(grep { $_->message_id eq $id } $gate->sink->messages), 0, 'not delivered';
};

subtest 'a client on loopback is not the host itself' => sub {
	my $reply = $gate->send(client => undef, from => '<root@ours.example>', rcpt => '<u@ext.example>')->{reply};
	ok $reply->is_refusal, "refused: $reply";
	$reply = $gate->send(client => { ADDR => '127.0.0.1', NAME => 'localhost', PORT => 0 },
		from => '<root@ours.example>', rcpt => '<u@ext.example>')->{reply};
	ok $reply->is_refusal, "refused when it calls itself 127.0.0.1 port 0: $reply";
};
done_testing;
