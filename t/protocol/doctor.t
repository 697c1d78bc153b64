#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# octroi doctor: silent about contrib/postfix, and each fault that is planted into real configuration directories is found.
use strict;
use warnings;
use FindBin;
use JSON::PP;
use Test::More;
use Octroi::Daemon;
use Octroi::Process qw(slurp spew temp_directory);

my $octroi = $ENV{OCTROI} or plan skip_all => 'OCTROI names no program';
my $contrib = "$FindBin::Bin/../../contrib/postfix";
my $dir = temp_directory();
plan skip_all => 'postfix is not installed (contrib/install-packages)' unless grep { -x "$_/postconf" } qw(/usr/sbin /usr/bin);
plan skip_all => 'only root can start the daemon on a socket of its own' if $> != 0;

# The rest of a master.cf, and settings of the site.
my $services = <<'END';
pickup    unix  n       -       y       60      1       pickup
cleanup   unix  n       -       y       -       0       cleanup
qmgr      unix  n       -       n       300     1       qmgr
rewrite   unix  -       -       y       -       -       trivial-rewrite
bounce    unix  -       -       y       -       0       bounce
smtp      unix  -       -       y       -       -       smtp
relay     unix  -       -       y       -       -       smtp
local     unix  -       n       n       -       -       local
END
my $base = <<'END';
listen = "unix:/var/spool/postfix/octroi/octroi.sock"
authserv_id = "gw.example.com"
user = "nobody"
antivirus { enabled = no }
content { enabled = no }
account { senders = { "alice alice@example.com" } }
domains = { "example.com" }
relay { grant "internal" { clients = { "192.0.2.10" } senders = { "@example.com" } recipients = { "*" } } }
END
my $conf = write_file('milter.conf', $base);
my $logins = write_file('logins', "alice alice\@example.com\n");

# milter.conf as it is shipped for the gateway or the internal server, with a file of logins that is there.
sub shipped
{
	my ($kind) = @_;
	return write_file("shipped.$kind.conf",
		slurp("$FindBin::Bin/../../contrib/milter.conf.$kind") =~ s{/etc/octroi/logins}{$logins}r . "\nantivirus { enabled = no }\n");
}

# What depends on the machine that tests run on, and not on what is planted.
my %of_machine = map { $_ => 1 }
	qw(antivirus running serves socket_rights clock memory_room queue_room scratch_room tasks open_files dropins config_rights dnssec);

sub write_file
{
	my ($name, $text) = @_;
	spew("$dir/$name", $text, 0644);
	utime time - 60, time - 60, "$dir/$name";	# postconf waits 2 s for a main.cf that was just changed
	return "$dir/$name";
}

my $number = 0;

