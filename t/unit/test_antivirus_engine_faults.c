/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One system call of a scan fails, each in its turn: an infected message must never come out clean.
 *
 * The kernel hands the calls of a child to its parent (seccomp user notification), which lets the n-th one fail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "milter/isolate/sanitizer.h"
#include "t/lib/antivirus_bench.h"

#define KIB ((size_t)1024)

struct fault {
	int call;
	int error;
};

static const struct fault faults[] = {
	{ SCMP_SYS(openat), EMFILE }, { SCMP_SYS(openat), ENOSPC }, { SCMP_SYS(write), ENOSPC }, { SCMP_SYS(write), EIO },
	{ SCMP_SYS(mkdir), ENOSPC },  { SCMP_SYS(pread64), EIO },   { SCMP_SYS(read), EIO },	 { SCMP_SYS(lseek), EIO },
	{ SCMP_SYS(newfstatat), EIO }, { SCMP_SYS(mmap), ENOMEM },  { SCMP_SYS(mremap), ENOMEM }, { SCMP_SYS(brk), ENOMEM },
	{ SCMP_SYS(getdents64), EIO }, { SCMP_SYS(unlink), EIO },   { SCMP_SYS(ftruncate), ENOSPC },
};

#define FAULTS_LEN (sizeof(faults) / sizeof(faults[0]))

/* Installs the filter and sends the descriptor of its notifications. */
static int watch_calls(int socket, int call)
{
	static struct frame frame;
	scmp_filter_ctx context = seccomp_init(SCMP_ACT_ALLOW);
	int fd;

	if (context == NULL || seccomp_rule_add(context, SCMP_ACT_NOTIFY, call, 0) < 0 || seccomp_load(context) < 0)
		return -1;
	fd = seccomp_notify_fd(context);
	frame_start(&frame, 1);
	return frame_send(socket, &frame, &fd, 1, UINT64_MAX);
}

/* Exits with the outcome. */
static _Noreturn void scan_watched(int socket, int call, struct pack letter)
{
	if (watch_calls(socket, call) < 0)
		_exit(101);
	_exit((int)antivirus_bench_scan(antivirus_bench()->engine, letter, 60000).outcome);
}

static bool answer_call(int fd, const struct fault *fault, bool fails)
{
	struct seccomp_notif *request;
	struct seccomp_notif_resp *response;
	bool done = false;

	if (seccomp_notify_alloc(&request, &response) < 0)
		return false;
	if (seccomp_notify_receive(fd, request) == 0) {
		response->id = request->id;
		response->error = fails ? -fault->error : 0;
		response->flags = fails ? 0 : (uint32_t)SECCOMP_USER_NOTIF_FLAG_CONTINUE;
		done = seccomp_notify_respond(fd, response) == 0;
	}
	seccomp_notify_free(request, response);
	return done;
}

/* Answers the calls of the child until it ends; returns how many there were. */
static unsigned answer_calls(int fd, const struct fault *fault, unsigned nth)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	unsigned calls = 0;

	while (poll(&ready, 1, 60000) > 0 && (ready.revents & POLLIN) != 0) {
		if (!answer_call(fd, fault, calls + 1 == nth))
			break;
		calls++;
	}
	return calls;
}

struct result {
	int status;		/* of waitpid */
	unsigned calls;
	bool watched;		/* false: this system cannot do it */
};

static struct result scan_with_fault(struct pack letter, const struct fault *fault, unsigned nth)
{
	static struct frame frame;
	struct result result = { 0 };
	int sockets[2], fd = -1;
	pid_t pid;

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		scan_watched(sockets[1], fault->call, letter);
	(void)close(sockets[1]);
	result.watched = frame_receive(sockets[0], &frame, &fd, 1, UINT64_MAX) == 0 && fd >= 0;
	if (result.watched)
		result.calls = answer_calls(fd, fault, nth);
	(void)close(fd);
	(void)close(sockets[0]);
	assert_int_equal(waitpid(pid, &result.status, 0), pid);
	return result;
}

static void remove_leftovers(void)
{
	char command[128];

	/* A call that failed may have been the one that cleans up. */
	(void)snprintf(command, sizeof(command), "rm -rf %s/*", antivirus_bench()->scratch);
	assert_int_equal(system(command), 0);
}

static unsigned check_fault(const char *name, struct pack letter, const struct fault *fault)
{
	unsigned nth = 0;
	struct result result;

	do {
		result = scan_with_fault(letter, fault, ++nth);
		if (!result.watched) {
			print_message("# skipped: system calls cannot be watched here\n");
			return 0;
		}
		if (WIFEXITED(result.status) && WEXITSTATUS(result.status) == ANTIVIRUS_CLEAN)
			fail_msg("%s is clean when call %u of system call %d fails with %s", name, nth, fault->call,
				 strerror(fault->error));
	} while (result.calls >= nth);	/* there was an n-th call */
	remove_leftovers();
	return nth;
}

static struct pack packed(const char *kind)
{
	struct pack file = pack_padded(20 * KIB, 'x', pack_eicar()), letter, pack;

	if (strcmp(kind, "gzip") == 0)
		pack = pack_gzip(file);
	else if (strcmp(kind, "zip_in_zip") == 0) {
		struct pack inner = pack_zip_of(file);

		pack = pack_zip_of(inner);
		pack_free(&inner);
	} else
		pack = pack_zip_of(file);
	letter = pack_letter_of("application/octet-stream", pack);
	pack_free(&file);
	pack_free(&pack);
	return letter;
}

static struct pack plain(const char *type, const char *before)
{
	struct pack file = { NULL, 0 }, letter;

	file.len = (size_t)asprintf(&file.data, "%s%s", before, pack_eicar());
	letter = pack_letter_of(type, file);
	pack_free(&file);
	return letter;
}

static struct pack forwarded(void)
{
	struct pack inner = packed("zip"), letter;

	letter = pack_letter_of("message/rfc822", (struct pack){ inner.data + 7, inner.len - 7 });
	pack_free(&inner);
	return letter;
}

static void check_letter(void **state)
{
	const char *kind = *state;
	struct pack letter = strcmp(kind, "attachment") == 0 ? plain("application/octet-stream", "") :
			     strcmp(kind, "html") == 0 ? plain("text/html", "<html><body><script>var a=1;</script><p>") :
			     strcmp(kind, "forwarded") == 0 ? forwarded() : packed(kind);
	unsigned runs = 0;

	for (size_t i = 0; i < FAULTS_LEN; i++) {
		/* A sanitizer aborts where libclamav is to be tested. */
		if (!under_sanitizer || faults[i].error != ENOMEM)
			runs += check_fault(kind, letter, &faults[i]);
	}
	/* Far fewer would mean that nothing was watched. */
	assert_true(runs > (under_sanitizer ? 20 : 50));
	pack_free(&letter);
}

#define FAULT_TEST(kind) { .name = "a_failed_call_never_makes_it_clean_" kind, .test_func = check_letter, \
			   .initial_state = (void *)(kind) }

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAULT_TEST("attachment"), FAULT_TEST("zip"), FAULT_TEST("zip_in_zip"), FAULT_TEST("gzip"),
		FAULT_TEST("html"), FAULT_TEST("forwarded"),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("antivirus_engine_faults", tests, antivirus_bench_setup, antivirus_bench_teardown);
}
