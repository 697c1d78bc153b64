#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# Octroi::Milter and t/bench/load against filters whose answers are known: what tests the filter must itself be right.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use File::Temp qw(tempdir);
use IO::Socket::UNIX;
use JSON::PP;
use Octroi::Milter;
use Test::More;
use Time::HiRes qw(time sleep);

my $build = $ENV{OCTROI_BUILDDIR} || "$FindBin::Bin/../..";
my $dir = tempdir('octroi-peer-XXXXXX', TMPDIR => 1, CLEANUP => 1);
my %filters;

sub start_filter
{
	my ($name, $program, @args) = @_;
	my $pid = fork;

	die "fork: $!" unless defined $pid;
	if (!$pid) {
		exec "$build/$program", "unix:$dir/$name", @args or die "$build/$program: $!";
	}
	$filters{$name} = $pid;
	return "unix:$dir/$name";
}

sub stop_filter
{
	my ($name) = @_;

	# SIGTERM through libmilter waits for live sessions.
	kill KILL => $filters{$name};
	waitpid delete $filters{$name}, 0;
}

my $owner = $$;
$SIG{$_} = sub { exit 1 } for qw(INT TERM HUP);
END {
	my $status = $?;
	return if $$ != $owner;
	stop_filter($_) for keys %filters;
	$? = $status;
}

sub greeted
{
	my ($socket, %offer) = @_;
	my $mta = Octroi::Milter->new(socket => $socket);
	my $agreed = $mta->negotiate(%offer);

	is($agreed->{answer}, 'continue', 'negotiates') or diag explain $agreed;
	$mta->connect('mail.example.org', '192.0.2.9');
	$mta->helo('mail.example.org');
	return $mta;
}

sub script
{
	my ($mta, @lines) = @_;

	return $mta->message(from => '<a@example.org>', rcpt => ['<b@example.com>'],
		headers => [['Subject', ' hello'], map { ['X-Script', " $_"] } @lines], body => "text\r\n");
}

sub edits_of
{
	my ($reply, $name) = @_;

	return grep { $_->{edit} eq $name } @{ $reply->{edits} };
}

my $noop = start_filter('noop', 't/bench/noop_filter');
my $scripted = start_filter('scripted', 't/lib/scripted_filter');

subtest 'a_filter_that_answers_nothing_answers_the_end' => sub {
	my $mta = Octroi::Milter->new(socket => $noop);
	my $agreed = $mta->negotiate;
	ok($agreed->{steps} & Octroi::Milter::NR_BODY, 'no answer to a chunk');
	is($mta->connect('x', '2001:db8::1')->{answer}, 'none', 'connect');
	is($mta->helo('x')->{answer}, 'none', 'helo');
	is($mta->unknown('FOO')->{answer}, 'unsent', 'an unwanted command is not sent');
	my $end = $mta->message(from => '<>', rcpt => ['<b@example.com>'], text => "Subject: x\n folded\n\nbody\n");
	is($end->{answer}, 'continue', 'eom');
	is_deeply($end->{edits}, [], 'no edits');
	ok($mta->quit, 'the filter closes after QUIT');
};

subtest 'every_step_is_answered_where_silence_was_not_offered' => sub {
	my $mta = greeted($noop, steps => 0x1ff);
	is($mta->mail('<a@example.org>')->{answer}, 'continue', 'libmilter speaks for a filter that does not');
};

subtest 'answers_of_the_end' => sub {
	my $mta = greeted($scripted);
	my @rows = (
		[accept => 'accept'], [reject => 'reject'], [tempfail => 'tempfail'], [discard => 'discard'],
		['reply 550 5.7.1 no thanks' => 'reject', '550 5.7.1 no thanks'],
		['reply 451 4.7.1 later' => 'tempfail', '451 4.7.1 later'],
		['reply 550 5.7.1 100%% sure' => 'reject', '550 5.7.1 100% sure'],
		['reply 421 4.7.0 bye' => 'shutdown', '421 4.7.0 bye'],
	);
	for my $row (@rows) {
		my ($line, $answer, $text) = @$row;
		my $end = script($mta, $line);
		is($end->{answer}, $answer, $line) or diag explain $end;
		is($end->{text}, $text, "$line: text") if defined $text;
		is($end->{phase}, 'eom', "$line: phase");
		$mta->abort;
	}
	is(script($mta)->{answer}, 'continue', 'the session goes on');
};

