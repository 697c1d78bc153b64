# SPDX-License-Identifier: GPL-2.0-or-later
# Octroi::Smtp - an SMTP client that sends exactly what it is told (RFC 5321), for tests.
#
#	my $smtp = Octroi::Smtp->new(port => 2525);
#	$smtp->xclient(ADDR => '203.0.113.7', NAME => 'mx.ext.example');
#	$smtp->ehlo('mx.ext.example');
#	my $reply = $smtp->mail('<a@ext.example>');	# Octroi::Smtp::Reply
#
# No method dies of what the server does: a lost connection or silence is a reply with code 0.
package Octroi::Smtp;

use strict;
use warnings;
use Errno qw(EINTR);
use IO::Select;
use IO::Socket::IP;
use MIME::Base64 qw(encode_base64);
use Socket qw(SOCK_STREAM);
use Time::HiRes qw(sleep time);

# host, port, local (the address to come from), timeout (seconds for each reply, 120). Reads the greeting, or not with greeting => 0.
sub new {
	my ($class, %args) = @_;
	my $self = bless { timeout => $args{timeout} // 120, buffer => '', bye => '' }, $class;

	$self->{socket} = IO::Socket::IP->new(PeerHost => $args{host} // '127.0.0.1', PeerPort => $args{port}, Type => SOCK_STREAM,
		Timeout => 30, $args{local} ? (LocalHost => $args{local}) : ());
	$self->{bye} = "cannot connect: $!" unless $self->{socket};
	$self->{greeting} = $self->reply if $args{greeting} // 1;
	return $self;
}

sub greeting { return $_[0]{greeting} }
sub is_open { return defined $_[0]{socket} }

# Sends the bytes as they are. False when the connection is gone.
sub raw {
	my ($self, $bytes) = @_;
	local $SIG{PIPE} = 'IGNORE';
	my $at = 0;

	while ($self->{socket} && $at < length $bytes) {
		my $n = syswrite $self->{socket}, $bytes, length($bytes) - $at, $at;
		next if !defined $n && $! == EINTR;
		return $self->_lost("write: $!") unless defined $n;
		$at += $n;
	}
	return defined $self->{socket};
}

# One reply, all of its lines.
sub reply {
	my ($self) = @_;
	my @lines;

	while (defined(my $line = $self->_line)) {
		push @lines, $line;
		last unless $line =~ /^\d{3}-/;
	}
	return Octroi::Smtp::Reply->new(@lines ? @lines : "000 $self->{bye}");
}

sub command {
	my ($self, $command) = @_;

	$self->raw("$command\r\n");
	return $self->reply;
}

# Sends all commands in one write, then reads as many replies.
sub pipeline {
	my ($self, @commands) = @_;

	$self->raw(join '', map { "$_\r\n" } @commands);
	return map { $self->reply } @commands;
}

sub ehlo { return $_[0]->command("EHLO $_[1]") }
sub helo { return $_[0]->command("HELO $_[1]") }
sub mail { return $_[0]->command("MAIL FROM:$_[1]") }
sub rcpt { return $_[0]->command("RCPT TO:$_[1]") }
sub rset { return $_[0]->command('RSET') }

# Attributes of Postfix's XCLIENT_README. The server starts again with a greeting, which is what is returned.
sub xclient {
	my ($self, %attributes) = @_;
	my @words = map { "$_=" . _xtext($attributes{$_}) } sort keys %attributes;

	return $self->command("XCLIENT @words");
}

sub auth_plain {
	my ($self, $login, $password) = @_;

	return $self->command('AUTH PLAIN ' . encode_base64("\0$login\0$password", ''));
}

# DATA and, when the server wants it, the message: lines end in LF or CRLF and are sent with CRLF, dots are doubled.
# The reply to DATA when it is a refusal, else the reply to the message. With $pause the client rests for so many seconds in the
# middle of it.
sub data {
	my ($self, $message, $pause) = @_;
	my $reply = $self->command('DATA');

	return $reply unless $reply->code == 354;
	my $wire = to_wire($message);
	my $half = int(length($wire) / 2);
	$self->raw(substr $wire, 0, $half);
	sleep $pause if $pause;
	$self->raw(substr($wire, $half) . ".\r\n");
	return $self->reply;
}

sub quit {
	my ($self) = @_;
	my $reply = $self->command('QUIT');

	$self->close;
	return $reply;
}

sub close {
	my ($self) = @_;

	close delete $self->{socket} if $self->{socket};
	$self->{bye} ||= 'closed';
}

sub to_wire {
	my ($message) = @_;

	$message =~ s/\r?\n/\r\n/g;
	$message =~ s/^\./../gm;
	$message .= "\r\n" if length $message && $message !~ /\r\n\z/;
	return $message;
}

sub _xtext {
	my ($text) = @_;

	$text =~ s/([^!-*,-<>-~])/sprintf '+%02X', ord $1/ge;
	return $text;
}

sub _lost {
	my ($self, $why) = @_;

	$self->close;
	$self->{bye} = "connection lost: $why";
	return;
}

sub _line {
	my ($self) = @_;
	my $deadline = time + $self->{timeout};

	while ($self->{socket} && $self->{buffer} !~ /\n/) {
		my $left = $deadline - time;
		return $self->_lost('no reply in time') if $left <= 0;
		next unless IO::Select->new($self->{socket})->can_read($left);
		my $n = sysread $self->{socket}, $self->{buffer}, 65536, length $self->{buffer};
		next if !defined $n && $! == EINTR;
		return $self->_lost(defined $n ? 'end of file' : "read: $!") unless $n;
	}
	return $self->{buffer} =~ s/^(.*?)\r?\n// ? $1 : undef;
}

# A reply as it came: "550-5.7.1 a", "550 5.7.1 b [7K3F-QX2M]".
package Octroi::Smtp::Reply;

use strict;
use warnings;
use overload '""' => sub { $_[0]->string }, fallback => 1;

sub new {
	my ($class, @lines) = @_;

	return bless { lines => \@lines }, $class;
}

sub lines { return @{ $_[0]{lines} } }
sub code { return $_[0]{lines}[-1] =~ /^(\d{3})/ ? $1 + 0 : 0 }
sub string { return join ' / ', @{ $_[0]{lines} } }

# The enhanced status code (RFC 3463), or ''.
sub status { return $_[0]{lines}[-1] =~ /^\d{3}[ -](\d\.\d{1,3}\.\d{1,3})\b/ ? $1 : '' }

# The short id that ends each refusal of ours, or ''.
sub id { return $_[0]{lines}[-1] =~ /\[([0-9A-Z]{4}-[0-9A-Z]{4})\]\s*\z/ ? $1 : '' }

# The queue id of "250 2.0.0 Ok: queued as 4Xk2" (Postfix), "250 2.0.0 6AM5f69e026576 Message accepted for delivery" (Sendmail), or ''.
sub queue_id { return $_[0]{lines}[-1] =~ /queued as (\w+)|^250 2\.0\.0 (\w+) Message accepted/ ? $1 // $2 : '' }

sub is_ok { return int($_[0]->code / 100) == 2 }
sub is_temporary { return int($_[0]->code / 100) == 4 }
sub is_refusal { return int($_[0]->code / 100) == 5 }

1;
