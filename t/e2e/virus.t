# SPDX-License-Identifier: GPL-2.0-or-later
# EICAR is refused however it is packed, at the end of the message, with an id that leads to the log line; what cannot be
# scanned as a whole is held; without a database everything is deferred.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Octroi::Gate;
use Octroi::Mail qw(plain attached zip eicar);

my $official = Octroi::Daemon::official_database();
my $gate = Octroi::Gate->start($official ? (database => $official) : ());

my @infected = (
	{ name => 'plain', message => plain(body => eicar() . "\n") },
	{ name => 'attached', message => attached(name => 'eicar.com', bytes => eicar()) },
	{ name => 'zipped', message => attached(name => 'eicar.zip', bytes => zip('eicar.com', eicar())) },
	{ name => 'zipped twice', message => attached(name => 'a.zip', bytes => zip('b.zip', zip('eicar.com', eicar()))) },
	{ name => 'in a forwarded message', message => attached(name => 'm.eml', bytes => attached(name => 'e', bytes => eicar())) },
	{ name => 'from a login', message => attached(name => 'e', bytes => eicar(), from => 'alice@ours.example'),
	  login => 'alice@ours.example', from => '<alice@ours.example>', rcpt => '<u@ext.example>' },
	{ name => 'from a device with a grant', message => attached(name => 'e', bytes => eicar(), from => 'scanner@ours.example'),
	  client => 'device', from => '<scanner@ours.example>', rcpt => '<u@ext.example>' },
	{ name => 'to postmaster', message => plain(body => eicar() . "\n"), rcpt => '<postmaster@ours.example>' },
);

diag 'signatures: ' . ($official // 'those of t/data/clamav, which know EICAR only: there are none in /var/lib/clamav');
for my $case (@infected) {
	subtest "EICAR $case->{name}" => sub { check_refused(%$case) };
}
is scalar $gate->sink->messages, 0, 'nothing of it reached the internal server';

subtest 'clean mail afterwards' => sub {
	my $result = $gate->send(message => plain());
	is $result->{reply}->code, 250, "taken: $result->{reply}";
	is +($gate->delivered($result))[0]->header('X-Virus-Status'), 'Clean', 'and scanned';
};
done_testing;

sub check_refused {
	my (%case) = @_;
	my $result = $gate->send(%case);
	my $reply = $result->{reply};

	ok $result->{data}, 'the recipient was taken' or return diag "$reply";
	like $reply->code, qr/^55[04]\z/, "refused: $reply";
	is $reply->status, '5.7.1', 'with 5.7.1';
	ok $reply->id, 'and an id in brackets' or return;
	my $record = $gate->record($reply);
	ok $record, 'the id is in the log' or return;
	is $record->{verdict}, 'reject', 'as a rejection';
	is $record->{by}, 'antivirus:infected', 'by antivirus';
}
