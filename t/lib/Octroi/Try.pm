# SPDX-License-Identifier: GPL-2.0-or-later
# Octroi::Try - `octroi try --json`, for tests: a message with an envelope through the whole engine.
#
#	my $try = Octroi::Try->new(conf => qq(domains = { "ours.example" }\n));
#	my $got = $try->run(client => '203.0.113.7', helo => 'mx.ext.example', from => '<a@ext.example>');
#	$got->{action}; Octroi::Try::outcome($got, 'spf');	# "pass"
package Octroi::Try;

use strict;
use warnings;
use JSON::PP ();
use Octroi::Gate;
use Octroi::Process qw(slurp spew temp_directory);
use POSIX ();

# Named: conf (the text of milter.conf), binary ($OCTROI).
sub new {
	my ($class, %args) = @_;
	my $self = bless { dir => temp_directory(), binary => $args{binary} // Octroi::Gate::binary() }, $class;

	$self->conf($args{conf});
	return $self;
}

# Another milter.conf from now on.
sub conf {
	my ($self, $conf) = @_;

	spew("$self->{dir}/milter.conf", $conf);
}

# Named: client (203.0.113.7), client_name, helo, from (<a@ext.example>), rcpt (<u@ours.example>, or an array), auth, message. Returns what it
# printed, or { error => text, status => exit status } when there was no verdict.
sub run {
	my ($self, %args) = @_;
	my %defaults = (client => '203.0.113.7', from => '<a@ext.example>', rcpt => '<u@ours.example>');
	my @command = ($self->{binary}, 'try', '--config', "$self->{dir}/milter.conf", '--json');

	%args = (%defaults, %args);
	for my $option (qw(client client_name helo from auth)) {
		push @command, '--' . $option =~ tr/_/-/r, $args{$option} if defined $args{$option};
	}
	push @command, map { ('--rcpt', $_) } ref $args{rcpt} ? @{ $args{rcpt} } : $args{rcpt};
	spew("$self->{dir}/message", $args{message} // "From: a\@ext.example\nSubject: test\n\ntest\n");
	my $status = $self->_run(@command, "$self->{dir}/message");
	return { error => slurp("$self->{dir}/err"), status => $status } if $status != 0;
	return JSON::PP->new->utf8->decode(slurp("$self->{dir}/out"));
}

# The outcome of a scanner's first finding, or '' when there is none.
sub outcome {
	my ($got, $scanner) = @_;

	return (findings($got, $scanner))[0]{outcome} // '';
}

sub findings {
	my ($got, $scanner) = @_;

	return grep { $_->{scanner} eq $scanner } @{ $got->{findings} // [] };
}

# The value of a header field that would be added, or ''.
sub header {
	my ($got, $name) = @_;
	my ($field) = grep { lc $_->{name} eq lc $name } @{ $got->{headers} // [] };

	return $field ? $field->{value} : '';
}

sub _run {
	my ($self, @command) = @_;
	my $pid = fork // die "fork: $!";

	if (!$pid) {
		open STDIN, '<', '/dev/null';
		open STDOUT, '>', "$self->{dir}/out";
		open STDERR, '>', "$self->{dir}/err";
		exec { $command[0] } @command or POSIX::_exit(127);
	}
	waitpid $pid, 0;
	return $? >> 8 || $? & 127;
}

1;
