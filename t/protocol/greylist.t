#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# Greylisting through the daemon: what waits, who does not have to, and what is remembered over a restart.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Octroi::Process qw(wait_until);
use Octroi::Service qw(greet);
use Test::More;

my $service = Octroi::Service->new;

sub conf { return $service->conf . "greylist { enabled = yes delay = \"$_[0]\" }\naccount { unlisted = any }\n" }

my $daemon = Octroi::Daemon->start(binary => $service->binary, dir => $service->dir . '/greylist', conf => conf('1h'));
my $socket = 'unix:' . $daemon->socket_file;

# What is answered at the end of a message whose recipients are all accepted; at RCPT when they are not.
sub send_once {
	my ($sender, $rcpt, %args) = @_;
	my $mta = greet($socket, $args{client}) or die 'nobody answers';

	$mta->macros(mail => { '{auth_authen}' => $args{login} // '' });
	$mta->mail("<$sender>");
	my $answer = $mta->rcpt("<$rcpt>");
	return { %$answer, phase => 'rcpt' } if $answer->{answer} ne 'continue';
	$mta->data;
	$mta->header('From', " $sender");
	$mta->eoh;
	$mta->body("hello\r\n");
	$answer = $mta->eom;
	$mta->quit;
	return $answer;
}

sub answer_to { return send_once(@_)->{answer} }

subtest 'a stranger has to wait and is told until when' => sub {
	my $answer = send_once('a@ext.example', 'u@ours.example');
	is($answer->{answer}, 'tempfail', 'deferred, at the end of the message') or diag explain $answer;
	like($answer->{text}, qr/^450 4\.7\.1 not known here yet: please try again, this mail has to wait until [-0-9: ]+ UTC/, 'the reply');
	ok($daemon->record(by => 'greylist:greylisted'), 'the record names it');
	is(answer_to('a@ext.example', 'u@ours.example'), 'tempfail', 'at once again: the same');
};

subtest 'who does not have to wait' => sub {
	is(answer_to('bob@ours.example', 'friend@pals.example', login => 'bob'), 'continue', 'a login');
	is(answer_to('friend@pals.example', 'bob@ours.example'), 'continue', 'to whom it has written');
	is(answer_to('other@pals.example', 'bob@ours.example'), 'tempfail', 'but nobody else there');
	is(answer_to('', 'bob@ours.example'), 'continue', 'a bounce');
	is(answer_to('a@ext.example', 'postmaster@ours.example'), 'continue', 'who writes to postmaster');
};

subtest 'the first try and the correspondents survive kill -9 and a restart' => sub {
	kill KILL => $daemon->pid;
	ok(wait_until(20, sub { !$daemon->is_running && !$daemon->pids('filter') }), 'killed');
	$daemon->configure(conf('1s'));
	$daemon->launch;
	is(answer_to('friend@pals.example', 'bob@ours.example'), 'continue', 'a correspondent');
	ok(wait_until(20, sub { answer_to('a@ext.example', 'u@ours.example') eq 'continue' }), 'who has tried before');
};

subtest 'who has come again passes, also later' => sub {
	is(answer_to('new@ext.example', 'u@ours.example'), 'tempfail', 'deferred');
	ok(wait_until(20, sub { answer_to('new@ext.example', 'u@ours.example', client => '203.0.113.99') eq 'continue' }),
		'taken when it comes again, from a neighbour');
	$daemon->configure(conf('1h'));
	ok($daemon->reload, 'reload');
	is(answer_to('new@ext.example', 'u@ours.example'), 'continue', 'and at once from then on');
	is(answer_to('new@ext.example', 'u@ours.example', client => '198.51.100.1'), 'tempfail', 'but not from elsewhere');
};

done_testing;
