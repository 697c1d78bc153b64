/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "milter/base/cleanup.h"
#include "milter/isolate/sandbox_layers.h"

#define INODE_BYTES 4096	/* of room for each file, on average */
#define INODES_MIN 256
#define INODES_MAX 16384

static int write_file(const char *path, const char *text)
{
	_cleanup_(close_fdp) int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		return -errno;
	return 0;
}

static int write_map(const char *path, unsigned id)
{
	char text[64];

	(void)snprintf(text, sizeof(text), "%u %u 1\n", id, id);
	return write_file(path, text);
}

int namespaces_enter(void)
{
	unsigned uid = geteuid(), gid = getegid();
	int r;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS) < 0)
		return -errno;
	/* The change of credentials made /proc/self root's. */
	if (prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0)
		return -errno;
	r = write_map("/proc/self/uid_map", uid);
	if (r == 0)
		r = write_file("/proc/self/setgroups", "deny");
	if (r == 0)
		r = write_map("/proc/self/gid_map", gid);
	return r;
}

int namespaces_mount_scratch(const struct sandbox *sandbox)
{
	uint64_t inodes = sandbox->scratch_bytes / INODE_BYTES;
	char options[96];

	if (inodes < INODES_MIN)
		inodes = INODES_MIN;
	if (inodes > INODES_MAX)
		inodes = INODES_MAX;
	(void)snprintf(options, sizeof(options), "mode=0700,size=%llu,nr_inodes=%llu",
		       (unsigned long long)sandbox->scratch_bytes, (unsigned long long)inodes);
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return -errno;
	if (mount("scratch", sandbox->scratch, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, options) < 0)
		return -errno;
	return 0;
}

/* Makes the directories of path (absolute) below root, path itself included. */
static int make_path(const char *root, const char *path, char *ret_path, size_t size)
{
	int n = snprintf(ret_path, size, "%s%s", root, path);
	char *slash = ret_path + strlen(root);

	if (n < 0 || (size_t)n >= size)
		return -ENAMETOOLONG;
	while ((slash = strchr(slash + 1, '/')) != NULL) {
		*slash = '\0';
		if (mkdir(ret_path, 0700) < 0 && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	return mkdir(ret_path, 0700) < 0 && errno != EEXIST ? -errno : 0;
}

/* The system's root may be one that cannot be left (an initramfs, a chroot): then ours is put before it. There are no
 * capabilities and no chroot(2) to come back with. */
static int enter_root(const char *root)
{
	if (chdir(root) < 0)
		return -errno;
	if (syscall(SYS_pivot_root, ".", ".") == 0)
		return umount2(".", MNT_DETACH) < 0 || chdir("/") < 0 ? -errno : 0;
	return chroot(".") < 0 || chdir("/") < 0 ? -errno : 0;
}

/* The scratch directory keeps its path, because jobs were told of it. /proc serves as the place of the new root for a
 * moment: it is a directory that every system with user namespaces has. */
int namespaces_change_root(const struct sandbox *sandbox)
{
	const char *root = "/proc";
	char path[sizeof(sandbox->scratch) + 8];
	int r;

	if (mount("root", root, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700,size=4k,nr_inodes=64") < 0)
		return -errno;
	r = make_path(root, sandbox->scratch, path, sizeof(path));
	if (r < 0)
		return r;
	if (mount(sandbox->scratch, path, NULL, MS_MOVE, NULL) < 0)
		return -errno;
	(void)rmdir(sandbox->scratch);		/* the place below our tmpfs, of the system's own files */
	r = enter_root(root);
	if (r < 0)
		return r;
	if (mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		return -errno;
	return 0;
}
