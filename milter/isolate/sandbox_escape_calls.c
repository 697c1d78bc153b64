/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ways out through other processes, the network and the kernel. */
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "milter/isolate/sandbox_escape.h"

#define TRY(name) static bool name(const struct escape_site *site)

/* A call that the cage lets through to the kernel and that fails there for its arguments has got out, too. */
static bool reaches_kernel(long result)
{
	return result >= 0 || (errno != EPERM && errno != ENOSYS);
}

TRY(socket_inet) { (void)site; return socket(AF_INET, SOCK_STREAM, 0) >= 0; }
TRY(socket_inet6_udp) { (void)site; return socket(AF_INET6, SOCK_DGRAM, 0) >= 0; }
TRY(socket_unix) { (void)site; return socket(AF_UNIX, SOCK_STREAM, 0) >= 0; }
TRY(socket_netlink) { (void)site; return socket(AF_NETLINK, SOCK_RAW, 0) >= 0; }
TRY(socket_packet) { (void)site; return socket(AF_PACKET, SOCK_RAW, 0) >= 0; }
TRY(socket_vsock) { (void)site; return socket(AF_VSOCK, SOCK_STREAM, 0) >= 0; }
TRY(socket_pair) { int fds[2]; (void)site; return socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0; }
TRY(connect_socket) { return reaches_kernel(connect(site->memory_fd, NULL, 0)); }
TRY(bind_socket) { return reaches_kernel(bind(site->memory_fd, NULL, 0)); }
TRY(accept_socket) { return reaches_kernel(accept(site->memory_fd, NULL, NULL)); }
TRY(turn_socket) { return reaches_kernel(setsockopt(site->memory_fd, SOL_SOCKET, SO_RCVBUF, NULL, 0)); }
TRY(make_pipe) { int fds[2]; (void)site; return pipe(fds) == 0; }

TRY(exec_program)
{
	char *const args[] = { (char *)(uintptr_t)"true", NULL };

	(void)site;
	return execve("/bin/true", args, NULL) == 0;
}

TRY(exec_memory)
{
	char *const args[] = { (char *)(uintptr_t)"true", NULL };

	return syscall(SYS_execveat, site->memory_fd, "", args, args + 1, AT_EMPTY_PATH) == 0;
}

TRY(fork_child) { (void)site; return syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) >= 0; }
TRY(fork_clone3) { (void)site; return reaches_kernel(syscall(SYS_clone3, NULL, 0)); }
TRY(ptrace_parent) { return ptrace(PTRACE_ATTACH, site->parent, NULL, NULL) == 0; }
TRY(ptrace_me) { (void)site; return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0; }
TRY(kill_parent) { return kill(site->parent, SIGURG) == 0; }
TRY(look_for_parent) { return kill(site->parent, 0) == 0; }
TRY(kill_group) { (void)site; return kill(0, SIGURG) == 0; }
TRY(kill_all) { (void)site; return kill(-1, 0) == 0; }
TRY(tkill_parent) { return syscall(SYS_tkill, site->parent, SIGURG) == 0; }
TRY(tgkill_parent) { return syscall(SYS_tgkill, site->parent, site->parent, 0) == 0; }
TRY(queue_to_parent) { return sigqueue(site->parent, SIGURG, (union sigval){ 0 }) == 0; }
TRY(pidfd_parent) { return syscall(SYS_pidfd_open, site->parent, 0) >= 0; }
TRY(own_to_parent) { return fcntl(site->memory_fd, F_SETOWN, site->parent) == 0; }
TRY(renice_parent) { return setpriority(PRIO_PROCESS, (id_t)site->parent, 19) == 0; }
TRY(limit_parent) { struct rlimit limit; return syscall(SYS_prlimit64, site->parent, RLIMIT_CPU, NULL, &limit) == 0; }
TRY(pin_parent) { unsigned long mask = 1; return syscall(SYS_sched_setaffinity, site->parent, sizeof(mask), &mask) >= 0; }
TRY(group_parent) { (void)site; return setpgid(0, 0) == 0 || setsid() >= 0; }

static bool reaches_memory(const struct escape_site *site, int call)
{
	char byte = '/';
	struct iovec local = { &byte, 1 }, remote = { (char *)(uintptr_t)site->victim, 1 };

	return syscall(call, site->parent, &local, 1, &remote, 1, 0) == 1;
}

TRY(read_parent) { return reaches_memory(site, SYS_process_vm_readv); }
TRY(write_parent) { return reaches_memory(site, SYS_process_vm_writev); }

