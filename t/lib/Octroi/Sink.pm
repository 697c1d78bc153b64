# SPDX-License-Identifier: GPL-2.0-or-later
# Octroi::Sink - the internal mail server of a test: takes every message and keeps it with its envelope.
#
#	my $sink = Octroi::Sink->start(dir => "$temp/sink");
#	$sink->slow(2);				# each message waits 2 s for its 250 from now on
#	my @messages = $sink->messages;		# Octroi::Sink::Message, in the order of arrival
#
# A directory holds NAME.msg (the bytes, CRLF, dots undone) and NAME.env (JSON), which is written last.
package Octroi::Sink;

use strict;
use warnings;
use IO::Socket::INET;
use JSON::PP ();
use Octroi::Process qw(at_end spew slurp stop_pid wait_until);
use POSIX ();
use Time::HiRes qw(sleep time);

sub start {
	my ($class, %args) = @_;
	my $self = bless { dir => $args{dir}, seen => {}, kept => [] }, $class;

	mkdir $self->{dir} or die "$self->{dir}: $!";
	my $listen = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0, Listen => 256, ReuseAddr => 1)
		or die "sink: $!";
	$self->{port} = $listen->sockport;
	$self->{pid} = fork // die "fork: $!";
	$self->_serve($listen) unless $self->{pid};
	at_end(sub { $self->stop });
	return $self;
}

sub port { return $_[0]{port} }
sub dir { return $_[0]{dir} }

# Seconds before each final 250; 0: at once. For messages that come from now on.
sub slow {
	my ($self, $seconds) = @_;

	spew("$self->{dir}/delay.new", $seconds);
	rename "$self->{dir}/delay.new", "$self->{dir}/delay" or die "$self->{dir}/delay: $!";
}

sub stop {
	my ($self) = @_;

	stop_pid(delete $self->{pid}, 5) if $self->{pid};
}

# All messages so far.
sub messages {
	my ($self) = @_;

	opendir my $dir, $self->{dir} or die "$self->{dir}: $!";
	for my $file (sort grep { /\.env\z/ && !$self->{seen}{$_} } readdir $dir) {
		$self->{seen}{$file} = 1;
		push @{ $self->{kept} }, Octroi::Sink::Message->read("$self->{dir}/$file");
	}
	return @{ $self->{kept} };
}

# The messages that passed the gateway under this queue id; waits for the first.
sub wait_for {
	my ($self, $queue_id, $seconds) = @_;
	my @found;

	wait_until($seconds // 60, sub { @found = grep { $_->queue_id eq $queue_id } $self->messages });
	return @found;
}

sub wait_count {
	my ($self, $count, $seconds) = @_;

	wait_until($seconds // 60, sub { $self->messages >= $count });
	return scalar $self->messages;
}

# The child: a process for each connection, so that a slow answer holds up nobody else.
sub _serve {
	my ($self, $listen) = @_;

	$SIG{CHLD} = 'IGNORE';
	$SIG{$_} = 'DEFAULT' for qw(INT TERM HUP PIPE);
	while (1) {
		my $socket = $listen->accept or next;
		my $pid = fork;
		if (!defined $pid) { warn "sink: fork: $!"; next }
		next if $pid;
		close $listen;
		eval { $self->_session($socket) };
		POSIX::_exit(0);
	}
}

sub _session {
	my ($self, $socket) = @_;
	my $session = { socket => $socket, number => 0, from => undef, rcpts => [] };

	binmode $socket;
	$socket->autoflush(1);
	print $socket "220 sink.ours.example ESMTP\r\n";
	while (defined(my $line = <$socket>)) {
		$line =~ s/\r?\n\z//;
		print $socket $self->_answer($session, $line);
		last if $line =~ /^QUIT\b/i;
	}
}

sub _answer {
	my ($self, $session, $line) = @_;

	return "250-sink.ours.example\r\n250-PIPELINING\r\n250-SIZE 0\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n" if $line =~ /^EHLO/i;
	return "221 2.0.0 Bye\r\n" if $line =~ /^QUIT/i;
	return $self->_data($session) if $line =~ /^DATA\b/i;
	if ($line =~ /^MAIL FROM:\s*(<[^ ]*>|<"[^>]*>)/i) {
		@$session{qw(from rcpts)} = ($1, []);
	} elsif ($line =~ /^RCPT TO:\s*(<.*?>)(?:\s[A-Z]+=.*)?\z/i) {
		push @{ $session->{rcpts} }, $1;
	}
	return "250 2.0.0 Ok\r\n";
}

sub _data {
	my ($self, $session) = @_;
	my $socket = $session->{socket};
	my $message = '';

	print $socket "354 Go on\r\n";
	while (defined(my $line = <$socket>)) {
		return $self->_keep($session, $message) if $line =~ /\A\.\r?\n\z/;
		$line =~ s/^\.//;
		$message .= $line;
	}
	return '';	# the client left in mid-message: it keeps the mail
}

sub _keep {
	my ($self, $session, $message) = @_;
	my $name = sprintf '%s/%.6f-%d-%d', $self->{dir}, time, $$, $session->{number}++;
	my $delay = slurp("$self->{dir}/delay") || 0;

	sleep $delay if $delay > 0;
	spew("$name.msg", $message);
	spew("$name.new", JSON::PP::encode_json({ from => $session->{from}, rcpts => $session->{rcpts}, at => time }));
	rename "$name.new", "$name.env" or return "451 4.3.0 $!\r\n";
	return "250 2.0.0 Ok: kept\r\n";
}

# A message as the internal server got it.
package Octroi::Sink::Message;

use strict;
use warnings;
use JSON::PP ();
use Octroi::Process ();

sub read {
	my ($class, $file) = @_;
	my $self = bless JSON::PP::decode_json(Octroi::Process::slurp($file)), $class;

	($self->{file} = $file) =~ s/\.env\z/.msg/;
	$self->{bytes} = Octroi::Process::slurp($self->{file}) // die "$self->{file}: $!";
	return $self;
}

sub from { return $_[0]{from} }
sub rcpts { return @{ $_[0]{rcpts} } }
sub bytes { return $_[0]{bytes} }
sub file { return $_[0]{file} }

sub head { return $_[0]{bytes} =~ /\A(.*?\r?\n)\r?\n/s ? $1 : $_[0]{bytes} }
sub body { return $_[0]{bytes} =~ /\A.*?\r?\n\r?\n(.*)\z/s ? $1 : '' }

# The fields as [name, value], from the top; names as they stand, folds undone in the value.
sub fields {
	my ($self) = @_;

	return @{ $self->{fields} } if $self->{fields};
	(my $head = $self->head) =~ s/\r?\n([ \t])/$1/g;
	$self->{fields} = [map { /^([^:]*):[ \t]*(.*?)\r?\z/s ? [$1, $2] : () } split /\n/, $head];
	return @{ $self->{fields} };
}

# Values of the fields of that name, whatever their case and the space before the colon.
sub header {
	my ($self, $name) = @_;
	my @values = map { $_->[1] } grep { $_->[0] =~ /\A\Q$name\E[ \t]*\z/i } $self->fields;

	return wantarray ? @values : $values[0];
}

# Under which id the gateway had it: the topmost Received field that Postfix wrote.
sub queue_id { return $_[0]->head =~ /^Received: .*?\bid ([0-9A-Za-z]{6,})\b/ms ? $1 : '' }
sub message_id { return $_[0]->header('Message-ID') // '' }

1;
