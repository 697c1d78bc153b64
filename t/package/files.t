# SPDX-License-Identifier: GPL-2.0-or-later
# What is installed beside the program: bash completes every command and option, logcheck leaves out what is usual and nothing else,
# AppArmor takes the profile that the unit names, and the Debian package is built with the libraries of contrib/packages.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Octroi::Process qw(slurp spew temp_directory);
use Octroi::Service;

my $contrib = "$Octroi::Service::tree/contrib";
my $octroi = Octroi::Service->new->binary;
my $dir = temp_directory();

subtest 'bash completion' => \&completion;
subtest 'logcheck' => \&logcheck;
subtest 'AppArmor' => \&apparmor;
subtest 'Build-Depends' => \&build_depends;
done_testing;

# What bash would offer for the last word, after the options that it set with compopt.
sub offered {
	my @words = @_;
	my $text = join ' ', map { "'$_'" } @words;

	return qx{PATH="\$(dirname '$octroi'):\$PATH" bash -c 'source "$contrib/completion/octroi"; compopt() { :; }
		COMP_WORDS=($text); COMP_CWORD=$#words; _octroi octroi; printf "%s " "\${COMPREPLY[@]}"'} =~ s/\s+\z//r;
}

sub completion {
	my %usage = map { /^  ([a-z-]+) / ? ($1 => 1) : () } qx{'$octroi' help};
	my $manual = slurp("$contrib/../milter/octroi.8");

	is system("bash -n '$contrib/completion/octroi'"), 0, 'is a script';
	is_deeply [sort split ' ', offered('octroi', '')], [sort keys %usage], 'every command of octroi help';
	is offered('octroi', 'relay'), 'relaytest', 'one that is begun';
	my ($synopsis) = $manual =~ /^\.SH SYNOPSIS\n(.*?)^\.SH /ms;
	for my $line ($synopsis =~ /octroi\b.*?(?=\n\S*octroi |\n\.br|\|\s*\\?f?B?octroi|\z)/gs) {
		my $plain = $line =~ s/\\f[BIRP]|\\//gr =~ s/^\.\w+ //mgr =~ s/"//gr;
		my ($command) = $plain =~ /^octroi ([a-z-]+)/ or next;
		my %offered = map { $_ => 1 } split ' ', offered('octroi', $command, '--');
		ok $offered{$_}, "$command $_" for $plain =~ /(--[a-z-]+)/g;
	}
	is offered('octroi', 'try', '--client-'), '--client-name', 'an option that is begun';
	is offered('octroi', 'dkim-key', '--type', 'e'), 'ed25519', 'a value';
	is offered('octroi', 'try', '--from', ''), '', 'an address is not made up';
	is offered('octroi', 'check', '--config', '/etc/pass'), '', 'files are for readline';
	is offered('octroi', 'try', 'x'), '', 'and a message, too';
}

# The lines that the rules leave for the administrator to read.
sub left {
	my ($rules, @lines) = @_;

	spew("$dir/log", join '', map { "$_\n" } @lines);
	return map { chomp; $_ } qx{grep -E -v -f '$rules' '$dir/log'};
}

sub logcheck {
	my $rules = "$contrib/logcheck/octroi";
	my $record = 'id=7K3F-QX2M queue_id=4Xk2 client=203.0.113.9 helo=mx.b.example mailfrom=<a@b.example> rcpts=1 size_bytes=42'
		. ' verdict=reject reply="550 5.7.1 say \"no\" to this [7K3F-QX2M]" by=relay:denied findings=relay:denied elapsed_ms=2';
	my @usual = ($record, $record =~ s/reject.*? by/accept by/r, 'octroi 0.1.0 starts: configuration /etc/octroi/milter.conf, listening on '
		. 'unix:/var/spool/postfix/octroi/octroi.sock (from the service manager), as user octroi',
		'zygote 142 serves: ClamAV 1.4.6, 3 signatures; libopendkim 2.11.0; sandbox: namespaces landlock-abi2 seccomp limits',
		'the database in /var/lib/clamav has changed: a new zygote loads it', 'the configuration /etc/octroi/milter.conf is in force',
		'stopping: sessions may finish', 'stopped', 'event=quarantined id=7K3F-QX2M about=quarantine:7K3F-QX2M text=content:ambiguous', 'resolver="since the start" asked=5 cached=0');
	my @unusual = ($record =~ s/ elapsed/ failure="the pool is full" elapsed/r, 'NOTHING CAN BE SCANNED, such mail is deferred: no database',
		'zygote 142 serves: ClamAV 1.4.6; sandbox: namespaces seccomp limits (no landlock)', "$record\\", 'id=7K3F-QX2M something else',
		'event=alert id=7K3F-QX2M about=login:bob text="212 recipients in 9 minutes"',
		'the configuration /etc/octroi/milter.conf is in force, but not all of it', 'filter 12 ended with signal 11');

	for my $start ('Nov 22 05:29:17 gw octroi[123]: ', '2026-11-22T05:29:17.123456+00:00 gw octroi[123]: ', 'Nov  2 05:29:17 gw.example octroi[1]: octroi: ') {
		is_deeply [left($rules, map { $start . $_ } @usual)], [], "usual: $start";
		is_deeply [left($rules, map { $start . $_ } @unusual)], [map { $start . $_ } @unusual], "unusual: $start";
	}
	my @others = ('Nov 22 05:29:17 gw postfix/smtpd[123]: id=7K3F-QX2M', "Nov 22 05:29:17 gw evil[1]: octroi[123]: $record");
	is_deeply [left($rules, @others)], \@others, 'and nothing of other programs';
}

sub apparmor {
	my $profile = "$contrib/apparmor/usr.sbin.octroi";
	my ($named) = slurp("$contrib/octroi.service") =~ /^AppArmorProfile=-(\w+)$/m;

	like slurp($profile), qr/^profile \Q$named\E /m, 'the unit names the profile';
	unlike slurp($profile), qr{^\s*(?:\w+\s+)*[@/]\S*\s+\w*x,}m, 'in which nothing can be executed';
	plan skip_all => 'apparmor_parser is not installed (contrib/install-packages)' unless grep { -x "$_/apparmor_parser" } qw(/usr/sbin /sbin);
	is qx{apparmor_parser --skip-kernel-load --skip-cache --names '$profile' 2>/dev/null}, "$named\n", 'which is the only one in the file';
	my $said = qx{apparmor_parser --skip-kernel-load --skip-cache '$profile' 2>&1};
	is $?, 0, 'the parser takes it' or diag $said;
}

sub build_depends {
	my ($building) = slurp("$contrib/packages") =~ /^# building\n(.*?)(?=^#)/ms;
	my ($depends) = slurp("$contrib/debian/control") =~ /^Build-Depends:(.*?)\n\n/ms;
	my %is_dependency = map { s/\s.*//r => 1 } split /\s*,\s*/, $depends;

	ok $is_dependency{$_}, $_ for grep { /-dev$/ && $_ ne 'libc6-dev' } split ' ', $building;
}
