# SPDX-License-Identifier: GPL-2.0-or-later
# Our own quarantine through a real MTA: held, listed, released once, deleted, expired; a release passes what held it and nothing else
# (threats RES-01, OS-05, OS-06).
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use JSON::PP ();
use Test::More;
use Octroi::Gate;
use Octroi::Mail qw(attached eicar encrypted_zip);
use Octroi::Process qw(slurp spew wait_until);

my %append = (quarantine => <<'CONF', attachment => <<'CONF2');
	where    = own
	sendmail = "$dir/sendmail"
CONF
	on_encrypted  = quarantine
	on_denied     = quarantine
CONF2
my $gate = Octroi::Gate->start(append => \%append);
my $daemon = $gate->daemon;
my $spool = $daemon->state_directory . '/quarantine';
my $postfix_config = $gate->postfix->config_directory;

# sendmail(1) of the private Postfix, and a note of how it was called.
sub install_sendmail {
	my ($last) = @_;

	spew("$daemon->{dir}/sendmail", <<"EOT", 0755);
#!/bin/sh
id -u > $daemon->{dir}/sendmail.called
for word; do printf '%s\\n' "\$word"; done >> $daemon->{dir}/sendmail.called
$last
EOT
}
install_sendmail("exec /usr/sbin/sendmail -C $postfix_config \"\$@\"");

sub quarantine { return octroi('quarantine', @_) }

