# SPDX-License-Identifier: GPL-2.0-or-later
# Octroi::Milter - the MTA's side of the milter protocol, for tests: one object is one connection to a filter.
package Octroi::Milter;

use strict;
use warnings;
use Carp qw(croak);
use Errno qw(EINPROGRESS);
use IO::Select;
use IO::Socket::INET;
use IO::Socket::UNIX;
use Socket qw(SOCK_STREAM);
use Time::HiRes qw(time sleep);

=head1 SYNOPSIS

	my $mta = Octroi::Milter->new(socket => 'unix:/run/octroi.sock', timeout => 10);
	$mta->negotiate;
	$mta->connect('mail.example.org', '192.0.2.9');
	$mta->helo('mail.example.org');
	my $reply = $mta->mail('<sender@example.org>', 'SIZE=1000');
	$reply = $mta->rcpt('<user@example.com>');
	$reply->{answer} eq 'reject' or die;        # continue accept reject tempfail discard skip shutdown none
	$mta->data;
	$mta->header('Subject', ' hello');
	$mta->eoh;
	$mta->body("text\r\n");
	my $end = $mta->eom;
	$end->{answer}; $end->{text};               # "550 5.7.1 ..." where the filter gave a reply
	$end->{edits};                              # [ { edit => 'add_header', name => ..., value => ..., index => ... } ... ]
	$mta->abort; $mta->quit;

Each method sends the macros that were set for its stage, then the command, then waits for the answer unless the filter has
agreed to give none: the answer is then "none". A command that the filter does not want is not sent: "unsent".

What cannot be an answer of a milter is never an exception but an answer too: "closed" (the filter has closed the connection),
"timeout", "malformed" (with the reason in {text}). After these the object is of no more use. Methods die only of wrong use.

=head1 METHODS

=cut

our $VERSION = 1;

use constant {
	ADDHDRS => 0x01, CHGBODY => 0x02, ADDRCPT => 0x04, DELRCPT => 0x08, CHGHDRS => 0x10, QUARANTINE => 0x20,
	CHGFROM => 0x40, ADDRCPT_PAR => 0x80, SETSYMLIST => 0x100,
	NOCONNECT => 0x01, NOHELO => 0x02, NOMAIL => 0x04, NORCPT => 0x08, NOBODY => 0x10, NOHDRS => 0x20, NOEOH => 0x40,
	NR_HDR => 0x80, NOUNKNOWN => 0x100, NODATA => 0x200, SKIP => 0x400, RCPT_REJ => 0x800, NR_CONN => 0x1000,
	NR_HELO => 0x2000, NR_MAIL => 0x4000, NR_RCPT => 0x8000, NR_DATA => 0x10000, NR_UNKN => 0x20000, NR_EOH => 0x40000,
	NR_BODY => 0x80000, HDR_LEADSPC => 0x100000,
	ALL_ACTIONS => 0x1ff, ALL_STEPS => 0x1fffff,
	CHUNK_BYTES => 65535, PACKET_MAX => 1024 * 1024,
};

# command => [ stage, bit that says "do not send", bit that says "no answer" ]
my %step = (
	C => ['connect', NOCONNECT, NR_CONN], H => ['helo', NOHELO, NR_HELO], M => ['mail', NOMAIL, NR_MAIL],
	R => ['rcpt', NORCPT, NR_RCPT], T => ['data', NODATA, NR_DATA], L => ['header', NOHDRS, NR_HDR],
	N => ['eoh', NOEOH, NR_EOH], B => ['body', NOBODY, NR_BODY], E => ['eom', 0, 0], U => ['unknown', NOUNKNOWN, NR_UNKN],
);

my @stages = qw(connect helo mail rcpt data eom eoh);

my %answers = (
	c => 'continue', a => 'accept', r => 'reject', t => 'tempfail', d => 'discard', s => 'skip', 4 => 'shutdown',
	f => 'shutdown', p => 'progress',
);

# What the data of an edit holds: N an index, Z a string, z a string that may be missing, * all of it.
my %edits = (
	h => ['add_header', ADDHDRS, qw(Z:name Z:value)], i => ['insert_header', ADDHDRS, qw(N:index Z:name Z:value)],
	m => ['change_header', CHGHDRS, qw(N:index Z:name Z:value)], q => ['quarantine', QUARANTINE, qw(Z:value)],
	'+' => ['add_rcpt', ADDRCPT, qw(Z:name)], 2 => ['add_rcpt_par', ADDRCPT_PAR, qw(Z:name z:value)],
	'-' => ['delete_rcpt', DELRCPT, qw(Z:name)], e => ['change_from', CHGFROM, qw(Z:name z:value)],
	b => ['replace_body', CHGBODY, qw(*:value)],
);

