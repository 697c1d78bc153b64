# SPDX-License-Identifier: GPL-2.0-or-later
# Octroi::Peers - other people's filters beside ours: a room of their own with a scripted DNS, and the Postfix in front of a
# chain of them.
#
#	Octroi::Peers::enter('dns_latency', $inside, @ARGV);	# comes back only inside; the script is run again with --inside MARK
#	my $peers = Octroi::Peers->new(name => 'dns_latency', user => 'nobody');
#	$peers->serve_zone('t/octroi_dnsd', $zone_text);
#	my @filters = ($peers->filter('octroi', $conf, 'octroi', 'run', '--config', '$conf'), $peers->chain);	# { name, socket, pid }
#	my $got = Octroi::Peers::send_mail($mail, @filters);	# { ms => { name => time }, answers => [...], headers => [...] }
#
# The peers ask whom resolv.conf names, at port 53: hence the namespaces for network and mounts, which take root.
package Octroi::Peers;

use strict;
use warnings;
use File::Temp qw(tempdir);
use FindBin;
use Octroi::Bench qw(start stop_all);
use Octroi::Milter;
use Octroi::Process qw(at_end slurp spew stop_pid);
use Time::HiRes qw(time);

sub _mark { return readlink '/proc/self/ns/mnt'; }

sub enter
{
	my ($name, $inside, @arguments) = @_;

	if (defined $inside) {
		die "$name: still outside\n" if $inside eq _mark();
		return;
	}
	if (system('unshare --net --mount true 2>/dev/null') != 0) {
		print STDERR "$name: skipped: it takes root, and namespaces for network and mounts\n";
		exit 0;
	}
	exec 'unshare', '--net', '--mount', $^X, "$FindBin::Bin/$name", '--inside', _mark(), @arguments or die "unshare: $!\n";
}

sub new
{
	my ($class, %self) = @_;
	my $dir = tempdir('octroi-bench-XXXXXX', TMPDIR => 1, CLEANUP => 1);

	chmod 0755, $dir;
	at_end(\&stop_all);
	my $self = bless { %self, dir => $dir, pids => [] }, $class;
	my $pids = $self->{pids};
	at_end(sub { kill TERM => @$pids });	# all at once: libmilter looks up every few seconds only
	spew("$dir/resolv.conf", "nameserver 127.0.0.1\noptions attempts:1\n", 0644);
	-e '/etc/resolv.conf' or die "$self->{name}: there is no /etc/resolv.conf that could be covered\n";
	system('ip', 'link', 'set', 'lo', 'up') == 0 && system('mount', '--bind', "$dir/resolv.conf", '/etc/resolv.conf') == 0
		or die "$self->{name}: cannot furnish the namespaces\n";
	return $self;
}

# Where everything of this run lives.
sub dir { return $_[0]{dir}; }

