# SPDX-License-Identifier: GPL-2.0-or-later
# Octroi::Gate - the whole stand: a sink, Octroi and a private Postfix (or Sendmail) between the two, and clients to send from.
#
#	my $gate = Octroi::Gate->start;			# skips the test where it cannot run
#	my $result = $gate->send(client => 'lan', from => '<a@ours.example>', rcpt => '<u@ext.example>', message => $text);
#	$result->{reply}				# the one that settled it, Octroi::Smtp::Reply
#	my ($mail) = $gate->delivered($result);		# Octroi::Sink::Message, as the internal server got it
#
# OCTROI_MTA=sendmail in the environment, or mta => 'sendmail', starts the other one.
#
# ours.example is our domain, gw.ours.example [192.0.2.25] the gateway; everything else is foreign.
package Octroi::Gate;

use strict;
use warnings;
use Cwd ();
use File::Basename ();
use Octroi::Daemon;
use Octroi::Dns;
use Octroi::Postfix;
use Octroi::Process qw(slurp spew temp_directory wait_until);
use Octroi::Sendmail;
use Octroi::Sink;
use Octroi::Smtp;
use POSIX ();
use Time::HiRes ();

our $tree = Cwd::abs_path(File::Basename::dirname(__FILE__) . '/../../..');

# What the MTA is to believe about a client (Postfix's XCLIENT; for Sendmail it comes from that address).
our %clients = (
	outside => { ADDR => '203.0.113.7', NAME => 'mx.ext.example' },
	lan     => { ADDR => '10.1.2.3', NAME => 'pc.ours.example' },
	device  => { ADDR => '10.1.2.40', NAME => 'printer.ours.example' },
	listed  => { ADDR => '203.0.113.66', NAME => 'mx.listed.example' },
	denied  => { ADDR => '198.51.100.66', NAME => '[UNAVAILABLE]' },
);

our %logins = ('alice@ours.example' => 'alice-secret', 'bob@ours.example' => 'bob-secret');

# The sections of milter.conf that tests change; '' is the top level.
my %sections = (
	'' => <<'EOT',
listen       = "unix:$dir/run/octroi.sock"
user         = "nobody"
socket_group = "postfix"
socket_mode  = "0660"
authserv_id  = "gw.ours.example"
domains      = { "ours.example" }
log          = stderr
EOT
	session => <<'EOT',
	deny = { "198.51.100.0/24" }
EOT
	relay => <<'EOT',
	grant "printer" {
		clients    = { "10.1.2.40" }
		senders    = { "scanner@ours.example" }
		recipients = { "ext.example" }
		owner      = "it@ours.example"
	}
EOT
	account => <<'EOT',
	senders = { "file:logins" }
EOT
	antivirus => <<'EOT',
	database = "$database"
EOT
	resolver => <<'EOT',
	forward = { "127.0.0.1@$dns_port" }
EOT
);

# What the DNS knows without a test's own zone; everything else is NXDOMAIN.
my $zone = <<'EOT';
7.113.0.203.in-addr.arpa  PTR  mx.ext.example
mx.ext.example            A    203.0.113.7
pc.ours.example           A    10.1.2.3
printer.ours.example      A    10.1.2.40
EOT

my $login_lines = <<'EOT';
alice@ours.example  alice@ours.example, sales@ours.example
bob@ours.example    bob@ours.example
EOT

my %mtas = (postfix => 'Octroi::Postfix', sendmail => 'Octroi::Sendmail');

