# SPDX-License-Identifier: GPL-2.0-or-later
# The show of contrib/quickstart: messages through Postfix and Octroi, and what became of each. Exits 0 when all came out as promised.
use strict;
use warnings;
use Octroi::Gate;
use Octroi::Mail qw(plain attached zip eicar program two_encodings);

my ($alice, $bob, $scanner) = ('alice@ours.example', 'bob@ours.example', 'scanner@ours.example');
my $shown = qr/^(?:X-Octroi-|X-Virus-|X-Spam-|Authentication-Results$|Received-SPF$)/i;
my $forged = "X-Octroi-Verdict: accept; id=FORG-FORG; by=nobody\n"
	. "Authentication-Results: gw.ours.example; spf=pass; dkim=pass header.d=bank.example\n";

my $twice = plain(subject => 'tried twice');

my $refusal = qr/^55\d 5\.7\.1 .*\[....-....\]$/;

my %who = (
	outside => 'a stranger, 203.0.113.7', lan => 'the LAN, 10.1.2.3', device => 'printer, 10.1.2.40',
	listed => 'a listed one, 203.0.113.66',
	$alice => "login $alice",
);

# sent, client or login, what goes to Octroi::Gate::send, and what is promised: reply, verdict, ground, and headers that must or must
# not arrive.
my @rows = (
	{ sent => 'clean mail to us', reply => qr/^250 /, verdict => 'accept', ground => 'domain',
	  arrives => qr/^X-Octroi-Verdict: accept;.*^X-Virus-Status: Clean/ms },
	{ sent => 'EICAR in the text', message => plain(body => eicar() . "\n"), reply => $refusal, verdict => 'reject' },
	{ sent => 'EICAR attached', message => attached(name => 'invoice.com', bytes => eicar()),
	  reply => $refusal, verdict => 'reject' },
	{ sent => 'EICAR in a ZIP', message => attached(name => 'invoice.zip', bytes => zip('invoice.com', eicar())),
	  reply => $refusal, verdict => 'reject' },
	{ sent => 'EICAR under two encodings', message => two_encodings(eicar()), reply => $refusal, verdict => 'reject' },
	{ sent => 'a program named .pdf', message => attached(name => 'invoice.pdf', bytes => program()),
	  reply => qr/^550 5\.7\.1 .*invoice\.pdf.*\[....-....\]$/, verdict => 'reject' },
	{ sent => 'a program in a ZIP', message => attached(name => 'invoice.zip', bytes => zip('invoice.pdf.exe', program())),
	  reply => qr/^550 5\.7\.1 .*invoice\.pdf\.exe.*\[....-....\]$/, verdict => 'reject' },
	{ sent => 'a domain that forbids it (SPF)', from => '<a@forbids.example>', reply => qr/^550 5\.7\.23 .*\[....-....\]$/,
	  verdict => 'reject' },
	{ sent => 'a domain that allows it (SPF)', from => '<a@allows.example>', reply => qr/^250 /, verdict => 'accept', ground => 'domain',
	  arrives => qr/^Authentication-Results: gw\.ours\.example;.*spf=pass.*^Received-SPF: pass/ms },
	{ sent => 'a client that a DNS list has', client => 'listed', reply => qr/^554 5\.7\.1 .*bl\.example.*\[....-....\]$/,
	  verdict => 'reject' },
	{ sent => 'the same to postmaster', client => 'listed', rcpt => '<postmaster@ours.example>', reply => qr/^250 /, verdict => 'accept',
	  ground => 'domain' },
	{ sent => 'HELO with our own name', helo => 'gw.ours.example', reply => $refusal, verdict => 'reject' },
	{ sent => 'relaying, from outside', rcpt => '<u@ext.example>', reply => $refusal, verdict => 'reject' },
	{ sent => 'relaying, from the LAN', client => 'lan', from => "<$alice>", rcpt => '<u@ext.example>',
	  reply => $refusal, verdict => 'reject' },
	{ sent => 'the same after AUTH', client => 'lan', login => $alice, from => "<$alice>", rcpt => '<u@ext.example>',
	  message => plain(from => $alice), reply => qr/^250 /, verdict => 'accept', ground => 'auth',
	  arrives => qr/^X-Octroi-Relay: ground=auth/m },
	{ sent => "a login with another's address", login => $alice, from => "<$bob>", rcpt => '<u@ext.example>',
	  message => plain(from => $bob), reply => $refusal, verdict => 'reject' },
	{ sent => 'a device inside its grant', client => 'device', from => "<$scanner>", rcpt => '<u@ext.example>',
	  message => plain(from => $scanner), reply => qr/^250 /, verdict => 'accept', ground => 'grant',
	  arrives => qr/^X-Octroi-Relay: ground=grant/m },
	{ sent => 'a device outside of it', client => 'device', from => "<$scanner>", rcpt => '<u@other.example>',
	  message => plain(from => $scanner), reply => qr/^550 5\.7\.1 .*grant.*\[....-....\]$/, verdict => 'reject' },
	{ sent => 'forged headers of ours', message => plain(head => $forged), reply => qr/^250 /, verdict => 'accept', ground => 'domain',
	  arrives => qr/^X-Octroi-Verdict: accept;/m, never => qr/FORG|bank\.example/ },
	{ sent => 'clean; examiner killed in mid-scan', message => $twice, kill => 1,
	  reply => qr/^451 4\.\d\.\d .*\[....-....\]$/, verdict => 'defer' },
	{ sent => 'the same again, the retry', message => $twice, reply => qr/^250 /, verdict => 'accept', ground => 'domain',
	  arrives => qr/^X-Virus-Status: Clean/m },
);

