/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ways out through files, memory and room. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "milter/isolate/sandbox_escape.h"

#define TRY(name) static bool name(const struct escape_site *site)

static bool opens(const char *path, int flags)
{
	return open(path, flags, 0600) >= 0;
}

static const char *in_scratch(const struct escape_site *site, const char *name)
{
	static char path[512];

	(void)snprintf(path, sizeof(path), "%s/%s", site->sandbox.scratch, name);
	return path;
}

TRY(open_passwd) { (void)site; return opens("/etc/passwd", O_RDONLY); }
TRY(open_victim) { return opens(site->victim, O_RDONLY); }
TRY(write_victim) { return opens(site->victim, O_WRONLY | O_TRUNC); }
TRY(create_outside) { (void)site; return opens("/tmp/octroi-escaped", O_WRONLY | O_CREAT); }
TRY(open_dot_dot) { return opens(in_scratch(site, "../victim"), O_RDONLY); }
TRY(unlink_victim) { return unlink(site->victim) == 0; }
TRY(truncate_victim) { return truncate(site->victim, 0) == 0; }
TRY(chmod_victim) { return chmod(site->victim, 0777) == 0; }
TRY(chown_victim) { return chown(site->victim, getuid(), getgid()) == 0; }
TRY(list_etc) { (void)site; return opens("/etc", O_RDONLY | O_DIRECTORY); }
TRY(open_self_mem) { (void)site; return opens("/proc/self/mem", O_RDWR); }
TRY(open_kernel_memory) { (void)site; return opens("/dev/mem", O_RDONLY) || opens("/proc/kcore", O_RDONLY); }
TRY(open_null) { (void)site; return opens("/dev/null", O_RDWR); }
TRY(open_terminal) { (void)site; return opens("/dev/tty", O_RDWR); }
TRY(open_memory_again) { char path[64]; (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", site->memory_fd); return opens(path, O_RDWR); }
TRY(make_directory_outside) { (void)site; return mkdir("/tmp/octroi-escaped.d", 0700) == 0; }
TRY(change_directory) { (void)site; return chdir("/") == 0; }
TRY(open_handle) { (void)site; return syscall(SYS_open_by_handle_at, AT_FDCWD, NULL, 0) >= 0 || errno != EPERM; }
TRY(make_handle) { return syscall(SYS_name_to_handle_at, AT_FDCWD, site->sandbox.scratch, NULL, NULL, 0) >= 0 || errno != EPERM; }
TRY(symlink_out) { return symlink("/etc/passwd", in_scratch(site, "link")) == 0; }
TRY(link_in) { return link(site->victim, in_scratch(site, "link")) == 0; }
TRY(rename_out) { return rename(in_scratch(site, "x"), site->victim) == 0 || errno == ENOENT; }
TRY(make_fifo) { return mkfifo(in_scratch(site, "fifo"), 0600) == 0; }
TRY(make_device) { return mknod(in_scratch(site, "disk"), S_IFBLK | 0600, makedev(8, 0)) == 0; }
TRY(make_memfd) { (void)site; return memfd_create("x", 0) >= 0; }
TRY(watch_files) { (void)site; return syscall(SYS_inotify_init1, 0) >= 0; }
TRY(watch_all_files) { (void)site; return syscall(SYS_fanotify_init, 0, O_RDONLY) >= 0; }

TRY(open_parent_maps)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/maps", site->parent);
	return opens(path, O_RDONLY);
}

TRY(map_executable)
{
	(void)site;
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}

TRY(map_file_executable)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, site->memory_fd, 0) != MAP_FAILED;
}

TRY(make_executable)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)site;
	return p != MAP_FAILED && mprotect(p, 4096, PROT_READ | PROT_EXEC) == 0;
}

TRY(make_executable_by_key) { (void)site; return syscall(SYS_pkey_mprotect, NULL, 0, PROT_EXEC, -1) == 0; }

static bool fill_room(const struct escape_site *site, const char *name, size_t blocks)
{
	static char block[4096];
	int fd = open(in_scratch(site, name), O_WRONLY | O_CREAT, 0600);

	for (size_t i = 0; i < blocks; i++) {
		if (write(fd, block, sizeof(block)) != sizeof(block))
			return false;
	}
	return true;
}