=head2 new(socket => ADDRESS, timeout => SECONDS)

ADDRESS is libmilter's: unix:/path, local:/path, inet:port@host. Waits up to timeout (default 10 s) for the filter to listen.
Dies when nobody listens by then; with C<must_connect =E<gt> 0> it returns undef instead.

=cut

sub new
{
	my ($class, %args) = @_;
	my $self = bless { timeout => 10, must_connect => 1, %args, in => '', macros => {}, lists => {} }, $class;
	my $end = time + $self->{timeout};

	croak 'no socket' unless defined $self->{socket};
	until ($self->{fh} = $self->_connect) {
		last if time >= $end || !$self->{must_connect};
		sleep 0.02;
	}
	return $self if $self->{fh};
	croak "$self->{socket}: $!" if $self->{must_connect};
	return undef;
}

sub _connect
{
	my ($self) = @_;

	return IO::Socket::UNIX->new(Type => SOCK_STREAM, Peer => $1) if $self->{socket} =~ m{^(?:(?:unix|local):)?(/.*)$};
	return IO::Socket::INET->new(PeerAddr => $2, PeerPort => $1, Proto => 'tcp', Timeout => $self->{timeout})
		if $self->{socket} =~ m{^inet:(\d+)\@(.+)$};
	croak "$self->{socket}: not a milter address";
}

=head2 negotiate(version => 6, actions => BITS, steps => BITS)

Returns { answer => 'continue', version, actions, steps, lists => { mail => 'i {auth_authen}', ... } } and remembers it.

=cut

sub negotiate
{
	my ($self, %offer) = @_;
	my %mine = (version => 6, actions => ALL_ACTIONS, steps => ALL_STEPS, %offer);

	$self->raw('O', pack 'N3', @mine{qw(version actions steps)});
	my $packet = $self->read_packet;
	return $packet if defined $packet->{answer};
	my $data = $packet->{data};
	return _malformed("negotiation answered with $packet->{command}") if $packet->{command} ne 'O' || length $data < 12;

	@$self{qw(version actions steps)} = unpack 'N3', substr $data, 0, 12, '';
	while (length $data) {
		my ($stage, $list) = unpack 'N Z*', $data;
		return _malformed('macro list') if !defined $list || $stage > $#stages || length $data < 5 + length $list;
		substr $data, 0, 5 + length $list, '';
		$self->{lists}{ $stages[$stage] } = $list;
	}
	return _malformed('filter asks for actions that were not offered') if $self->{actions} & ~$mine{actions};
	return _malformed('filter asks for steps that were not offered') if $self->{steps} & ~$mine{steps};
	return { answer => 'continue', map { $_ => $self->{$_} } qw(version actions steps lists) };
}

=head2 macros(STAGE => { NAME => VALUE, ... })

Macros for a stage (connect helo mail rcpt data header eoh body eom), sent with each of its commands from now on, whatever the
filter asked for. Names as on the wire: C<i>, C<{auth_authen}>. Replaces what was set for that stage; undef removes it.

=cut

sub macros
{
	my ($self, %stages) = @_;

	$self->{macros}{$_} = $stages{$_} for keys %stages;
	return $self;
}

=head2 connect(NAME, ADDRESS, PORT)

ADDRESS is IPv4, IPv6, a path (a local client), or undef (unknown family).

=cut

sub connect
{
	my ($self, $name, $address, $port) = @_;
	my $data = "$name\0";

	$port = 40025 unless defined $port;
	$data .= !defined $address ? 'U' : pack 'a n Z*', ($address =~ m{^/} ? 'L' : $address =~ /:/ ? '6' : '4'), $port, $address;
	return $self->command('C', $data);
}

=head2 helo(NAME), mail(PATH, ESMTP...), rcpt(PATH, ESMTP...), data(), header(NAME, VALUE), eoh(), unknown(LINE)

PATH goes out as it is given, brackets included. VALUE begins right after the colon; its first space is sent only where the
filter asked for it (SMFIP_HDR_LEADSPC).

=cut

sub helo { my ($self, $name) = @_; return $self->command('H', "$name\0"); }
sub mail { my ($self, @argv) = @_; return $self->command('M', join '', map { "$_\0" } @argv); }
sub rcpt { my ($self, @argv) = @_; return $self->command('R', join '', map { "$_\0" } @argv); }
sub data { return $_[0]->command('T', ''); }
sub eoh { return $_[0]->command('N', ''); }
sub unknown { my ($self, $line) = @_; return $self->command('U', "$line\0"); }

