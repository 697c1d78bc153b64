# SPDX-License-Identifier: GPL-2.0-or-later
# Octroi::Lab - a company, its gateway, another company and the Internet between them, on one machine: t/lab/README says what is where.
#
#	my $lab = Octroi::Lab->up(dir => "$temp/lab");
#	$lab->host('printer')->knock('192.0.2.10', 25);
#	$lab->smtp('printer', '192.0.2.10')->mail('<scanner@example.com>');
#	$lab->mta('mail')->mailbox('alice');
#	$lab->down;
package Octroi::Lab;

use strict;
use warnings;
use Octroi::Dns;
use Octroi::Gate;
use Octroi::Lab::Host;
use Octroi::Lab::Mta;
use Octroi::Process qw(at_end slurp spew wait_until);
use Octroi::Shipped;
use Octroi::Smtp;

our $tree = $Octroi::Lab::Mta::tree;

# Hosts by the name that "lab shell" takes: the network each one is in, its address there, and its name.
our %hosts = (
	stranger    => { net => 'internet', address => '203.0.113.66/24', address6 => '2001:db8:ff::66/64', fqdn => 'mx.stranger.example' },
	dns         => { net => 'internet', address => '203.0.113.53/24', fqdn => 'ns.stranger.example' },
	partner     => { net => 'internet', address => '203.0.113.25/24', address6 => '2001:db8:ff::25/64', fqdn => 'mx.example.net', mta => 1 },
	gateway     => { net => 'dmz', address => '192.0.2.25/28', fqdn => 'gw.example.com', mta => 1 },
	mail        => { net => 'servers', address => '192.0.2.10/28', fqdn => 'mail.example.com', mta => 1 },
	neighbour   => { net => 'servers', address => '192.0.2.11/28', fqdn => 'backup.example.com' },
	workstation => { net => 'lan', address => '10.1.2.3/16', address6 => '2001:db8:1::3/64', fqdn => 'pc3.example.com' },
	printer     => { net => 'lan', address => '10.1.2.40/16', fqdn => 'printer.example.com' },
	management  => { net => 'lan', address => '10.1.9.9/16', fqdn => 'admin.example.com' },
	border      => { fqdn => 'border.example.com' },
);

# The legs of the border, one in each network.
my %legs = (
	internet => { name => 'outside', address => '203.0.113.1/24', address6 => '2001:db8:ff::1/64' },
	dmz      => { name => 'dmz', address => '192.0.2.17/28' },
	servers  => { name => 'servers', address => '192.0.2.1/28' },
	lan      => { name => 'lan', address => '10.1.0.1/16', address6 => '2001:db8:1::1/64' },
);

our %logins = ('alice@example.com' => 'alice-secret', 'bob@example.com' => 'bob-secret');

# What the DNS knows of everybody; the keys are added when they have been made.
my $zone = <<'EOT';
example.com               MX   10 gw.example.com
example.com               TXT  "v=spf1 ip4:192.0.2.25 -all"
_dmarc.example.com        TXT  "v=DMARC1; p=reject"
gw.example.com            A    192.0.2.25
gw.example.com            TXT  "v=spf1 a -all"
25.2.0.192.in-addr.arpa   PTR  gw.example.com
mail.example.com          A    192.0.2.10
10.2.0.192.in-addr.arpa   PTR  mail.example.com
example.net               MX   10 mx.example.net
example.net               TXT  "v=spf1 ip4:203.0.113.25 -all"
_dmarc.example.net        TXT  "v=DMARC1; p=reject"
mx.example.net            A    203.0.113.25
mx.example.net            TXT  "v=spf1 a -all"
25.113.0.203.in-addr.arpa PTR  mx.example.net
stranger.example          MX   10 mx.stranger.example
mx.stranger.example       A    203.0.113.66
66.113.0.203.in-addr.arpa PTR  mx.stranger.example
3.2.1.10.in-addr.arpa     PTR  pc3.example.com
pc3.example.com           A    10.1.2.3
40.2.1.10.in-addr.arpa    PTR  printer.example.com
printer.example.com       A    10.1.2.40
EOT

# The other company has one server for everything: a gateway whose mailboxes are its own.
my %partner = (
	role => 'gateway', accounts => ['anna'], aliases => "postmaster: anna\n",
	main => { myhostname => 'mx.example.net', myorigin => 'example.net', relay_domains => '', mydestination => 'example.net, $myhostname',
		local_transport => 'local:$myhostname', local_recipient_maps => 'proxy:unix:passwd.byname $alias_maps',
		alias_maps => 'hash:/etc/aliases', octroi_granted => 'cidr:{}', smtpd_recipient_restrictions => '', virtual_alias_maps => '' },
	conf => sub {
		s/^relay \{.*?^\}\n//ms or die 'relay';
		s/example\.com/example.net/g;
		s/gw\.example/mx.example/;
		_uncomment();
	},
);

