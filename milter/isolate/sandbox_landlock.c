/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "milter/base/cleanup.h"
#include "milter/isolate/sandbox_layers.h"

/* What newer kernels know than the headers we are built with (Documentation/userspace-api/landlock.rst). */
#define FS_ABI1 ((1ULL << 13) - 1)
#define FS_REFER (1ULL << 13)		/* ABI 2 */
#define FS_TRUNCATE (1ULL << 14)	/* ABI 3 */
#define NET_BIND_TCP (1ULL << 0)	/* ABI 4 */
#define NET_CONNECT_TCP (1ULL << 1)
#define FS_IOCTL_DEV (1ULL << 15)	/* ABI 5 */
#define SCOPE_ABSTRACT_UNIX_SOCKET (1ULL << 0)	/* ABI 6 */
#define SCOPE_SIGNAL (1ULL << 1)

struct rights {
	uint64_t fs, net, scope;
};

static struct rights rights_of(int abi)
{
	struct rights rights = { .fs = FS_ABI1 };

	if (abi >= 2)
		rights.fs |= FS_REFER;
	if (abi >= 3)
		rights.fs |= FS_TRUNCATE;
	if (abi >= 4)
		rights.net = NET_BIND_TCP | NET_CONNECT_TCP;
	if (abi >= 5)
		rights.fs |= FS_IOCTL_DEV;
	if (abi >= 6)
		rights.scope = SCOPE_ABSTRACT_UNIX_SOCKET | SCOPE_SIGNAL;
	return rights;
}

/* A kernel refuses fields it does not know unless they are zero or not there. */
static size_t rights_size(int abi)
{
	return abi >= 6 ? sizeof(struct rights) : abi >= 4 ? 2 * sizeof(uint64_t) : sizeof(uint64_t);
}

/* Plain files and directories may come, go and be changed; nothing may be executed and no special file made. */
static int allow_scratch(int ruleset, const char *scratch, uint64_t handled)
{
	_cleanup_(close_fdp) int fd = open(scratch, O_PATH | O_DIRECTORY | O_CLOEXEC);
	const struct landlock_path_beneath_attr beneath = {
		.allowed_access = handled & (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE |
					     LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
					     LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
					     LANDLOCK_ACCESS_FS_MAKE_DIR | FS_TRUNCATE),
		.parent_fd = fd,
	};

	if (fd < 0 || syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) < 0)
		return -errno;
	return 0;
}

int landlock_close(const char *scratch, int *ret_abi)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	_cleanup_(close_fdp) int ruleset = -1;
	struct rights rights;
	int r;

	*ret_abi = 0;
	if (abi <= 0)
		return 0;
	rights = rights_of((int)abi);
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &rights, rights_size((int)abi), 0);
	if (ruleset < 0)
		return -errno;
	r = allow_scratch(ruleset, scratch, rights.fs);
	if (r < 0)
		return r;
	if (syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
		return -errno;
	*ret_abi = (int)abi;
	return 0;
}