# A configuration directory as contrib/postfix makes it, with lines that come after those.
sub directory
{
	my ($kind, %planted) = @_;
	my $name = 'postfix' . $number++;
	my $master = slurp("$contrib/$kind.master.cf");

	mkdir "$dir/$name" or die "$name: $!";
	$master =~ s/$planted{replace}[0]/$planted{replace}[1]/ or die "nothing to replace" if $planted{replace};
	write_file("$name/main.cf", slurp("$contrib/common.main.cf") . slurp("$contrib/$kind.main.cf") . ($planted{main} // ''));
	write_file("$name/master.cf", $services . $master . ($planted{master} // ''));
	return "$dir/$name";
}

sub doctor
{
	my (@options) = @_;
	my $out = qx{'$octroi' doctor --quick @{[map { "'$_'" } @options]} 2>$dir/stderr};
	return ($? >> 8, $out);
}

sub findings
{
	my (@options) = @_;
	my ($status, $json) = doctor('--json', @options);
	my $answer = eval { decode_json($json) } or die "no JSON from doctor @options:\n" . slurp("$dir/stderr");
	return ($answer, grep { $_->{state} ne 'ok' && !$of_machine{ $_->{id} } } @{ $answer->{findings} });
}

# silent on what is shipped
for my $kind (qw(gateway internal)) {
	my ($answer, @found) = findings('--config', shipped($kind), '--postfix', directory($kind));
	is_deeply([map { "$_->{id}: $_->{reason}" } @found], [], "nothing is found in contrib/postfix for the $kind");
	cmp_ok($answer->{checks}, '>=', 40, "by $answer->{checks} checks");
}

# each planted fault: what is planted, the check, its state
my @planted = (
	[main => "smtpd_relay_restrictions =\n", 'smtpd_relay_restrictions', 'danger'],
	[main => "smtpd_relay_restrictions = permit_sasl_authenticated, permit, reject_unauth_destination\n", 'relay_order', 'danger'],
	[main => "smtpd_relay_restrictions = check_sender_access inline:{a\@example.com=OK}, reject_unauth_destination\n", 'relay_order', 'danger'],
	[main => "mynetworks = 10.0.0.0/24\nsmtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n", 'relay_mynetworks', 'danger'],
	[main => "smtpd_relay_restrictions = permit_mx_backup, reject_unauth_destination\n", 'permit_mx_backup', 'danger'],
	[main => "mynetworks = 10.0.0.0/8\n", 'mynetworks', 'warning'],
	[main => "allow_percent_hack = yes\n", 'allow_percent_hack', 'warning'],
	[main => "swap_bangpath = yes\n", 'swap_bangpath', 'warning'],
	[main => "allow_untrusted_routing = yes\n", 'allow_untrusted_routing', 'danger'],
	[main => "resolve_dequoted_address = no\n", 'resolve_dequoted_address', 'danger'],
	[main => "relay_domains = static:all\n", 'relay_domains', 'danger'],
	[main => "relay_domains = example.com, other.example\n", 'postfix_domains', 'warning'],
	[main => "relay_domains =\n", 'our_domains', 'warning'],
	[main => "smtpd_forbid_bare_newline = no\n", 'smtpd_forbid_bare_newline', 'danger'],
	[main => "smtpd_forbid_bare_newline_exclusions = 10.1.2.0/24\n", 'bare_newline_exclusions', 'warning'],
	[main => "smtpd_forbid_unauth_pipelining = no\n", 'smtpd_forbid_unauth_pipelining', 'danger'],
	[main => "cleanup_replace_stray_cr_lf = no\n", 'cleanup_replace_stray_cr_lf', 'danger'],
	[main => "smtpd_authorized_xclient_hosts = 10.0.0.1\n", 'xclient_hosts', 'danger'],
	[main => "smtpd_authorized_xforward_hosts = 10.0.0.1\n", 'xforward_hosts', 'warning'],
	[main => "smtpd_upstream_proxy_protocol = haproxy\n", 'proxy_protocol', 'warning'],
	[main => "receive_override_options = no_milters\n", 'no_milters', 'danger'],
	[main => "receive_override_options = no_header_body_checks\n", 'no_header_body_checks', 'warning'],
	[main => "smtpd_milters =\n", 'smtpd_milters', 'danger'],
	[main => "non_smtpd_milters =\n", 'non_smtpd_milters', 'warning'],
	[main => "milter_default_action = accept\n", 'milter_default_action', 'danger'],
	[main => "smtpd_milters = { unix:octroi/octroi.sock, default_action = accept }\n", 'milter_default_action', 'danger'],
	[main => "smtpd_milter_maps = cidr:{ {10.0.0.0/8 DISABLE} }\n", 'smtpd_milter_maps', 'warning'],
	[main => "milter_macro_defaults = auth_type=TLS\n", 'milter_macro_defaults', 'danger'],
	[main => "milter_mail_macros = i {mail_addr}\n", 'milter_macros', 'warning'],
	[main => "milter_protocol = 2\n", 'milter_protocol', 'danger'],
	[main => "milter_connect_timeout = 2s\n", 'milter_connect_timeout', 'warning'],
	[main => "milter_command_timeout = 2s\n", 'milter_command_timeout', 'warning'],
	[main => "milter_content_timeout = 10s\n", 'milter_content_timeout', 'warning'],
	[main => "smtpd_milters = { unix:octroi/octroi.sock, content_timeout = 1s }\n", 'milter_own_timeouts', 'warning'],
	[main => "smtpd_proxy_filter = 127.0.0.1:10024\n", 'smtpd_proxy_filter', 'danger'],
	[main => "content_filter = smtp:[127.0.0.1]:10024\n", 'content_filter', 'warning'],
	[main => "header_checks = pcre:{{/^Received:/ IGNORE}}\n", 'header_checks', 'warning'],
	[main => "message_strip_characters =\n", 'message_strip_characters', 'warning'],
	[main => "message_size_limit = 99000000\n", 'message_size', 'warning'],
	[main => "smtpd_milters = unix:/var/spool/postfix/octroi/octroi.sock\n", 'socket_chroot', 'danger'],
	[main => "smtpd_sasl_security_options = noplaintext\n", 'sasl_noanonymous', 'danger'],
	[main => "smtpd_forbid_bare_newlin = yes\n", 'unused_parameters', 'warning'],
	[main => "relayhost = [gw.example.com]\nmydestination = example.com\nrelay_domains =\n", 'session_allow', 'warning'],
	[master => "2525 inet n - y - - smtpd\n  -o smtpd_milters=\n", 'smtpd_milters', 'danger'],
	[master => "2525 inet n - y - - smtpd\n  -o smtpd_relay_restrictions=permit\n", 'smtpd_relay_restrictions', 'danger'],
	[master => "2525 inet n - y - - smtpd\n  -o receive_override_options=no_milters\n", 'no_milters', 'danger'],
	[master => "2525 inet n - y - - smtpd\n  -o smtpd_sasl_auth_enable=yes -o smtpd_tls_auth_only=no\n", 'smtpd_tls_auth_only', 'danger'],
	[replace => [qr/smtpd_sasl_auth_enable=no/, 'smtpd_sasl_auth_enable=yes'], 'auth_on_25', 'warning'],
	[replace => [qr/milter_macro_daemon_name=mx/, 'milter_macro_daemon_name=submission'], 'milter_macro_daemon_name', 'warning'],
);
for my $planted (@planted) {
	my ($where, $what, $id, $state) = @$planted;
	my (undef, @found) = findings('--config', $conf, '--postfix', directory('gateway', $where => $what));
	my ($finding) = grep { $_->{id} eq $id && $_->{state} eq $state } @found;
	my $title = ref $what ? $what->[1] : $what =~ s/\n/; /gr;

	ok($finding, "$id ($state): $title") or diag(join "\n", map { "$_->{state} $_->{id}: $_->{reason}" } @found);
}

# a change that is offered cures what it is offered for
my $ill = directory('gateway', main => "swap_bangpath = yes\nmilter_default_action = accept\n");
my (undef, @found) = findings('--config', $conf, '--postfix', $ill);
my @lines = map { $_->{change} =~ /^main\.cf: (.*)/ ? $1 : () } @found;
is(scalar @lines, 2, 'two lines of main.cf are offered') or diag(explain(\@found));
write_file($ill =~ s/.*\///r . '/main.cf', slurp("$ill/main.cf") . join '', map { "$_\n" } @lines);
(undef, @found) = findings('--config', $conf, '--postfix', $ill);
is_deeply(\@found, [], 'with them nothing is left to mend');

# milter.conf
($conf) = (write_file('noaccount.conf', $base =~ s/^account.*\n//mr));
(undef, @found) = findings('--config', $conf, '--postfix', directory('gateway'));
is_deeply([map { "$_->{state} $_->{id}" } @found], ['info sender_login'], 'what is good to know is no warning');
my $answer;
for my $row ([0666, 'configuration', 'danger', 'everybody'], [0664, 'config_rights', 'warning', 'a group']) {
	chmod $row->[0], $conf;
	($answer) = findings('--config', $conf, '--postfix', directory('gateway'));
	ok((grep { $_->{id} eq $row->[1] && $_->{state} eq $row->[2] } @{ $answer->{findings} }), "milter.conf that $row->[3] may write (OS-02)");
}
my ($status, $out) = doctor('--config', write_file('bad.conf', "domians = { }\n"), '--postfix', directory('gateway'));
is($status, 2, 'a bad milter.conf is a danger');
like($out, qr/^danger +configuration  .*bad\.conf:1: .*domians/m, 'told with its line');
like($out, qr/^unknown +\d+ checks could not be made/m, 'and what could not be looked at is told once');

# a sendmail.cf
my $cf = <<'END';
#####  $Id: nouucp.m4,v 8.14 $  #####
#####  $Id: nopercenthack.m4,v 8.14 $  #####
O MaxMessageSize=50000000
O InputMailFilters=octroi
O Milter.macros.envfrom=i, {auth_authen}
O RejectNUL=true
O DaemonPortOptions=Name=MTA, Port=smtp
Xoctroi, S=local:/var/spool/postfix/octroi/octroi.sock, F=T, T=S:10s;R:30s;E:6m
END
mkdir "$dir/mail";
$conf = write_file('milter.conf', $base);
(undef, @found) = findings('--config', $conf, '--sendmail', write_file('mail/sendmail.cf', $cf));
is_deeply([map { "$_->{id}: $_->{reason}" } @found], [], 'a sound sendmail.cf');
(undef, @found) = findings('--config', $conf, '--sendmail', write_file('mail/sendmail.cf', $cf =~ s/ F=T,//r));
is_deeply([map { "$_->{state} $_->{id}" } @found], ['danger sendmail_filter_flags'], 'a filter without F=T');
write_file('mail/sendmail.mc', "FEATURE(`relay_local_from')dnl\n");
(undef, @found) = findings('--config', $conf, '--sendmail', write_file('mail/sendmail.cf', $cf));
is_deeply([map { "$_->{state} $_->{id}" } @found], ['danger relay_local_from'], 'a feature, as the .mc beside it says');

# a daemon that runs, and one that does not
my $daemon = Octroi::Daemon->start(binary => $octroi, dir => "$dir/octroi",
	conf => "listen = \"unix:\$dir/run/octroi.sock\"\n" . $base =~ s/^listen.*\n//r);
($answer) = findings('--config', $daemon->config_file, '--postfix', directory('gateway'));
my %state = map { $_->{id} => $_->{state} } @{ $answer->{findings} };
is($state{serves}, 'ok', 'a session is served');
is($state{running}, 'ok', 'the processes are seen');
is($state{not_root}, 'ok', 'and not as root');
$daemon->stop;
($answer) = findings('--config', $daemon->config_file, '--postfix', directory('gateway'));
%state = map { $_->{id} => $_->{state} } @{ $answer->{findings} };
is($state{serves}, 'danger', 'nobody answers any more');

# the command line, and what it ends with
($status, $out) = doctor('--config', $conf, '--postfix', "$dir/nowhere");
is($status, 3, 'no configuration directory: it could not look');
like(slurp("$dir/stderr"), qr/nowhere/, 'and says which');
($status) = doctor('--nonsense');
is($status, 3, 'a wrong command line');
($status, $out) = doctor('--config', $conf, '--postfix', directory('gateway', main => "smtpd_forbid_bare_newline = no\n"));
is($status, 2, 'a danger ends with 2');
like($out, qr/^danger   smtpd_forbid_bare_newline  .*\n +main\.cf: smtpd_forbid_bare_newline = yes$/m, 'what is wrong, and the line that mends it');
like($out, qr/^\d+ checks: .* ok$/m, 'what is ok is counted');
($status, $out) = doctor('--verbose', '--config', $conf, '--postfix', directory('gateway'));
like($out, qr/^ok +swap_bangpath  /m, 'or told');
done_testing;
