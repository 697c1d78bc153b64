# SPDX-License-Identifier: GPL-2.0-or-later
# Octroi::Corpus - the messages that t/corpus makes, sent through the daemon, and what it said of each.
#
#	my $corpus = Octroi::Corpus->make('hostile');			# a directory of its own; skips the test without Python
#	my $seen = $corpus->send($service->socket, $daemon);		# file => { answer, verdict, findings => { 'antivirus:infected' => 1 } }
#	$corpus->cases;							# what the generator says of each: { file, class, variant, ... }
package Octroi::Corpus;

use strict;
use warnings;
use Cwd ();
use File::Basename ();
use File::Copy ();
use JSON::PP ();
use Octroi::Process qw(at_end slurp spew temp_directory wait_until);
use Octroi::Service qw(greet);
use POSIX ();
use Test::More;

use constant SENDERS => 2;

our $tree = Cwd::abs_path(File::Basename::dirname(__FILE__) . '/../../..');

# Named: arguments for the generator (seed => 1, combinations => 1, letters => 110 ...), keep => a directory that outlives the test.
sub make {
	my ($class, $kind, %args) = @_;
	my $keep = delete $args{keep};
	my $self = bless { dir => $keep // temp_directory(), kept => 0 }, $class;
	my ($python) = grep { -x } qw(/usr/bin/python3 /usr/local/bin/python3);

	plan skip_all => 'python3 is not installed' unless $python;
	unless ($keep && -f "$keep/index.jsonl") {
		my @arguments = map { ('--' . $_ =~ tr/_/-/r, $args{$_}) } sort keys %args;
		open my $out, '-|', $python, "$tree/t/corpus/$kind.py", @arguments, $self->{dir} or die "$kind.py: $!";
		diag $_ =~ s/^# //r =~ s/\n\z//r while <$out>;
		close $out or die "$kind.py ended with $?\n";
	}
	$self->{cases} = [map { JSON::PP->new->utf8->decode($_) } split /\n/, slurp("$self->{dir}/index.jsonl")];
	return $self;
}

# The daemon at the default settings, but for the signatures (those of t/data/clamav) and without the scanners that ask the DNS.
sub daemon {
	my ($service) = @_;

	return $service->start(antivirus => qq(enabled = yes database = "$tree/t/data/clamav"), content => 'enabled = yes');
}

sub cases { return @{ $_[0]{cases} } }
sub bytes { return slurp("$_[0]{dir}/$_[1]{file}") }

# Copies a message that should not be lost with the test: the path of the copy.
sub keep {
	my ($self, $case) = @_;
	my $dir = $ENV{OCTROI_KEPT} // '/tmp';
	my $path = sprintf '%s/octroi-kept-%s-%s', $dir, ($case->{class} // $case->{maker}) =~ s/\W+/_/gr, $case->{file};

	return 'enough of them are kept' if $self->{kept}++ >= 20;
	File::Copy::copy("$self->{dir}/$case->{file}", $path) or return "not kept: $!";
	return $path;
}

# The fields and the body as Postfix hands them to a filter: what begins no field ends the header, a NUL ends a value, and a bare
# CR in the header is a blank. The bytes of the body stay what they are.
sub cut {
	my ($bytes) = @_;
	my @fields;

	while ($bytes =~ /\G([^\n]*)(\n|\z)/gc) {
		my ($line, $start) = ($1, $-[0]);
		last if $start == length $bytes;
		$line =~ s/\r\z//;
		return (\@fields, substr $bytes, pos $bytes) if $line eq '';
		$line =~ tr/\r/ /;
		if (@fields && $line =~ /^[ \t]/) { $fields[-1][1] .= "\n$line"; next; }
		$line =~ /^([!-9;-~]+)[ \t]*:(.*)\z/s or return (\@fields, substr $bytes, $start);
		push @fields, [$1, $2];
	}
	s/\0.*//s for map { $_->[1] } @fields;
	return (\@fields, '');
}

# Is there one in the header of the message itself?
sub has_nul { return $_[0] =~ /\A(?:[^\r\n]+\r?\n)*?[^\r\n]*\0/ ? 1 : 0 }

sub has_bare_cr { return $_[0] =~ /\A(?:[^\r\n]+\r?\n)*?[^\r\n]*\r[^\n]/ ? 1 : 0 }

# Chunks of a body: size is a number of bytes, or a function that gives the next one.
sub chunks {
	my ($body, $size) = @_;
	my @chunks;

	for (my $at = 0; $at < length $body;) {
		my $n = ref $size ? $size->() : $size;
		push @chunks, substr $body, $at, $n;
		$at += $n;
	}
	return @chunks;
}

# One message on a greeted session: the answer that settled it.
sub send_one {
	my ($mta, $id, $bytes, $size) = @_;
	my ($fields, $body) = cut($bytes);
	my $answer = { answer => 'continue' };

	# What does not fit into a packet of libmilter's makes it close the connection; the MTA then defers the message.
	return { answer => 'unsendable' } if grep { length($_->[0]) + length($_->[1]) > 65000 } @$fields;
	my $goes_on = sub { $answer = $_[0]; return $answer->{answer} =~ /^(?:continue|none|unsent|skip)$/ };

	$mta->macros(map { $_ => { i => $id } } qw(data eoh eom));
	for my $step (sub { $mta->mail('<a@ext.example>') }, sub { $mta->rcpt('<u@ours.example>') }, sub { $mta->data }) {
		$goes_on->($step->()) or return $answer;
	}
	for my $field (@$fields) {
		s/\0.*//s for @$field;
		$goes_on->($mta->header(@$field)) or return $answer;
	}
	$goes_on->($mta->eoh) or return $answer;
	for my $chunk (chunks($body, $size)) {
		$goes_on->($mta->command('B', $chunk)) or return $answer;
		last if $answer->{answer} eq 'skip';
	}
	return $mta->eom;
}

# Named: cases (all of them), size (of chunks, 65535), prefix (of the queue ids). Every message must have its line in the log; one that
# has none is missing in what is returned.
sub send {
	my ($self, $socket, $daemon, %args) = @_;
	my @cases = @{ $args{cases} // $self->{cases} };
	my $prefix = $args{prefix} // 'Q';
	my %seen;

	my %answers = $self->_send_in_children($socket, $prefix, $args{size} // 65535, @cases);
	my %wanted = map { ("$prefix$_->{file}" => $_->{file}) } @cases;
	wait_until(60, sub {
		%seen = map { ($wanted{ $_->{queue_id} } => $_) } grep { exists $wanted{ $_->{queue_id} // '' } } $daemon->records;
		return !grep { !$seen{$_} && $answers{$_} eq 'continue' } keys %answers;
	});
	for my $file (keys %answers) {	# refused before the end of its header, when it had no queue id yet, or never sent
		$seen{$file} //= { verdict => 'reject', findings => 'early', line => '' } if $answers{$file} =~ /^(?:reject|unsendable)$/;
	}
	$_->{found} = { map { $_ => 1 } split /,/, $_->{findings} // '' } for values %seen;
	return \%seen;
}

# The answers to all of them, by file.
sub _send_in_children {
	my ($self, $socket, $prefix, $size, @cases) = @_;
	my @children;

	for my $sender (0 .. SENDERS - 1) {
		my $pid = open(my $answers, '-|') // die "fork: $!";
		if (!$pid) {
			srand 1;	# sizes at random are the same ones each time
			$self->_send_share($socket, $prefix, $size, map { $cases[$_] } grep { $_ % SENDERS == $sender } 0 .. $#cases);
			close STDOUT;
			POSIX::_exit(0);
		}
		push @children, $answers;
	}
	return map { my $child = $_; map { split } <$child> } @children;
}

sub _send_share {
	my ($self, $socket, $prefix, $size, @cases) = @_;
	my $mta;

	for my $case (@cases) {
		$mta //= greet($socket) // POSIX::_exit(1);
		my $answer = send_one($mta, "$prefix$case->{file}", $self->bytes($case), $size)->{answer};
		print "$case->{file} $answer\n";
		undef $mta unless $answer =~ /^(?:continue|reject|tempfail|discard|unsendable)$/;
		$mta->abort if $mta && $answer !~ /^(?:continue|unsendable)$/;
	}
}

# Why such a message is not let in as if nothing was with it: those findings.
sub objections {
	my ($record) = @_;

	my $objection = qr/^(?:antivirus:(?:infected|unscannable)|attachment:\w+|content:(?!error|poison)\w+)$/;

	return grep { /$objection/ } sort keys %{ $record->{found} };
}

1;
