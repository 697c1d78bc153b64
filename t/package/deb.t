# SPDX-License-Identifier: GPL-2.0-or-later
# The Debian package: built by contrib/debian/build, and its whole life in a system of its own - installed, set up, upgraded under load,
# removed, purged. OCTROI_LONG=1 does it in a system that debootstrap makes, too, where apt has to find all it depends on.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Octroi::Root;

BEGIN {
	my $why = Octroi::Root::missing() // (-x '/usr/bin/dh' ? undef : 'debhelper is not installed (contrib/install-packages)');
	plan skip_all => $why if defined $why;
	Octroi::Root::enter();
}

use IO::Select;
use Octroi::Mail qw(eicar);
use Octroi::Milter;
use Octroi::Process qw(slurp spew temp_directory wait_until);
use Octroi::Service;
use POSIX ();

my $tree = $Octroi::Service::tree;
my $out = temp_directory();
my $socket = '/var/spool/postfix/octroi/octroi.sock';
my ($deb, $newer);

subtest 'contrib/debian/build' => \&build or BAIL_OUT('no package');
subtest 'lintian has nothing to say' => \&lintian;
subtest 'what is in it' => \&contents;
subtest 'it depends on what it is linked with' => \&depends;
subtest 'an overlay of this system' => sub { life(Octroi::Root->new) };
subtest 'a system made by debootstrap' => \&debootstrapped;
done_testing;

# A higher version of the same: only the number differs.
sub renumber {
	my ($file, $version) = @_;
	my $dir = "$out/renumbered";
	my $made = "$out/octroi_${version}.deb";

	system('dpkg-deb', '-R', $file, $dir) == 0 && system('sed', '-i', "s/^Version:.*/Version: $version/", "$dir/DEBIAN/control") == 0
		&& system("dpkg-deb --root-owner-group -Znone -b '$dir' '$made' >'$out/renumber.log'") == 0 or die 'dpkg-deb';
	return $made;
}

sub build {
	my $log = "$out/build.log";
	is system("'$tree/contrib/debian/build' --out '$out' >'$log' 2>&1"), 0, 'builds' or diag join '', grep { defined } (split /^/, slurp($log))[-20 .. -1];
	($deb) = glob "$out/octroi_*.deb";
	ok $deb, 'a package' or return;
	is_deeply [grep { /warning/i && !/warnings are errors|-W\S*warning/ } split /^/, slurp($log)], [], 'without a warning';
	my ($version) = slurp("$tree/configure.ac") =~ /AC_INIT\(\[octroi\], \[([^\]]+)\]/;
	is field('Version'), $version, 'the version is that of configure.ac';
	$newer = renumber($deb, "$version+upgrade1");
}

sub field {
	my ($name) = @_;

	return qx{dpkg-deb -f '$deb' '$name'} =~ s/\n\z//r;
}

sub lintian {
	plan skip_all => 'lintian is not installed (contrib/install-packages)' unless -x '/usr/bin/lintian';
	my @said = grep { /^[EW]:/ } qx{lintian --allow-root '$out'/octroi_*.changes 2>&1};
	is_deeply \@said, [], 'no error and no warning';
}

sub contents {
	my %listed = map { /^(\S+) (\S+) .* \.(\/\S+)/ ? ($3 => "$1 $2") : () } qx{dpkg-deb -c '$deb'};
	my @files = qw(/etc/octroi/milter.conf /etc/apparmor.d/usr.sbin.octroi /etc/logcheck/ignore.d.server/octroi /lib/systemd/system/octroi.service
		/lib/systemd/system/octroi.socket /usr/lib/sysusers.d/octroi.conf /usr/lib/tmpfiles.d/octroi.conf /usr/share/man/man8/octroi.8.gz
		/usr/share/man/man5/milter.conf.5.gz /usr/share/bash-completion/completions/octroi /usr/share/doc/octroi/README.Debian
		/usr/share/doc/octroi/README.gz /usr/share/doc/octroi/NEWS.gz /usr/share/doc/octroi/HACKING.gz
		/usr/share/doc/octroi/examples/milter.conf.sample);
	my @examples = map { s{^\Q$tree\E/contrib/}{/usr/share/doc/octroi/examples/}r } grep { -f } glob "$tree/contrib/{postfix,sendmail,nftables}/*[!~]";

	is $listed{$_} // 'not there', '-rw-r--r-- root/root', $_ for @files;
	is $listed{'/usr/sbin/octroi'}, '-rwxr-xr-x root/root', 'the program';
	like $listed{$_} // 'not there', qr{^-rw.r-.r-. root/root$}, $_ for @examples;
	is $listed{'/usr/share/doc/octroi/examples/postfix/apply'}, '-rwxr-xr-x root/root', 'a program among the examples stays one';
	is_deeply [grep { $listed{$_} !~ m{ root/root$} } sort keys %listed], [], 'all of it belongs to root';
	is qx{dpkg-deb --ctrl-tarfile '$deb' | tar -xO ./conffiles},
		"/etc/apparmor.d/usr.sbin.octroi\n/etc/logcheck/ignore.d.server/octroi\n/etc/octroi/milter.conf\n", 'and what is in /etc is asked about, if changed';
}

