#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# README and doc/: every option, command, file and parameter that they name exists, and every piece of milter.conf in them is good.
use strict;
use warnings;
use FindBin;
use Test::More;
use Octroi::Process qw(slurp spew temp_directory);

my $octroi = $ENV{OCTROI} or plan skip_all => 'OCTROI names no program';
my $tree = "$FindBin::Bin/../..";
my $dir = temp_directory();
my %text = map { s{^\Q$tree\E/}{}r => slurp($_) } "$tree/README", "$tree/t/lab/README", glob "$tree/doc/*.md";
my %options = options();

cmp_ok scalar keys %options, '>', 100, 'milter.conf(5) has options';
cmp_ok scalar keys %text, '>=', 5, 'there are documents';
for my $file (sort keys %text) {
	subtest $file => sub {
		check_options($file);
		check_files($file);
		check_verbs($file);
		check_postfix($file) if grep { -x "$_/postconf" } qw(/usr/sbin /usr/bin);
		check_pieces($file);
	};
}
subtest 'the tables of migration.md are whole' => \&migration;
done_testing;

# "section.option" as it stands in milter.conf(5), and the sections themselves.
sub options {
	my ($section, %found) = ('');

	for my $line (split /\n/, slurp("$tree/conf/milter.conf.5")) {
		if ($line =~ /^\.SS (\S+)/) {
			$section = $1;
			$found{$section} = 1;
		} elsif ($line =~ /^\\fB([a-z0-9_]+)\\fR = /) {
			$found{ $section eq '' ? $1 : "$section.$1" } = 1;
		}
	}
	return %found;
}

sub none {
	my ($name, @wrong) = @_;

	is_deeply \@wrong, [], $name;
}

# Wherever a section's name and a dot begin a word.
sub check_options {
	my ($file) = @_;
	my %sections = map { /^([a-z]+)\./ ? ($1 => 1) : () } keys %options;
	my @named = $text{$file} =~ /(?<![\w.\/@-])([a-z]+(?:\.[a-z_]+)+)(?![\w.\/@-])/g;
	my %no_option = map { $_ => 1 } qw(milter.conf sendmail.mc main.cf master.cf sendmail.cf);

	none('options', grep { (split /\./)[0] && $sections{ (split /\./)[0] } && !$options{$_} && !$no_option{$_} } @named);
}

sub check_files {
	my ($file) = @_;
	my @named = $text{$file} =~ m{(?<![\w/.$-])((?:contrib|doc|t|conf)/[\w./-]*\w)}g;

	none('files of the tree', grep { !-e "$tree/$_" } @named);
}

sub check_verbs {
	my ($file) = @_;
	my $manual = slurp("$tree/milter/octroi.8") =~ s/\\-/-/gr;
	my @calls = $text{$file} =~ /(?:^|[`&"]\s*| {4,})octroi ([a-z][a-z-]+(?: [^`\n]*)?)/gm;

	for my $call (@calls) {
		my ($verb, @words) = split ' ', $call =~ s/\s+#.*//r;
		ok $manual =~ /octroi \Q$verb\E\b/, "octroi $verb" or next;
		none("options of $verb", grep { $manual !~ /\Q$_\E\b/ } map { /^\[?(--[a-z-]+)/ ? $1 : () } @words);
	}
	pass 'commands';
}

sub check_postfix {
	my ($file) = @_;
	my %known = map { /^(\S+) =/ ? ($1 => 1) : () } split /\n/, qx(postconf -d 2>/dev/null);
	my $first = qr/smtpd?|milter|relay|non_smtpd|local|unverified|virtual_alias|mydestination|myhostname|myorigin/;
	my @named = $text{$file} =~ /(?<![\w.])((?:$first)(?:_[a-z]+)*)\s*=/g;

	none('parameters of Postfix', grep { !$known{$_} } @named);
}

# Blocks between ```conf and ```, and in README what is indented and has a brace: each by itself, with the names that it needs.
sub check_pieces {
	my ($file) = @_;
	my @pieces = $file eq 'README' ? readme_pieces($text{$file}) : $text{$file} =~ /^```conf\n(.*?)^```$/gms;
	my $number = 0;

	for my $piece (@pieces) {
		my $conf = "$dir/" . ++$number . '.conf';
		my $domains = $piece =~ /^\s*domains\s*=/m ? '' : "domains = { \"example.com\" }\n";
		spew($conf, "user = \"nobody\"\n$domains" . with_files($piece), 0644);
		my $said = qx('$octroi' check --config '$conf' 2>&1);
		is $? >> 8, 0, 'milter.conf: ' . ($piece =~ /(\S[^\n]*)/)[0] or diag $said;
	}
	pass 'pieces of milter.conf';
}

# The runs of indented lines that begin as milter.conf does.
sub readme_pieces {
	my ($readme) = @_;

	return grep { /\A {4}(?:[a-z_]+\s*=\s*"|[a-z]+ (?:"[^"]*" )?\{)/ } $readme =~ /((?:^ {4}.*\n)+)/gm;
}

# The files that it names, empty or with a key.
sub with_files {
	my ($piece) = @_;

	$piece =~ s{"file:/etc/octroi/(\w+)"}{spew("$dir/$1", $1 eq 'logins' ? "a a\@example.com\n" : "192.0.2.66\n", 0644); qq("file:$dir/$1")}ge;
	$piece =~ s{"/etc/octroi/dkim/([^"]+)\.pem"}{my_key("$1")}ge;
	return $piece;
}

sub my_key {
	my ($name) = @_;

	-e "$dir/$name.pem" or system("openssl genrsa -out '$dir/$name.pem' 2048 2>/dev/null") == 0 or die 'openssl genrsa';
	chmod 0600, "$dir/$name.pem";
	chown scalar getpwnam('nobody'), -1, "$dir/$name.pem" if $> == 0;
	return "\"$dir/$name.pem\"";
}

# Three columns (clamd.conf: two), the option in the last one, and none of these without a word about it.
sub migration {
	my @rows = grep { /^\|/ && !/^\|-/ } split /\n/, $text{'doc/migration.md'};
	my $named = join ' ', map { (split /\s*\|\s*/)[1] } @rows;
	my @known = qw(Canonicalization Domain ExternalIgnoreList InternalHosts KeyFile KeyTable SigningTable Mode OversignHeaders Selector SignHeaders
		Socket SubDomains Syslog UMask UserID MinimumKeyBits On-BadSignature RejectFailures IgnoreHosts IgnoreAuthenticatedClients TrustedAuthservIDs
		PublicSuffixList SPFSelfValidate HoldQuarantinedMessages FailureReports HistoryFile OnInfected OnFail OnClean MaxFileSize LocalNet AddHeader
		ClamdSocket MilterSocket SkipAuthenticated HELO_reject Mail_From_reject PermError_reject TempError_Defer skip_addresses Whitelist
		Domain_Whitelist Header_Type TestOnly Lookup_Time);

	none('an option of every row', grep { my @cells = split /\s*\|\s*/; @cells < 3 || $cells[-1] !~ /\S/ } @rows);
	none('the options people use', grep { $named !~ /(?<![\w-])\Q$_\E(?![\w-])/ } @known);
	for my $cell (map { (split /\s*\|\s*/)[-1] } @rows) {
		none("there is $_", $options{$_} ? () : $_) for $cell =~ /`(?!smtpd_)([a-z]+(?:[._][a-z_]+)+|[a-z]+)`/g;
	}
}
