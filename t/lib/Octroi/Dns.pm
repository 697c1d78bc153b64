# SPDX-License-Identifier: GPL-2.0-or-later
# Octroi::Dns - the scripted name server (t/octroi_dnsd) over a zone text; t/lib/zone.h says what can stand in it.
#
#	my $dns = Octroi::Dns->start(zone => "ext.example TXT \"v=spf1 -all\"\nslow.example !delay 4000\n");
#	... resolver { forward = { "@{[ $dns->forward ]}" } } ...
#	$dns->outage(1);			# answers nothing from now on
#	$dns->asked('ext.example', 'TXT');	# how often
#
# It ends with the test, however that ends: its standard input is a pipe that we hold.
package Octroi::Dns;

use strict;
use warnings;
use Cwd ();
use File::Basename ();
use IO::Handle;
use IO::Select;
use Octroi::Process qw(at_end slurp spew stop_pid temp_directory);
use POSIX ();

our $tree = Cwd::abs_path(File::Basename::dirname(__FILE__) . '/../../..');

# The program, or undef where it has not been built.
sub binary {
	my ($built) = grep { -x } map { "$_/t/octroi_dnsd" } $ENV{OCTROI_BUILDDIR} // (), "$tree/build/plain", "$tree/build", $tree;

	return $built;
}

# Why it cannot be started here, or undef.
sub missing { return defined binary() ? undef : 'octroi_dnsd is not built: set OCTROI_BUILDDIR' }

# Named: zone (text); dir (made here; a temporary one), addresses (array of loopback addresses beside 127.0.0.1), port.
sub start {
	my ($class, %args) = @_;
	my $self = bless { dir => $args{dir} // temp_directory(), said => '' }, $class;

	-d $self->{dir} or mkdir $self->{dir}, 0755 or die "$self->{dir}: $!";
	spew("$self->{dir}/zone", $args{zone} // '');
	my @command = (binary() // die(missing() . "\n"), '--with-stdin', '--log', $self->log_file,
		(map { ('--address', $_) } @{ $args{addresses} // [] }), (defined $args{port} ? ('--port', $args{port}) : ()), "$self->{dir}/zone");
	$self->_run(@command);
	at_end(sub { $self->stop });
	$self->{port} = $self->_hear(qr/^\d+\z/);
	return $self;
}

sub port { return $_[0]{port} }
sub log_file { return "$_[0]{dir}/log" }

# As resolver.forward wants it.
sub forward { return "127.0.0.1\@$_[0]{port}" }

# Answers nothing (true), or again (false). It is so when this returns.
sub outage {
	my ($self, $outage) = @_;

	$self->_signal($outage ? (USR1 => qr/^OUTAGE\z/) : (USR2 => qr/^BACK\z/));
}

# Another zone text from now on.
sub zone {
	my ($self, $text) = @_;

	spew("$self->{dir}/zone", $text);
	$self->_signal(HUP => qr/^ZONE\z/);
}

# What it was asked so far, in order: "TYPE name" with the name in lower case. With a name, or a name and a type: only that.
sub asked {
	my ($self, $name, $type) = @_;
	my @lines = split /\n/, slurp($self->log_file) // '';

	@lines = grep { (split / /)[1] eq lc $name } @lines if defined $name;
	@lines = grep { (split / /)[0] eq $type } @lines if defined $type;
	return @lines;
}

# Forgets what was asked.
sub forget { return truncate $_[0]->log_file, 0 }

sub stop {
	my ($self) = @_;

	stop_pid(delete $self->{pid}, 5) if $self->{pid};
	close delete $self->{hold} if $self->{hold};
}

sub _run {
	my ($self, @command) = @_;

	pipe my $theirs, $self->{hold} or die "pipe: $!";
	pipe $self->{out}, my $said or die "pipe: $!";
	$self->{pid} = fork // die "fork: $!";
	return if $self->{pid};
	open STDIN, '<&', $theirs or POSIX::_exit(126);
	open STDOUT, '>&', $said or POSIX::_exit(126);
	exec { $command[0] } @command or print STDERR "$command[0]: $!\n";
	POSIX::_exit(127);
}

sub _signal {
	my ($self, $signal, $answer) = @_;

	kill $signal => $self->{pid};
	$self->_hear($answer);
}

# Waits for such a line of its standard output, and returns it.
sub _hear {
	my ($self, $wanted) = @_;

	while ($self->{said} !~ /\n/) {
		IO::Select->new($self->{out})->can_read(20) or die "octroi_dnsd says nothing\n";
		sysread $self->{out}, $self->{said}, 100, length $self->{said} or die "octroi_dnsd has ended\n";
	}
	my ($line, $rest) = split /\n/, $self->{said}, 2;
	$self->{said} = $rest;
	return $line =~ $wanted ? $line : die "octroi_dnsd says $line\n";
}

1;
