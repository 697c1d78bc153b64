/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each way out is tried by a process of its own, in the whole cage and in cages of systems that lack layers. */
#include "milter/isolate/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <pthread.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "milter/isolate/sandbox_layers.h"
#include "milter/isolate/sanitizer.h"
#include "milter/isolate/scratch.h"
#include "t/unit/rows.h"
#include "t/lib/skip.h"

#define ROOM_BYTES (256UL * 1024)
#define MEMORY_BYTES (64UL * 1024 * 1024)

enum end { DENIED, ESCAPED, NO_SANDBOX, KILLED };

static char base[] = "/tmp/octroi-sandbox-XXXXXX";
static char victim[sizeof(base) + 16];		/* a file outside the scratch directory */
static struct sandbox sandbox;			/* in the child */
static pid_t parent;
static int memory_fd;

static bool opens(const char *path, int flags)
{
	return open(path, flags, 0600) >= 0;
}

static const char *in_scratch(const char *name)
{
	static char path[512];

	(void)snprintf(path, sizeof(path), "%s/%s", sandbox.scratch, name);
	return path;
}

/* The ways out: each returns true when it worked. */

static bool socket_inet(void) { return socket(AF_INET, SOCK_STREAM, 0) >= 0; }
static bool socket_inet6_udp(void) { return socket(AF_INET6, SOCK_DGRAM, 0) >= 0; }
static bool socket_unix(void) { return socket(AF_UNIX, SOCK_STREAM, 0) >= 0; }
static bool socket_netlink(void) { return socket(AF_NETLINK, SOCK_RAW, 0) >= 0; }
static bool socket_pair(void) { int fds[2]; return socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0; }
static bool open_passwd(void) { return opens("/etc/passwd", O_RDONLY); }
static bool open_victim(void) { return opens(victim, O_RDONLY); }
static bool write_victim(void) { return opens(victim, O_WRONLY | O_TRUNC); }
static bool create_outside(void) { return opens("/tmp/octroi-escaped", O_WRONLY | O_CREAT); }
static bool open_dot_dot(void) { return opens(in_scratch("../victim"), O_RDONLY); }
static bool unlink_victim(void) { return unlink(victim) == 0; }
static bool chmod_victim(void) { return chmod(victim, 0777) == 0; }
static bool list_root(void) { return opens("/etc", O_RDONLY | O_DIRECTORY); }
static bool open_self_mem(void) { return opens("/proc/self/mem", O_RDWR); }
static bool open_device(void) { return opens("/dev/null", O_RDWR); }
static bool make_directory_outside(void) { return mkdir("/tmp/octroi-escaped.d", 0700) == 0; }

static bool open_parent_memory(void)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/maps", parent);
	return opens(path, O_RDONLY);
}

static bool exec_true(void)
{
	char *const args[] = { (char *)(uintptr_t)"true", NULL };

	return execve("/bin/true", args, NULL) == 0;
}

static bool exec_memory(void)
{
	char *const args[] = { (char *)(uintptr_t)"true", NULL };

	return syscall(SYS_execveat, memory_fd, "", args, args + 1, AT_EMPTY_PATH) == 0;
}

static bool fork_child(void) { return syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) >= 0; }
static bool fork_clone3(void) { return syscall(SYS_clone3, NULL, 0) >= 0 || errno == EINVAL; }
static bool ptrace_parent(void) { return ptrace(PTRACE_ATTACH, parent, NULL, NULL) == 0; }
static bool ptrace_me(void) { return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0; }
static bool kill_parent(void) { return kill(parent, SIGURG) == 0; }
static bool look_for_parent(void) { return kill(parent, 0) == 0; }
static bool kill_group(void) { return kill(0, SIGURG) == 0; }
static bool tkill_parent(void) { return syscall(SYS_tkill, parent, SIGURG) == 0; }
static bool queue_to_parent(void) { return sigqueue(parent, SIGURG, (union sigval){ 0 }) == 0; }
static bool pidfd_parent(void) { return syscall(SYS_pidfd_open, parent, 0) >= 0; }
static bool own_to_parent(void) { return fcntl(memory_fd, F_SETOWN, parent) == 0; }
static bool renice_parent(void) { return setpriority(PRIO_PROCESS, (id_t)parent, 19) == 0; }

