# SPDX-License-Identifier: GPL-2.0-or-later
# Octroi::Network - a network of the test's own, in which every IPv4 address is this host: a client can have any address by binding to
# it, no packet leaves, and no port of the machine is taken. For MTAs that know no XCLIENT.
#
#	Octroi::Network::enter();		# this process and all it starts from now on
#	IO::Socket::IP->new(LocalHost => '203.0.113.7', PeerHost => '127.0.0.1', ...)
#
# Of IPv6 it has the addresses that are named, since the kernel binds to no others. Needs root.
package Octroi::Network;

use strict;
use warnings;

my ($entered, $ipv6);

# Why there can be none here, or undef.
sub missing {
	return if $entered;
	return 'only root can have a network namespace' if $> != 0;
	return 'iproute2 is not installed (contrib/install-packages)' unless grep { -x "$_/ip" } qw(/sbin /usr/sbin /bin /usr/bin);
	return 'network namespaces are not allowed here' if system('unshare --net true 2>/dev/null') != 0;
	return;
}

# Dies where missing() says so. Named: ipv6 => [addresses], ipv4 => [addresses that interfaces are to have, as a server's own].
sub enter {
	my (%args) = @_;

	return if $entered;
	unshare(0x40000000);	# CLONE_NEWNET
	$entered = 1;
	_ip('link set lo up');
	_ip('route add local 0.0.0.0/0 dev lo');
	_ip("addr add $_/32 dev lo") for @{ $args{ipv4} // [] };
	$ipv6 = -e '/proc/net/if_inet6' && !grep { !_ip("-6 addr add $_/128 dev lo nodad") } @{ $args{ipv6} // [] };
}

# Does it have IPv6?
sub ipv6 { return $ipv6 }

# unshare(2) for this process.
sub unshare {
	my ($flags) = @_;

	require 'syscall.ph';
	syscall(&SYS_unshare, $flags) == 0 or die "unshare: $!\n";
}

sub _ip { return system("ip $_[0] 2>/dev/null") == 0 }

1;