sub header
{
	my ($self, $name, $value) = @_;

	$value =~ s/^ // unless $self->{steps} & HDR_LEADSPC;
	return $self->command('L', "$name\0$value\0");
}

=head2 body(BYTES)

In chunks as an MTA sends them, until the filter says skip. Returns the last answer.

=cut

sub body
{
	my ($self, $bytes) = @_;
	my $reply = { answer => 'none' };

	for (my $at = 0; $at < length $bytes; $at += CHUNK_BYTES) {
		$reply = $self->command('B', substr $bytes, $at, CHUNK_BYTES);
		last if $reply->{answer} !~ /^(?:continue|none)$/;
	}
	return $reply;
}

=head2 eom()

{answer}, {text}, {edits} and {progress}, the count of progress packets.

=cut

sub eom { return $_[0]->command('E', ''); }

=head2 abort(), quit(), quit_nc()

No answer is awaited. quit closes the connection and returns whether the filter closed its side in time. libmilter obeys quit_nc
only right after an end of message that was answered with continue; elsewhere it ignores it, and the CONNECT that follows.

=cut

sub abort { $_[0]->raw('A', ''); return $_[0]; }
sub quit_nc { $_[0]->raw('K', ''); return $_[0]; }

sub quit
{
	my ($self) = @_;

	$self->raw('Q', '');
	# In the state after HELO libmilter ignores QUIT and waits for the end of the connection.
	shutdown $self->{fh}, 1 if $self->{fh};
	my $packet = $self->read_packet;
	$self->close;
	return defined $packet->{answer} && $packet->{answer} eq 'closed';
}

=head2 message(from =>, rcpt => [...], headers => [[NAME, VALUE]...] or text =>, body =>, from_args => [...])

A whole transaction on a greeted session, MAIL to end of message: returns eom's answer, or the first that was not continue,
with {phase} naming the command. Refused recipients are in {refused}: { PATH => answer }; when all are, that ends it.

=cut

sub message
{
	my ($self, %mail) = @_;
	my %refused;
	my $last;
	my $go = sub { my ($phase, $reply) = @_; $last = { %$reply, phase => $phase, refused => \%refused };
		return $reply->{answer} =~ /^(?:continue|none|unsent|skip)$/ };

	@mail{qw(headers body)} = _cut($mail{text}) if defined $mail{text};
	$go->(mail => $self->mail($mail{from}, @{ $mail{from_args} || [] })) or return $last;
	my $left = @{ $mail{rcpt} };
	for my $rcpt (@{ $mail{rcpt} }) {
		next if $go->(rcpt => $self->rcpt($rcpt));
		return $last if $last->{answer} !~ /^(?:reject|tempfail)$/;
		$refused{$rcpt} = $last;
		return $last unless --$left;
	}
	$go->(data => $self->data) or return $last;
	for my $header (@{ $mail{headers} }) {
		$go->(header => $self->header(@$header)) or return $last;
		last if $last->{answer} eq 'skip';
	}
	$go->(eoh => $self->eoh) or return $last;
	$go->(body => $self->body(defined $mail{body} ? $mail{body} : '')) or return $last;
	$go->(eom => $self->eom);
	return $last;
}

sub _cut
{
	my ($text) = @_;
	my ($head, $body) = split /\r?\n\r?\n/, $text, 2;
	my @headers;

	for my $line (split /\r?\n/, $head) {
		if ($line =~ /^[ \t]/ && @headers) { $headers[-1][1] .= "\n$line"; }
		elsif ($line =~ /^([^:\s]+):(.*)$/) { push @headers, [$1, $2]; }
	}
	$body = '' unless defined $body;
	$body =~ s/\r?\n/\r\n/g;
	return (\@headers, $body);
}

=head2 command(COMMAND, DATA)

Any command byte with its data, with the macros and the answer that go with it.

=cut

sub command
{
	my ($self, $command, $data) = @_;
	my ($stage, $unwanted, $unanswered) = @{ $step{$command} or croak "no command $command" };
	my $steps = $self->{steps};

	croak 'negotiate first' unless defined $steps;
	my $macros = $self->{macros}{$stage};
	$self->raw('D', join '', $command, map { "$_\0$macros->{$_}\0" } sort keys %$macros) if $macros;
	return { answer => 'unsent' } if $steps & $unwanted;
	my $sent = $self->raw($command, $data);
	return { answer => 'none' } if $sent && $steps & $unanswered;
	return $self->answer($command);
}

=head2 answer(COMMAND)

Waits for the answer to COMMAND, collecting edits at the end of a message.

=cut