static bool read_parent(void)
{
	char byte;
	struct iovec local = { &byte, 1 }, remote = { victim, 1 };

	return process_vm_readv(parent, &local, 1, &remote, 1, 0) == 1;
}

static bool write_parent(void)
{
	char byte = '/';
	struct iovec local = { &byte, 1 }, remote = { victim, 1 };

	return process_vm_writev(parent, &local, 1, &remote, 1, 0) == 1;
}

static bool mount_tmpfs(void) { return mount("x", sandbox.scratch, "tmpfs", 0, NULL) == 0; }
static bool unmount(void) { return umount2(sandbox.scratch, MNT_DETACH) == 0; }
static bool unshare_user(void) { return unshare(CLONE_NEWUSER) == 0; }
static bool enter_namespace(void) { return setns(memory_fd, 0) == 0; }
static bool change_root(void) { return chroot(sandbox.scratch) == 0; }
static bool change_directory(void) { return chdir("/") == 0; }
static bool open_handle(void) { return syscall(SYS_open_by_handle_at, AT_FDCWD, NULL, 0) >= 0 || errno != EPERM; }

static bool map_executable(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}

static bool make_executable(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p != MAP_FAILED && mprotect(p, 4096, PROT_READ | PROT_EXEC) == 0;
}

static bool key_executable(void) { return syscall(SYS_pkey_mprotect, NULL, 0, PROT_EXEC, -1) == 0; }
static bool symlink_out(void) { return symlink("/etc/passwd", in_scratch("link")) == 0; }
static bool link_in(void) { return link(victim, in_scratch("link")) == 0; }
static bool rename_out(void) { return rename(in_scratch("x"), victim) == 0 || errno == ENOENT; }
static bool make_fifo(void) { return mkfifo(in_scratch("fifo"), 0600) == 0; }
static bool load_bpf(void) { return syscall(SYS_bpf, 0, NULL, 0) >= 0 || errno != EPERM; }
static bool become_root(void) { return setuid(0) == 0; }
static bool become_another(void) { return setgid(12345) == 0; }
static bool become_dumpable(void) { return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0; }
static bool lift_seccomp(void) { return prctl(PR_SET_SECCOMP, 0, NULL, 0, 0) == 0; }
static bool raise_limits(void) { const struct rlimit limit = { 1, 1 }; return setrlimit(RLIMIT_FSIZE, &limit) == 0; }
static bool make_memfd(void) { return memfd_create("x", 0) >= 0; }
static bool use_io_uring(void) { char params[256] = ""; return syscall(SYS_io_uring_setup, 1, params) >= 0; }
static bool use_userfaultfd(void) { return syscall(SYS_userfaultfd, 0) >= 0; }
static bool use_keyring(void) { return syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 1) >= 0; }
static bool watch_performance(void) { char attr[128] = ""; return syscall(SYS_perf_event_open, attr, 0, -1, -1, 0) >= 0; }
static bool set_personality(void) { return syscall(SYS_personality, 0xffffffff) >= 0; }
static bool start_timer(void) { return timer_create(CLOCK_MONOTONIC, NULL, &(timer_t){ 0 }) == 0; }
static bool push_terminal_input(void) { return syscall(SYS_ioctl, 0, 0x5412, "x") == 0 || errno != EPERM; }
static bool open_queue(void) { return syscall(SYS_mq_open, "/octroi", O_CREAT | O_RDWR, 0600, NULL) >= 0; }
static bool attach_shared_memory(void) { return syscall(SYS_shmget, 0, 4096, 01600) >= 0; }