# octroi COMMAND ...: exit status, standard output, standard error.
sub octroi {
	my (@args) = @_;
	my @command = (Octroi::Gate::binary(), @args, '--config', $daemon->config_file);
	my $error_file = $gate->dir . '/stderr';

	# A process that works with another user's id may not be traced, and the leak checker does that; all else is still checked.
	local $ENV{ASAN_OPTIONS} = join ':', grep { length } $ENV{ASAN_OPTIONS} // '', 'detect_leaks=0';
	open my $saved, '>&', \*STDERR or die $!;
	open STDERR, '>', $error_file or die $!;
	open my $pipe, '-|', @command or die "@command: $!";
	my $out = do { local $/; <$pipe> } // '';
	close $pipe;
	my $status = $? >> 8;
	open STDERR, '>&', $saved or die $!;
	return { status => $status, out => $out, error => slurp($error_file) // '' };
}

sub listed { return map { JSON::PP::decode_json($_) } split /\n/, quarantine('list', '--json')->{out} }

sub secret {
	my ($text) = @_;
	my $message = attached(name => 'secret.zip', bytes => encrypted_zip('secret.txt', "nothing to see\n", 'infected'));

	$message =~ s/Please see the file\./$text/ if defined $text;
	return $message;
}

# Sends it and returns the id under which it is held.
sub hold {
	my ($name, %args) = @_;
	my $result = $gate->send(message => secret(), %args);

	is $result->{reply}->code, 250, "$name: the sender is told 250: $result->{reply}";
	my $record = $gate->record($result->{reply});
	is $record->{verdict}, 'quarantine', 'the record says quarantine' or diag $record->{line};
	return $record->{id};
}

sub arrived {
	my ($wanted, $seconds) = @_;

	return wait_until($seconds // 30, sub { (grep { $wanted->($_) } $gate->sink->messages)[0] });
}

# How many were delivered, the MTA's bounces aside.
sub letters { return scalar grep { $_->from !~ /^<?>?$/ } $gate->sink->messages }

my $id = hold('an encrypted attachment', rcpt => ['<u@ours.example>', '<v@ours.example>']);

subtest 'it is held here and nowhere else' => sub {
	is scalar($gate->postfix->queue), 0, 'the MTA has nothing';
	is letters(), 0, 'nothing was delivered';
	ok -f "$spool/$id", 'it is in the spool';
	is +(stat "$spool/$id")[2] & 07777, 0600, 'for nobody else to read';
	is +(stat $spool)[2] & 07777, 0700, 'as is the spool';
};

subtest 'list and show' => sub {
	my ($item) = listed();
	is $item->{id}, $id, 'listed';
	is $item->{held_by}, 'attachment:encrypted', 'with what held it';
	is_deeply $item->{recipients}, ['u@ours.example', 'v@ours.example'], 'and its recipients';
	like quarantine('list')->{out}, qr/^\Q$id\E .*attachment:encrypted/m, 'for people, too';
	my $shown = quarantine('show', lc $id)->{out};
	like $shown, qr/^mail from +<a\@ext\.example>$/m, 'the envelope';
	like $shown, qr/^attachment +secret\.zip/m, 'the attachment';
	like $shown, qr/^X-Octroi-Verdict: quarantine; id=\Q$id\E/m, 'the header as it would leave';
	my $raw = quarantine('show', $id, '--raw')->{out};
	is length $raw, $item->{size_bytes}, 'all its bytes';
	like $raw, qr/\A(?:[!-9;-~]+:[^\r\n]*\r\n(?:[ \t][^\r\n]*\r\n)*)+\r\n/, 'which are a message';
};

subtest 'a sendmail that fails leaves it held' => sub {
	install_sendmail('cat > /dev/null; exit 75');
	my $answer = quarantine('release', $id);
	is $answer->{status}, 1, 'told';
	like $answer->{error}, qr/it stays: .*75/, 'with the reason';
	is scalar(listed()), 1, 'still there';
	install_sendmail("exec /usr/sbin/sendmail -C $postfix_config \"\$@\"");
};

subtest 'release delivers it once, to all, with its headers' => sub {
	my $answer = quarantine('release', $id);
	is $answer->{status}, 0, 'released' or diag $answer->{error};
	is $answer->{error}, '', 'without a warning';
	my $mail = arrived(sub { $_[0]->header('X-Octroi-Verdict') }) or return fail('not delivered: ' . $gate->postfix->log);
	is_deeply [sort map { s/[<>]//gr } $mail->rcpts], ['u@ours.example', 'v@ours.example'], 'both recipients';
	like $mail->header('X-Octroi-Verdict'), qr/^accept;/, 'with a verdict of its own';
	is $mail->header('X-Octroi-Release'), undef, 'and without its mark';
	my @called = split /\n/, slurp("$daemon->{dir}/sendmail.called");
	is_deeply \@called, [0, '-i', '-f', 'a@ext.example', '--', '<u@ours.example>', '<v@ours.example>'], 'by root, with its envelope';
	is scalar(listed()), 0, 'it is not held any more';
	is_deeply [glob "$spool/*"], [], 'and the mark is spent';
	my ($event) = map { JSON::PP::decode_json($_) } split /\n/, octroi('search', '--json', '--event', 'released')->{out};
	is "$event->{subject_of} $event->{operator}", "quarantine:$id " . ($ENV{SUDO_USER} // getpwuid $<), 'the journal knows who it was';
	$answer = quarantine('release', $id);
	is $answer->{status}, 1, 'a second release is told so';
	like $answer->{error}, qr/no such message is held/, 'in words';
	is letters(), 1, 'delivered once';
};

subtest 'a mark is good once, and for its own message' => sub {
	my $id = hold('one more');
	install_sendmail("cat > $daemon->{dir}/stolen; exec /usr/sbin/sendmail -C $postfix_config \"\$@\" < $daemon->{dir}/stolen");
	is quarantine('release', $id)->{status}, 0, 'released';
	ok wait_until(30, sub { letters() == 2 }), 'delivered';
	my $stolen = slurp("$daemon->{dir}/stolen");
	like $stolen, qr/\AX-Octroi-Release: \Q$id\E\.[0-9a-f]{48}\n/, 'the mark is on top';
	$gate->postfix->sendmail($stolen, '-i', '-f', 'a@ext.example', 'u@ours.example');
	ok wait_until(30, sub { scalar(listed()) == 1 }), 'the same message with its spent mark is held again';
	is letters(), 2, 'and not delivered';
	my ($mark) = $stolen =~ /^X-Octroi-Release: (\S+)/;
	my ($again) = map { $_->{id} } listed();
	install_sendmail("cat > $daemon->{dir}/stolen; exit 0");
	is quarantine('release', $again)->{status}, 0, 'a mark is taken on its way';
	($mark) = slurp("$daemon->{dir}/stolen") =~ /^X-Octroi-Release: (\S+)/;
	$gate->postfix->sendmail("X-Octroi-Release: $mark\n" . secret('another text'), '-i', '-f', 'a@ext.example', 'u@ours.example');
	ok wait_until(30, sub { scalar(listed()) == 1 }), 'and put on another message, which is held all the same';
	my $result = $gate->send(message => "X-Octroi-Release: $mark\r\n" . secret());
	is $gate->record($result->{reply})->{verdict}, 'quarantine', 'as is one from outside';
	is letters(), 2, 'nothing was delivered';
	quarantine('delete', map { $_->{id} } listed());
	install_sendmail("exec /usr/sbin/sendmail -C $postfix_config \"\$@\"");
};

# Its archive is encrypted, and what is in it may not come in either.
subtest 'a release passes what held it, and what else is wrong holds it again' => sub {
	my $both = attached(name => 'secret.zip', bytes => encrypted_zip('run.exe', "MZ\x90\0" . "\0" x 500, 'infected'));
	my $first = hold('two reasons', message => $both);
	my ($held_by) = map { $_->{held_by} } listed();
	my $delivered = letters();
	is quarantine('release', $first)->{status}, 0, 'released';
	my ($second) = @{ wait_until(30, sub { my @new = grep { $_->{id} ne $first } listed(); @new ? \@new : 0 }) || [] };
	ok $second, 'it is held again' or return;
	like $second->{held_by}, qr/^\Q$held_by\E \S+$/, "by another check, which is added: $second->{held_by}";
	is letters(), $delivered, 'and not delivered';
	is quarantine('release', $second->{id})->{status}, 0, 'released again';
	ok wait_until(30, sub { letters() == $delivered + 1 }), 'delivered: a person has seen both';
};

# Its virus is only noted, until it is not.
subtest 'what the administrator has come to refuse in the meantime is not spared' => sub {
	my %noted = (%append, antivirus => "\ton_infected = \"observe reject\"\n");

	$daemon->configure($gate->conf(append => \%noted));
	ok $daemon->reload, 'viruses are noted';
	my $id = hold('a virus beside it', message => secret(eicar()));
	my $delivered = letters();
	$daemon->configure($gate->conf(append => \%append));
	ok $daemon->reload, 'viruses are refused';
	is quarantine('release', $id)->{status}, 0, 'released';
	ok wait_until(30, sub { grep { ($_->{by} // '') eq 'antivirus:infected' } $daemon->records }), 'refused on its way';
	is letters(), $delivered, 'and not delivered';
};

subtest 'delete and expire' => sub {
	my @held = map { $_->{id} } listed();
	is quarantine('delete', @held)->{status}, 0, 'deleted' if @held;
	is quarantine('delete', 'AAAA-AAAA')->{status}, 1, 'one that is not there is told';
	my $id = hold('the next one');
	is quarantine('expire')->{out}, '', 'nothing is old enough';
	is scalar(listed()), 1, 'it stays';
	utime 1000, 1000, "$spool/$id";
	is quarantine('expire')->{out}, "$id: expired\n", 'it expires';
	is scalar(listed()), 0, 'and is gone';
};
done_testing;
