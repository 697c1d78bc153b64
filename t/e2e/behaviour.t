# SPDX-License-Identifier: GPL-2.0-or-later
# Issue 7, test 1: weeks of ordinary mail of logins and of a workstation, on a clock that this test sets; then one login is stolen, and the
# workstation infected. Both are held within 60 recipients, nobody else is touched, and after `octroi free` mail flows (threats ID-08).
# 400 messages of 8 logins; with OCTROI_LONG=1 (t/run --long) 3,000 of 30.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Octroi::Gate;
use Octroi::Mail qw(plain);
use Octroi::Process qw(slurp spew wait_until);
use POSIX ();
use Test::More;
use Time::HiRes ();

my $build = $ENV{OCTROI_BUILDDIR} // '';
my $work = $ENV{OCTROI_WORK} // "$build/t/octroi_work";
-x $work or plan skip_all => 't/octroi_work is not built';

my ($logins, $messages) = $ENV{OCTROI_LONG} ? (30, 3000) : (8, 400);
my $weeks = 3;
my $day = 86400;
my @people = map { sprintf 'user%02d@ours.example', $_ } 1 .. $logins;
my ($victim, $workstation) = ($people[3], '10.1.2.50');
my $clock = Octroi::Process::temp_directory() . '/clock';
my $start = 1796000400;		# a Monday, 01:00 UTC, ahead of any day on which this runs
my $strangers = 0;
my $sent = 0;

spew($clock, pack('q<', 0), 0644);
$ENV{OCTROI_TEST_CLOCK} = $clock;
$ENV{OCTROI} = $work;
my $gate = Octroi::Gate->start(
	conf => { account => "\tunlisted = own\n", antivirus => "\tenabled = no\n", spf => "\tenabled = no\n", dmarc => "\tenabled = no\n" },
	append => { relay => <<'EOT' }, postfix => { logins => { map { ($_ => 'secret') } @people } });
	grant "workstation" {
		clients    = { "10.1.2.50" }
		senders    = { "pc@ours.example" }
		recipients = { "*" }
		owner      = "it@ours.example"
	}
EOT
my %sessions;

subtest 'ordinary weeks' => sub {
	my @letters = sort { $a->{time} <=> $b->{time} } map { ordinary($_) } @people, $workstation;
	my $began = Time::HiRes::time();
	my @refused;

	for my $letter (@letters) {
		my $reply = post($letter)->{reply};
		push @refused, "$letter->{who}: $reply" unless $reply->is_ok;
	}
	diag sprintf '%d messages in %.0f s', scalar @letters, Time::HiRes::time() - $began;
	is_deeply \@refused, [], scalar(@letters) . ' messages are taken';
	wait_until(20, sub { $gate->daemon->records >= @letters });
	my @unusual = grep { $_->{findings} =~ /behaviour:/ } $gate->daemon->records;
	cmp_ok scalar @unusual, '<=', 1, 'at most one is noted' or diag join "\n", map { $_->{line} } @unusual;
	is scalar(grep { $_->{verdict} ne 'accept' } $gate->daemon->records), 0, 'none is held';
};

my $night = $start + ($weeks * 7 + 1) * $day + 2 * 3600;

