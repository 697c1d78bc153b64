#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# What the journal tells afterwards: octroi explain, search, who and report, of decisions that the daemon made.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use JSON::PP ();
use Octroi::Daemon;
use Octroi::Dns;
use Octroi::Gate;
use Octroi::Mail;
use Octroi::Milter;
use Octroi::Process qw(slurp temp_directory wait_until);
use POSIX ();
use Test::More;

plan skip_all => 'OCTROI names no program' unless defined Octroi::Gate::binary();
plan skip_all => Octroi::Dns::missing() if Octroi::Dns::missing();

my $octroi = Octroi::Gate::binary();
my $dir = temp_directory();
my $dns = Octroi::Dns->start(zone => <<'END');
good.example TXT "v=spf1 ip4:203.0.113.0/24 -all"
bad.example TXT "v=spf1 -all"
soft.example TXT "v=spf1 ~all"
slow.example !silent
9.113.0.203.zen.example A 127.0.0.2
9.113.0.203.zen.example TXT "listed for the test"
END
my $common = <<"END";
listen = "unix:\$dir/run/octroi.sock"
user = "nobody"
authserv_id = "gw.ours.example"
domains = { "ours.example" }
log = stderr
resolver { forward = { "@{[ $dns->forward ]}" }  dnssec = no  timeout = "1s" }
journal { subjects = yes }
iprev { enabled = no }
END

# Runs a command of the program: its exit status, what it prints, what it complains about.
sub octroi {
	my ($daemon, $command, @words) = @_;
	my $pid = fork // die "fork: $!";

	if (!$pid) {
		open STDOUT, '>', "$dir/out";
		open STDERR, '>', "$dir/err";
		$ENV{TZ} = 'UTC0';
		exec { $octroi } $octroi, $command, '--config', $daemon->config_file, @words or POSIX::_exit(127);
	}
	waitpid $pid, 0;
	return ($? >> 8, slurp("$dir/out"), slurp("$dir/err"));
}

# What explain says, once the journal has it: what is sent is written a moment later.
sub explained {
	my ($daemon, $id) = @_;
	my ($status, $out, $err);

	wait_until(20, sub { ($status, $out, $err) = octroi($daemon, 'explain', $id); $status == 0 });
	return $status == 0 ? $out =~ s/\s+/ /gr : "nothing: $err";
}

