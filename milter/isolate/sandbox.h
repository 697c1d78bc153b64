/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sandbox.h - the cage of an examiner, in layers; each that the system has is put on.
 *
 * Needs no privilege: the namespaces come with a user namespace of the examiner's own. There is no PID namespace: seccomp
 * denies every call that names another process (kill, ptrace, pidfd_open, process_vm_readv), and init would cost a second
 * process for each examiner. The layers are the calling thread's, so there must be no other. */
#ifndef OCTROI_ISOLATE_SANDBOX_H
#define OCTROI_ISOLATE_SANDBOX_H

#include <stddef.h>
#include <stdint.h>

enum sandbox_layer {
	SANDBOX_NAMESPACES = 1 << 0,	/* user, network, mount, IPC, UTS; a tmpfs of bounded size is all there is of files */
	SANDBOX_LANDLOCK = 1 << 1,	/* no file but below the scratch directory; no TCP, no signal to others where known */
	SANDBOX_SECCOMP = 1 << 2,	/* system calls by allow list */
	SANDBOX_LIMITS = 1 << 3,	/* rlimits, no capability, no new privileges, no core, not dumpable */
};

struct sandbox {
	char scratch[256];	/* the private directory: exists, is empty and ours. The path stays valid in the closed cage */
	uint64_t scratch_bytes;	/* room there; without namespaces only the size of each file is bounded */
	uint64_t memory_bytes;	/* address space that may be added to that of sandbox_close; 0: no bound */
	unsigned layers;	/* of enum sandbox_layer: what is on */
	int landlock_abi;	/* 0: the kernel has none */
};

/* Builds the system call filter once, for all processes that are forked afterwards; without it each builds its own.
 * Returns 0 or a negative errno. */
int sandbox_prepare(void);

/* First half, before the jobs warm up: namespaces and a tmpfs on the scratch directory. The other files can still be
 * opened. A layer that the system lacks is left out. */
void sandbox_enter_namespaces(struct sandbox *sandbox);

/* Second half, after the warm-up: nothing but the scratch directory and open descriptors is left. Returns 0, or a negative
 * errno when SECCOMP or LIMITS (which always exist) cannot be put on, -EBUSY when there is a second thread: the examiner must
 * not work then. */
int sandbox_close(struct sandbox *sandbox);

/* "namespaces landlock-abi7 seccomp limits" or "landlock-abi2 seccomp limits (no namespaces)". */
void sandbox_describe(const struct sandbox *sandbox, char *text, size_t size);

#endif