#ifdef __x86_64__
static bool call_as_i386(void)
{
	long r;

	__asm__ volatile("int $0x80" : "=a"(r) : "a"(20L) : "memory");
	return r > 0;
}

static bool call_as_x32(void)
{
	return syscall(0x40000000 | SYS_getpid) > 0;
}
#else
#define call_as_i386 exec_true
#define call_as_x32 exec_true
#endif

static bool fill_room(const char *name, size_t blocks)
{
	static char block[4096];
	int fd = open(in_scratch(name), O_WRONLY | O_CREAT, 0600);

	for (size_t i = 0; i < blocks; i++) {
		if (write(fd, block, sizeof(block)) != sizeof(block))
			return false;
	}
	return true;
}

static bool write_too_large_a_file(void) { return fill_room("large", ROOM_BYTES / 4096 + 1); }

static bool write_too_many_files(void)
{
	char name[16];

	for (int i = 0; i < 40; i++) {
		(void)snprintf(name, sizeof(name), "f%d", i);
		if (!fill_room(name, 2))
			return false;
	}
	return true;
}

static bool make_too_many_files(void)
{
	char name[16];

	for (int i = 0; i < 20000; i++) {
		int fd;

		(void)snprintf(name, sizeof(name), "f%d", i);
		fd = open(in_scratch(name), O_WRONLY | O_CREAT, 0600);
		if (fd < 0)
			return false;
		(void)close(fd);
	}
	return true;
}

static bool open_too_many(void)
{
	for (int i = 0; i < 300; i++) {
		if (dup(0) < 0)
			return false;
	}
	return true;
}