# One message, as far as it comes: the answer that settled it.
sub send_mail {
	my ($daemon, %args) = @_;
	my $mta = Octroi::Milter->new(socket => 'unix:' . $daemon->socket_file, timeout => 60);
	my $over = qr/^(?:reject|tempfail|closed|timeout|malformed)\z/;

	$mta->negotiate;
	$mta->macros(connect => { j => 'mx.ours.example', '{daemon_name}' => 'MTA' }, helo => { '{tls_version}' => 'TLSv1.3' },
		mail => { defined $args{login} ? ('{auth_authen}' => $args{login}, '{auth_type}' => 'PLAIN') : (), '{tls_version}' => 'TLSv1.3' },
		map { $_ => { i => $args{queue_id} // '4XkT2z1ABCz' } } qw(rcpt data eoh eom));
	my @steps = (sub { $mta->connect('mx.ext.example', $args{client} // '203.0.113.7') }, sub { $mta->helo($args{helo} // 'mx.good.example') },
		sub { $mta->mail($args{from} // '<a@good.example>') }, map { my $rcpt = $_; sub { $mta->rcpt($rcpt) } } @{ $args{rcpt} // ['<u@ours.example>'] });
	my ($refused, $taken);
	for my $i (0 .. $#steps) {
		my $reply = $steps[$i]->();
		$taken = 1 if $i > 2 && $reply->{answer} !~ $over;
		next if $reply->{answer} !~ $over;
		$refused = $reply;
		last if $i <= 2;
	}
	if (!$taken) {
		$mta->abort;
		$mta->quit;
		return $refused;
	}
	$mta->data;
	my ($header, $body) = split /\n\n/, $args{message} // Octroi::Mail::plain(), 2;
	$mta->header($1, $2) while $header =~ /^([^:\s]+):((?:.|\n[ \t])*)/mg;
	$mta->eoh;
	$mta->body($body =~ s/\r?\n/\r\n/gr);
	my $end = $mta->eom;
	$mta->quit;
	return $end;
}

sub id_of {
	my ($reply) = @_;

	return ($reply->{text} // '') =~ /\[([0-9A-Z]{4}-[0-9A-Z]{4})\]/ ? $1 : "no id in " . ($reply->{text} // $reply->{answer});
}

# Of a message that was taken, the id stands in the header that it got.
sub id_of_taken {
	my ($reply) = @_;
	my ($edit) = grep { ($_->{name} // '') eq 'X-Octroi-Verdict' } @{ $reply->{edits} // [] };

	return ($edit->{value} // '') =~ /id=([0-9A-Z-]{9})/ ? $1 : "no id: $reply->{answer}";
}

my $door = Octroi::Daemon->start(binary => $octroi, dir => "$dir/door", conf => $common . <<'END');
refuse_at = connect
session { deny = { "198.51.100.0/24" } }
spf { enabled = no }  dkim { enabled = no }  dmarc { enabled = no }  content { enabled = no }  antivirus { enabled = no }
END
my $gate = Octroi::Daemon->start(binary => $octroi, dir => "$dir/gate", files => { logins => "bob bob\@ours.example\n" }, conf => $common . <<"END");
account { senders = "file:\$dir/logins" }
helo { enabled = no }  dkim { enabled = no }  dmarc { enabled = no }
spf {
    on_softfail = 4.0
    on_helo_fail = accept
    on_fail = "observe reject, submission: reject"
}
dnsbl "zen.example" { on_listed = reject  self_test = no }
antivirus { database = "$Octroi::Gate::tree/t/data/clamav" }
attachment { on_denied = tag  on_encrypted = quarantine }
score { tag = 3 }
END

subtest 'explain: ids of refusals that never had a queue id' => sub {
	send_mail($door, client => '198.51.100.9');
	my ($id) = wait_until(20, sub { $door->log =~ /id=(\S+) client=198\.51\.100\.9 / && $1 });
	my $text = explained($door, $id);
	like $text, qr/^\Q$id\E: a session, which ended before anything was sent, refused \(reject\)\./, 'refused at connect';
	like $text, qr/session:denied did: reject, by default\. The sender was told: 554 5\.7\.1 sessions from 198\.51\.100\.9/, 'by whom';
	like $text, qr/Would change it: taking the address out of session\.deny/, 'what would change it';

	$id = id_of(send_mail($door, helo => 'gw.ours.example'));
	like explained($door, $id), qr/refused \(reject\).*It called itself "gw\.ours\.example".*helo:own did: reject/, 'refused at HELO';

	$id = id_of(send_mail($gate, from => '<a@b@c>'));
	like explained($gate, $id), qr/an attempt to send.*limits:malformed_sender did: reject, by default\..*501 5\.1\.7 .*Would change it: a correct address/,
		'refused at MAIL';

	$id = id_of(send_mail($gate, rcpt => ['<v@other.example>']));
	like explained($gate, $id), qr/<v\@other\.example> was refused by relay:denied, by default\. It was told: 550 5\.7\.1 relaying denied/,
		'refused at RCPT';

	$id = id_of(send_mail($gate, client => '203.0.113.9'));
	like explained($gate, $id), qr/dnsbl:listed(?: did: reject)?, by line \d+ of \S+milter\.conf: dnsbl "zen\.example" \{ on_listed = reject/,
		'by a list, at RCPT or later: the line of milter.conf is quoted';
};

subtest 'explain: messages' => sub {
	my $id = id_of(send_mail($gate, login => 'bob', from => '<bob@ours.example>', rcpt => ['<v@other.example>'],
		message => "From: ceo\@ours.example\nSubject: x\n\nx\n"));
	like explained($gate, $id), qr/\(submission\), refused.*It had logged in as bob\..*account:foreign_from did: reject.*login bob may not write as/,
		'a login with another author';

	$id = id_of_taken(send_mail($gate, login => 'bob', from => '<bob@ours.example>', rcpt => ['<v@other.example>', '<w@other.example>'],
		message => "From: bob\@ours.example\nMessage-ID: <one\@ours.example>\nSubject: an offer\n\nx\n"));
	my $text = explained($gate, lc $id);
	like $text, qr/let in\..*encrypted \(TLSv1\.3\).*Its subject was "an offer"\. Its Message-ID was <one\@ours\.example>\./, 'let in';
	like $text, qr/<w\@other\.example> was let in \(ground auth\): the client had logged in as bob\./, 'on which ground';

	$id = id_of(send_mail($gate, queue_id => '4XkT2zVirus', message => Octroi::Mail::plain(body => Octroi::Mail::eicar() . "\n")));
	$text = explained($gate, $id);
	like $text, qr/antivirus:infected: virus found: .*<-- this decided.*The sender was told: 550 5\.7\.1 virus found/, 'a virus';
	is explained($gate, '4XkT2zVirus'), $text, 'is found by the queue id of the MTA, too';
	is explained($gate, '[' . $id =~ tr/-//dr =~ tr/01/OI/r . ']'), $text, 'and by its id as people type it';

	$id = id_of(send_mail($gate, from => '<a@slow.example>'));
	like explained($gate, $id), qr/deferred: the sender was told.*spf:temperror did: defer.*Would change it: a later try/, 'deferred';

	$id = id_of_taken(send_mail($gate, from => '<a@bad.example>'));
	like explained($gate, $id), qr/let in\..*spf:fail: .*would be reject, but is only observed.*it would have been reject \(spf:fail\)/, 'only observed';

	$id = id_of_taken(send_mail($gate, from => '<a@soft.example>'));
	like explained($gate, $id), qr/let in with a mark.*points of all checks together: 4\.0 \(spf:softfail \+4\.0\)\. So many mean tag, by line \d+ of/, 'by points';

	$id = id_of_taken(send_mail($gate, message => Octroi::Mail::attached(name => 'invoice.exe', bytes => Octroi::Mail::program())));
	like explained($gate, $id), qr/let in with a mark.*Attachment "invoice\.exe": \w+, .* sha256:[0-9a-f]{64}\..*attachment:denied did: tag/, 'tagged';

	send_mail($gate, queue_id => '4XkT2zHeld1', message => Octroi::Mail::attached(name => 'secret.zip', bytes => Octroi::Mail::encrypted_zip('x.txt', 'x', 'secret')));
	like explained($gate, '4XkT2zHeld1'), qr/held in quarantine\..*attachment:encrypted did: quarantine.*told that it was taken \(250\)/, 'held';
};

sub json_lines {
	return map { JSON::PP->new->utf8->decode($_) } split /\n/, $_[0];
}

subtest 'search' => sub {
	my ($status, $out, $err) = octroi($gate, 'search', 'login=bob', '--json');
	my @found = json_lines($out);
	is $status, 0, 'by login';
	is_deeply [sort map { $_->{verdict} } @found], ['accept', 'reject'], 'both of bob';
	($status, $out) = octroi($gate, 'search', '--domain', 'other.example', '--verdict', 'accept');
	is $status, 0, 'by the domain of a recipient, and a verdict';
	like $out, qr/^TIME +ID +VERDICT +FROM +TO +WHY\n\S+ \S+ [0-9A-Z]{4}-[0-9A-Z]{4} accept +bob\@ours\.example.* \+1 v\@other\.exa\S*\n\z/, 'a line for it';
	cmp_ok length $_, '<=', 100, 'that is no wider than 100 columns' for split /\n/, $out;
	for my $query (['from=<a@soft.example>'], ['--scanner', 'antivirus', '--outcome', 'infected'], ['subject=an offer'], ['message-id=<one@ours.example>'],
		['attachment=invoice'], ['client=203.0.113.9', 'verdict=reject', 'rcpt=u@ours.example'], ['header-from=ceo@ours.example'], ['verdict=quarantine'], ['queue-id=4xkt2zvirus'], ['rcpt=w@other.example']) {
		($status, $out) = octroi($gate, 'search', '--json', '--since', '2h', @$query);
		is scalar(json_lines($out)), 1, "@$query";
	}
	my ($file) = (json_lines((octroi($gate, 'search', '--json', 'attachment=invoice'))[1]))[0]{attachments}[0];
	is +(octroi($gate, 'search', "sha256:$file->{sha256}"))[0], 2, 'a word that is no FIELD=VALUE is not understood';
	is +(octroi($gate, 'search', "sha256=$file->{sha256}"))[0], 0, 'by the digest of a file';
	is scalar(json_lines((octroi($gate, 'search', '--json', '--limit', '3'))[1])), 3, 'so many';
	is +(octroi($gate, 'search', '--until', 'yesterday'))[0], 1, 'nothing found';
	is +(octroi($gate, 'search', '--since', 'soon'))[0], 2, 'no time';
	is +(octroi($gate, 'search', 'colour=red'))[0], 2, 'no field';
	is +(octroi($gate, 'search', '--state', "$dir/nowhere"))[0], 2, 'no journal';
};

subtest 'who' => sub {
	my ($status, $out) = octroi($gate, 'who', '--ascii', 'bob');
	is $status, 0, 'a login';
	like $out, qr/^bob \(login\)\n  First seen .*\n  Sent 2 messages to 3 recipients/, 'how much';
	like $out, qr/^Domains of its recipients\n +3  other\.example /m, 'to whom';
	like $out, qr/^ +1  account:foreign_from +550 5\.7\.1 /m, 'why it was refused';
	like $out, qr/^  \w{3} \d\d:00 +#{30} 3 recipients, 2 messages, 1 refused$/m, 'the timeline' or diag $out;
	unlike $out, qr/[^\x20-\x7e\n]/, 'in ASCII';
	for my $who ('203.0.113.9', '203.0.113.0/24', 'client:203.0.113.7', 'a@soft.example', 'u@ours.example') {
		($status, $out) = octroi($gate, 'who', '--json', $who);
		is $status, 0, $who;
		ok eval { JSON::PP->new->utf8->decode($out)->{first} }, "$who: since when";
	}
	is +(octroi($gate, 'who', 'nobody'))[0], 1, 'nobody';
	is +(octroi($gate, 'who'))[0], 2, 'who?';
};

subtest 'report' => sub {
	my ($status, $out) = octroi($gate, 'report', '--since', '1d');
	is $status, 0, 'of a day';
	like $out, qr/^  inbound +\d+ +\d+ +1 +1 +0 +[12] +\d+$/m, 'totals' or diag $out;
	like $out, qr/^ +1  reject antivirus:infected /m, 'reasons';
	like $out, qr/^Only observed: .*\n +1  reject \(spf:fail\)/m, 'what observe would have done';
	like $out, qr/^ +None of them is from somebody to whom one of ours had written before/m, 'no false alarm';
	like $out, qr/^ +1  spf:temperror /m, 'what could not tell';

	send_mail($gate, login => 'bob', from => '<bob@ours.example>', rcpt => ['<friend@bad.example>'], message => "From: bob\@ours.example\n\nx\n");
	send_mail($gate, from => '<friend@bad.example>');
	ok wait_until(20, sub { (octroi($gate, 'report'))[1] =~ /Likely false alarms, .*: 1 message\.\n    .* <friend\@bad\.example>: reject \(spf:fail\)/ }),
		'somebody to whom one of ours had written: a likely false alarm' or diag +(octroi($gate, 'report'))[1];
	($status, $out) = octroi($gate, 'report', '--json');
	my $report = JSON::PP->new->utf8->decode($out);
	is $report->{likely_false_alarms}, 1, 'for programs, too';
	is +(octroi($gate, 'report', '--until', '2026-01-01', '--since', '2025-12-31'))[0], 1, 'of a day long ago';
};

subtest 'commands that cannot be' => sub {
	is +(octroi($gate, 'explain', '0000-0000'))[0], 1, 'an id that nobody gave';
	is +(octroi($gate, 'explain'))[0], 2, 'no id';
	is +(octroi($gate, 'explain', 'a', 'b'))[0], 2, 'two ids';
	my ($status, $out, $err) = octroi($gate, 'explain', "\e[2J");
	is $status, 1, 'a hostile id (LOG-01)';
	unlike $err, qr/\e/, 'is not shown as it is';
};

done_testing;
