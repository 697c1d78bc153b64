# SPDX-License-Identifier: GPL-2.0-or-later
# Octroi::DkimMail - messages that are hard to sign, and three verifiers that are not ours.
#
#	my @messages = Octroi::DkimMail::messages(2000, 'alice@ours.example');	# always the same ones
#	my ($signatures, $good) = Octroi::DkimMail::mail_dkim($bytes, \%records);	# Mail::DKIM (RSA alone); records by name
#	my %good = Octroi::DkimMail::opendkim(\%records, @files);			# file => is its first signature good?
#	my @signed = Octroi::DkimMail::sign_dkimpy($rsa_pem, $ed25519_pem, @messages);
#	my %counts = Octroi::DkimMail::dkimpy(\%records, @files);			# file => [signatures, good]
package Octroi::DkimMail;

use strict;
use warnings;
use File::Basename ();
use Octroi::Process qw(slurp spew temp_directory);

my $python = '/usr/bin/python3';
my $opendkim = '/usr/sbin/opendkim';

# Why messages cannot be verified here, or undef.
sub missing {
	return 'Mail::DKIM (libmail-dkim-perl) is not installed' unless eval { require Mail::DKIM::Verifier; 1 };
	return 'opendkim is not installed' unless -x $opendkim;
	return 'dkimpy (python3-dkim, python3-nacl) is not installed' if system("$python -c 'import dkim, nacl' 2>/dev/null") != 0;
	return;
}

# A generator of its own: the messages must not change with perl.
my $state;

sub _random {
	my ($below) = @_;

	$state = ($state * 1103515245 + 12345) % 2147483648;
	return int($state / 65536) % $below;
}

sub _pick { return $_[_random(scalar @_)] }

# White space that is allowed between words of a field.
sub _fws { return _pick(' ', ' ', ' ', '  ', "\t", " \t ", "\n ", "\n\t", " \n  ", "  \n\t\t") }

