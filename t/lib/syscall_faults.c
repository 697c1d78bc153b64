/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "t/lib/syscall_faults.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRACE(request, pid, addr, data) ptrace((request), (pid), (void *)(uintptr_t)(addr), (void *)(uintptr_t)(data))

static pid_t start(int (*fn)(void *arg), void *arg)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);		/* whoever waits for our output must not wait for a child that stands still */
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
		_exit(99);
	(void)raise(SIGSTOP);
	_exit(fn(arg) == 0 ? 0 : 1);
}

static bool is_among(const long *calls, size_t len, long call)
{
	for (size_t i = 0; i < len; i++)
		if (calls[i] == call)
			return true;
	return false;
}

static bool changes_files(long call)
{
	static const long calls[] = { SYS_write, SYS_openat2, SYS_fsync, SYS_renameat2, SYS_unlinkat, SYS_utimensat, SYS_linkat, SYS_close };

	return is_among(calls, sizeof(calls) / sizeof(calls[0]), call);
}

/* Without memory or signals the process ends, and a sanitizer says so at length: FAULT_KILL_... shows as much. */
static bool is_about_process(long call)
{
	static const long calls[] = { SYS_mmap, SYS_munmap, SYS_mremap, SYS_mprotect, SYS_madvise, SYS_brk, SYS_sigaltstack,
				      SYS_rt_sigprocmask, SYS_rt_sigaction };

	return is_among(calls, sizeof(calls) / sizeof(calls[0]), call);
}

/* -1 is no system call: the kernel makes none. */
static void suppress(pid_t pid)
{
#ifdef __x86_64__
	(void)TRACE(PTRACE_POKEUSER, pid, offsetof(struct user_regs_struct, orig_rax), (uintptr_t)-1);
#else
	(void)pid;
#endif
}

static void set_result(pid_t pid, int error)
{
#ifdef __x86_64__
	(void)TRACE(PTRACE_POKEUSER, pid, offsetof(struct user_regs_struct, rax), (uintptr_t)-(long)error);
#else
	(void)pid, (void)error;
#endif
}

bool faults_errors_possible(void)
{
#ifdef __x86_64__
	return faults_possible();
#else
	return false;
#endif
}

struct tracing {
	pid_t pid;
	const struct fault *fault;
	struct fault_end *end;
	bool suppressed;
};

static bool is_meant(const struct tracing *tracing, long call)
{
	size_t number = tracing->end->calls_len - 1;

	if (tracing->fault->kind == FAULT_ERROR_ON)
		return number >= tracing->fault->number && changes_files(call);
	return tracing->fault->kind != FAULT_NONE && number == tracing->fault->number;
}

static void at_entry(struct tracing *tracing, long call)
{
	struct fault_end *end = tracing->end;

	if (end->calls_len == FAULT_CALLS_MAX)
		abort();
	end->calls[end->calls_len++] = call;
	if (!is_meant(tracing, call) || call == SYS_exit_group)
		return;
	end->hit = true;
	if (tracing->fault->kind == FAULT_KILL_BEFORE)
		(void)kill(tracing->pid, SIGKILL);
	tracing->suppressed = (tracing->fault->kind == FAULT_ERROR || tracing->fault->kind == FAULT_ERROR_ON) && !is_about_process(call);
	if (tracing->suppressed)
		suppress(tracing->pid);
}

static void at_exit_of(struct tracing *tracing)
{
	if (tracing->suppressed)
		set_result(tracing->pid, tracing->fault->error);
	tracing->suppressed = false;
	if (tracing->fault->kind == FAULT_KILL_AFTER && tracing->end->calls_len - 1 == tracing->fault->number)
		(void)kill(tracing->pid, SIGKILL);
}

static void look(struct tracing *tracing)
{
	struct __ptrace_syscall_info info = { .op = 0 };

	if (TRACE(PTRACE_GET_SYSCALL_INFO, tracing->pid, sizeof(info), &info) <= 0)
		return;
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
		at_entry(tracing, (long)info.entry.nr);
	else if (info.op == PTRACE_SYSCALL_INFO_EXIT && tracing->end->calls_len > 0)
		at_exit_of(tracing);
}

void faults_run(int (*fn)(void *arg), void *arg, const struct fault *fault, struct fault_end *ret_end)
{
	struct tracing tracing = { .fault = fault, .end = ret_end };
	int status, signal_sent = 0;

	*ret_end = (struct fault_end){ .calls_len = 0 };
	tracing.pid = start(fn, arg);
	if (tracing.pid < 0 || waitpid(tracing.pid, &status, 0) < 0 || !WIFSTOPPED(status))
		return;
	(void)TRACE(PTRACE_SETOPTIONS, tracing.pid, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
	while (TRACE(PTRACE_SYSCALL, tracing.pid, 0, signal_sent) == 0 && waitpid(tracing.pid, &status, 0) == tracing.pid &&
	       WIFSTOPPED(status)) {
		signal_sent = WSTOPSIG(status) == (SIGTRAP | 0x80) ? 0 : WSTOPSIG(status);
		if (signal_sent == 0)
			look(&tracing);
	}
	if (!WIFEXITED(status) && !WIFSIGNALED(status))
		(void)waitpid(tracing.pid, &status, 0);		/* killed while it was stopped */
	ret_end->ended = WIFEXITED(status);
	ret_end->result = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int nothing(void *arg)
{
	(void)arg;
	return 0;
}

bool faults_possible(void)
{
	struct fault_end end;

	faults_run(nothing, NULL, &(struct fault){ .kind = FAULT_NONE }, &end);
	return end.ended && end.result == 0 && end.calls_len > 0;
}
