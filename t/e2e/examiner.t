# SPDX-License-Identifier: GPL-2.0-or-later
# An examiner that is killed in mid-scan costs its message one retry (threats ATT-16); three times the same message, and it is held
# instead of being tried for ever (RES-08, RES-09). Others do not notice.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Octroi::Gate;
use Octroi::Mail qw(plain attached);

my $gate = Octroi::Gate->start;

subtest 'killed once: 451, and the retry is delivered' => sub {
	my $message = plain(body => "to be tried twice\n");
	my $result = $gate->send_with_kill(message => $message);
	is $result->{reply}->code, 451, "$result->{reply}" or return;
	like $result->{reply}->status, qr/^4\.[37]\.\d/, 'with a temporary status';
	ok $result->{reply}->id, 'and an id';
	is $gate->record($result->{reply})->{verdict}, 'defer', 'the log says defer';
	delivered_scanned('the retry', message => $message);
};

subtest 'others are not concerned' => sub {
	delivered_scanned("message $_", message => plain()) for 1 .. 5;
};

subtest 'three times: held' => sub {
	my $message = plain(body => "a message of death\n");
	is $gate->send_with_kill(message => $message)->{reply}->code, 451, "kill $_" for 1 .. 2;
	my $result = $gate->send_with_kill(message => $message);
	my $queue_id = $result->{reply}->queue_id;
	ok $queue_id, "kill 3: taken: $result->{reply}" or return;
	ok scalar(grep { $_->{queue_id} eq $queue_id } $gate->postfix->held), 'and held';
	is $gate->record($result->{reply})->{by}, 'antivirus:poison', 'by antivirus:poison';
	$result = $gate->send(message => $message);
	is $gate->record($result->{reply})->{by}, 'antivirus:poison', 'and so is the same message later, without a further scan';
	delivered_scanned('another message', message => plain());
};
done_testing;

sub delivered_scanned {
	my ($name, %args) = @_;
	my $result = $gate->send(%args);

	is $result->{reply}->code, 250, "$name is taken: $result->{reply}" or return;
	my ($mail) = $gate->delivered($result);
	is $mail->header('X-Virus-Status'), 'Clean', 'and was scanned';
}