TRY(mount_tmpfs) { return mount("x", site->sandbox.scratch, "tmpfs", 0, NULL) == 0; }
TRY(unmount) { return umount2(site->sandbox.scratch, MNT_DETACH) == 0; }
TRY(open_file_system) { (void)site; return syscall(SYS_fsopen, "tmpfs", 0) >= 0; }
TRY(change_root) { return chroot(site->sandbox.scratch) == 0; }
TRY(pivot_root) { return syscall(SYS_pivot_root, site->sandbox.scratch, site->sandbox.scratch) == 0; }
TRY(unshare_user) { (void)site; return unshare(CLONE_NEWUSER) == 0; }
TRY(enter_namespace) { return setns(site->memory_fd, 0) == 0; }
TRY(become_root) { (void)site; return setuid(0) == 0; }
TRY(become_another) { (void)site; return setgid(12345) == 0 || syscall(SYS_setgroups, 0, NULL) == 0; }
TRY(gain_capabilities) { unsigned head[2] = { 0x20080522, 0 }, sets[6] = { ~0U, ~0U, 0, 0, 0, 0 }; (void)site; return syscall(SYS_capset, head, sets) == 0; }
TRY(become_dumpable) { (void)site; return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0; }
TRY(lift_no_new_privileges) { (void)site; return reaches_kernel(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0)); }
TRY(lift_seccomp) { (void)site; return reaches_kernel(prctl(PR_SET_SECCOMP, 0, NULL, 0, 0)); }
TRY(listen_to_seccomp) { (void)site; return reaches_kernel(syscall(SYS_seccomp, 1, 8, NULL)); }
TRY(set_personality) { (void)site; return syscall(SYS_personality, 0x0400000) >= 0; }
TRY(use_io_uring) { char params[256] = ""; (void)site; return syscall(SYS_io_uring_setup, 1, params) >= 0; }
TRY(use_userfaultfd) { (void)site; return syscall(SYS_userfaultfd, 0) >= 0; }
TRY(use_keyring) { (void)site; return syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 1) >= 0; }
TRY(add_key) { (void)site; return syscall(SYS_add_key, "user", "octroi", "x", 1, KEY_SPEC_PROCESS_KEYRING) >= 0; }
TRY(load_bpf) { (void)site; return reaches_kernel(syscall(SYS_bpf, 0, NULL, 0)); }
TRY(watch_performance) { char attr[128] = ""; (void)site; return syscall(SYS_perf_event_open, attr, 0, -1, -1, 0) >= 0; }
TRY(load_module) { return reaches_kernel(syscall(SYS_finit_module, site->memory_fd, "", 0)); }
TRY(load_kernel) { return reaches_kernel(syscall(SYS_kexec_file_load, site->memory_fd, site->memory_fd, 0, "", 0)); }
TRY(restart_system) { (void)site; return reaches_kernel(syscall(SYS_reboot, 0, 0, 0, NULL)); }
TRY(swap_on) { return reaches_kernel(syscall(SYS_swapon, site->victim, 0)); }
TRY(set_host_name) { (void)site; return sethostname("octroi-escaped", 14) == 0; }
TRY(set_clock) { const struct timespec never = { 0, -1 }; (void)site; return reaches_kernel(syscall(SYS_clock_settime, CLOCK_REALTIME, &never)); }
TRY(read_kernel_log) { (void)site; return reaches_kernel(syscall(SYS_syslog, 10, NULL, 0)); }
TRY(account_processes) { (void)site; return reaches_kernel(syscall(SYS_acct, NULL)); }
TRY(start_timer) { (void)site; return timer_create(CLOCK_MONOTONIC, NULL, &(timer_t){ 0 }) == 0; }
TRY(push_terminal_input) { (void)site; return reaches_kernel(syscall(SYS_ioctl, 0, 0x5412, "x")); }
TRY(open_queue) { (void)site; return syscall(SYS_mq_open, "octroi", O_CREAT | O_RDWR, 0600, NULL) >= 0; }
TRY(attach_shared_memory) { (void)site; return syscall(SYS_shmget, 0, 4096, 01600) >= 0; }
TRY(make_semaphore) { (void)site; return syscall(SYS_semget, 0, 1, 01600) >= 0; }
TRY(make_message_queue) { (void)site; return syscall(SYS_msgget, 0, 01600) >= 0; }

