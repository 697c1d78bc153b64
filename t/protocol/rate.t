#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# Limits through the daemon: exact for sessions in parallel, given back by those who leave, and not forgotten when processes are killed
# (threats ID-08, ID-09).
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Octroi::Process qw(wait_until);
use Octroi::Service qw(greet);
use POSIX ();
use Test::More;

my $limit = 100;
my $service = Octroi::Service->new;

sub limits { return "rate \"test\" { per = sender limit = \"$_[0]\" }\naccount { rate = \"7/1h\" unlisted = any }\n" }

my $daemon = Octroi::Daemon->start(binary => $service->binary, dir => $service->dir . '/rate', conf => $service->conf . limits("$limit/1h"));
my $socket = 'unix:' . $daemon->socket_file;

# The answer to a message of this sender: that at RCPT when it was refused there.
sub send_from {
	my ($mta, $sender, %args) = @_;
	my $rcpt;

	$mta->macros(mail => { '{auth_authen}' => $args{login} // '' });
	$mta->mail("<$sender>");
	$rcpt = $mta->rcpt($_) for @{ $args{rcpt} // ['<u@ours.example>'] };
	if ($rcpt->{answer} ne 'continue') {
		$mta->abort;
		return $rcpt;
	}
	$mta->data;
	$mta->header('From', " $sender");
	$mta->eoh;
	$mta->body("hello\r\n");
	return $mta->eom;
}

sub send_once {
	my ($sender, %args) = @_;
	my $mta = greet($socket) or die 'nobody answers';
	my $answer = send_from($mta, $sender, %args);

	$mta->quit;
	return $answer;
}

# So many sessions at once, each of which sends that many messages. Returns how often each answer was given.
sub send_in_parallel {
	my ($sessions, $messages, $sender) = @_;
	my (%sum, @from);

	pipe my $wait, my $go or die "pipe: $!";
	for (1 .. $sessions) {
		pipe my $in, my $out or die "pipe: $!";
		my $pid = fork // die "fork: $!";
		if (!$pid) {
			close $go;
			my $mta = greet($socket);
			sysread $wait, my $none, 1;	# all start together
			print $out send_from($mta, $sender)->{answer}, "\n" for 1 .. $messages;
			close $out;
			POSIX::_exit(0);
		}
		close $out;
		push @from, [$pid, $in];
	}
	close $go;
	for my $one (@from) {
		my ($pid, $in) = @$one;
		chomp, $sum{$_}++ for readline $in;
		waitpid $pid, 0;
	}
	return %sum;
}

subtest 'fifty sessions at the edge of a limit of 100: exactly 100 pass' => sub {
	my %answers = send_in_parallel(50, 4, 'edge@ext.example');
	is($answers{continue}, $limit, 'let in');
	is($answers{tempfail} // 0, 200 - $limit, 'deferred') or diag explain \%answers;
};

subtest 'the reply says until when, and the record names the limit' => sub {
	my $answer = send_once('edge@ext.example');
	like($answer->{text}, qr/^450 4\.7\.1 sender edge\@ext\.example has had 100 messages in 1h \(rate "test"\): no more until [-0-9: ]+ UTC/,
		'the reply');
	like($daemon->log, qr/by="?rate:exceeded/, 'the log') or diag $daemon->log;
	is(send_once('other@ext.example')->{answer}, 'continue', 'another sender is not concerned');
};

subtest 'who leaves before the end has used up nothing' => sub {
	for my $way (1 .. 2 * $limit) {
		my $mta = greet($socket) or last;
		$mta->mail('<leaver@ext.example>');
		$mta->rcpt('<u@ours.example>') if $way % 2;
		$way % 3 ? $mta->quit : $mta->close;
	}
	ok(wait_until(20, sub { send_once('leaver@ext.example')->{answer} eq 'continue' }), 'the next message is taken');
};

subtest 'the filter is killed, then all of it, then it is stopped: the limit stands' => sub {
	is(send_once('edge@ext.example')->{answer}, 'tempfail', 'before') or return;
	ok($daemon->kill_role('filter'), 'kill -9 of the filter');
	ok(wait_until(20, sub { $daemon->answers }), 'another one answers');
	is(send_once('edge@ext.example')->{answer}, 'tempfail', 'the limit stands');
	kill KILL => $daemon->pid;
	ok(wait_until(20, sub { !$daemon->is_running }), 'kill -9 of the supervisor');
	ok(wait_until(20, sub { !$daemon->pids('filter') }), 'the filter ends');
	$daemon->launch;
	is(send_once('edge@ext.example')->{answer}, 'tempfail', 'the limit stands');
	is(send_once('other@ext.example')->{answer}, 'continue', 'and is that of one sender alone');
	$daemon->stop;
	$daemon->launch;
	is(send_once('edge@ext.example')->{answer}, 'tempfail', 'after a proper stop, too');
};

subtest 'a configuration with a higher limit knows what was counted' => sub {
	$daemon->configure($service->conf . limits(($limit + 2) . '/1h'));
	ok($daemon->reload, 'reload');
	is(join(' ', map { send_once('edge@ext.example')->{answer} } 1 .. 3), 'continue continue tempfail', 'there is room for two more');
};

subtest 'recipients of an account' => sub {
	my %alice = (login => 'alice', rcpt => [('<u@ext.example>') x 3]);
	is(send_once('alice@ours.example', %alice)->{answer}, 'continue', "message $_") for 1 .. 2;
	like(send_once('alice@ours.example', %alice)->{text}, qr/^450 4\.7\.1 login alice has had 7 recipients in 1h: no more until /,
		'the eighth is deferred');
	is(send_once('alice@ours.example', login => 'alice')->{answer}, 'continue', 'what was given back is there for a seventh');
};

subtest 'a counter file that is damaged does not keep it from starting' => sub {
	my $file = $daemon->state_directory . '/counters';
	ok(-s $file, 'the file is there');
	$daemon->stop;
	truncate $file, 10000 or die "$file: $!";
	$daemon->launch;
	is(send_once('edge@ext.example')->{answer}, 'continue', 'it begins afresh');
};

done_testing;