static bool take_too_much_memory(void)
{
	return mmap(NULL, MEMORY_BYTES + 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}

static bool brk_grows(void)
{
	void *memory = malloc(1 << 20);
	bool grows = memory != NULL;

	free(memory);
	return grows;
}

/* The other way round: what a job needs. Denied would be an error, so "escaped" is what is wanted. */
static bool work(void)
{
	char byte;
	int fd = open(in_scratch("file"), O_RDWR | O_CREAT | O_EXCL, 0600);
	struct stat st;

	return fd >= 0 && brk_grows() && write(fd, "x", 1) == 1 && pread(fd, &byte, 1, 0) == 1 && ftruncate(fd, 0) == 0 &&
	       fstat(fd, &st) == 0 && stat(in_scratch("file"), &st) == 0 && close(fd) == 0 &&
	       mkdir(in_scratch("dir"), 0700) == 0 && opens(in_scratch("dir"), O_RDONLY | O_DIRECTORY) &&
	       opens(in_scratch("dir/file"), O_WRONLY | O_CREAT) && unlink(in_scratch("file")) == 0 &&
	       scratch_empty(sandbox.scratch) == 0 && access(in_scratch("dir"), F_OK) < 0 && pread(memory_fd, &byte, 1, 0) >= 0;
}

enum need {
	NEEDS_NOTHING,
	NEEDS_FILES_CLOSED,	/* NAMESPACES or LANDLOCK */
	NEEDS_NAMESPACES,
	NEEDS_LIMITS,		/* that a sanitizer cannot live with */
};

#define ROW(way, ...) { #way, way, __VA_ARGS__ }
static const struct way {
	const char *name;
	bool (*try)(void);
	enum end expected;
	enum need need;
} ways[] = {
	ROW(socket_inet, KILLED, 0), ROW(socket_inet6_udp, KILLED, 0), ROW(socket_unix, KILLED, 0),
	ROW(socket_netlink, KILLED, 0), ROW(socket_pair, KILLED, 0),
	ROW(open_passwd, DENIED, NEEDS_FILES_CLOSED), ROW(open_victim, DENIED, NEEDS_FILES_CLOSED),
	ROW(write_victim, DENIED, NEEDS_FILES_CLOSED), ROW(create_outside, DENIED, NEEDS_FILES_CLOSED),
	ROW(open_dot_dot, DENIED, NEEDS_FILES_CLOSED), ROW(unlink_victim, DENIED, NEEDS_FILES_CLOSED),
	ROW(chmod_victim, DENIED, 0), ROW(list_root, DENIED, NEEDS_FILES_CLOSED),
	ROW(open_self_mem, DENIED, NEEDS_FILES_CLOSED), ROW(open_parent_memory, DENIED, NEEDS_FILES_CLOSED),
	ROW(open_device, DENIED, NEEDS_FILES_CLOSED), ROW(make_directory_outside, DENIED, NEEDS_FILES_CLOSED),
	ROW(exec_true, KILLED, 0), ROW(exec_memory, KILLED, 0), ROW(fork_child, DENIED, 0), ROW(fork_clone3, DENIED, 0),
	ROW(ptrace_parent, KILLED, 0), ROW(ptrace_me, KILLED, 0), ROW(kill_parent, DENIED, 0),
	ROW(look_for_parent, DENIED, 0), ROW(kill_group, DENIED, 0), ROW(tkill_parent, DENIED, 0),
	ROW(queue_to_parent, DENIED, 0), ROW(pidfd_parent, KILLED, 0), ROW(own_to_parent, DENIED, 0),
	ROW(renice_parent, DENIED, 0), ROW(read_parent, KILLED, 0), ROW(write_parent, KILLED, 0),
	ROW(mount_tmpfs, KILLED, 0), ROW(unmount, KILLED, 0), ROW(unshare_user, KILLED, 0),
	ROW(enter_namespace, KILLED, 0), ROW(change_root, KILLED, 0), ROW(change_directory, DENIED, 0),
	ROW(open_handle, KILLED, 0), ROW(map_executable, DENIED, 0), ROW(make_executable, DENIED, 0),
	ROW(key_executable, DENIED, 0), ROW(symlink_out, DENIED, 0), ROW(link_in, DENIED, 0), ROW(rename_out, DENIED, 0),
	ROW(make_fifo, DENIED, 0), ROW(load_bpf, KILLED, 0), ROW(become_root, DENIED, 0), ROW(become_another, DENIED, 0),
	ROW(become_dumpable, DENIED, 0), ROW(lift_seccomp, DENIED, 0), ROW(raise_limits, DENIED, NEEDS_LIMITS),
	ROW(make_memfd, DENIED, 0), ROW(use_io_uring, KILLED, 0), ROW(use_userfaultfd, KILLED, 0),
	ROW(use_keyring, KILLED, 0), ROW(watch_performance, KILLED, 0), ROW(set_personality, DENIED, 0),
	ROW(start_timer, DENIED, 0), ROW(push_terminal_input, DENIED, 0), ROW(open_queue, DENIED, 0),
	ROW(attach_shared_memory, DENIED, 0), ROW(call_as_i386, KILLED, 0), ROW(call_as_x32, KILLED, 0),
	ROW(write_too_large_a_file, DENIED, 0), ROW(write_too_many_files, DENIED, NEEDS_NAMESPACES),
	ROW(make_too_many_files, DENIED, NEEDS_NAMESPACES), ROW(open_too_many, DENIED, 0),
	ROW(take_too_much_memory, DENIED, NEEDS_LIMITS),
	ROW(work, ESCAPED, 0),
};

/* Systems of fewer layers, played by a filter that knows less calls. */
static const struct system {
	const char *name;
	bool namespaces, landlock;
	unsigned never, always;		/* layers */
} systems[] = {
	{ "all layers", true, true, 0, SANDBOX_SECCOMP | SANDBOX_LIMITS },
	{ "no namespaces", false, true, SANDBOX_NAMESPACES, SANDBOX_SECCOMP | SANDBOX_LIMITS },
	{ "no landlock", true, false, SANDBOX_LANDLOCK, SANDBOX_SECCOMP | SANDBOX_LIMITS },
	{ "neither", false, false, SANDBOX_NAMESPACES | SANDBOX_LANDLOCK, SANDBOX_SECCOMP | SANDBOX_LIMITS },
};

struct row {
	char name[96];
	const struct way *way;
	const struct system *system;
};

static void forget_calls(const struct system *system)
{
	scmp_filter_ctx context = seccomp_init(SCMP_ACT_ALLOW);

	if (!system->namespaces)
		(void)seccomp_rule_add(context, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(unshare), 0);
	if (!system->landlock)
		(void)seccomp_rule_add(context, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(landlock_create_ruleset), 0);
	if (seccomp_load(context) < 0)
		_exit(NO_SANDBOX);
	seccomp_release(context);
}

/* A layer that the machine itself lacks makes its rows empty, not green for a wrong reason: the layers are a test too. */
static bool has_what_it_needs(enum need need)
{
	if (need == NEEDS_FILES_CLOSED)
		return (sandbox.layers & (SANDBOX_NAMESPACES | SANDBOX_LANDLOCK)) != 0;
	if (need == NEEDS_NAMESPACES)
		return (sandbox.layers & SANDBOX_NAMESPACES) != 0;
	return need != NEEDS_LIMITS || !under_sanitizer;
}

static void close_cage(const struct system *system)
{
	if (!system->namespaces || !system->landlock)
		forget_calls(system);
	sandbox = (struct sandbox){ .scratch_bytes = ROOM_BYTES, .memory_bytes = MEMORY_BYTES };
	(void)signal(SIGXFSZ, SIG_IGN);
	if (scratch_path(base, getpid(), sandbox.scratch, sizeof(sandbox.scratch)) < 0 ||
	    scratch_make(base, sandbox.scratch) < 0)
		_exit(NO_SANDBOX);
	sandbox_enter_namespaces(&sandbox);
	if (sandbox_close(&sandbox) < 0)
		_exit(NO_SANDBOX);
}

static int wait_end(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	scratch_remove(base, pid);
	if (WIFSIGNALED(status)) {
		assert_int_equal(WTERMSIG(status), SIGSYS);
		return KILLED;
	}
	return WEXITSTATUS(status);
}

static void check_way(void **state)
{
	const struct row *row = *state;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		close_cage(row->system);
		if (!has_what_it_needs(row->way->need))
			_exit(row->way->expected);
		_exit(row->way->try() ? ESCAPED : DENIED);
	}
	assert_int_equal(wait_end(pid), row->way->expected);
}