sub _mta {
	my ($name) = @_;

	return $mtas{ $name //= $ENV{OCTROI_MTA} // 'postfix' } // die "no MTA $name\n";
}

# Why a gate cannot be started here, or undef. A binary that was named and is not there is no reason to skip.
sub missing {
	my ($mta) = @_;
	my $binary = binary();

	return _mta($mta)->can('missing')->() // (defined $binary ? undef : 'octroi is not built: set OCTROI=/path/to/octroi');
}

# $OCTROI, else what was built in $OCTROI_BUILDDIR or in the tree.
sub binary {
	return Cwd::abs_path($ENV{OCTROI}) // die "OCTROI=$ENV{OCTROI}: $!\n" if defined $ENV{OCTROI};
	my ($built) = grep { -x } map { "$_/octroi" } $ENV{OCTROI_BUILDDIR} // (), "$tree/build/plain", "$tree/build", $tree;

	return $built;
}

# Named: conf => { section => text } replaces or adds sections; append => { section => text } adds to them;
# zone => text for the name server (Octroi::Dns); database => directory of signatures (those of the tree); mta => postfix or
# sendmail; postfix => { more of Octroi::Postfix }, sendmail => { more of Octroi::Sendmail };
# from a test, skip => 0 dies instead of skipping.
sub start {
	my ($class, %args) = @_;
	my $mta = _mta($args{mta});
	my $why = missing($args{mta});

	_skip($why, $args{skip} // 1) if $why;
	my $self = bless { mta_name => $mta->name, dir => temp_directory() }, $class;
	$mta->prepare;
	$self->{database} = $args{database} // $self->_copy_signatures;
	$self->{dns} = Octroi::Dns->start(zone => $zone . ($args{zone} // ''));
	$self->{sink} = Octroi::Sink->start(dir => "$self->{dir}/sink");
	$self->{daemon} = Octroi::Daemon->start(binary => binary(), dir => "$self->{dir}/octroi", conf => $self->conf(%args),
		files => { logins => $login_lines });
	$self->{mta} = $self->{postfix} = $mta->start(dir => "$self->{dir}/$self->{mta_name}", domains => ['ours.example'], logins => \%logins,
		milter => 'unix:' . $self->{daemon}->socket_file, sink_port => $self->{sink}->port, hosts => _hosts(),
		%{ $args{ $self->{mta_name} } // {} });
	return $self;
}

# Address => name of %clients.
sub _hosts {
	return { map { $_->{ADDR} => $_->{NAME} } values %clients };
}

# The text of milter.conf; arguments as for start.
sub conf {
	my ($self, %args) = @_;
	my %text = (%sections, %{ $args{conf} // {} });
	my $database = $args{database} // $self->{database};

	$text{$_} = ($text{$_} // '') . $args{append}{$_} for keys %{ $args{append} // {} };
	my $top = delete $text{''};
	my $all = join '', $top, map { "$_ {\n$text{$_}}\n" } sort keys %text;
	$all =~ s/\$database\b/$database/g;
	$all =~ s/\$dns_port\b/$self->{dns}->port/ge;
	return $all;
}

sub daemon { return $_[0]{daemon} }
sub mta { return $_[0]{mta} // $_[0]{postfix} }
sub postfix { return $_[0]->mta }
sub sink { return $_[0]{sink} }
sub dns { return $_[0]{dns} }
sub dir { return $_[0]{dir} }

# A connection that has said EHLO. Named: client (outside; a name of %clients or a hash of XCLIENT attributes; undef: loopback as it
# is), helo, login, password, port.
sub connect {
	my ($self, %args) = @_;
	my $client = exists $args{client} ? $args{client} : 'outside';

	$client = $clients{$client} // die "no client $client" if defined $client && !ref $client;
	my $smtp = $self->mta->name eq 'sendmail' ? $self->_come_from($client, $args{port}) : $self->_claim_to_be($client, $args{port});
	$smtp->{ehlo} = $smtp->ehlo($args{helo} // ($client && ($client->{NAME} // '') =~ /^(\w.*)/ ? $1 : 'client.example'));
	$smtp->{auth} = $smtp->auth_plain($args{login}, $args{password} // $logins{ $args{login} }) if defined $args{login};
	return $smtp;
}

sub _claim_to_be {
	my ($self, $client, $port) = @_;
	my $smtp = Octroi::Smtp->new(port => $port // $self->mta->port);

	return $smtp unless $client;
	$smtp->ehlo('test.example');
	my $greeting = $smtp->xclient(PORT => 40000, DESTADDR => '192.0.2.25', DESTPORT => 25, %$client);
	die "XCLIENT $client->{ADDR}: $greeting\n" unless $greeting->code == 220;
	return $smtp;
}

sub _come_from {
	my ($self, $client, $port) = @_;
	my %from = (port => $port // $self->mta->port);

	return Octroi::Smtp->new(%from) unless $client;
	my $address = $client->{ADDR} =~ s/^IPV6:(?:::ffff:(?=\d))?//ir;	# an address that is mapped is that of IPv4
	return Octroi::Smtp->new(%from, host => $address =~ /:/ ? '2001:db8::25' : '192.0.2.25', local => $address);
}

# One message in a session of its own, or in the open session smtp => ... Named, beside those of connect: from, rcpt (one or an
# array), message, pause (seconds that the client rests in mid-message). Returns a hash of replies: mail, rcpt (array), data (absent
# when no recipient was taken), and reply: the first that settled what becomes of the message. Refused recipients beside accepted
# ones do not end it.
sub send {
	my ($self, %args) = @_;
	my $smtp = $args{smtp} // $self->connect(%args);
	my %result = (rcpt => []);

	$result{mail} = $smtp->mail($args{from} // '<a@ext.example>');
	for my $rcpt (ref $args{rcpt} ? @{ $args{rcpt} } : $args{rcpt} // '<u@ours.example>') {
		push @{ $result{rcpt} }, $smtp->rcpt($rcpt) if $result{mail}->is_ok;
	}
	if (grep { $_->is_ok } @{ $result{rcpt} }) {
		$result{data} = $smtp->data($args{message} // "Subject: test\n\ntest\n", $args{pause});
	} else {
		$smtp->rset;
	}
	$smtp->quit unless $args{smtp};
	$result{reply} = $result{data} // $result{rcpt}[-1] // $result{mail};
	return \%result;
}

# The same, with every examiner killed while one of them has the message: they and the zygote are stopped before it is sent, so
# the one that gets it cannot finish and no other can be had, and are killed when it waits for the answer.
sub send_with_kill {
	my ($self, %args) = @_;
	my $daemon = $self->{daemon};
	my $smtp = $self->connect(%args);

	my ($zygote, @examiners) = @{ wait_until(20, sub { _stop_cage($daemon) }) || die "no quiet moment to stop the examiners\n" };
	my $killer = fork // die "fork: $!";
	_kill_later($zygote, @examiners) unless $killer;
	my $result = $self->send(%args, smtp => $smtp);
	waitpid $killer, 0;
	$smtp->quit;
	return $result;
}

# Stops the zygote and its examiners: [zygote, examiners...]. Not while one is being born: until it has its name it looks like a second
# zygote, until the zygote has told the filter nobody gives it a message, and until it is set up it takes none.
sub _stop_cage {
	my ($daemon) = @_;
	my @zygotes = $daemon->pids('zygote');
	my @examiners = $daemon->pids('examiner');

	return if @zygotes != 1 || @examiners == 0 || !_waits_in_poll(@zygotes) || grep { !_is_idle($_) } @examiners;
	kill STOP => @zygotes;
	if ("@zygotes @examiners" ne join ' ', $daemon->pids('zygote'), $daemon->pids('examiner')) {
		kill CONT => @zygotes;
		return;
	}
	kill STOP => @examiners;
	wait_until(10, sub { !grep { !_is_stopped($_) } @zygotes, @examiners }) or die "examiners do not stop\n";
	return [@zygotes, @examiners];
}

# Is the zygote done with what it was asked for?
sub _waits_in_poll {
	my ($pid) = @_;
	my $stat = slurp("/proc/$pid/stat") // return 0;

	return $stat =~ /\) S/ && (slurp("/proc/$pid/wchan") // '0') =~ /poll|^0?$/;
}

# Does it wait for a message on its socket, descriptor 3? One that is still setting itself up would get none before it is killed.
sub _is_idle {
	my ($pid) = @_;

	return (slurp("/proc/$pid/syscall") // '0 0x3 ') =~ /^\d+ 0x3 /;
}

sub _is_stopped {
	my ($pid) = @_;

	return (slurp("/proc/$pid/stat") // ') Z') =~ /\) [TtZX]/;
}

# Has one of them been handed a message? It lies in the queue of its socket, descriptor 3, as long as it is stopped.
sub _has_work {
	my (@examiners) = @_;
	my %theirs = map { (readlink("/proc/$_/fd/3") // '') =~ /socket:\[(\d+)\]/ ? ($1 => 1) : () } @examiners;

	for (qx(ss -xaH)) {
		my (undef, undef, $waiting, undef, undef, $inode) = split ' ';
		return 1 if $waiting > 0 && $theirs{$inode};
	}
	return 0;
}

sub _kill_later {
	my ($zygote, @examiners) = @_;

	wait_until(30, sub { _has_work(@examiners) });
	kill KILL => @examiners;
	kill CONT => $zygote;
	POSIX::_exit(0);
}

# What of an accepted message came to the sink; waits for it.
sub delivered {
	my ($self, $result) = @_;
	my $queue_id = $result->{reply}->queue_id or return;

	return $self->{sink}->wait_for($queue_id);
}

# The log record of an accepted message, by queue id, or of a refused one, by the id in its reply.
sub record {
	my ($self, $reply) = @_;

	return $self->{daemon}->record(queue_id => $reply->queue_id) if $reply->queue_id;
	return $self->{daemon}->record(id => $reply->id) if $reply->id;
	return;
}

# The signatures of the tree where the daemon's user can read them: the tree may lie in a home directory.
sub _copy_signatures {
	my ($self) = @_;
	my $copy = "$self->{dir}/signatures";

	mkdir $copy, 0755 or die "$copy: $!";
	for my $file (glob "$tree/t/data/clamav/*.*db") {
		spew("$copy/" . File::Basename::basename($file), slurp($file), 0644);
	}
	return $copy;
}

sub _skip {
	my ($why, $may_skip) = @_;

	die "$why\n" unless $may_skip;
	require Test::More;
	Test::More::plan(skip_all => $why);
}

1;