subtest 'a_reply_of_another_class_is_malformed' => sub {
	my $mta = greeted($scripted);
	is(script($mta, 'reply 550 4.7.1 confused')->{answer}, 'malformed', 'Postfix would drop such a filter');
};

subtest 'edits' => sub {
	my $mta = greeted($scripted);
	my $end = script($mta, 'add X-A one', 'insert 0 X-B two words', 'change 2 Subject new', 'delete 1 X-C', 'quarantine held here',
		'addrcpt <c@example.com>', 'addrcptpar <d@example.com> NOTIFY=NEVER', 'delrcpt <b@example.com>', 'from <z@example.org>',
		'body new body', 'progress', 'progress');
	is($end->{answer}, 'continue', 'accepted');
	is($end->{progress}, 2, 'progress is counted');
	is_deeply((edits_of($end, 'insert_header'))[0], { edit => 'insert_header', index => 0, name => 'X-B', value => 'two words' },
		'insert') or diag explain $end->{edits};
	is_deeply([edits_of($end, 'change_header')], [
		{ edit => 'change_header', index => 2, name => 'Subject', value => 'new' },
		{ edit => 'change_header', index => 1, name => 'X-C', value => '' } ], 'change and delete') or diag explain $end->{edits};
	is((edits_of($end, 'quarantine'))[0]{value}, 'held here', 'quarantine');
	is((edits_of($end, 'add_rcpt'))[0]{name}, '<c@example.com>', 'add recipient');
	is_deeply((edits_of($end, 'add_rcpt_par'))[0], { edit => 'add_rcpt_par', name => '<d@example.com>', value => 'NOTIFY=NEVER' }, 'with arguments');
	is((edits_of($end, 'delete_rcpt'))[0]{name}, '<b@example.com>', 'delete recipient');
	is((edits_of($end, 'change_from'))[0]{name}, '<z@example.org>', 'change sender');
	is((edits_of($end, 'replace_body'))[0]{value}, 'new body', 'replace body');
};

subtest 'what_the_filter_sees' => sub {
	my $mta = greeted($scripted);
	my $seen = sub { my ($end) = @_; return (grep { $_->{name} eq 'X-Seen' } @{ $end->{edits} })[0]{value} };
	my $text = join '', map { "$_: x\n" } 'A' .. 'E';
	like($seen->($mta->message(from => '<>', rcpt => ['<b@example.com>'], text => "$text\n" . "0123456789\n" x 20000)),
		qr/^headers=5 body=240000$/, 'all headers and four chunks, lines with CRLF');
	like($seen->($mta->message(from => '<>', rcpt => ['<b@example.com>'], text => "A: x\n\n")), qr/^headers=1 body=0$/, 'no body');
};

subtest 'macros' => sub {
	my $mta = Octroi::Milter->new(socket => $scripted);
	my $agreed = $mta->negotiate;
	is($agreed->{lists}{mail}, '{auth_authen} {mail_addr}', 'list for MAIL');
	is($agreed->{lists}{eom}, 'i', 'list for EOM');
	$mta->macros(mail => { '{auth_authen}' => 'bob' }, eom => { i => '4ABC' });
	$mta->connect('x', '192.0.2.9');
	$mta->helo('x');
	my @values = map { $_->{value} } grep { $_->{name} eq 'X-Macro' } @{ script($mta, 'macro {auth_authen}', 'macro i', 'macro {x}')->{edits} };
	is_deeply(\@values, ['bob', '4ABC', '(none)'], 'values arrive');
};

subtest 'refusals_before_the_end' => sub {
	my $mta = greeted($scripted);
	is($mta->message(from => '<tempfail@example.org>', rcpt => ['<b@example.com>'])->{phase}, 'mail', 'at MAIL');
	$mta->abort;
	my $end = $mta->message(from => '<a@example.org>', rcpt => ['<reject@example.com>', '<b@example.com>'], headers => [['A', ' x']]);
	is($end->{answer}, 'continue', 'one recipient is left');
	is($end->{refused}{'<reject@example.com>'}{answer}, 'reject', 'the other was refused');
	$end = $mta->message(from => '<a@example.org>', rcpt => ['<reject@example.com>', '<tempfail@example.com>']);
	is("$end->{phase} $end->{answer}", 'rcpt tempfail', 'none is left');
	is(Octroi::Milter->new(socket => $scripted)->negotiate->{answer}, 'continue', 'another session meanwhile');
	$mta = Octroi::Milter->new(socket => $scripted);
	$mta->negotiate;
	$mta->connect('x', undef);
	is($mta->helo('reject.example')->{answer}, 'reject', 'at HELO');
};

