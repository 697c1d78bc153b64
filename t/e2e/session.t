# SPDX-License-Identifier: GPL-2.0-or-later
# Who may open a session at all: session.deny and session.allow, IPv4-mapped addresses, and the addresses that stay reachable.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Octroi::Gate;
use Octroi::Mail qw(plain eicar);

my $gate = Octroi::Gate->start;

my $ipv6 = $gate->connect->xclient(ADDR => 'IPV6:2001:db8::1')->code == 220;
diag 'no IPv6 on this host: clients with IPv6 addresses are not played' unless $ipv6;

sub client { return { ADDR => $_[0], NAME => '[UNAVAILABLE]' } }

sub needs_ipv6 { my (%args) = @_; return ref $args{client} && $args{client}{ADDR} =~ /^IPV6:(?!::ffff:)/ }

sub refused {
	my ($name, %args) = @_;
	return if !$ipv6 && needs_ipv6(%args);
	my $reply = $gate->send(message => plain(), %args)->{reply};

	ok $reply->is_refusal && $reply->status eq '5.7.1' && $reply->id, "refused: $name" or diag "$reply";
	return $reply;
}

sub taken {
	my ($name, %args) = @_;
	return if !$ipv6 && needs_ipv6(%args);
	my $reply = $gate->send(message => plain(), %args)->{reply};

	is $reply->code, 250, "taken: $name" or diag "$reply";
}

subtest 'session.deny' => sub {
	like refused('a denied network', client => 'denied'), qr/^554 /, 'with 554';
	refused('its first address', client => client('198.51.100.0'));
	refused('its last address', client => client('198.51.100.255'));
	taken('the address after it', client => client('198.51.101.0'));
	taken('the address before it', client => client('198.51.99.255'));
};

subtest 'postmaster and abuse of ours can be reached from there, and nobody else with them (R20, RFC 5321 4.5.1)' => sub {
	taken("<$_>", client => 'denied', rcpt => "<$_>") for qw(postmaster@ours.example abuse@ours.example PostMaster@OURS.example postmaster);
	refused('postmaster elsewhere', client => 'denied', rcpt => '<postmaster@ext.example>');
	my $result = $gate->send(client => 'denied', rcpt => ['<postmaster@ours.example>', '<u@ours.example>'], message => plain());
	is_deeply [map { $_->code } @{ $result->{rcpt} }], [250, 554], 'another recipient beside it is refused';
	is_deeply [($gate->delivered($result))[0]->rcpts], ['<postmaster@ours.example>'], 'and does not get it';
	refused('a virus to postmaster', client => 'denied', rcpt => '<postmaster@ours.example>', message => plain(body => eicar()));
};

subtest 'a login does not open what is denied' => sub {
	refused('with a login', client => 'denied', login => 'alice@ours.example', from => '<alice@ours.example>', rcpt => '<u@ext.example>');
};

subtest 'the next message of a denied session is denied as well (SMTP-07)' => sub {
	my $smtp = $gate->connect(client => 'denied');
	refused('the first', smtp => $smtp);
	taken('postmaster in between', smtp => $smtp, rcpt => '<postmaster@ours.example>');
	refused('the next', smtp => $smtp);
};

subtest 'R33: an IPv4-mapped address is the IPv4 address' => sub {
	refused('mapped', client => client('IPV6:::ffff:198.51.100.66'));
	taken('mapped, not denied', client => client('IPV6:::ffff:203.0.113.66'));
	taken('IPv6', client => client('IPV6:2001:db8::66'));
};

subtest 'session.allow: nobody else' => sub {
	$gate->daemon->configure($gate->conf(conf => { session => qq(\tallow = { "10.1.0.0/16", "2001:db8:5::/64" }\n) }));
	ok $gate->daemon->reload, 'reloaded';
	taken('in the network', client => 'lan');
	taken('in the IPv6 network', client => client('IPV6:2001:db8:5::1'));
	refused('outside', client => 'outside');
	refused('outside, IPv6', client => client('IPV6:2001:db8:6::1'));
	taken('mapped', client => client('IPV6:::ffff:10.1.9.9'));
	taken('postmaster from outside', client => 'outside', rcpt => '<postmaster@ours.example>');
};

subtest 'R34: a network with host bits is an error, and the old configuration goes on' => sub {
	$gate->daemon->configure($gate->conf(conf => { session => qq(\tdeny = { "10.1.2.3/24" }\n) }));
	ok $gate->daemon->reload, 'reload answered';
	like $gate->daemon->log, qr/milter\.conf:\d+: .*10\.1\.2\.3\/24/, 'the log names the line';
	taken('as before', client => 'lan');
	refused('as before', client => 'outside');
};
done_testing;
