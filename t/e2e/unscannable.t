# SPDX-License-Identifier: GPL-2.0-or-later
# What cannot be scanned as a whole is held and never passed; without signatures everything is deferred (threats ATT-03, ATT-04, ATT-18).
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Octroi::Gate;
use Octroi::Mail qw(plain attached zip encrypted_zip);

my %append = (append => { antivirus => <<'CONF' });
	max_file_size = "1M"
	max_scan_size = "4M"
	max_recursion = 5
	timeout       = "2s"
CONF
my $gate = Octroi::Gate->start(%append);

# An archive inside an archive, so many levels deep.
sub nested {
	my ($levels) = @_;
	my $bytes = "nothing\n";

	$bytes = zip("level$_.zip", $bytes) for 1 .. $levels;
	return $bytes;
}

# Bytes that look like nothing in particular.
sub noise {
	my ($size) = @_;

	return pack 'N*', map { $_ * 2654435761 % 4294967296 } 1 .. $size / 4;
}

my @unscannable = (
	{ name => 'a file over max_file_size', message => attached(name => 'big.bin', bytes => noise(2_000_000)) },
	{ name => 'an archive that grows over the limits', message => attached(name => 'zeros.zip', bytes => zip('zeros', "\0" x 6_000_000)) },
	{ name => 'deeper than max_recursion', message => attached(name => 'deep.zip', bytes => nested(12)) },
	{ name => 'an encrypted member', by => 'attachment:encrypted',
	  message => attached(name => 'secret.zip', bytes => encrypted_zip('secret.txt', "nothing to see\n", 'infected')) },
	{ name => 'a member that is called encrypted', by => 'content:ambiguous',
	  message => attached(name => 'secret.zip', bytes => falsely_encrypted_zip()) },
);

for my $case (@unscannable) {
	subtest "$case->{name} is held" => sub { check_held($case->{message}, $case->{by} // 'antivirus:unscannable') };
}

subtest 'no database: deferred, and delivered once there is one' => sub {
	mkdir $gate->dir . '/empty' or die $!;
	check_without_database();
};
done_testing;

sub check_held {
	my ($message, $by) = @_;
	my $result = $gate->send(message => $message);
	my $queue_id = $result->{reply}->queue_id;

	ok $queue_id, "taken: $result->{reply}" or return;
	my ($held) = grep { $_->{queue_id} eq $queue_id } $gate->postfix->held;
	ok $held, 'and in the hold queue' or return;
	like $gate->postfix->queued_message($queue_id), qr/^X-Octroi-Verdict:\s*quarantine;/m, 'with its verdict in the header';
	my $record = $gate->record($result->{reply});
	is $record->{by}, $by, "decided by $by";
	is scalar(grep { $_->queue_id eq $queue_id } $gate->sink->messages), 0, 'not delivered';
}

sub check_without_database {
	my $daemon = $gate->daemon;

	$daemon->configure($gate->conf(%append, database => $gate->dir . '/empty'));
	ok $daemon->reload, 'a configuration without signatures was answered';
	$daemon->stop;
	eval { $daemon->launch };	# it may say that it is not ready: what counts is what becomes of mail
	my $result = $gate->send(message => plain());
	ok $result->{reply}->is_temporary, "without signatures mail is deferred: $result->{reply}";
	$daemon->stop;
	$daemon->configure($gate->conf());
	$daemon->launch;
	$result = $gate->send(message => plain());
	is $result->{reply}->code, 250, "with signatures it is taken: $result->{reply}";
	is +($gate->delivered($result))[0]->header('X-Virus-Status'), 'Clean', 'and was scanned';
}

# The encryption flag in both headers, but everybody who ignores it can read the member (threats ATT-03).
sub falsely_encrypted_zip {
	my $archive = zip('secret.txt', "nothing to see\n");

	substr $archive, 6, 1, chr(ord(substr $archive, 6, 1) | 1);
	my $directory = index $archive, "PK\1\2";
	substr $archive, $directory + 8, 1, chr(ord(substr $archive, $directory + 8, 1) | 1);
	return $archive;
}
