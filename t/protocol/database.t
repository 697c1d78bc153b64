#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# A signature database that changes is loaded beside the one that serves, and takes over when it is good.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use File::Copy qw(copy);
use Octroi::Process qw(spew wait_until);
use Octroi::Service qw(greet mail_once);
use Test::More;

my $service = Octroi::Service->new;
my $database = $service->dir . '/database';
my ($signatures) = glob "$Octroi::Service::tree/t/data/clamav/*.ndb";

mkdir $database;
copy($signatures, "$database/first.ndb") or die "$signatures: $!";
my $daemon = $service->start(antivirus => qq(enabled = yes database = "$database"));
my $zygote = serving();

sub serving { my @found = $daemon->log =~ /zygote (\d+) serves/g; return $found[-1] }
sub taken { return wait_until(30, sub { my $mta = greet($service->socket); $mta && mail_once($mta)->{answer} eq 'continue' }) }
sub alive { my ($pid) = @_; return scalar grep { $_ == $pid } $daemon->pids('zygote') }

# A file that is written in steps must not be loaded half.
sub replace {
	my ($name, $text) = @_;

	spew("$database/.new", $text);
	rename "$database/.new", "$database/$name" or die "$name: $!";
}

ok($zygote, 'a zygote serves');
ok(taken(), 'mail is scanned');

subtest 'a file more' => sub {
	replace('second.ndb', "Octroi.Test.Second:0:*:" . unpack('H*', 'OCTROI-TEST-SECOND-SIGNATURE') . "\n");
	ok(wait_until(30, sub { serving() != $zygote }), 'another zygote serves');
	ok(wait_until(20, sub { !alive($zygote) }), 'the one before has ended');
	like($daemon->log, qr/the database in \S+ has changed/, 'the log says why');
	ok(taken(), 'mail is scanned');
	$zygote = serving();
};

subtest 'a file less' => sub {
	unlink "$database/second.ndb";
	ok(wait_until(30, sub { serving() != $zygote }), 'another zygote serves');
	ok(taken(), 'mail is scanned');
	$zygote = serving();
};

subtest 'a database that does not load' => sub {
	replace('broken.ndb', "this is no signature\n");
	ok(wait_until(30, sub { $daemon->log =~ /could not load: .*; the one before goes on serving/ }), 'the log says it');
	ok(alive($zygote), 'the zygote before goes on');
	ok(taken(), 'mail is scanned');
	unlink "$database/broken.ndb";
	ok(wait_until(30, sub { serving() != $zygote }), 'when it is repaired, it is loaded');
};

subtest 'no cage any more' => sub {
	$daemon->configure($service->conf);
	ok($daemon->reload, 'reload with the antivirus off');
	ok(wait_until(20, sub { !(my @left = map { $daemon->pids($_) } qw(zygote examiner)) }), 'zygote and examiners are gone');
	is(mail_once(greet($service->socket))->{answer}, 'continue', 'mail is taken');
};

subtest 'and again' => sub {
	my $before = serving();
	$daemon->configure($service->conf(antivirus => qq(enabled = yes database = "$database")));
	ok($daemon->reload, 'reload with the antivirus on');
	ok(wait_until(30, sub { serving() != $before }), 'a zygote serves');
	ok(taken(), 'mail is scanned');
};

ok($daemon->stop, 'it stops when told to');
done_testing;