subtest 'a_second_session_on_the_same_connection' => sub {
	my $mta = greeted($scripted);
	script($mta);
	$mta->quit_nc;
	is($mta->connect('y', '192.0.2.10')->{answer}, 'continue', 'CONNECT after QUIT_NC');
	is($mta->helo('y')->{answer}, 'continue', 'HELO');
	is(script($mta)->{answer}, 'continue', 'message');
};

subtest 'a_peer_that_breaks_the_protocol_loses_its_session_alone_MLT_01' => sub {
	my $bystander = greeted($noop);
	for my $bytes (pack('N', 0), pack('N', 70000), pack('N', 0x7fffffff), pack('N', 0xffffffff)) {
		my $mta = Octroi::Milter->new(socket => $noop, timeout => 5);
		$mta->bytes($bytes . 'xxxx');
		is($mta->read_packet->{answer}, 'closed', 'closed after ' . unpack 'H*', $bytes);
	}
	is(script($bystander)->{answer}, 'continue', 'the bystander is served');
};

# A filter of our own making answers with bytes that no libmilter would send.
subtest 'malformed_answers' => sub {
	my $agree = pack 'N a N3', 13, 'O', 6, 0x1ff, 0;
	my @rows = (
		['length_zero', pack('N', 0), 'malformed'], ['length_huge', pack('N', 0xffffffff), 'malformed'],
		['unknown_code', pack('N a', 1, '?'), 'malformed'], ['data_after_continue', pack('N a a', 2, 'c', 'x'), 'malformed'],
		['reply_without_nul', pack('N a a*', 4, 'y', '550'), 'malformed'], ['edit_cut_short', pack('N a a*', 3, 'i', 'xx'), 'malformed'],
		['eof', '', 'closed'], ['half_a_packet', pack('N a', 9, 'c'), 'closed'],
	);
	for my $row (@rows) {
		my ($name, $bytes, $answer) = @$row;
		my $listener = IO::Socket::UNIX->new(Type => SOCK_STREAM, Local => "$dir/fake-$name", Listen => 5) or die "listen: $!";
		my $pid = fork;
		if (!$pid) {
			my $peer = $listener->accept;
			sysread $peer, my $offer, 17;
			syswrite $peer, $agree . $bytes;
			shutdown $peer, 1;
			1 while sysread $peer, my $rest, 4096;
			require POSIX;
			POSIX::_exit(0);
		}
		my $mta = Octroi::Milter->new(socket => "unix:$dir/fake-$name");
		$mta->negotiate;
		is($mta->eom->{answer}, $answer, $name);
		$mta->close;
		waitpid $pid, 0;
	}
};

subtest 'a_silent_filter_is_a_timeout' => sub {
	my $listener = IO::Socket::UNIX->new(Type => SOCK_STREAM, Local => "$dir/silent", Listen => 5) or die "listen: $!";
	is(Octroi::Milter->new(socket => "unix:$dir/silent", timeout => 0.2)->negotiate->{answer}, 'timeout', 'negotiation');
	ok(!Octroi::Milter->new(socket => "unix:$dir/nobody", must_connect => 0), 'nobody listens');
};

# --- the load generator, whose outcomes must add up to the truth

sub mail_file
{
	my ($corpus, $name, $text) = @_;

	mkdir "$dir/$corpus";
	open my $file, '>', "$dir/$corpus/$name.eml" or die "$corpus/$name: $!";
	print $file $text;
	close $file;
	return "$dir/$corpus";
}

sub load
{
	my (@args) = @_;

	open my $out, '-|', "$build/t/bench/load", '--json', @args or die "load: $!";
	my $text = do { local $/; <$out> };
	close $out;
	return $? == 0 ? decode_json($text) : die "load @args: exit $?";
}

sub outcomes
{
	my ($figures) = @_;
	my %seen = map { $_ => $figures->{plain}{outcomes}{$_} + $figures->{slow}{outcomes}{$_} } keys %{ $figures->{plain}{outcomes} };

	return { map { $_ => $seen{$_} } grep { $seen{$_} } keys %seen };
}

my $clean = mail_file('clean', 'a', "Subject: x\n folded\n\nhello\n");

