# SPDX-License-Identifier: GPL-2.0-or-later
# What Sendmail hands over in another way than Postfix: its own address ({daemon_addr} is 0.0.0.0 when it listens everywhere, {if_addr}
# is the one), "IPv6:" before addresses, certificates whether they are any good or not with the answer in {verify}, the name of the port.
# The values are those of Debian's Sendmail 8.17; t/e2e/sendmail_phases.t asks the program itself.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Octroi::Milter;
use Octroi::Process qw(wait_until);
use Octroi::Service;

my $service = Octroi::Service->new;
my $daemon = $service->start(relay => undef, helo => 'enabled = yes');
$daemon->configure($service->conf(helo => "enabled = no") =~ s/\$dir\b/$daemon->dir/ger . <<'EOT');
relay {
	certificate "mail server" { subject = "/C=DE/O=Ours/CN=mail.ours.example"  issuer = "/CN=Ours CA" }
}
EOT
ok $daemon->reload, 'reloaded';
unlike $daemon->log, qr/has errors/, 'with its certificate';
my %sendmail = (j => 'gw.ours.example', v => '8.17.1.9', '{daemon_name}' => 'MTA', '{daemon_port}' => '25');

# Name, what CONNECT has beside %sendmail, the client, the recipient, the first letter of the answer.
my @addresses = (
	['listening everywhere, the interface is told', { '{daemon_addr}' => '0.0.0.0', '{if_addr}' => '192.0.2.25' }, '203.0.113.7', '[192.0.2.25]', 'c'],
	['another literal is not ours', { '{daemon_addr}' => '0.0.0.0', '{if_addr}' => '192.0.2.25' }, '203.0.113.7', '[192.0.2.26]', 'r'],
	['nor is 0.0.0.0', { '{daemon_addr}' => '0.0.0.0' }, '203.0.113.7', '[0.0.0.0]', 'r'],
	['listening on one address', { '{daemon_addr}' => '192.0.2.25', '{if_addr}' => '192.0.2.25' }, '203.0.113.7', '[192.0.2.25]', 'c'],
	['IPv6', { '{daemon_addr}' => 'IPv6:2001:db8:0:0:0:0:0:25', '{if_addr}' => 'IPv6:2001:db8:0:0:0:0:0:25' }, '2001:db8::7', '[IPv6:2001:db8::25]', 'c'],
	['IPv6, listening everywhere', { '{daemon_addr}' => 'IPv6:0:0:0:0:0:0:0:0', '{if_addr}' => 'IPv6:2001:db8:0:0:0:0:0:25' }, 'IPv6:2001:db8::7',
		'[IPv6:2001:db8::25]', 'c'],
	['nor is ::', { '{daemon_addr}' => 'IPv6:0:0:0:0:0:0:0:0' }, '2001:db8::7', '[IPv6:::]', 'r'],
	['loopback: no {if_addr}', { '{daemon_addr}' => '0.0.0.0' }, '127.0.0.1', 'gw.ours.example', 'c'],
	['Postfix', { v => 'Postfix 3.7.11', '{daemon_addr}' => '192.0.2.25' }, '203.0.113.7', '[192.0.2.25]', 'c'],
);
for my $row (@addresses) {
	my ($name, $macros, $client, $domain, $answer) = @$row;
	my $mta = session(client => $client, connect => $macros);
	$mta->mail('<a@ext.example>');
	my $reply = $mta->rcpt("<postmaster\@$domain>");
	is substr($reply->{answer}, 0, 1), $answer, "postmaster of this host (R20): $name" or diag explain $reply;
	$mta->quit;
}

my %certificate = ('{cert_subject}' => '/C=DE/O=Ours/CN=mail.ours.example', '{cert_issuer}' => '/CN=Ours CA', '{tls_version}' => 'TLSv1.3');

# {verify}: OK TRUSTED NO FAIL NOT NONE TEMP PROTOCOL CONFIG SOFTWARE (op.me)
my @verify = (map({ [$_, 'c'] } qw(OK TRUSTED)), map { [$_, 'r'] } qw(NO FAIL NOT NONE TEMP PROTOCOL CONFIG SOFTWARE ok OKAY));
for my $row (@verify, [undef, 'r']) {
	my ($verify, $answer) = @$row;
	is relayed({ %certificate, defined $verify ? ('{verify}' => $verify) : () }), $answer, 'a certificate with {verify}=' . ($verify // '(none)');
}
is relayed({ %certificate, '{verify}' => 'OK', '{cert_issuer}' => '/CN=Another CA' }), 'r', 'another issuer';
is relayed({ '{verify}' => 'OK' }), 'r', 'no certificate';

subtest 'the port is in the log, under the name that the MTA gives it' => sub {
	for my $row (['MTA', 'MTA'], ["M\nid=X verdict=accept", 'escaped'], [undef, undef]) {
		my ($name, $logged) = @$row;
		my $mta = session(connect => { '{daemon_name}' => $name }, client => '203.0.113.99');
		$mta->mail('<a@ext.example>');
		my $text = $mta->rcpt('<u@ext.example>')->{text};
		$mta->quit;
		my ($id) = $text =~ /\[(....-....)\]/;
		my $record = $daemon->record(id => $id) or return fail 'no record';
		is $record->{daemon}, $logged, 'daemon=' . ($logged // '(none)') if ($logged // '') ne 'escaped';
		like $record->{line}, qr/ daemon="M\\n?.*id=X verdict=accept"/, 'escaped' if ($logged // '') eq 'escaped';
	}
};

subtest 'mail of this host comes by SMTP from 127.0.0.1, as that of anybody here: it is no ground of its own' => sub {
	my $mta = session(client => '127.0.0.1', port => 0, connect => { '{daemon_port}' => undef });
	$mta->mail('<root@ours.example>');
	is $mta->rcpt('<u@ext.example>')->{answer}, 'reject', 'refused';
	$mta->quit;
};
ok $daemon->is_running, 'the daemon is still there';
done_testing;

sub session {
	my (%args) = @_;
	my $mta = Octroi::Milter->new(socket => $service->socket);
	my %macros = (%sendmail, %{ $args{connect} // {} });

	delete @macros{ grep { !defined $macros{$_} } keys %macros };
	$mta->negotiate;
	$mta->macros(connect => \%macros, mail => { i => '6AM5kpo8018576', %{ $args{mail} // {} } });
	$mta->connect('mx.ext.example', $args{client} // '203.0.113.7', $args{port});
	$mta->helo('mx.ext.example');
	return $mta;
}

# The first letter of the answer to a recipient elsewhere, for a client with these macros at MAIL.
sub relayed {
	my ($macros) = @_;
	my $mta = session(mail => $macros);

	$mta->mail('<a@ours.example>');
	my $reply = $mta->rcpt('<u@ext.example>');
	$mta->quit;
	return substr $reply->{answer}, 0, 1;
}