sub answer
{
	my ($self, $command) = @_;
	my %got = (edits => [], progress => 0);

	for (;;) {
		my $packet = $self->read_packet;
		my $reply = defined $packet->{answer} ? $packet : $self->_parse($command, $packet);
		if ($reply->{edit}) { push @{ $got{edits} }, $reply; next; }
		if ($reply->{answer} eq 'progress') { $got{progress}++; next; }
		return { %got, %$reply };
	}
}

sub _malformed { return { answer => 'malformed', text => $_[0] }; }

sub _parse
{
	my ($self, $command, $packet) = @_;
	my ($kind, $data) = @$packet{qw(command data)};

	return _parse_reply($data) if $kind eq 'y';
	if (my $answer = $answers{$kind}) {
		return _malformed("data after $answer") if length $data;
		return _malformed('progress before the end of the message') if $answer eq 'progress' && $command ne 'E';
		return _malformed('skip was not agreed') if $answer eq 'skip' && !($self->{steps} & SKIP);
		return { answer => $answer };
	}
	return _malformed(sprintf 'answer 0x%02x after %s', ord $kind, $command) if !$edits{$kind} || $command ne 'E';
	return $self->_parse_edit($kind, $data);
}

# As strict as Postfix: it drops a filter whose enhanced status is of another class than its code.
sub _parse_reply
{
	my ($data) = @_;

	return _malformed('reply without its NUL') unless $data =~ s/\0\z//;
	return _malformed("reply $data") unless $data =~ /^([45])\d\d[ -](?!(?!\1)\d)/;
	my $answer = $data =~ /^421/ ? 'shutdown' : $1 eq '5' ? 'reject' : 'tempfail';
	$data =~ s/%%/%/g;
	return { answer => $answer, text => $data };
}

sub _parse_edit
{
	my ($self, $kind, $data) = @_;
	my ($name, $action, @parts) = @{ $edits{$kind} };
	my %edit = (edit => $name);

	return _malformed("$name was not agreed") unless $self->{actions} & $action;
	for my $part (@parts) {
		my ($form, $key) = split /:/, $part;
		next if $form eq 'z' && !length $data;
		if ($form eq '*') { $edit{$key} = $data; $data = ''; }
		elsif ($form eq 'N' && length $data >= 4) { $edit{$key} = unpack 'N', substr $data, 0, 4, ''; }
		elsif ($form ne 'N' && $data =~ s/^([^\0]*)\0//) { $edit{$key} = $1; }
		else { return _malformed("$name is cut short"); }
	}
	return _malformed("data after $name") if length $data;
	return \%edit;
}

=head1 BELOW THE PROTOCOL

=head2 raw(COMMAND, DATA), bytes(BYTES)

A packet with its length, or bytes as they are, for what no MTA would send. Return false when the filter has gone.

=cut

sub raw
{
	my ($self, $command, $data) = @_;

	return $self->bytes(pack 'N a a*', 1 + length $data, $command, $data);
}

sub bytes
{
	my ($self, $bytes) = @_;
	local $SIG{PIPE} = 'IGNORE';
	my $select = IO::Select->new($self->{fh});
	my $end = time + $self->{timeout};

	return 0 unless $self->{fh};
	$self->{fh}->blocking(0);
	while (length $bytes) {
		return 0 if time >= $end;
		$select->can_write($end - time) or next;
		my $n = syswrite $self->{fh}, $bytes;
		return 0 if !defined $n && !$!{EAGAIN} && !$!{EINTR};
		substr $bytes, 0, $n, '' if $n;
	}
	return 1;
}

=head2 read_packet()

{ command, data }, or { answer => 'closed' | 'timeout' | 'malformed' }.

=cut

sub read_packet
{
	my ($self) = @_;
	my $end = time + $self->{timeout};

	for (;;) {
		if (length $self->{in} >= 4) {
			my $len = unpack 'N', $self->{in};
			return _malformed("packet of $len bytes") if $len < 1 || $len > PACKET_MAX;
			if (length $self->{in} >= 4 + $len) {
				my (undef, $command, $data) = unpack 'N a a*', substr $self->{in}, 0, 4 + $len, '';
				return { command => $command, data => $data };
			}
		}
		return { answer => 'closed' } unless $self->{fh};
		my $left = $end - time;
		return { answer => 'timeout' } if $left <= 0 || !IO::Select->new($self->{fh})->can_read($left);
		my $n = sysread $self->{fh}, $self->{in}, 65536, length $self->{in};
		next if !defined $n && ($!{EAGAIN} || $!{EINTR});
		return { answer => 'closed' } unless $n;
	}
}

=head2 close(), fh()

The connection, without a word to the filter; the handle itself.

=cut

sub close { my ($self) = @_; CORE::close(delete $self->{fh}) if $self->{fh}; return $self; }
sub fh { return $_[0]{fh}; }

1;
