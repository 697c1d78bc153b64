# SPDX-License-Identifier: GPL-2.0-or-later
# What leaves for us is signed so that three verifiers that are not ours agree: thousands of odd messages through the engine, and some of them through a
# Postfix that hands them to another one. Tagged mail is signed as it is tagged; keys change with a reload; strangers are never signed for.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Octroi::DkimMail;
use Octroi::Gate;
use Octroi::Mail qw(plain attached eicar);
use Octroi::Process qw(slurp spew temp_directory);
use Octroi::Sink;

my $messages = $ENV{OCTROI_SIGN_MESSAGES} // 2000;
my $through_postfix = 120;
my $alice = 'alice@ours.example';
my $by_others = $ENV{OCTROI_LONG} ? 2000 : 60;
my $missing = Octroi::DkimMail::missing() // Octroi::Gate::missing();

plan skip_all => $missing if $missing;
my $keys = temp_directory();
chmod 0755, $keys;
my $octroi = Octroi::Gate::binary();
my ($bulk) = grep { -x } map { "$_/t/lib/sign_messages" } $ENV{OCTROI_BUILDDIR} // (), $octroi =~ s{/[^/]*\z}{}r;
my %records;

# The private key where the daemon's account can read it; its record.
sub make_key {
	my ($selector, $domain, @options) = @_;
	my $name = "$selector._domainkey.$domain";
	my $said = qx($octroi dkim-key --config /nonexistent --domain $domain --selector $selector --directory $keys @options 2>/dev/null);

	chown scalar getpwnam('nobody'), -1, "$keys/$name.pem";
	($records{$name}) = $said =~ /^# (v=DKIM1; .*)$/m or die "octroi dkim-key: $said\n";
	return qq(\tkey "$name" { file = "$keys/$name.pem" }\n);
}

my $sections = make_key('rsa2026', 'ours.example') . make_key('ed2026', 'ours.example', '--type', 'ed25519');
make_key('rsa', 'ext.example');
make_key('ed', 'ext.example', '--type', 'ed25519');