sub depends {
	my $program = "$out/octroi-build/debian/octroi/usr/sbin/octroi";
	my @needed = qx{readelf -d '$program'} =~ /NEEDED.*\[(\S+)\]/g;
	my %path = map { /^\s*(\S+) => (\S+)/ ? ($1 => $2) : () } my @ldd = qx{ldd '$program'};
	my %package = map { s/ .*//r => 1 } split /\s*[,|]\s*/, field('Depends');

	is_deeply [grep { /not found/ } @ldd], [], 'ldd finds all';
	cmp_ok scalar(@needed), '>', 10, 'libraries';
	for my $library (@needed) {
		my ($owner) = map { s/:.*//sr } grep { /:/ } qx{dpkg -S '*/$library' 2>/dev/null};
		ok $owner && $package{$owner}, "$library: " . ($owner // 'nobody');
	}
	like qx{readelf -lWd '$program'}, qr/GNU_RELRO/, 'relocations are read-only';
}

sub mode_of {
	my ($root, $path) = @_;
	my ($status, $text) = $root->run('stat', '-c', '%A %U:%G', $path);

	return $status ? 'not there' : $text =~ s/\n//r;
}

sub succeeds {
	my ($root, $name, @command) = @_;
	my ($status, $text) = $root->run(@command);

	return is($status, 0, $name) || !diag($text);
}

sub life {
	my ($root) = @_;

	spew($root->path("/root/$_->[0].deb"), slurp($_->[1])) for ['octroi', $deb], ['newer', $newer];
	$root->run(qw(dpkg --purge octroi)) if -e $root->path('/var/lib/dpkg/info/octroi.list');
	mkdir $root->path('/var/lib/clamav');
	unlink glob $root->path('/var/lib/clamav/*');
	spew($root->path('/var/lib/clamav/' . s{.*/}{}r), slurp($_), 0644) for glob "$tree/t/data/clamav/octroi-test.*";
	note $root->boot ? 'systemd runs in it' : 'without systemd: ' . $root->why;
	subtest install => sub { install($root) } or return;
	subtest 'the service' => sub { service($root) };
	subtest 'set up' => sub { set_up($root) };
	subtest upgrade => sub { upgrade($root) };
	subtest remove => sub { remove($root) };
	subtest purge => sub { purge($root) };
}

sub install {
	my ($root) = @_;
	my %mode = ('/etc/octroi' => 'drwxr-x--- root:octroi', '/etc/octroi/milter.conf' => '-rw-r----- root:octroi',
		'/var/lib/octroi' => 'drwxr-x--- octroi:octroi', '/var/spool/postfix/octroi' => 'drwxr-x--- octroi:postfix');

	succeeds($root, 'dpkg --install', qw(dpkg --install --force-unsafe-io /root/octroi.deb)) or return;
	is mode_of($root, $_), $mode{$_}, $_ for sort keys %mode;
	like +(slurp($root->path('/etc/passwd')) =~ /^(octroi:.*)$/m)[0], qr{^octroi:x:\d+:\d+:[^:]*:/var/lib/octroi:/usr/sbin/nologin$}, 'the account cannot log in';
	is +($root->run(qw(dpkg --verify octroi)))[1], '', 'every file is as in the package';
	is +($root->run(qw(systemctl is-enabled octroi.service octroi.socket)))[1], "enabled\nenabled\n", 'the units are enabled';
	my ($status, $text) = $root->run(qw(octroi check));
	is $status, 0, 'octroi check: milter.conf is good as it is' or diag $text;
	like $text, qr/domains is empty/, 'and says what to fill in';
	is +($root->run('bash', '-c', 'source /usr/share/bash-completion/completions/octroi && complete -p octroi'))[0], 0, 'bash completes';
}

# What a milter client, as the MTA's account in the MTA's chroot, hears: the answers to RCPT and to a message.
sub ask {
	my ($root, $account, %args) = @_;

	return $root->as($account, '/var/spool/postfix', sub {
		my $mta = Octroi::Milter->new(socket => 'unix:/octroi/octroi.sock', must_connect => 0, timeout => 30) or return 'not reached';
		$mta->negotiate;
		$mta->connect('mx.ext.example', '203.0.113.7');
		$mta->helo('mx.ext.example');
		my $mail = $mta->mail('<a@ext.example>');
		my $rcpt = $mta->rcpt('<u@ours.example>');
		return "$rcpt->{answer} " . ($rcpt->{text} // '') unless $rcpt->{answer} =~ /^(?:continue|none)$/ && $args{body};
		$mta->data;
		$mta->header('From', ' a@ext.example');
		$mta->eoh;
		$mta->body("$args{body}\r\n");
		my $end = $mta->eom;
		return "$end->{answer} " . ($end->{text} // '');
	});
}

sub service {
	my ($root) = @_;

	plan skip_all => $root->why unless $root->is_booted;
	is +($root->run(qw(systemctl is-active octroi.service octroi.socket)))[1], "active\nactive\n", 'both units run';
	is mode_of($root, $socket), 'srw-rw---- octroi:postfix', 'the socket is for the MTA alone';
	my $journal = '';
	wait_until(60, sub { ($journal = ($root->run(qw(journalctl --unit octroi --output cat)))[1]) =~ /zygote \d+ serves/ });
	like $journal, qr/sandbox: namespaces (?:landlock-abi\d+ )?seccomp limits/, 'the unit leaves the cage whole';
	my ($pid) = ($root->run(qw(systemctl show --property MainPID --value octroi)))[1] =~ /(\d+)/;
	my $status = ($root->run('cat', "/proc/$pid/status"))[1];
	like $status, qr/^CapEff:\s*0+$/m, 'no capabilities';
	like $status, qr/^NoNewPrivs:\s*1$/m, 'and no way to get any';
	like $status, qr/^Seccomp:\s*2$/m, 'system calls are filtered';
	like ask($root, 'postfix'), qr/^reject 550 5\.7\.1 /, 'Postfix reaches it from its chroot; before it is set up no mail is ours';
	is ask($root, 'nobody'), 'not reached', 'nobody else does';
	tell_journal($root);
}

sub set_up {
	my ($root) = @_;
	my $file = $root->path('/etc/octroi/milter.conf');

	# There is no DNS in it.
	spew($file, slurp($file) . join '', qq(domains = { "ours.example" }\n), map { "$_ { enabled = no }\n" } qw(dkim dmarc helo iprev spf));
	spew($root->path('/var/lib/octroi/kept'), "state\n");
	succeeds($root, 'octroi check', qw(octroi check)) or return;
	return unless $root->is_booted;
	succeeds($root, 'systemctl reload', qw(systemctl reload octroi));
	ok wait_until(30, sub { ask($root, 'postfix') =~ /^(?:continue|none)/ }), 'now mail for ours.example is taken';
	like ask($root, 'postfix', body => eicar()), qr/^reject 55\d 5\.7\.1 /, 'and a virus is refused';
	tell_journal($root);
}

sub upgrade {
	my ($root) = @_;
	my $file = $root->path('/etc/octroi/milter.conf');
	my $before = slurp($file);
	my $stop = $root->is_booted && knock($root);

	chmod 0644, $file;	# the administrator's choice
	succeeds($root, 'dpkg --install of a higher version', qw(dpkg --install --force-unsafe-io /root/newer.deb));
	my %got = $stop ? $stop->() : ();
	like +($root->run('dpkg-query', '--show', '--showformat', '${db:Status-Abbrev}${Version}', 'octroi'))[1], qr/^ii .*\+upgrade1$/, 'is installed';
	is slurp($file), $before, 'milter.conf is the administrator\'s';
	is mode_of($root, '/etc/octroi/milter.conf'), '-rw-r--r-- root:octroi', 'and so is its mode';
	is slurp($root->path('/var/lib/octroi/kept')), "state\n", 'the state is kept';
	chmod 0640, $file;
	return unless $stop;
	cmp_ok delete $got{served} // 0, '>', 0, 'meanwhile the MTA was served';
	is_deeply \%got, {}, 'and no session was refused or cut';
	is +($root->run(qw(systemctl is-active octroi.service octroi.socket)))[1], "active\nactive\n", 'both units run';
	tell_journal($root);
}

# Opens sessions, one after the other, until the code that it returns is called: what came of them, and how often.
sub knock {
	my ($root) = @_;

	pipe my $in, my $out or die "pipe: $!";
	pipe my $stopped, my $stop or die "pipe: $!";
	my $pid = fork // die "fork: $!";
	if (!$pid) {
		my %seen;
		close $stop;
		until (IO::Select->new($stopped)->can_read(0.005)) {
			$seen{session($root)}++;
		}
		print $out join "\n", %seen;
		close $out;
		POSIX::_exit(0);
	}
	close $out;
	return sub {
		close $stop;
		local $/;
		my %seen = split /\n/, readline $in;
		waitpid $pid, 0;
		return %seen;
	};
}

sub session {
	my ($root) = @_;
	my $mta = Octroi::Milter->new(socket => 'unix:' . $root->path($socket), must_connect => 0, timeout => 30) or return 'not reached';

	for my $step (['negotiate'], ['connect', 'mx.ext.example', '203.0.113.7'], ['helo', 'mx.ext.example'], ['mail', '<a@ext.example>'], ['rcpt', '<u@ours.example>']) {
		my ($name, @arguments) = @$step;
		my $answer = $mta->$name(@arguments)->{answer};
		return "$name: $answer" unless $answer =~ /^(?:continue|none|unsent)$/;
	}
	$mta->quit;
	return 'served';
}

sub tell_journal {
	my ($root) = @_;

	diag +($root->run(qw(journalctl --no-pager --output short-monotonic --lines 60 --unit octroi.service --unit octroi.socket)))[1]
		unless Test::More->builder->is_passing;
}

sub remove {
	my ($root) = @_;

	succeeds($root, 'dpkg --remove', qw(dpkg --remove octroi));
	ok !-e $root->path('/usr/sbin/octroi'), 'the program is gone';
	ok -e $root->path($_), "$_ stays" for '/etc/octroi/milter.conf', '/var/lib/octroi/kept';
	return unless $root->is_booted;
	unlike +($root->run(qw(systemctl is-active octroi.service octroi.socket)))[1], qr/^active/m, 'nothing of it runs';
}

sub purge {
	my ($root) = @_;

	succeeds($root, 'dpkg --purge', qw(dpkg --purge octroi));
	is_deeply [grep { !m{^/root/|^/var/lib/clamav/} && !-c $root->path($_) && -e $root->path($_) } $root->changed('octroi')], [], 'no file of it is left';
	unlike slurp($root->path("/etc/$_")), qr/^octroi:/m, "nor a line in /etc/$_" for qw(passwd group shadow gshadow);
}

sub debootstrapped {
	plan skip_all => 'only with OCTROI_LONG=1' unless $ENV{OCTROI_LONG};
	plan skip_all => 'debootstrap is not installed (contrib/install-packages)' unless -x '/usr/sbin/debootstrap';
	my ($mirror, $suite) = qx{apt-get indextargets --format '\$(SITE) \$(RELEASE)' 'Created-By: Packages'} =~ /^(\S+) (\w+)$/m;
	my $lower = "$out/debootstrap";
	my $log = "$out/debootstrap.log";

	is system("debootstrap --variant=minbase --include=ca-certificates $suite '$lower' '$mirror' >'$log' 2>&1"), 0, "debootstrap $suite"
		or return diag slurp($log);
	system("cp -r /etc/apt/sources.list* /usr/share/keyrings /etc/resolv.conf '$lower/root/'") == 0
		&& system("cd '$lower' && rm -rf etc/apt/sources.list* && mv root/sources.list* etc/apt/ && cp -r root/keyrings/* usr/share/keyrings/ && cp root/resolv.conf etc/") == 0 or die;
	my $root = Octroi::Root->new(lower => $lower);
	spew($root->path('/root/octroi.deb'), slurp($deb));
	succeeds($root, 'apt-get update', qw(apt-get -qq update)) or return;
	succeeds($root, 'apt-get finds what it depends on', qw(apt-get -qq -y install --no-install-recommends systemd-sysv dbus bash-completion /root/octroi.deb)) or return;
	succeeds($root, 'the program starts there', qw(octroi version));
	succeeds($root, 'purged', qw(dpkg --purge octroi));
	life($root);
}