# The two lines of the shipped milter.conf that a site must think about.
sub _uncomment {
	s/^#(resolver \{ forward = \{ )"192\.0\.2\.53"/$1"203.0.113.53"/m or die 'resolver';
	s/^#(sign \{)/$1/m or die 'sign';
}

my %mtas = (
	partner => \%partner,
	gateway => { role => 'gateway', conf => \&_uncomment, logins => \%logins, main => {} },
	mail => { role => 'internal', accounts => [qw(alice bob)], logins => \%logins, main => {}, aliases => "postmaster: alice\nit: bob\n",
		conf => sub { s/$/\nresolver { forward = { "203.0.113.53" } }/ } },
);

# Why there can be no lab here, or undef.
sub missing {
	return Octroi::Lab::Host::missing() // Octroi::Shipped::missing() // Octroi::Dns::missing();
}

# It ends with us, however we end, unless it is kept: see keep.
sub up {
	my ($class, %args) = @_;
	my $self = bless { hosts => {}, mtas => {}, since => _uptime(), log_all => _log_all_networks(), %args }, $class;

	mkdir $self->{dir}, 0755 or die "$self->{dir}: $!";
	at_end(sub { $self->down unless $self->{kept} });
	$self->_up;
	return $self;
}

sub keep { $_[0]{kept} = 1 }

# A lab that another process has brought up, from what facts() told.
sub known {
	my ($class, $facts) = @_;
	my $self = bless { %$facts, hosts => {}, mtas => {} }, $class;

	$self->{hosts}{$_} = Octroi::Lab::Host->known(%{ $facts->{hosts}{$_} }) for keys %{ $facts->{hosts} };
	$self->{mtas}{$_} = Octroi::Lab::Mta->new(host => $self->{hosts}{$_}, %{ $mtas{$_} }) for keys %mtas;
	return $self;
}

sub facts {
	my ($self) = @_;

	return { (map { $_ => $self->{$_} } qw(dir since log_all)), hosts => { map { $_ => $self->{hosts}{$_}->facts } keys %{ $self->{hosts} } } };
}