#ifdef __x86_64__
TRY(open_ports) { (void)site; return reaches_kernel(syscall(SYS_iopl, 3)) || reaches_kernel(syscall(SYS_ioperm, 0x80, 1, 1)); }
TRY(change_segments) { (void)site; return reaches_kernel(syscall(SYS_modify_ldt, 0, NULL, 0)); }

TRY(call_as_i386)
{
	long r;

	(void)site;
	__asm__ volatile("int $0x80" : "=a"(r) : "a"(20L) : "memory");
	return r > 0;
}

TRY(call_as_x32) { (void)site; return syscall(0x40000000 | SYS_getpid) > 0; }
#endif

const struct escape escapes_by_calls[] = {
	KILLS("make a TCP socket", socket_inet),
	KILLS("make a UDP socket", socket_inet6_udp),
	KILLS("make a Unix socket", socket_unix),
	KILLS("make a netlink socket", socket_netlink),
	KILLS("make a packet socket", socket_packet),
	KILLS("make a vsock socket", socket_vsock),
	KILLS("make a pair of sockets", socket_pair),
	KILLS("connect a socket", connect_socket),
	KILLS("bind a socket", bind_socket),
	KILLS("accept a connection", accept_socket),
	DENIES("change the options of a socket", turn_socket),
	DENIES("make a pipe", make_pipe),
	KILLS("execute a program", exec_program),
	KILLS("execute a memfd", exec_memory),
	DENIES("fork", fork_child),
	DENIES("fork by clone3", fork_clone3),
	KILLS("trace the parent", ptrace_parent),
	KILLS("be traced", ptrace_me),
	DENIES("signal the parent", kill_parent),
	DENIES("look whether the parent lives", look_for_parent),
	DENIES("signal its process group", kill_group),
	DENIES("signal everybody", kill_all),
	DENIES("signal a thread of the parent (tkill)", tkill_parent),
	DENIES_WITH("signal a thread of the parent (tgkill)", tgkill_parent, NEEDS_LIMITS),
	DENIES("queue a signal to the parent", queue_to_parent),
	KILLS("get a descriptor of the parent", pidfd_parent),
	DENIES("have signals sent by F_SETOWN", own_to_parent),
	DENIES("renice the parent", renice_parent),
	DENIES_WITH("look at the limits of the parent", limit_parent, NEEDS_LIMITS),
	DENIES("pin the parent to a processor", pin_parent),
	DENIES("leave its process group", group_parent),
	KILLS("read the memory of the parent", read_parent),
	KILLS("write to the memory of the parent", write_parent),
	KILLS("mount a file system", mount_tmpfs),
	KILLS("unmount the scratch directory", unmount),
	KILLS("open a file system", open_file_system),
	KILLS("change the root directory", change_root),
	KILLS("pivot the root directory", pivot_root),
	KILLS("make a namespace", unshare_user),
	KILLS("enter a namespace", enter_namespace),
	DENIES("become root", become_root),
	DENIES("become another group", become_another),
	DENIES("gain capabilities", gain_capabilities),
	DENIES("become dumpable", become_dumpable),
	DENIES("lift no_new_privs", lift_no_new_privileges),
	DENIES("lift the system call filter", lift_seccomp),
	DENIES("put on a system call filter", listen_to_seccomp),
	DENIES("change its personality", set_personality),
	KILLS("use io_uring", use_io_uring),
	KILLS("use userfaultfd", use_userfaultfd),
	KILLS("use a keyring", use_keyring),
	KILLS("add a key", add_key),
	KILLS("load a BPF program", load_bpf),
	KILLS("watch performance counters", watch_performance),
	KILLS("load a kernel module", load_module),
	KILLS("load a kernel", load_kernel),
	KILLS("restart the system", restart_system),
	DENIES("switch on swapping", swap_on),
	DENIES("set the host name", set_host_name),
	DENIES("set the clock", set_clock),
	DENIES("read the log of the kernel", read_kernel_log),
	DENIES("switch on accounting", account_processes),
	DENIES("start a timer", start_timer),
	DENIES("push input into a terminal (TIOCSTI)", push_terminal_input),
	DENIES("open a message queue", open_queue),
	DENIES("make shared memory", attach_shared_memory),
	DENIES("make a semaphore", make_semaphore),
	DENIES("make a System V message queue", make_message_queue),
#ifdef __x86_64__
	DENIES("open I/O ports", open_ports),
	DENIES("change segments", change_segments),
	KILLS("call the kernel as i386", call_as_i386),
	KILLS("call the kernel as x32", call_as_x32),
#endif
	{ .name = NULL },
};
