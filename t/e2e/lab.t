# SPDX-License-Identifier: GPL-2.0-or-later
# The whole network in namespaces (t/lab): the five rules and their violations, row by row, with contrib/nftables, contrib/postfix and
# contrib/milter.conf.* as they are shipped. What was dropped was dropped by those rules: without them the way is open.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Octroi::Lab;
use Octroi::Lab::Rules;
use Octroi::Process qw(temp_directory);

my $why = Octroi::Lab::missing() // Octroi::Gate::missing();
plan skip_all => "no lab here: $why" if defined $why;
my $lab = Octroi::Lab->up(dir => temp_directory() . '/lab');

subtest 'the rules of contrib/nftables can be read and loaded again' => \&rules;
my @bad;
Octroi::Lab::Rules::play($lab, sub {
	my ($row) = @_;
	my ($rule) = $row->{rule} =~ /^(\d)/;
	ok $row->{ok}, "rule $rule: $row->{tried}: $row->{promised}" or push @bad, $row;
	$row->{ok} ? note $row->{happened} : diag $row->{happened};
});
logs() if @bad;
subtest 'without the rules the ways are open' => \&without_rules;
done_testing;

sub logs {
	for my $name (qw(gateway mail partner)) {
		diag "$name:\n", map { "$_\n" } grep { length } (split /\n/, $lab->mta($name)->log . $lab->mta($name)->octroi_log)[-40 .. -1];
	}
}

sub rules {
	for my $file (glob "$Octroi::Lab::tree/contrib/nftables/*.nft") {
		my $host = $lab->host($file =~ /gateway/ ? 'gateway' : 'border');
		for my $how (['-c', '-f'], ['-f']) {
			my ($status, $text) = $host->try('nft', @$how, $file);
			is "$status $text", '0 ', "nft @$how $file";
		}
	}
}

sub without_rules {
	my $partner = '203.0.113.25';

	is Octroi::Lab::Rules::knock_as($lab, 'postfix', $partner), 'open', 'the MTA of the gateway reaches the other company';
	$lab->host('gateway')->run(qw(nft delete table inet octroi_gateway));
	is Octroi::Lab::Rules::knock_as($lab, 'nobody', $partner), 'open', 'so does another program, without octroi_gateway';
	$lab->host('border')->run(qw(nft delete table inet octroi_border));
	is $lab->host('workstation')->knock($partner, 25), 'open', 'and a workstation, without octroi_border';
	is $lab->host('stranger')->knock('192.0.2.10', 25), 'no answer', 'the internal server is still closed';
	$lab->host('border')->run(qw(nft delete table inet octroi_internal));
	my $reply = $lab->send($lab->smtp('stranger', '192.0.2.10'), from => '<a@stranger.example>', rcpt => '<alice@example.com>');
	like $reply, qr/^554 5\.7\.1 sessions from 203\.0\.113\.66/, 'and without octroi_internal, session.allow refuses the stranger';
}
