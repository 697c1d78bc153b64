/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "milter/base/cleanup.h"
#include "milter/isolate/sandbox_layers.h"
#include "milter/isolate/sanitizer.h"

/* What libclamav, GMime, libarchive and libmagic were seen to need, and both names where architectures differ. Paths are
 * the business of the other layers; chmod, that Landlock does not look at, is missing for that reason: libclamav calls it
 * before it removes its own directories and does not mind. */
static const int allowed[] = {
	SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64), SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(pwrite64),
	SCMP_SYS(lseek), SCMP_SYS(close), SCMP_SYS(close_range), SCMP_SYS(dup),
	SCMP_SYS(fstat), SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(newfstatat), SCMP_SYS(statx),
	SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(mkdir), SCMP_SYS(mkdirat),
	SCMP_SYS(rmdir), SCMP_SYS(getdents64),
	SCMP_SYS(getcwd), SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(access), SCMP_SYS(faccessat),
	SCMP_SYS(faccessat2), SCMP_SYS(ftruncate), SCMP_SYS(umask),
	SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(brk), SCMP_SYS(futex),
	SCMP_SYS(recvmsg), SCMP_SYS(recvfrom), SCMP_SYS(sendmsg), SCMP_SYS(sendto), SCMP_SYS(poll), SCMP_SYS(ppoll),
	SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getppid), SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid),
	SCMP_SYS(getegid), SCMP_SYS(sysinfo), SCMP_SYS(uname), SCMP_SYS(getrandom), SCMP_SYS(getrusage),
	SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(gettimeofday), SCMP_SYS(time),
	SCMP_SYS(nanosleep), SCMP_SYS(clock_nanosleep), SCMP_SYS(sched_yield), SCMP_SYS(alarm), SCMP_SYS(setitimer),
	SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(restart_syscall), SCMP_SYS(exit), SCMP_SYS(exit_group),
};

/* What no library does by mistake: the process dies, so that the attempt is seen as a crash. Everything that is in
 * neither list fails with EPERM. */
static const int deadly[] = {
	SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev),
	SCMP_SYS(pidfd_open), SCMP_SYS(pidfd_getfd), SCMP_SYS(pidfd_send_signal),
	SCMP_SYS(socket), SCMP_SYS(socketpair), SCMP_SYS(connect), SCMP_SYS(bind), SCMP_SYS(listen), SCMP_SYS(accept),
	SCMP_SYS(accept4),
	SCMP_SYS(mount), SCMP_SYS(umount2), SCMP_SYS(pivot_root), SCMP_SYS(chroot), SCMP_SYS(open_tree),
	SCMP_SYS(move_mount), SCMP_SYS(fsopen), SCMP_SYS(unshare), SCMP_SYS(setns), SCMP_SYS(open_by_handle_at),
	SCMP_SYS(bpf), SCMP_SYS(userfaultfd), SCMP_SYS(perf_event_open), SCMP_SYS(keyctl), SCMP_SYS(add_key),
	SCMP_SYS(request_key), SCMP_SYS(io_uring_setup), SCMP_SYS(io_uring_enter), SCMP_SYS(io_uring_register),
	SCMP_SYS(init_module), SCMP_SYS(finit_module), SCMP_SYS(delete_module), SCMP_SYS(kexec_load),
	SCMP_SYS(kexec_file_load), SCMP_SYS(reboot),
};

/* F_SETOWN with O_ASYNC would send signals to others. */
static const unsigned harmless_fcntl[] = {
	F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_GET_SEALS,
};

/* Calls of the sanitizers' runtime: signals for its reports, memory limits it looks up. */
static const int sanitizer_allowed[] = {
	SCMP_SYS(sigaltstack), SCMP_SYS(rt_sigaction), SCMP_SYS(tgkill), SCMP_SYS(getrlimit), SCMP_SYS(prlimit64),
	SCMP_SYS(sched_getaffinity), SCMP_SYS(set_robust_list), SCMP_SYS(rseq),
};

/* Made once by the zygote and inherited by its examiners. */
static struct sock_fprog program;

static int add_all(scmp_filter_ctx context, uint32_t action, const int *calls, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		int r = seccomp_rule_add(context, action, calls[i], 0);

		if (r < 0)
			return r;
	}
	return 0;
}

#define ADD_ALL(context, action, calls) add_all((context), (action), (calls), sizeof(calls) / sizeof((calls)[0]))

static int add_with_arguments(scmp_filter_ctx context)
{
	int r = seccomp_rule_add(context, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));

	if (r == 0)
		r = seccomp_rule_add(context, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
				     SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	for (size_t i = 0; r == 0 && i < sizeof(harmless_fcntl) / sizeof(harmless_fcntl[0]); i++)
		r = seccomp_rule_add(context, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1,
				     SCMP_A1(SCMP_CMP_EQ, harmless_fcntl[i]));
	return r;
}

static int add_rules(scmp_filter_ctx context)
{
	int r = seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);

	if (r == 0)
		r = ADD_ALL(context, SCMP_ACT_ALLOW, allowed);
	if (r == 0)
		r = ADD_ALL(context, SCMP_ACT_KILL_PROCESS, deadly);
	if (r == 0)
		r = add_with_arguments(context);
	if (r == 0 && under_sanitizer)
		r = ADD_ALL(context, SCMP_ACT_ALLOW, sanitizer_allowed);
	return r;
}

static int read_program(int fd)
{
	struct stat st;
	struct sock_filter *filter;

	if (fstat(fd, &st) < 0)
		return -errno;
	filter = malloc((size_t)st.st_size);
	if (filter == NULL)
		return -ENOMEM;
	if (pread(fd, filter, (size_t)st.st_size, 0) != st.st_size) {
		free(filter);
		return -EIO;
	}
	program = (struct sock_fprog){ .filter = filter,
				       .len = (unsigned short)((size_t)st.st_size / sizeof(*filter)) };
	return 0;
}

int sandbox_prepare(void)
{
	_cleanup_(close_fdp) int fd = -1;
	scmp_filter_ctx context;
	int r;

	if (program.filter != NULL)
		return 0;
	fd = memfd_create("seccomp", MFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	context = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	if (context == NULL)
		return -ENOMEM;
	r = add_rules(context);
	if (r == 0)
		r = seccomp_export_bpf(context, fd);
	seccomp_release(context);
	return r < 0 ? r : read_program(fd);
}

int seccomp_close(void)
{
	int r = sandbox_prepare();
	long done;

	if (r < 0)
		return r;
	/* All threads at once: a sanitizer's, too. */
	done = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
	return done == 0 ? 0 : done < 0 ? -errno : -EBUSY;
}
