/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "t/unit/rows.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "milter/listener.h"
#include "milter/model/scanner.h"

/* The parser of addresses stands beside the table of sections. */
const struct scanner *const scanners[] = { NULL };

static char directory[] = "/tmp/octroi-listener-XXXXXX";

static const char *in_directory(const char *name, char *text, size_t size)
{
	(void)snprintf(text, size, "unix:%s/%s", directory, name);
	return text;
}

static int try_listen(const char *name, unsigned mode, struct listener *ret_listener, char *problem)
{
	char text[256];
	const struct settings settings = { .listen = in_directory(name, text, sizeof(text)), .socket_mode = mode };

	return listener_open(&settings, (uid_t)-1, (gid_t)-1, ret_listener, problem);
}

enum before { NOTHING, A_FILE, A_LINK, A_DIRECTORY, A_FIFO, A_STALE_SOCKET, A_LIVE_SOCKET, A_DATAGRAM_SOCKET, AN_OPEN_DIRECTORY,
	      NO_DIRECTORY };

static const struct row {
	const char *name;
	enum before before;
	unsigned mode;
	int error;
	const char *problem;
} rows[] = {
	{ "a_new_socket_OS_04", NOTHING, 0660, 0, "" },
	{ "the_mode_is_exact_OS_04", NOTHING, 0600, 0, "" },
	{ "a_wide_mode", NOTHING, 0666, 0, "" },
	{ "a_stale_socket_is_replaced", A_STALE_SOCKET, 0660, 0, "" },
	{ "a_live_one_is_left_alone_MLT_15", A_LIVE_SOCKET, 0660, -EADDRINUSE, "another process listens on" },
	{ "a_socket_of_another_kind_is_left_alone", A_DATAGRAM_SOCKET, 0660, -EPROTOTYPE, "cannot tell" },
	{ "a_file_is_left_alone_OS_04", A_FILE, 0660, -EEXIST, "is no socket" },
	{ "a_symbolic_link_is_left_alone_OS_04", A_LINK, 0660, -EEXIST, "is no socket" },
	{ "a_directory_is_left_alone", A_DIRECTORY, 0660, -EEXIST, "is no socket" },
	{ "a_fifo_is_left_alone", A_FIFO, 0660, -EEXIST, "is no socket" },
	{ "a_directory_open_to_all_is_refused_OS_04", AN_OPEN_DIRECTORY, 0660, -EPERM, "everybody may write" },
	{ "a_directory_that_is_not_there", NO_DIRECTORY, 0660, -ENOENT, "the directory" },
};

static int bind_at(const char *path, int type)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	assert_int_equal(bind(fd, (const struct sockaddr *)(const void *)&address, sizeof(address)), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(fd, 5), 0);
	return fd;
}

/* Returns a descriptor that is to be closed at the end, or -1. */
static int prepare(enum before before, const char *path)
{
	switch (before) {
	case A_FILE: return open(path, O_CREAT | O_WRONLY, 0600);
	case A_LINK: assert_int_equal(symlink("/etc/passwd", path), 0); return -1;
	case A_DIRECTORY: assert_int_equal(mkdir(path, 0700), 0); return -1;
	case A_FIFO: assert_int_equal(mkfifo(path, 0600), 0); return -1;
	case A_STALE_SOCKET: (void)close(bind_at(path, SOCK_STREAM)); return -1;
	case A_LIVE_SOCKET: return bind_at(path, SOCK_STREAM);
	case A_DATAGRAM_SOCKET: return bind_at(path, SOCK_DGRAM);
	case AN_OPEN_DIRECTORY: assert_int_equal(chmod(directory, 0777), 0); return -1;
	default: return -1;
	}
}

static void check_open(const struct listener *listener, const char *path, unsigned mode)
{
	struct stat st;
	int fd = endpoint_connect(&listener->endpoint);

	assert_int_equal(listener->fd, LISTENER_FD);
	assert_int_equal(stat(path, &st), 0);
	assert_true(S_ISSOCK(st.st_mode));
	assert_int_equal(st.st_mode & 07777, mode);
	assert_true(fd >= 0);
	assert_true((fcntl(LISTENER_FD, F_GETFL) & O_NONBLOCK) != 0);
	assert_true((fcntl(LISTENER_FD, F_GETFD) & FD_CLOEXEC) != 0);
	(void)close(fd);
}