subtest 'a stolen login' => sub {
	my $got = misuse(sub { my ($i) = @_; return { who => $victim, client => $i % 2 ? '198.51.101.7' : '203.0.113.99', helo => 'dsl.isp.example' } });
	cmp_ok $got, '<=', 60, "is stopped when $got recipients had got something";
	cmp_ok $got, '>', 10, 'and not before it was unusual';
	ok stands_in_holds('login', $victim), 'it stands in the file of holds';
	like evidence($victim), qr/^\d+ recipients in \d+ minutes? \(usual \d+ an hour\), \d+ new domains, 2 new networks/,
		'the evidence: ' . evidence($victim);
	my ($bounce) = grep { ($_->{mailfrom} // '') eq '<>' } $gate->daemon->records;
	like $bounce->{findings}, qr/behaviour:bounce/, 'bounces are tied to it';
};

subtest 'an infected workstation' => sub {
	my $got = misuse(sub { return { who => $workstation, helo => "srv$_[0].random.example" } });
	cmp_ok $got, '<=', 60, "is stopped when $got recipients had got something";
	cmp_ok $got, '>', 10, 'and not before it was unusual';
	ok stands_in_holds('client', $workstation), 'it stands in the file of holds';
};

subtest 'the others are not touched' => sub {
	for my $who (grep { $_ ne $victim } @people) {
		my $reply = post({ ordinary_letter($who), time => $night += 20 })->{reply};
		ok $reply->is_ok, "$who: $reply";
		my $record = $gate->record($reply);
		is $record->{verdict}, 'accept', 'goes on its way';
		unlike $record->{findings}, qr/behaviour:/, 'and is as usual';
	}
};

subtest 'held ones stay so, and after free their mail flows' => sub {
	for my $who ($victim, $workstation) {
		my $reply = post({ ordinary_letter($who), time => $night += 20 })->{reply};
		ok $reply->is_temporary, "$who: $reply";
		like $reply, qr/until|suspend|held/i, 'says so';
		release($who);
		$reply = post({ ordinary_letter($who), time => $night += 20 })->{reply};
		ok $reply->is_ok, "freed: $reply";
		is $gate->record($reply)->{verdict}, 'accept', 'goes on its way';
	}
};
done_testing;

# The time is $time in all processes of the program.
sub set_clock {
	my ($time) = @_;
	my $ahead = int(($time - Time::HiRes::time()) * 1000);

	open my $file, '+<:raw', $clock or die "$clock: $!";
	syswrite $file, pack 'q<', $ahead or die "$clock: $!";
}

sub number_of { return $_[0] =~ /user(\d+)/ ? $1 + 0 : 0 }

# One or two recipients of the domains that it always writes to, seldom another, in office hours.
sub ordinary_letter {
	my ($who) = @_;
	my $number = number_of($who);
	my @rcpts = map { sprintf '<u%d@p%d-%d.example>', $_, $number, rand rand 20 } 1 .. 1 + (rand() < 0.3);

	$rcpts[0] = sprintf '<u@rare%d.example>', ++$strangers if rand() < 0.03;
	return (who => $who, rcpts => \@rcpts, subject => 'letter ' . int rand 1e6);
}

sub ordinary {
	my ($who) = @_;
	my $each = POSIX::ceil($messages / ($logins + 1) / $weeks / 5);
	my @letters;

	for my $date (grep { $_ % 7 < 5 } 0 .. $weeks * 7 - 1) {
		push @letters, { ordinary_letter($who), time => $start + $date * $day + (7 + rand 9) * 3600 } for 1 .. $each;
	}
	return @letters;
}

# Sends a letter when it is its time; sessions from the same place are used again.
sub post {
	my ($letter) = @_;
	my $who = $letter->{who};
	my $login = $who =~ /@/ ? $who : undef;
	my $client = $letter->{client} // ($login ? '10.20.' . number_of($who) . '.5' : $who);
	my $helo = $letter->{helo} // "pc$client.ours.example";
	my $key = join ' ', $who, $client, $helo;
	my $from = $login // 'pc@ours.example';

	set_clock($letter->{time});
	my $smtp = $sessions{$key} //= $gate->connect(client => { ADDR => $client, NAME => '[UNAVAILABLE]' }, helo => $helo,
		$login ? (login => $login, password => 'secret') : ());
	$letter->{id} = sprintf '<%d.%d@ours.example>', $$, ++$sent;
	my $result = $gate->send(smtp => $smtp, from => "<$from>", rcpt => $letter->{rcpts},
		message => plain(from => $from, subject => $letter->{subject}, id => $letter->{id}));
	delete $sessions{$key} if !$smtp->is_open || keys %sessions > 100;
	return $result;
}

# One in five bounces; the report returns the header.
sub bounce {
	my ($letter) = @_;

	$gate->send(client => 'outside', from => '<>', rcpt => '<pc@ours.example>', message => <<"EOT");
From: Mail Delivery System <MAILER-DAEMON\@mx.ext.example>
To: pc\@ours.example
Subject: Undelivered Mail
Message-ID: <bounce.$letter->{id}
Date: Tue, 01 Dec 2026 10:00:00 +0000
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

It could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.ext.example

Final-Recipient: rfc822; u\@new.example
Action: failed
Status: 5.1.1

--b
Content-Type: text/rfc822-headers

Subject: $letter->{subject}
Message-ID: $letter->{id}

--b--
EOT
}

# Messages to strangers until it is suspended. Returns how many recipients got something.
sub misuse {
	my ($from) = @_;
	my $got = 0;

	for my $i (1 .. 300) {
		my $letter = { %{ $from->($i) }, subject => 'You have won', time => $night += 5,
			rcpts => [map { sprintf '<u@new%d.example>', ++$strangers } 1 .. 2] };
		my $result = post($letter);
		last if grep { /until/ } @{ $result->{rcpt} };
		next unless $result->{reply}->is_ok;
		my $record = $gate->record($result->{reply});
		next if $record->{verdict} eq 'quarantine';
		$got += grep { $_->is_ok } @{ $result->{rcpt} };
		bounce($letter) if $i % 5 == 0;
	}
	return $got;
}

# It is written when the MTA has its answer.
sub stands_in_holds {
	my ($kind, $who) = @_;
	my $file = $gate->daemon->state_directory . '/holds';

	return wait_until(10, sub { (slurp($file) // '') =~ /^$kind\t\Q$who\E\t.*\theld\tbehaviour\t/m });
}

# Why it is held, as the file says it.
sub evidence {
	my ($who) = @_;
	my ($because) = (slurp($gate->daemon->state_directory . '/holds') // '') =~ /\t\Q$who\E\t.*\theld\tbehaviour\t(.*)/;

	return ($because // '') =~ s/%([0-9A-F]{2})/chr hex $1/ger;
}

sub release {
	my ($who) = @_;

	system($work, 'free', $who, '--config', $gate->daemon->config_file) == 0 or die "octroi free $who: $?\n";
	Time::HiRes::sleep(0.3);	# seen within 100 ms
}