# What its name server knows: the machine's own is left alone, as is the Internet's.
my $zone = <<'EOT';
66.113.0.203.in-addr.arpa  PTR  mx.listed.example
mx.listed.example          A    203.0.113.66
forbids.example            TXT  "v=spf1 -all"
allows.example             TXT  "v=spf1 ip4:203.0.113.0/24 -all"
2.0.0.127.bl.example       A    127.0.0.2
66.113.0.203.bl.example    A    127.0.0.2
66.113.0.203.bl.example    TXT  "sent spam in a test"
EOT
my @dns = (zone => $zone, conf => { 'dnsbl "bl.example"' => '' }, append => { resolver => qq(	rcpt_wait = "5s"\n) });

my $keep = grep { $_ eq '--keep' } @ARGV;
my $official = Octroi::Daemon::official_database();
print "starting Octroi", ($official ? ' (the official signatures take a while to load)' : ''), ", Postfix and a sink ...\n";
my $gate = Octroi::Gate->start(skip => 0, @dns, $official ? (database => $official) : ());
say_signatures();
my $wrong = show();
stay() if $keep;
exit($wrong ? 1 : 0);

sub say_signatures {
	print $official ? "signatures: $official\n"
		: "signatures: the small ones of t/data/clamav. THEY KNOW THE EICAR TEST FILE AND PROTECT NOBODY: there are none in\n"
		. "            /var/lib/clamav. For real ones: apt-get install clamav-freshclam\n";
}

# Returns how many rows did not come out as promised.
sub show {
	my $wrong = 0;

	printf "\n%-4s %-35s %-25s %-8s %-7s %s\n", '', 'sent', 'by', 'verdict', 'ground', 'reply';
	for my $row (@rows) {
		my $result = $row->{kill} ? $gate->send_with_kill(%$row) : $gate->send(%$row);
		my $seen = what_became($result);
		my @problems = problems($row, $seen);
		print_row($row, $seen, @problems);
		$wrong++ if @problems;
	}
	printf "\n%d of %d came out as promised.\n", @rows - $wrong, scalar @rows;
	print "Octroi's log:\n\n", $gate->daemon->log if $wrong;
	return $wrong;
}

sub what_became {
	my ($result) = @_;
	my $record = $gate->record($result->{reply}) // {};
	my ($mail) = $result->{reply}->is_ok ? $gate->delivered($result) : ();
	my $ground = ($record->{verdict} // '') eq 'accept' ? join ',', map { s/:\d+//r } split /,/, $record->{grounds} // '' : '';

	return { reply => "$result->{reply}", verdict => $record->{verdict} // 'none', ground => $ground, delivered => defined $mail,
		headers => $mail ? join('', map { "$_->[0]: $_->[1]\n" } grep { $_->[0] =~ $shown } $mail->fields) : '' };
}

sub problems {
	my ($row, $seen) = @_;
	my @problems;

	push @problems, "the reply is not what was promised" unless $seen->{reply} =~ $row->{reply};
	push @problems, "the verdict in the log should be $row->{verdict}" unless $seen->{verdict} eq $row->{verdict};
	push @problems, 'the ground should be ' . ($row->{ground} // 'none') unless $seen->{ground} eq ($row->{ground} // '');
	push @problems, $row->{ground} ? 'it was not delivered' : 'it was delivered' if $seen->{delivered} xor $row->{ground};
	push @problems, 'a header is missing' if $row->{arrives} && $seen->{headers} !~ $row->{arrives};
	push @problems, 'a forged header arrived' if $row->{never} && $seen->{headers} =~ $row->{never};
	return @problems;
}

sub print_row {
	my ($row, $seen, @problems) = @_;
	my $by = $who{ $row->{login} // $row->{client} // 'outside' };

	printf "%-4s %-35s %-25s %-8s %-7s %s\n", @problems ? 'BAD' : 'ok', $row->{sent}, $by, $seen->{verdict}, $seen->{ground} || '-',
		substr $seen->{reply}, 0, 10;
	print indent($seen->{reply} . "\n") if $seen->{reply} !~ /^250/;
	print indent($seen->{headers});
	print "     *** $_\n" for @problems;
}

sub indent {
	my ($text) = @_;

	return $text =~ s/^(?=.)/       | /gmr;
}

# Until somebody ends us: then everything is stopped and removed.
sub stay {
	my ($port, $submission) = ($gate->postfix->port, $gate->postfix->submission_port);
	my ($conf, $log, $sink) = ($gate->daemon->config_file, $gate->daemon->log_file, $gate->sink->dir);
	my $config = $gate->postfix->config_directory;

	print <<"EOT";

It stays up. To talk to it:

  swaks --server 127.0.0.1:$port --from a\@ext.example --to u\@ours.example
  swaks --server 127.0.0.1:$port --from a\@ext.example --to u\@ext.example
  swaks --server 127.0.0.1:$port --from a\@ext.example --to u\@ours.example --xclient 'ADDR=198.51.100.66'
  swaks --server 127.0.0.1:$submission --auth PLAIN --auth-user $alice --auth-password $Octroi::Gate::logins{$alice} \\
        --from $alice --to u\@ext.example

  settings     $conf   (edit, then: kill -HUP ${\ $gate->daemon->pid})
  Octroi's log $log
  Postfix      postconf -n -c $config
  the queue    postqueue -c $config -p
  delivered    $sink/*.msg
  stop         kill $$   (or Ctrl-C here): everything is stopped and removed

EOT
	$| = 1;
	sleep 1 while $gate->daemon->is_running;
	print "Octroi has ended:\n", $gate->daemon->log;
}