static void check_layers(void **state)
{
	const struct system *system = *state;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		close_cage(system);
		_exit((sandbox.layers & system->never) == 0 && (sandbox.layers & system->always) == system->always ? 0 : 1);
	}
	assert_int_equal(wait_end(pid), 0);
}

/* The layers one by one, so that none hides a hole in another. */
static bool namespaces_alone(void)
{
	return namespaces_enter() == 0 && namespaces_mount_scratch(&sandbox) == 0 && namespaces_change_root(&sandbox) == 0;
}

static bool landlock_alone(void)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       landlock_close(sandbox.scratch, &sandbox.landlock_abi) == 0 && sandbox.landlock_abi > 0;
}

static const struct layer {
	const char *name;
	bool (*put_on)(void);
	bool (*try)(void);
	enum end expected;
} layers[] = {
	{ "namespaces alone: the victim", namespaces_alone, open_victim, DENIED },
	{ "namespaces alone: /etc/passwd", namespaces_alone, open_passwd, DENIED },
	{ "namespaces alone: /proc", namespaces_alone, open_self_mem, DENIED },
	{ "namespaces alone: making a directory at the root", namespaces_alone, make_directory_outside, DENIED },
	{ "namespaces alone: room", namespaces_alone, write_too_many_files, DENIED },
	{ "namespaces alone: work", namespaces_alone, work, ESCAPED },
	{ "landlock alone: the victim", landlock_alone, open_victim, DENIED },
	{ "landlock alone: writing the victim", landlock_alone, write_victim, DENIED },
	{ "landlock alone: removing the victim", landlock_alone, unlink_victim, DENIED },
	{ "landlock alone: above the scratch directory", landlock_alone, open_dot_dot, DENIED },
	{ "landlock alone: a program", landlock_alone, exec_true, DENIED },
	{ "landlock alone: a symbolic link", landlock_alone, symlink_out, DENIED },
	{ "landlock alone: a fifo", landlock_alone, make_fifo, DENIED },
	{ "landlock alone: work", landlock_alone, work, ESCAPED },
};