# Both signatures of each file, as each of the others sees them.
sub all_verify {
	my ($name, @files) = @_;
	my %dkimpy = Octroi::DkimMail::dkimpy(\%records, @files);
	my @wrong = map { "$_: " . join '/', @{ $dkimpy{$_} // [] } } grep { "@{ $dkimpy{$_} // [] }" ne '2 2' } @files;

	is "@wrong[0 .. ($#wrong < 9 ? $#wrong : 9)]", '', "$name: dkimpy, both keys";
	@wrong = grep { join(' ', Octroi::DkimMail::mail_dkim(Octroi::DkimMail::only(slurp($_), 'rsa-sha256'), \%records)) ne '1 1' } @files;
	is "@wrong[0 .. ($#wrong < 9 ? $#wrong : 9)]", '', "$name: Mail::DKIM, RSA";
	spew("$_.$$.rsa", Octroi::DkimMail::only(slurp($_), 'rsa-sha256')), spew("$_.$$.ed", Octroi::DkimMail::only(slurp($_), 'ed25519-sha256')) for @files;
	my @single = map { ("$_.$$.rsa", "$_.$$.ed") } @files;
	my %opendkim = Octroi::DkimMail::opendkim(\%records, @single);
	@wrong = grep { !$opendkim{$_} } @single;
	is "@wrong[0 .. ($#wrong < 9 ? $#wrong : 9)]", '', "$name: opendkim, each key";
	unlink @single;
}

subtest "$messages odd messages through the engine" => sub {
	plan skip_all => 't/lib/sign_messages is not built' unless $bulk;
	my $directory = temp_directory();
	my $number = 0;
	spew("$directory/milter.conf", qq(domains = { "ours.example" }\nantivirus { enabled = no }\ncontent { enabled = no }\nsign {\n$sections}\n));
	spew(sprintf("$directory/%05d.eml", $number++), $_) for Octroi::DkimMail::messages($messages, $alice);
	is qx($bulk $directory/milter.conf $alice $directory), '', 'all let in';
	my @files = sort glob "$directory/*.out";
	is scalar @files, $messages, 'and there';
	all_verify('engine', @files);
};

# Behind the gate another Postfix takes the mail, as at the place where it goes, and hands it to a sink of its own.
my $sink = Octroi::Sink->start(dir => temp_directory() . '/sink');
my $next = Octroi::Postfix->start(dir => temp_directory() . '/next', domains => ['ours.example', 'ext.example'], sink_port => $sink->port,
	milter => '', main => { myhostname => 'mx.ext.example' });
my $gate = Octroi::Gate->start(conf => { sign => $sections, antivirus => qq(\tdatabase = "\$database"\n\ton_infected = tag\n) },
	zone => join('', map { qq($_ TXT "$records{$_}"\n) } sort keys %records),
	append => { tag => qq(\tsubject = "[SUSPECT] "\n) }, postfix => { sink_port => $next->port });

# Sends and waits for what arrives behind the second Postfix.
sub send_through {
	my (%args) = @_;
	my $before = $sink->messages;
	my $result = $gate->send(login => $alice, from => "<$alice>", rcpt => '<u@ext.example>', %args);

	is $result->{reply}->code, 250, "taken: $result->{reply}" or return;
	$sink->wait_count($before + 1);
	return ($sink->messages)[-1];
}

subtest "$through_postfix of them through two Postfixes" => sub {
	my $smtp = $gate->connect(login => $alice);
	my @refused;
	for my $message (Octroi::DkimMail::messages($through_postfix, $alice, 4871)) {
		my $result = $gate->send(smtp => $smtp, from => "<$alice>", rcpt => '<u@ext.example>', message => $message);
		push @refused, "$result->{reply}" if $result->{reply}->code != 250;
	}
	$smtp->quit;
	is "@refused", '', 'all taken';
	is $sink->wait_count($through_postfix, 120), $through_postfix, 'all delivered';
	all_verify('postfix', map { $_->file } $sink->messages);
};

subtest 'a tagged message is signed as it is tagged' => sub {
	my $mail = send_through(message => attached(name => 'e.txt', bytes => eicar(), from => $alice, subject => 'A test')) or return;
	is $mail->header('Subject'), '[SUSPECT] A test', 'tagged';
	all_verify('tagged', $mail->file);
	$mail = send_through(message => "From: $alice\nMIME-Version: 1.0\n\n" . eicar() . "\n") or return;
	is $mail->header('Subject'), '[SUSPECT]', 'tagged without a subject of its own';
	all_verify('without a subject', $mail->file);
};

subtest 'a device with a grant' => sub {
	my $mail = send_through(login => undef, client => 'device', from => '<scanner@ours.example>',
		message => plain(from => 'scanner@ours.example')) or return;
	all_verify('granted', $mail->file);
};

subtest 'mail of the gateway itself' => sub {
	my $before = $sink->messages;
	is $gate->postfix->sendmail("From: $alice\nSubject: local\n\nhello\n", '-f', $alice, 'u@ext.example'), 0, 'sendmail(1) takes it';
	$sink->wait_count($before + 1);
	all_verify('local', ($sink->messages)[-1]->file);
};

subtest 'what no client should send: bare CR, bare LF, no end, 8-bit names' => sub {
	for my $odd ("a\rb \r c\r\n", "a\nb\r\n\nc\r\n", 'no end', "\r\n\r\n\r\n", "\xff\xfe\r\n \r\n") {
		my $mail = send_through(message => "From: $alice\nSubject: \xe4\xff\n\n$odd") or next;
		all_verify(unpack('H*', $odd), $mail->file);
	}
};

subtest 'a line that Postfix cuts breaks the signature, and nothing else' => sub {
	my $mail = send_through(message => plain(from => $alice, body => 'word ' x 300 . "\n")) or return;
	is scalar(my @all = $mail->header('DKIM-Signature')), 2, 'signed all the same';
	my %good = Octroi::DkimMail::dkimpy(\%records, $mail->file);
	is $good{ $mail->file }[1], 0, 'in vain';
};

subtest 'a stranger is not signed for' => sub {
	my $mail = send_through(login => undef, rcpt => '<u@ours.example>', from => '<alice@ours.example>', message => plain(from => $alice));
	is $mail->header('DKIM-Signature'), undef, 'who claims to be of ours' if $mail;
};

subtest 'the other way round: what dkimpy has signed is verified' => sub {
	my @bodies = map { /\n\n(.*)\z/s } Octroi::DkimMail::messages($by_others, 'a@ext.example', 8463);
	my @messages = map { plain(from => 'a@ext.example', body => s/(?<=[^\n])\z/\n/r) } @bodies;	# SMTP would end them, too late for dkimpy
	my @wrong;
	for my $signed (Octroi::DkimMail::sign_dkimpy("$keys/rsa._domainkey.ext.example.pem", "$keys/ed._domainkey.ext.example.pem", @messages)) {
		my $mail = send_through(login => undef, from => '<a@ext.example>', rcpt => '<u@ours.example>', message => $signed);
		my $results = $mail ? $mail->header('Authentication-Results') // '' : '';
		push @wrong, $results unless (() = $results =~ /\bdkim=pass\b/g) == 2;
	}
	is "@wrong", '', 'both signatures of each';
};

subtest 'a signature that arrived stays' => sub {
	my $foreign = "DKIM-Signature: v=1; a=rsa-sha256; d=ext.example; s=x; h=from; bh=AA==; b=AA==\n";
	my $mail = send_through(message => plain(from => $alice, head => $foreign)) or return;
	is scalar(my @all = $mail->header('DKIM-Signature')), 3, 'beside ours';
};

subtest 'keys change with a reload; with one that others can read nothing changes (OS-02)' => sub {
	my $old = $sections;
	$sections = make_key('new2026', 'ours.example');
	$gate->daemon->configure($gate->conf(conf => { sign => $sections }));
	ok $gate->daemon->reload, 'reloaded';
	my $mail = send_through(message => plain(from => $alice)) or return;
	like $mail->header('DKIM-Signature'), qr/\bs=new2026;/, 'the new key signs';
	chmod 0644, glob "$keys/*.pem";
	$gate->daemon->configure($gate->conf(conf => { sign => $old }));
	ok $gate->daemon->reload, 'others can read the key: the reload is answered';
	like $gate->daemon->log, qr/others can read or write this private key; run: chmod 0600 \Q$keys\E/, 'with the words';
	$mail = send_through(message => plain(from => $alice)) or return;
	like $mail->header('DKIM-Signature'), qr/\bs=new2026;/, 'the key before still signs';
};
done_testing;