static void check(void **state)
{
	const struct row *row = *state;
	char problem[CONF_PROBLEM_MAX] = "", path[128];
	struct listener listener = { .fd = -1 };
	struct stat before, after;
	int fd, r;

	(void)snprintf(path, sizeof(path), "%s/s", directory);
	fd = prepare(row->before, path);
	memset(&before, 0, sizeof(before));
	(void)lstat(path, &before);
	r = try_listen(row->before == NO_DIRECTORY ? "none/s" : "s", row->mode, &listener, problem);
	assert_int_equal(r, row->error);
	assert_non_null(strstr(problem, row->problem));
	if (r == 0) {
		check_open(&listener, path, row->mode);
		listener_close(&listener);
		assert_int_equal(lstat(path, &after), -1);	/* gone with us */
	} else if (before.st_ino != 0) {
		assert_int_equal(lstat(path, &after), 0);
		assert_int_equal(after.st_ino, before.st_ino);
	}
	if (fd >= 0)
		(void)close(fd);
	assert_int_equal(chmod(directory, 0700), 0);
	if (unlink(path) < 0)
		(void)rmdir(path);
}

/* Whoever holds the directory has bound a socket that does not listen yet: to us it would look stale. */
static void two_that_start_at_once_MLT_15(void **state)
{
	char problem[CONF_PROBLEM_MAX] = "";
	struct listener listener;
	int lock = open(directory, O_RDONLY | O_DIRECTORY);

	(void)state;
	assert_int_equal(flock(lock, LOCK_EX), 0);
	assert_int_equal(try_listen("s", 0660, &listener, problem), -EBUSY);
	(void)close(lock);
	assert_int_equal(try_listen("s", 0660, &listener, problem), 0);
	listener_close(&listener);
}

static void a_successors_socket_is_not_removed(void **state)
{
	char problem[CONF_PROBLEM_MAX] = "", path[128];
	struct listener listener;
	struct stat st;
	int fd;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/s", directory);
	assert_int_equal(try_listen("s", 0660, &listener, problem), 0);
	assert_int_equal(unlink(path), 0);
	fd = bind_at(path, SOCK_STREAM);
	listener_close(&listener);
	assert_int_equal(stat(path, &st), 0);
	(void)close(fd);
	assert_int_equal(unlink(path), 0);
}

static const struct inet_row {
	const char *name;
	const char *host;
	bool allow_remote;
	int error;
} inet_rows[] = {
	{ "loopback_by_name", "localhost", false, 0 },
	{ "loopback_by_address", "127.0.0.1", false, 0 },
	{ "the_wildcard_is_refused_MLT_14", "0.0.0.0", false, -EPERM },
	{ "the_wildcard_where_it_is_meant", "0.0.0.0", true, 0 },
	{ "no_such_host", "host.invalid", false, -EADDRNOTAVAIL },
};

static unsigned free_port(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (const struct sockaddr *)(const void *)&address, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)(void *)&address, &len), 0);
	(void)close(fd);
	return ntohs(address.sin_port);
}

static void check_inet(void **state)
{
	const struct inet_row *row = *state;
	char problem[CONF_PROBLEM_MAX] = "", text[128];
	const struct settings settings = { .listen = text, .allow_remote = row->allow_remote };
	struct listener listener, second;

	(void)snprintf(text, sizeof(text), "inet:%u@%s", free_port(), row->host);
	assert_int_equal(listener_open(&settings, (uid_t)-1, (gid_t)-1, &listener, problem), row->error);
	if (row->error < 0) {
		assert_string_not_equal(problem, "");
		return;
	}
	assert_int_equal(listener_open(&settings, (uid_t)-1, (gid_t)-1, &second, problem), -EADDRINUSE);
	listener_close(&listener);
}

int main(void)
{
	static struct rows tests;
	int r;

	if (listener_reserve() < 0 || mkdtemp(directory) == NULL)
		return 99;
	rows_add(&tests, rows, check);
	rows_add_one(&tests, "two_that_start_at_once_MLT_15", two_that_start_at_once_MLT_15, NULL);
	rows_add_one(&tests, "a_successors_socket_is_not_removed", a_successors_socket_is_not_removed, NULL);
	rows_add(&tests, inet_rows, check_inet);
	r = rows_run(&tests, "listener");
	(void)rmdir(directory);
	return r;
}
