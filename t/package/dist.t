# SPDX-License-Identifier: GPL-2.0-or-later
# make dist takes every file that is tracked, make install puts each where it belongs and make uninstall takes it away again.
# OCTROI_LONG=1: make distcheck, too, which builds and tests what was packed.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Octroi::Process qw(slurp temp_directory);

my $tree = "$FindBin::Bin/../..";
my $build = $ENV{OCTROI_BUILDDIR} or plan skip_all => 'OCTROI_BUILDDIR names no build directory';
my $dir = temp_directory();

plan skip_all => "$build was not configured with make's files" unless -f "$build/Makefile";
subtest 'make dist' => \&dist;
subtest 'make install and uninstall' => \&install;
subtest 'make distcheck' => \&distcheck;
done_testing;

sub make {
	my (@words) = @_;
	my $log = "$dir/make.log";
	my $status = system "make -s -C '$build' MAKEFLAGS= @words >'$log' 2>&1";

	return is($status, 0, "make $words[0]") || !diag(join '', grep { defined } (split /^/, slurp($log))[-20 .. -1]);
}

sub dist {
	make('dist', 'XZ_OPT=-0') or return;
	my ($tarball) = glob "$build/octroi-*.tar.xz";
	my %packed = map { m{^[^/]+/(.+)\n} ? ($1 => 1) : () } qx{tar -tf '$tarball'};
	my @tracked = -e "$tree/.git" ? qx{git -C '$tree' ls-files} : ();

	unlink $tarball;
	chomp @tracked;
	ok $packed{configure}, 'there is a configure';
	is_deeply [grep { /~$|\.[oa]$|\.pyc$|__pycache__/ } sort keys %packed], [], 'nothing that a build or an editor left';
	return note 'no working copy of git: what is tracked is not known' unless -e "$tree/.git";
	cmp_ok scalar(@tracked), '>', 100, 'tracked files';
	is_deeply [grep { -f "$tree/$_" && !$packed{$_} && !m{^\.(?:ci/|gitignore$)} } @tracked], [], 'every file that is tracked';
}

sub modes {
	my ($root) = @_;

	return { map { m{^(\S+) \./(.+)\n} ? ($2 => $1) : () } qx{cd '$root' && find . -type f -printf '%m %p\\n'} };
}

sub install {
	my %where = qw(sbin/octroi 755 share/man/man8/octroi.8 644 share/man/man5/milter.conf.5 644 lib/systemd/system/octroi.service 644
		lib/systemd/system/octroi.socket 644 lib/sysusers.d/octroi.conf 644 lib/tmpfiles.d/octroi.conf 644
		share/bash-completion/completions/octroi 644 share/doc/octroi/README 644 share/doc/octroi/NEWS 644 share/doc/octroi/HACKING 644
		share/doc/octroi/examples/milter.conf.sample 644 share/doc/octroi/examples/milter.conf.gateway 644
		share/doc/octroi/examples/postfix/apply 755 share/doc/octroi/examples/postfix/gateway.main.cf 644
		share/doc/octroi/examples/apparmor/usr.sbin.octroi 644);
	my $prefix = slurp("$build/Makefile") =~ /^prefix = (.*)$/m ? $1 : '';

	make('install-exec', 'install-data', "DESTDIR='$dir/root'") or return;
	my $installed = modes("$dir/root$prefix");
	is $installed->{$_} // 'not there', $where{$_}, $_ for sort keys %where;
	like slurp("$dir/root$prefix/lib/systemd/system/octroi.service") // '', qr{^ExecStart=\Q$prefix\E/sbin/octroi run}m, 'the unit starts what was installed';
	make('uninstall', "DESTDIR='$dir/root'");
	is_deeply modes("$dir/root"), {}, 'nothing is left';
}

sub distcheck {
	plan skip_all => 'only with OCTROI_LONG=1' unless $ENV{OCTROI_LONG};
	make('distcheck', 'XZ_OPT=-0');
	unlink glob "$build/octroi-*.tar.xz";
}