TRY(write_too_large_a_file) { return fill_room(site, "large", (size_t)site->sandbox.scratch_bytes / 4096 + 1); }

TRY(write_too_many_files)
{
	char name[24];

	for (size_t i = 0; i <= site->sandbox.scratch_bytes / 8192; i++) {
		(void)snprintf(name, sizeof(name), "f%zu", i);
		if (!fill_room(site, name, 2))
			return false;
	}
	return true;
}

TRY(make_too_many_files)
{
	char name[16];

	for (int i = 0; i < 20000; i++) {
		int fd;

		(void)snprintf(name, sizeof(name), "f%d", i);
		fd = open(in_scratch(site, name), O_WRONLY | O_CREAT, 0600);
		if (fd < 0)
			return false;
		(void)close(fd);
	}
	return true;
}

TRY(open_too_many)
{
	for (int i = 0; i < 300; i++) {
		if (dup(site->memory_fd) < 0)
			return false;
	}
	return true;
}

TRY(take_too_much_memory)
{
	size_t size = (size_t)site->sandbox.memory_bytes + 1;

	return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}

TRY(raise_limits) { const struct rlimit limit = { 1, 1 }; (void)site; return setrlimit(RLIMIT_FSIZE, &limit) == 0; }

const struct escape escapes_by_files[] = {
	DENIES_WITH("read /etc/passwd", open_passwd, NEEDS_FILES_CLOSED),
	DENIES_WITH("read a file of the same user", open_victim, NEEDS_FILES_CLOSED),
	DENIES_WITH("write to a file of the same user", write_victim, NEEDS_FILES_CLOSED),
	DENIES_WITH("create a file in /tmp", create_outside, NEEDS_FILES_CLOSED),
	DENIES_WITH("read a file beside the scratch directory by ..", open_dot_dot, NEEDS_FILES_CLOSED),
	DENIES_WITH("remove a file of the same user", unlink_victim, NEEDS_FILES_CLOSED),
	DENIES("cut off a file of the same user", truncate_victim),
	DENIES("change the mode of a file", chmod_victim),
	DENIES("change the owner of a file", chown_victim),
	DENIES_WITH("list /etc", list_etc, NEEDS_FILES_CLOSED),
	DENIES_WITH("open its own /proc/self/mem", open_self_mem, NEEDS_FILES_CLOSED),
	DENIES_WITH("open /proc/PID/maps of the parent", open_parent_maps, NEEDS_FILES_CLOSED),
	DENIES_WITH("open kernel memory", open_kernel_memory, NEEDS_FILES_CLOSED),
	DENIES_WITH("open /dev/null", open_null, NEEDS_FILES_CLOSED),
	DENIES_WITH("open the terminal", open_terminal, NEEDS_FILES_CLOSED),
	DENIES_WITH("open a memfd again by /proc/self/fd", open_memory_again, NEEDS_NAMESPACES),
	DENIES_WITH("make a directory in /tmp", make_directory_outside, NEEDS_FILES_CLOSED),
	DENIES("change the working directory", change_directory),
	KILLS("open a file by its handle", open_handle),
	DENIES("get the handle of a file", make_handle),
	DENIES("make a symbolic link", symlink_out),
	DENIES("make a hard link", link_in),
	DENIES("rename a file", rename_out),
	DENIES("make a fifo", make_fifo),
	DENIES("make a device", make_device),
	DENIES("make a memfd", make_memfd),
	DENIES("watch files (inotify)", watch_files),
	DENIES("watch files (fanotify)", watch_all_files),
	DENIES("map executable memory", map_executable),
	DENIES("map a memfd as executable", map_file_executable),
	DENIES("make memory executable", make_executable),
	DENIES("make memory executable with a key", make_executable_by_key),
	DENIES("write a file larger than the room", write_too_large_a_file),
	DENIES_WITH("write more than the room in many files", write_too_many_files, NEEDS_NAMESPACES),
	DENIES_WITH("make files without end", make_too_many_files, NEEDS_NAMESPACES),
	DENIES("open more than 256 descriptors", open_too_many),
	DENIES_WITH("take more memory than is allowed", take_too_much_memory, NEEDS_LIMITS),
	DENIES_WITH("change its limits", raise_limits, NEEDS_LIMITS),
	{ .name = NULL },
};