sub _word {
	my ($max) = @_;
	my @letters = ('a' .. 'z', 'A' .. 'Z', 0 .. 9, split //, q{!#$%&'*+-/=?^_`{|}~.,;:()<>@[]"\\});

	return join '', map { $letters[_random(scalar @letters)] } 0 .. _random($max // 9);
}

# 8-bit text, well-formed and not.
sub _bytes { return join '', map { chr(128 + _random(128)) } 0 .. _random(12) }

sub _text {
	my ($words) = @_;

	return join '', map { ($_ > 1 ? _fws() : '') . (_random(12) ? _word() : _bytes()) } 1 .. 1 + _random($words);
}

# Of structured fields only the white space is played with.
sub _from {
	my ($address) = @_;

	return _pick($address, "<$address>", 'Alice' . _fws() . "<$address>", '"Alice, of' . _fws() . 'ours"' . _fws() . "<$address>",
		'=?utf-8?q?Al=C3=ADce?=' . _fws() . "<$address>");
}

sub _name { my $name = shift; return _pick($name, $name, $name, lc $name, uc $name) }

sub _head {
	my ($number, $author) = @_;
	my @fields = ([_name('From'), _from($author)]);
	my @others = (
		[Subject => _text(20)], [To => 'u@ext.example,' . _fws() . 'v@ext.example'], [Cc => '<w@ext.example>'], [Date => 'Sat, 03 Jan 2026 10:00:00 +0000'],
		['Message-ID' => "<$number\@ours.example>"], ['MIME-Version' => '1.0'], ['Content-Type' => 'text/plain;' . _fws() . 'charset=utf-8'],
		['Content-Transfer-Encoding' => '8bit'], ['Reply-To' => $author], [References => join(_fws(), map { "<$_\@ext.example>" } 1 .. 1 + _random(30))],
		['In-Reply-To' => '<1@ext.example>'], ['List-Id' => '<list.ours.example>'], ['List-Unsubscribe' => '<mailto:x@ours.example>'],
		['X-Odd' => _text(30)], ['X-Virus-Status' => 'Clean'], [Comments => ''],
	);

	push @fields, map { [_name($_->[0]), $_->[1]] } grep { _random(4) } @others;
	push @fields, map { [_pick('Subject', 'To', 'List-Id', 'X-Odd', 'Received'), _text(6)] } 1 .. _random(4) if !_random(3);	# repeated
	push @fields, [Subject => _word(90) . _word(90)] if !_random(40);	# a word that no fold can cut
	my @order = sort { $a->[0] <=> $b->[0] } map { [_random(1000), $_] } @fields;
	return join '', map { "$_->[1][0]:" . _pick(' ', ' ', ' ', '', "\t", '  ') . $_->[1][1] . _pick('', '', '', ' ', "\t ") . "\n" } @order;
}

sub _line {
	return _pick('', '', ' ', "\t", " \t \t", '.', '..', '.hidden', 'From here', '>From there') if !_random(3);
	return _bytes() . _text(8) =~ tr/\n//dr if !_random(6);
	return 'x' x (900 + _random(98)) if !_random(25);	# no MTA folds it yet
	return (_pick('', ' ', "\t", '   ') . _text(16) . _pick('', '', ' ', "\t", "   \t")) =~ tr/\n//dr;
}

sub _body {
	my $kind = _random(20);

	return '' if $kind == 0;
	return "\n" x _random(6) if $kind == 1;
	return join '', map { _pick(' ', "\t", '') . "\n" } 0 .. _random(5) if $kind == 2;	# nothing visible
	my $body = join '', map { _line() . "\n" } 0 .. _random($kind == 3 ? 400 : 30);
	$body .= _pick("\n", "\n\n\n", " \n\t\n", '') if $kind < 10;
	chop $body if $kind == 11;	# the last line does not end
	return $body;
}

# As a client writes them, with LF.
sub messages {
	my ($count, $author, $seed) = @_;

	$state = $seed // 6376;
	return map { _head($_, $author) . "\n" . _body() } 1 .. $count;
}

package Octroi::DkimMail::Answer;

sub new { my ($class, %self) = @_; return bless \%self, $class }
sub header { return $_[0] }
sub rcode { return defined $_[0]{record} ? 'NOERROR' : 'NXDOMAIN' }
sub answer { return defined $_[0]{record} ? $_[0] : () }
sub type { return 'TXT' }
sub txtdata { return $_[0]{record} }

package Octroi::DkimMail::Resolver;

sub new { my ($class, $records) = @_; return bless { records => $records }, $class }
sub send { return Octroi::DkimMail::Answer->new(record => $_[0]{records}{ $_[1] }) }

package Octroi::DkimMail;

# The message without its signatures of the other algorithms.
sub only {
	my ($bytes, $algorithm) = @_;
	my ($head, $body) = $bytes =~ /\A(.*?\r\n)(\r\n.*)\z/s;

	$head =~ s/^DKIM-Signature:(?:[^\n]*\n)(?:[ \t][^\n]*\n)*/index($&, "a=$algorithm") >= 0 ? $& : ''/gemi;
	return $head . $body;
}

sub mail_dkim {
	my ($bytes, $records) = @_;
	my $verifier = Mail::DKIM::Verifier->new;

	Mail::DKIM::DNS::resolver(Octroi::DkimMail::Resolver->new($records));
	$verifier->PRINT($bytes);
	$verifier->CLOSE;
	my @signatures = $verifier->signatures;
	return (scalar @signatures, scalar grep { $_->result eq 'pass' } @signatures);
}

sub _keys {
	my ($records) = @_;
	my $file = temp_directory() . '/keys';

	spew($file, join '', map { "$_ $records->{$_}\n" } sort keys %$records);
	return $file;
}

sub dkimpy {
	my ($records, @files) = @_;
	my $keys = _keys($records);
	my $script = File::Basename::dirname(__FILE__) . '/../dkim_verify.py';
	my %counts;

	while (my @some = splice @files, 0, 500) {
		for (qx($python $script $keys @some)) {
			$counts{$1} = [$2, $3] if /^(\S+) (\d+) (\d+)$/;
		}
	}
	return %counts;
}

# Signs messages (with LF) with dkimpy, by an RSA and an Ed25519 key in PEM, whose files are named SELECTOR._domainkey.DOMAIN.pem; each in another
# of the four canonicalizations.
sub sign_dkimpy {
	my ($rsa, $ed25519, @messages) = @_;
	my $directory = temp_directory();
	my $script = File::Basename::dirname(__FILE__) . '/../dkim_sign.py';
	my @files = map { "$directory/$_" } 0 .. $#messages;

	spew($files[$_], $messages[$_] =~ s/\n/\r\n/gr) for 0 .. $#messages;
	system($python, $script, $rsa, $ed25519, @files) == 0 or die "dkim_sign.py failed\n";
	return map { slurp($_) =~ s/\r\n/\n/gr } @files;
}

# The daemon's own way of looking at files, with keys from a file; it looks at the first signature alone.
sub opendkim {
	my ($records, @files) = @_;
	my $keys = _keys($records);
	my %good;

	spew("$keys.conf", "Mode v\nSyslog no\nTestPublicKeys $keys\n");
	while (my @some = splice @files, 0, 10) {	# it cuts a longer list in the middle of a name
		my $list = join ',', @some;
		for (qx($opendkim -x $keys.conf -v -t $list 2>&1)) {
			$good{$1} = 1 if /^opendkim: (\S+): verification \(.*\) succeeded$/;
		}
	}
	return %good;
}

1;