# The questions are logged, one a line, in dir/questions.
sub serve_zone
{
	my ($self, $program, $zone) = @_;
	my $dir = $self->{dir};

	spew("$dir/zone", $zone, 0644);
	my $pid = open my $out, '-|', $program, '--port', 53, '--log', "$dir/questions", "$dir/zone" or die "$program: $!\n";
	at_end(sub { stop_pid($pid, 5); close $out });	# closing alone would wait for its end
	(readline($out) // '') =~ /^\d+$/ or die "$program does not start\n";
	return;
}

sub questions_so_far
{
	my ($self) = @_;
	my $log = slurp("$self->{dir}/questions") // '';

	return $log =~ tr/\n//;
}

# --- filters ---

sub _room_of
{
	my ($self, $name) = @_;

	mkdir "$self->{dir}/$name" or die "$self->{dir}/$name: $!\n";
	chown +(getpwnam $self->{user})[2, 3], "$self->{dir}/$name";
	return "$self->{dir}/$name";
}

# In the text $room is its directory, in the command $conf the file with the text; it has to listen at $room/sock.
sub filter
{
	my ($self, $name, $text, @command) = @_;
	my $room = $self->_room_of($name);

	$text =~ s/\$room\b/$room/g;
	spew("$room/conf", $text, 0644);
	my $pid = start(socket => "unix:$room/sock", log => "$room.log", command => [map { s/\$conf\b/$room\/conf/r } @command]);
	push @{ $self->{pids} }, $pid;
	return { name => $name, socket => "unix:$room/sock", pid => $pid, log => "$room.log" };
}

# Octroi with no check but those whose sections are given; dnsbl has no section that could be switched off.
sub octroi
{
	my ($self, $program, $name, %sections) = @_;
	my $off = join "\n", map { "$_ { enabled = no }" } grep { !defined $sections{$_} } qw(antivirus headers helo iprev spf dkim dmarc);
	my $on = join "\n", grep { $_ ne '' } @sections{ sort keys %sections };

	return $self->filter($name, <<"EOT", $program, 'run', '--config', '$conf');
listen = "unix:\$room/sock"
user = "$self->{user}"
authserv_id = "gw.example.com"
domains = { "example.com" }
log = stderr
resolver { forward = { "127.0.0.1" }  dnssec = no }
$off
$on
EOT
}

# The programs of the chain that are not installed.
sub missing_of_chain { return grep { !-x "/usr/bin/$_" && !-x "/usr/sbin/$_" } qw(pyspf-milter opendkim opendmarc); }

# In the order they must have: the last one reads what the others have added. What fails is refused, so that a benchmark sees
# when its messages are not what they should be.
sub chain
{
	my ($self) = @_;
	my $public = '/usr/share/publicsuffix/public_suffix_list.dat';
	my $suffixes = -e $public ? "PublicSuffixList $public\n" : '';
	my $group = getgrgid((getpwnam $self->{user})[3]);

	return (
		$self->filter('pyspf-milter', "debugLevel = 0\nTestOnly = 0\nSocket = local:\$room/sock\nPidFile = \$room/pid\n"
			. "UserID = $self->{user}:$group\nAuthserv_Id = gw.example.com\nHELO_reject = False\nMail_From_reject = Fail\n",
			'/usr/bin/pyspf-milter', '$conf'),
		$self->filter('opendkim', "Socket local:\$room/sock\nMode v\nUserID $self->{user}\nAuthservID gw.example.com\n"
			. "Nameservers 127.0.0.1\nOn-DNSError accept\nOn-BadSignature reject\nOn-NoSignature reject\n", '/usr/sbin/opendkim', '-f', '-x', '$conf'),
		$self->filter('opendmarc', "Socket local:\$room/sock\nUserID $self->{user}\nAuthservID gw.example.com\n"
			. "TrustedAuthservIDs gw.example.com\nRejectFailures true\n$suffixes", '/usr/sbin/opendmarc', '-f', '-c', '$conf'),
	);
}

# rspamd with its modules for SPF, DKIM and DMARC and no other, as a milter that scans in the one worker that takes the
# connections, which is its leanest way. Returns nothing when it is not installed.
sub rspamd
{
	my ($self) = @_;
	my $share = '/usr/share/rspamd';

	return unless -x '/usr/bin/rspamd' && -e "$share/plugins/dmarc.lua";
	my $group = getgrgid((getpwnam $self->{user})[3]);
	return $self->filter('rspamd', <<"EOT", '/usr/bin/rspamd', '-f', '--insecure', '-u', $self->{user}, '-g', $group, '-c', '$conf');
options {
	filters = "dkim";
	pidfile = "\$room/pid";  tempdir = "\$room";  hs_cache_dir = "\$room/";  cache_file = "\$room/cache";
	control_socket = "\$room/control mode=0600";
	url_tld = "$share/effective_tld_names.dat";
	dns { nameserver = ["127.0.0.1"];  timeout = 2s; }
	local_addrs = [];
}
logging { type = "console";  level = "info"; }
worker "rspamd_proxy" {
	bind_socket = "\$room/sock mode=0666";
	milter = yes;  timeout = 60s;  count = 1;
	upstream "local" { default = yes;  self_scan = yes; }
}
actions { reject = 150;  add_header = 60; }
spf { spf_cache_size = 2k;  spf_cache_expire = 1d; }
dkim { dkim_cache_size = 2k;  dkim_cache_expire = 1d; }
dmarc { }
modules { path = "$share/plugins/spf.lua";  path = "$share/plugins/dmarc.lua"; }
EOT
}

# --- the Postfix in front of them ---

sub _open_session
{
	my ($filter, $mail) = @_;
	my $mta = Octroi::Milter->new(socket => $filter->{socket}, timeout => 60);

	$mta->negotiate;
	return $mta->macros(connect => { j => 'gw.example.com', '{daemon_name}' => 'gw.example.com' },
		mail => { '{mail_addr}' => $mail->{from} =~ s/[<>]//gr, '{mail_host}' => $mail->{domain}, '{mail_mailer}' => 'smtp' },
		rcpt => { '{rcpt_addr}' => 'user@example.com', '{rcpt_host}' => 'example.com', '{rcpt_mailer}' => 'relay' },
		data => { i => $mail->{queue_id} }, eoh => { i => $mail->{queue_id} }, eom => { i => $mail->{queue_id} });
}

sub _send_content
{
	my ($mta, $mail, $headers) = @_;
	my $end;

	$mta->header(@$_) for @$headers;
	$mta->eoh;
	$mta->body($mail->{body});
	$end = $mta->eom;
	for my $edit (@{ $end->{edits} }) {
		my $field = [$edit->{name}, $edit->{value} =~ s/^(?=\S)/ /r];
		unshift @$headers, $field if $edit->{edit} eq 'insert_header';
		push @$headers, $field if $edit->{edit} eq 'add_header';
	}
	return $end;
}

# One message ({ client, client_name, helo, domain, from, queue_id, headers, body }) through a chain. headers are those that
# come out of it, answers what was said but "go on", ms the time of the exchanges with each filter.
sub send_mail
{
	my ($mail, @filters) = @_;
	my (%ms, %mta, @answers);
	my @headers = @{ $mail->{headers} };
	my $each = sub {
		my ($event) = @_;
		for my $name (map { $_->{name} } @filters) {
			my $from = time;
			my $got = $event->($mta{$name}, $name);
			$ms{$name} += (time - $from) * 1000;
			push @answers, "$name: $got->{answer}" if ref $got eq 'HASH' && $got->{answer} !~ /^(?:continue|accept|none|unsent|skip)$/;
		}
	};
	my %filter = map { $_->{name} => $_ } @filters;

	$each->(sub { $mta{ $_[1] } = _open_session($filter{ $_[1] }, $mail); return });
	$each->(sub { $_[0]->connect($mail->{client_name}, $mail->{client}) });
	$each->(sub { $_[0]->helo($mail->{helo}) });
	$each->(sub { $_[0]->mail($mail->{from}) });
	$each->(sub { $_[0]->rcpt('<user@example.com>') });
	$each->(sub { $_[0]->data });
	$each->(sub { _send_content($_[0], $mail, \@headers) });
	$_->abort->quit for values %mta;
	return { ms => \%ms, answers => \@answers, headers => \@headers };
}

# What its Authentication-Results fields say: "dkim=pass spf=pass", and the answers that were not "go on".
sub results_of
{
	my ($got) = @_;
	my %results;

	for my $value (map { $_->[1] } grep { $_->[0] eq 'Authentication-Results' } @{ $got->{headers} }) {
		$results{"$1=$2"} = 1 while $value =~ /(?<![.\w])(spf|dkim|dmarc|iprev)=(\w+)/g;
	}
	return join ' ', sort(keys %results), @{ $got->{answers} };
}

1;
