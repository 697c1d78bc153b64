# SPDX-License-Identifier: GPL-2.0-or-later
# A thousand messages through the MTA while filter, zygote and examiners are killed thirty times at random: none is lost, none is
# delivered without our header, none unscanned, none infected.
#
# STORM_MESSAGES, STORM_KILLS and STORM_SEED change the weather; the seed is printed.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use IO::Select;
use List::Util qw(shuffle sum0);
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep);
use Octroi::Gate;
use Octroi::Mail qw(plain attached eicar);
use Octroi::Process qw(at_end reap wait_until);

my $messages = $ENV{STORM_MESSAGES} // 1000;
my $kills = $ENV{STORM_KILLS} // 30;
my $seed = $ENV{STORM_SEED} // $$;
my $senders = 12;
my $pause = 1;		# of a client in mid-message, at most: so most of them are under way when something is killed, and the storm
			# lasts so long that the supervisor does not take it for a crash loop
my $retries_max = 200;	# of one message, half a second apart

my $gate = Octroi::Gate->start;
diag "STORM_SEED=$seed";
srand $seed;
my @roles = shuffle(map { (qw(filter zygote examiner))[$_ % 3] } 0 .. $kills - 1);

my %ended = storm();
my %killed = (filter => 0, zygote => 0, examiner => 0);
$killed{$_}++ for @{ $ended{killed} };
diag sprintf '%d kills (%s), %d replies 4xx, %d lost connections', scalar @{ $ended{killed} },
	join(', ', map { "$killed{$_} $_" } sort keys %killed), $ended{temporary}, $ended{lost};

is scalar @{ $ended{killed} }, $kills, "$kills processes were killed";
is_deeply $ended{given_up}, [], 'every message came to an end';
check_arrivals();
ok $gate->daemon->is_running, 'the supervisor is still there';
is $gate->send(message => plain())->{reply}->code, 250, 'and mail is taken';
done_testing;

# Each sender is a process that writes a line for what became of a message. A process is killed after every so many lines, so that
# the kills are spread over the whole storm however fast it goes.
sub storm {
	my %ended = (killed => [], given_up => [], temporary => 0, lost => 0);
	my $done = 0;
	my $select = IO::Select->new(map { start_sender($_) } 0 .. $senders - 1);

	while ($select->count) {
		for my $pipe ($select->can_read) {
			my $line = <$pipe>;
			if (!defined $line) { $select->remove($pipe); next }
			$done++ if $line =~ /^(?:taken|refused|given_up)/;
			$ended{$1}++ if $line =~ /^(temporary|lost)/;
			push @{ $ended{given_up} }, $1 if $line =~ /^given_up (.*)/;
		}
		kill_one(\%ended) while @{ $ended{killed} } < $kills && $done >= (@{ $ended{killed} } + 1) * $messages / ($kills + 1);
	}
	return %ended;
}

# The next of @roles; when there is no such process just now, as soon as there is one.
sub kill_one {
	my ($ended) = @_;
	my $role = $roles[@{ $ended->{killed} }];

	wait_until(60, sub { $gate->daemon->kill_role($role) }) or BAIL_OUT("there is no $role: " . $gate->daemon->log);
	push @{ $ended->{killed} }, $role;
}

# Every tenth message is infected: it must end in a refusal, however often it has to be tried.
sub start_sender {
	my ($sender) = @_;

	pipe my $in, my $out or die "pipe: $!";
	my $pid = fork // die "fork: $!";
	if ($pid) {
		at_end(sub { kill KILL => $pid unless reap($pid) });
		return $in;
	}
	$SIG{$_} = 'DEFAULT' for qw(INT TERM HUP PIPE);
	select $out;
	$| = 1;
	for (my $number = $sender; $number < $messages; $number += $senders) {
		send_one($number, $number % 10 == 7);
	}
	POSIX::_exit(0);
}

sub send_one {
	my ($number, $infected) = @_;
	my $message = attached(id => "<storm-$number\@ext.example>", name => 'file.bin',
		bytes => ($infected ? eicar() : "clean $number\n" . 'x' x (100 * ($number % 50))));

	for my $try (1 .. $retries_max) {
		my $reply = $gate->send(message => $message, pause => rand $pause)->{reply};
		return print "taken $number\n" if $reply->is_ok;
		return print "refused $number\n" if $reply->is_refusal && $infected;
		return print "given_up $number: $reply\n" if $reply->is_refusal;
		print $reply->code ? "temporary $number\n" : "lost $number\n";
		sleep 0.5;
	}
	print "given_up $number: after $retries_max tries\n";
}

sub check_arrivals {
	my (%seen, @unmarked, @unscanned, @infected);

	ok $gate->postfix->wait_empty(120), 'the queue is empty: what was taken was delivered';
	for my $mail ($gate->sink->messages) {
		my ($number) = $mail->message_id =~ /^<storm-(\d+)@/ or next;
		$seen{$number}++;
		push @unmarked, $number unless ($mail->header('X-Octroi-Verdict') // '') =~ /^accept; id=/;
		push @unscanned, $number unless ($mail->header('X-Virus-Status') // '') eq 'Clean';
		push @infected, $number if $number % 10 == 7;
	}
	is_deeply [grep { !$seen{$_} && $_ % 10 != 7 } 0 .. $messages - 1], [], 'none is lost';
	is_deeply \@unmarked, [], 'none without X-Octroi-Verdict';
	is_deeply \@unscanned, [], 'none unscanned';
	is_deeply \@infected, [], 'none infected';
	# whoever lost the connection before the answer may send again what was taken
	my $more = sum0(map { $_ - 1 } values %seen);
	cmp_ok $more, '<=', $ended{lost}, "delivered more than once: $more, no more than connections were lost";
}