subtest 'load_counts_each_outcome' => sub {
	my @verbs = ('accept', 'reject', 'tempfail', 'discard', 'quarantine q', 'reply 550 5.7.1 no', 'reply 421 4.3.0 bye', 'add X-Mark m');
	my $corpus;
	$corpus = mail_file('verbs', "m$_", "Subject: x\nX-Script: $verbs[$_]\n\nhello\n") for 0 .. $#verbs;
	for my $extra ([], ['--quit-nc'], ['--per-session', 7], ['--no-abort'], ['--rcpt', 'reject@example.com', '--rcpt', 'b@example.com']) {
		my $figures = load('--socket', $scripted, '--corpus', $corpus, '--connections', 4, '--messages', 80, '--require-header', 'X-Mark', @$extra);
		is_deeply(outcomes($figures), { accept => 20, reject => 20, tempfail => 20, discard => 10, quarantine => 10 }, "outcomes @$extra")
			or diag explain $figures;
		is($figures->{plain}{unmarked}, 10, 'accepted without the header');
		is($figures->{plain}{latency_ms}{message}{count}, 80, 'each message has its latency');
		is($figures->{sessions}{dropped} + $figures->{sessions}{refused}, 0, 'no session lost');
	}
};

subtest 'load_counts_refusals_before_the_end' => sub {
	my @run = ('--socket', $scripted, '--corpus', $clean, '--messages', 6, '--connections', 2, '--per-session', 3);
	is_deeply(outcomes(load(@run, '--from', 'tempfail@example.org')), { tempfail => 6 }, 'at MAIL');
	is_deeply(outcomes(load(@run, '--rcpt', 'reject@example.com')), { reject => 6 }, 'at RCPT');
	is_deeply(outcomes(load(@run, '--helo', 'reject.example')), { reject => 6 }, 'at HELO');
	is_deeply(outcomes(load(@run, '--from', 'discard@example.org')), { discard => 6 }, 'discard at MAIL');
};

subtest 'load_tells_slow_from_others' => sub {
	my $figures = load('--socket', $scripted, '--corpus', $clean, '--messages', 12, '--connections', 4,
		'--mix', 'slow=X-Script: sleep 50,share=0.5');
	is_deeply(outcomes($figures), { accept => 12 }, 'all accepted');
	cmp_ok($figures->{slow}{messages}, '>', 0, 'some were slow');
	cmp_ok($figures->{plain}{messages}, '>', 0, 'some were not');
	cmp_ok($figures->{slow}{latency_ms}{eom}{p50}, '>=', 50, 'slow ones took what they asked for');
};

subtest 'load_counts_a_filter_that_dies_or_is_away' => sub {
	my $corpus = mail_file('exit', 'a', "Subject: x\nX-Script: exit\n\nhello\n");
	my $mortal = start_filter('mortal', 't/lib/scripted_filter');
	Octroi::Milter->new(socket => $mortal)->close;
	my $figures = load('--socket', $mortal, '--corpus', $corpus, '--messages', 5);
	is_deeply(outcomes($figures), { dropped => 1, refused => 4 }, 'one dropped, the others refused') or diag explain $figures;
	is($figures->{sessions}{refused}, 4, 'refused connections');
	is($figures->{sessions}{dropped}, 1, 'dropped sessions');
	is_deeply(outcomes(load('--socket', 'inet:1@127.0.0.1', '--corpus', $clean, '--messages', 3)), { refused => 3 }, 'nobody listens on TCP');
};

subtest 'load_keeps_idle_connections' => sub {
	my $figures = load('--socket', $noop, '--idle', 200, '--seconds', 1);
	is($figures->{idle}{open}, 200, 'all still open') or diag explain $figures;
	is($figures->{sessions}{opened}, 200, 'all agreed');
	$figures = load('--socket', $noop, '--idle', 50, '--corpus', $clean, '--connections', 2, '--messages', 20);
	is_deeply(outcomes($figures), { accept => 20 }, 'messages beside them');
	is($figures->{idle}{open}, 50, 'and they stayed');
};

subtest 'load_drives_a_filter_that_answers_every_step' => sub {
	my $speaking = start_filter('speaking', 't/bench/noop_filter', '--reply');
	Octroi::Milter->new(socket => $speaking)->close;
	my $big = mail_file('big', 'a', "Subject: x\n\n" . "0123456789\n" x 100000);
	is_deeply(outcomes(load('--socket', $speaking, '--corpus', $big, '--messages', 20, '--connections', 4)), { accept => 20 }, 'speaking');
	is_deeply(outcomes(load('--socket', $noop, '--corpus', $big, '--messages', 20, '--connections', 4, '--rate', 100)), { accept => 20 }, 'silent');
};

done_testing;
