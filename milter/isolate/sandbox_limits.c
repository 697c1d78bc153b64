/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "milter/base/cleanup.h"
#include "milter/isolate/sandbox_layers.h"
#include "milter/isolate/sanitizer.h"

#define DESCRIPTORS_MAX 256
#define CPU_SECONDS_MAX 3600	/* of a whole life: one that was taken over and outlives the filter does not burn for ever */

static int limit(__rlimit_resource_t resource, uint64_t value)
{
	const struct rlimit rlimit = { value, value };
	struct rlimit now;

	if (getrlimit(resource, &now) == 0 && now.rlim_max != RLIM_INFINITY && now.rlim_max < value)
		return 0;	/* it is lower already */
	return setrlimit(resource, &rlimit) < 0 ? -errno : 0;
}

/* Bytes of address space in use (proc(5), statm). */
static int read_address_space(uint64_t *ret_bytes)
{
	_cleanup_(fclose_filep) FILE *file = fopen("/proc/self/statm", "re");
	unsigned long long pages;

	if (file == NULL || fscanf(file, "%llu", &pages) != 1)
		return file == NULL ? -errno : -EIO;
	*ret_bytes = pages * (uint64_t)sysconf(_SC_PAGESIZE);
	return 0;
}

static int limit_memory(uint64_t memory_bytes)
{
	uint64_t present_bytes = 0;
	int r;

	if (memory_bytes == 0 || under_sanitizer)
		return 0;
	r = read_address_space(&present_bytes);
	return r < 0 ? r : limit(RLIMIT_AS, present_bytes + memory_bytes);
}

int limits_close(const struct sandbox *sandbox)
{
	const struct {
		__rlimit_resource_t resource;
		uint64_t value;
	} limits[] = {
		{ RLIMIT_CORE, 0 },			/* a core is a copy of somebody's mail */
		{ RLIMIT_FSIZE, sandbox->scratch_bytes },
		{ RLIMIT_NOFILE, DESCRIPTORS_MAX },
		{ RLIMIT_NPROC, 0 },
		{ RLIMIT_MSGQUEUE, 0 },
		{ RLIMIT_CPU, CPU_SECONDS_MAX },
	};

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		int r = limit(limits[i].resource, limits[i].value);

		if (r < 0)
			return r;
	}
	return limit_memory(sandbox->memory_bytes);
}

int privileges_drop(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { { 0 } };

	/* Only who has CAP_SETPCAP can (and need) take them from what a program could gain. */
	for (int capability = 0; capability < 64; capability++)
		(void)prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return -errno;
	return syscall(SYS_capset, &header, none) < 0 ? -errno : 0;
}
