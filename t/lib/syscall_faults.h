/* SPDX-License-Identifier: GPL-2.0-or-later */
/* syscall_faults.h - runs a function in a child that is traced, and has one of its system calls go wrong: the child is killed there, or is told
 * an error. By ptrace(2); errors are made on x86-64 alone. */
#ifndef OCTROI_T_SYSCALL_FAULTS_H
#define OCTROI_T_SYSCALL_FAULTS_H

#include <stdbool.h>
#include <stddef.h>

enum fault_kind {
	FAULT_NONE,
	FAULT_KILL_BEFORE,	/* the call is not made */
	FAULT_KILL_AFTER,	/* it is, and nothing after it */
	FAULT_ERROR,		/* it is not made, and the child is told so */
	FAULT_ERROR_ON,		/* that and every later one that would change a file */
};

struct fault {
	enum fault_kind kind;
	size_t number;		/* of the call, from 0 */
	int error;		/* positive errno */
};

enum { FAULT_CALLS_MAX = 1000 };

struct fault_end {
	bool ended;		/* by itself; else it was killed, or crashed */
	int result;		/* what fn returned, 0 or not */
	bool hit;		/* there was such a call */
	long calls[FAULT_CALLS_MAX];	/* SYS_... in order */
	size_t calls_len;
};

/* Can processes be traced here? */
bool faults_possible(void);
/* Can errors be made? */
bool faults_errors_possible(void);

/* fn must not use cmocka: it runs in another process. */
void faults_run(int (*fn)(void *arg), void *arg, const struct fault *fault, struct fault_end *ret_end);

#endif