sub dir { return $_[0]{dir} }
sub host { return $_[0]{hosts}{ $_[1] } // die "no host $_[1]\n" }
sub mta { return $_[0]{mtas}{ $_[1] } // die "no mail server $_[1]\n" }
sub is_up { return !grep { !$_->is_up } values %{ $_[0]{hosts} } }

sub down {
	my ($self) = @_;
	local @SIG{qw(INT TERM HUP PIPE)} = ('IGNORE') x 4;	# an impatient second one

	$_->end for values %{ $self->{hosts} };
	_log_all_networks($self->{log_all}) if defined $self->{log_all};
}

# A connection to port 25 from a host, or in clear to another port; EHLO is said.
sub smtp {
	my ($self, $name, $address, $port) = @_;
	my $smtp = $self->host($name)->on_net(sub { Octroi::Smtp->new(host => $address, port => $port // 25, timeout => 60) });

	$smtp->{ehlo} = $smtp->ehlo($hosts{$name}{fqdn});
	return $smtp;
}

# One at port 587, inside TLS and logged in.
sub submission {
	my ($self, $name, $address, $login) = @_;
	my $smtp = $self->smtp($name, $address, 587);

	require IO::Socket::SSL;
	Octroi::Shipped::start_tls($smtp);
	$smtp->ehlo($hosts{$name}{fqdn});
	$smtp->{auth} = $smtp->auth_plain($login, $logins{$login});
	return $smtp;
}

# As Octroi::Gate::send, in an open session.
sub send {
	my ($self, $smtp, %message) = @_;
	my $result = Octroi::Gate->send(smtp => $smtp, %message);

	$smtp->quit;
	return $result->{reply};
}

# Lines of the kernel's log since the lab is up with a prefix of contrib/nftables; undef where it does not tell.
sub kernel_log {
	my ($self, $prefix) = @_;
	my $text = defined $self->{log_all} ? qx(dmesg 2>/dev/null) : '';

	return if $text eq '';
	return [grep { index($_, $prefix) >= 0 && /^\[\s*([\d.]+)\]/ && $1 >= $self->{since} } split /\n/, $text];
}

sub _up {
	my ($self) = @_;
	my $resolv = "nameserver 203.0.113.53\n";
	my $binary = Octroi::Gate::binary() =~ s{/[^/]*\z}{}r;

	_log_all_networks(1) if defined $self->{log_all};
	for my $name ('switch', sort keys %hosts) {
		my $host = $hosts{$name} // {};
		$self->{hosts}{$name} = Octroi::Lab::Host->start(name => $host->{fqdn} // $name, dir => "$self->{dir}/$name", resolv => $resolv,
			disks => $host->{mta}, binary => $binary);
	}
	$self->_wire;
	$self->_make_mtas;
	$self->_start_dns;
	$self->_load_rules;
	$_->start for values %{ $self->{mtas} };
	$_->wait_ready(60) for values %{ $self->{mtas} };
}

# One switch with a bridge for each network; a cable is a pair of interfaces.
sub _wire {
	my ($self) = @_;
	my $switch = $self->host('switch');

	for my $net (sort keys %legs) {
		$switch->run(qw(ip link add), $net, qw(type bridge forward_delay 0));
		$switch->run(qw(ip link set), $net, 'up');
		$self->_plug('border', $net, $legs{$net});
	}
	for my $name (grep { $hosts{$_}{net} } sort keys %hosts) {
		my $leg = $legs{ $hosts{$name}{net} };
		$self->_plug($name, $hosts{$name}{net}, { name => 'eth0', %{ $hosts{$name} } });
		$self->host($name)->run(qw(ip route add default via), $leg->{address} =~ s{/.*}{}r);
		$self->host($name)->run(qw(ip -6 route add default via), $leg->{address6} =~ s{/.*}{}r) if $hosts{$name}{address6} && has_ipv6();
	}
	$self->host('border')->run('sh', '-c', 'echo 1 >/proc/sys/net/ipv4/ip_forward');
	$self->host('border')->run('sh', '-c', 'echo 1 >/proc/sys/net/ipv6/conf/all/forwarding') if has_ipv6();
}

sub has_ipv6 { return -e '/proc/net/if_inet6' }

# A cable from an interface of a host to the bridge of a network.
sub _plug {
	my ($self, $name, $net, $leg) = @_;
	my ($host, $switch) = ($self->host($name), $self->host('switch'));
	my $end = $name eq 'border' ? "border-$net" : $name;

	system(qw(ip link add), $leg->{name}, 'netns', $host->pid, qw(type veth peer name), $end, 'netns', $switch->pid) == 0 or die "no cable\n";
	$switch->run(qw(ip link set), $end, 'master', $net, 'up');
	$host->run(qw(ip address add), $leg->{address}, 'dev', $leg->{name});
	$host->run(qw(ip -6 address add), $leg->{address6}, 'dev', $leg->{name}, 'nodad') if $leg->{address6} && has_ipv6();
	$host->run(qw(ip link set), $leg->{name}, 'up');
}

sub _make_mtas {
	my ($self) = @_;

	$self->{zone} = $zone;
	for my $name (sort keys %mtas) {
		my $mta = $self->{mtas}{$name} = Octroi::Lab::Mta->new(host => $self->host($name), %{ $mtas{$name} });
		$mta->prepare;
		$mta->configure;
		$self->{zone} .= $mta->sign_with($name eq 'gateway' ? 'example.com' : 'example.net') if $name ne 'mail';
	}
}

# It goes on when we end, unlike an Octroi::Dns.
sub _start_dns {
	my ($self) = @_;
	my $dns = $self->host('dns');

	spew($dns->dir . '/zone', $self->{zone}, 0644);
	$dns->background($dns->dir . '/dns.out', Octroi::Dns::binary(), '--log', $dns->dir . '/dns.log', qw(--address 203.0.113.53 --port 53),
		$dns->dir . '/zone');
	wait_until(20, sub { (slurp($dns->dir . '/dns.out') // '') =~ /^53$/m }) or die "no name server:\n" . (slurp($dns->dir . '/dns.out') // '');
}

# contrib/nftables as it is: the border has the internal network behind it, too.
sub _load_rules {
	my ($self) = @_;
	my %where = (border => [qw(border internal)], gateway => ['gateway']);

	for my $name (sort keys %where) {
		for my $file (@{ $where{$name} }) {
			my $rules = $self->host($name)->dir . "/$file.nft";
			spew($rules, slurp("$tree/contrib/nftables/$file.nft"), 0644);
			$self->host($name)->run('nft', '-f', $rules);
		}
	}
}

# What rules in network namespaces log is thrown away unless the machine as a whole allows it. What it is; undef: cannot be changed.
sub _log_all_networks {
	my ($value) = @_;
	my $file = '/proc/sys/net/netfilter/nf_log_all_netns';
	my $is = slurp($file) // return;

	return eval { spew($file, $value // $is); 1 } ? $is : undef;
}

sub _uptime { return (split ' ', slurp('/proc/uptime'))[0] }

1;