static void check_layer(void **state)
{
	const struct layer *layer = *state;
	pid_t pid = fork();
	int end;

	assert_true(pid >= 0);
	if (pid == 0) {
		sandbox = (struct sandbox){ .scratch_bytes = ROOM_BYTES };
		(void)scratch_path(base, getpid(), sandbox.scratch, sizeof(sandbox.scratch));
		(void)scratch_make(base, sandbox.scratch);
		if (!layer->put_on())
			_exit(NO_SANDBOX);
		_exit(layer->try() ? ESCAPED : DENIED);
	}
	end = wait_end(pid);
	if (end == NO_SANDBOX)
		SKIP("the system does not have this layer");
	assert_int_equal(end, layer->expected);
}

static void *sit(void *arg)
{
	(void)pause();
	return arg;
}

static void a_second_thread_is_refused(void **state)
{
	pthread_t thread;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		(void)scratch_path(base, getpid(), sandbox.scratch, sizeof(sandbox.scratch));
		(void)scratch_make(base, sandbox.scratch);
		(void)pthread_create(&thread, NULL, sit, NULL);
		_exit(under_sanitizer || sandbox_close(&sandbox) == -EBUSY ? 0 : 1);
	}
	assert_int_equal(wait_end(pid), 0);
}

static const struct text {
	const char *name;
	struct sandbox sandbox;
	size_t size;
	const char *expected;
} texts[] = {
	{ "described: all", { .layers = 15, .landlock_abi = 7 }, 100, "namespaces landlock-abi7 seccomp limits" },
	{ "described: no namespaces", { .layers = 14, .landlock_abi = 2 }, 100,
	  "landlock-abi2 seccomp limits (no namespaces)" },
	{ "described: the least", { .layers = 12 }, 100, "seccomp limits (no namespaces, no landlock)" },
	{ "described: little room", { .layers = 15, .landlock_abi = 7 }, 12, "namespaces" },
};

static void check_text(void **state)
{
	const struct text *row = *state;
	char text[100];

	sandbox_describe(&row->sandbox, text, row->size);
	assert_string_equal(text, row->expected);
}

static void make_victim(void)
{
	int fd;

	(void)snprintf(victim, sizeof(victim), "%s/victim", base);
	fd = open(victim, O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0);
	(void)close(fd);
}

int main(void)
{
	static struct rows rows;
	static struct row all[sizeof(systems) / sizeof(systems[0])][sizeof(ways) / sizeof(ways[0])];
	int r;

	parent = getpid();
	memory_fd = memfd_create("octroi-test", MFD_CLOEXEC);
	if (memory_fd < 0 || mkdtemp(base) == NULL || sandbox_prepare() < 0)
		return 1;
	make_victim();
	rows_add(&rows, systems, check_layers);
	rows_add(&rows, texts, check_text);
	rows_add(&rows, layers, check_layer);
	rows_add_one(&rows, "a_second_thread_is_refused", a_second_thread_is_refused, NULL);
	for (size_t i = 0; i < sizeof(systems) / sizeof(systems[0]); i++) {
		for (size_t j = 0; j < sizeof(ways) / sizeof(ways[0]); j++) {
			struct row *row = &all[i][j];

			*row = (struct row){ .way = &ways[j], .system = &systems[i] };
			(void)snprintf(row->name, sizeof(row->name), "OS-12 %s: %s", systems[i].name, ways[j].name);
			rows_add_one(&rows, row->name, check_way, row);
		}
	}
	r = rows_run(&rows, "sandbox");
	(void)unlink(victim);
	(void)rmdir(base);
	return r;
}
