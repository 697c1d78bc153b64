/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "milter/base/cleanup.h"
#include "milter/manager.h"

/* The kernel cuts it to net.core.somaxconn. While a crashed filter is replaced, connections wait here. */
#define BACKLOG 4096

__attribute__((format(printf, 3, 4)))
static int fail(int error, char problem[CONF_PROBLEM_MAX], const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(problem, CONF_PROBLEM_MAX, format, args);
	va_end(args);
	return error;
}

/* What the end of the scope would have closed. */
static int keep_fd(int *fd)
{
	int kept = *fd;

	*fd = -1;
	return kept;
}

int listener_reserve(void)
{
	/* What a careless parent left open is nothing a filter or an examiner should hold. */
	if (getenv("LISTEN_FDS") == NULL)
		(void)close_range(LISTENER_FD, ~0U, 0);
	for (int fd = 0; fd <= LISTENER_FD; fd++) {
		/* The lowest free descriptor is what open returns: holes are filled from below. */
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR | (fd == LISTENER_FD ? O_CLOEXEC : 0)) < 0)
			return -errno;
	}
	return 0;
}

/* One look and one removal at a time: a socket that is bound but does not listen yet looks stale to others. */
static int lock_directory(const char *path, char problem[CONF_PROBLEM_MAX])
{
	const struct timespec nap = { .tv_nsec = 50000000 };
	char directory[108];
	const char *slash = strrchr(path, '/');
	struct stat st;
	int fd;

	if (slash == NULL)
		return fail(-EINVAL, problem, "listen: the path %s is not absolute", path);
	(void)snprintf(directory, sizeof(directory), "%.*s", slash == path ? 1 : (int)(slash - path), path);
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0) {
		int r = -errno;

		(void)close_fd(fd);
		return fail(r, problem, "listen: the directory %s: %s", directory, strerror(-r));
	}
	if ((st.st_mode & S_IWOTH) != 0) {
		(void)close_fd(fd);
		return fail(-EPERM, problem, "listen: everybody may write to %s: chmod o-w it, or choose another directory",
			    directory);
	}
	for (int tries = 0; flock(fd, LOCK_EX | LOCK_NB) < 0; tries++) {
		if (tries == 100 || errno != EWOULDBLOCK) {
			(void)close_fd(fd);
			return fail(-EBUSY, problem, "listen: another process keeps the directory %s locked", directory);
		}
		(void)nanosleep(&nap, NULL);
	}
	return fd;
}

/* Removes what is left of a process that has ended; refuses everything else that stands in the way. */
static int clear_path(const struct sockaddr_un *address, char problem[CONF_PROBLEM_MAX])
{
	struct endpoint endpoint = { .len = sizeof(*address) };
	const char *path = address->sun_path;
	struct stat st;
	int r;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : fail(-errno, problem, "listen: %s: %s", path, strerror(errno));
	if (!S_ISSOCK(st.st_mode))
		return fail(-EEXIST, problem, "listen: %s exists and is no socket", path);
	memcpy(&endpoint.address, address, sizeof(*address));
	r = endpoint_connect(&endpoint);
	if (r >= 0 || r == -EAGAIN) {
		(void)close_fd(r);
		return fail(-EADDRINUSE, problem, "another process listens on %s", path);
	}
	if (r != -ECONNREFUSED)
		return fail(r, problem, "listen: cannot tell whether another process listens on %s: %s", path, strerror(-r));
	if (unlink(path) < 0)
		return fail(-errno, problem, "listen: cannot remove the stale socket %s: %s", path, strerror(errno));
	return 0;
}

/* Mode and owner are right before listen(2), until which every connect is refused. */
static int bind_unix(int fd, const struct sockaddr_un *address, const struct settings *settings, uid_t owner, gid_t group,
		     char problem[CONF_PROBLEM_MAX])
{
	const char *path = address->sun_path;
	mode_t mode = (mode_t)(settings->socket_mode & 0777), old = umask(0777 & ~mode);
	int r = bind(fd, (const struct sockaddr *)(const void *)address, sizeof(*address)) < 0 ? -errno : 0;

	(void)umask(old);
	if (r < 0)
		return fail(r, problem, "listen: cannot make %s: %s", path, strerror(-r));
	if ((owner != (uid_t)-1 || group != (gid_t)-1) && lchown(path, owner, group) < 0)
		r = fail(-errno, problem, "listen: cannot give %s to its owner and group: %s", path, strerror(errno));
	else if (listen(fd, BACKLOG) < 0)
		r = fail(-errno, problem, "listen: %s: %s", path, strerror(errno));
	if (r < 0)
		(void)unlink(path);
	return r;
}

static int remember_path(struct listener *listener, const char *path, char problem[CONF_PROBLEM_MAX])
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return fail(-errno, problem, "listen: %s: %s", path, strerror(errno));
	(void)snprintf(listener->path, sizeof(listener->path), "%s", path);
	listener->device = st.st_dev;
	listener->inode = st.st_ino;
	return 0;
}

static int open_unix(const struct settings *settings, const char *path, uid_t owner, gid_t group,
		     struct listener *listener, char problem[CONF_PROBLEM_MAX])
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	_cleanup_(close_fdp) int lock = lock_directory(path, problem);
	_cleanup_(close_fdp) int fd = -1;
	int r = lock;

	if (r < 0)
		return r;
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	r = clear_path(&address, problem);
	if (r < 0)
		return r;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return fail(-errno, problem, "listen: %s", strerror(errno));
	r = bind_unix(fd, &address, settings, owner, group, problem);
	if (r == 0)
		r = remember_path(listener, path, problem);
	if (r == 0)
		listener->fd = keep_fd(&fd);
	return r;
}

static int resolve(const struct listen_address *wanted, struct endpoint *ret_endpoint, char problem[CONF_PROBLEM_MAX])
{
	const struct addrinfo hints = {
		.ai_family = wanted->family == LISTEN_INET ? AF_INET : AF_INET6,
		.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV,
	};
	struct addrinfo *found = NULL;
	char port[16];
	int r;

	(void)snprintf(port, sizeof(port), "%u", wanted->port);
	r = getaddrinfo(wanted->host[0] == '\0' ? NULL : wanted->host, port, &hints, &found);
	if (r != 0)
		return fail(-EADDRNOTAVAIL, problem, "listen: no address for %s: %s", wanted->host, gai_strerror(r));
	memset(ret_endpoint, 0, sizeof(*ret_endpoint));
	memcpy(&ret_endpoint->address, found->ai_addr, found->ai_addrlen);
	ret_endpoint->len = found->ai_addrlen;
	freeaddrinfo(found);
	return 0;
}

static int refuse_remote(const struct endpoint *endpoint, const struct settings *settings, char problem[CONF_PROBLEM_MAX])
{
	char text[ENDPOINT_TEXT_MAX];

	if (settings->allow_remote || !endpoint_is_remote(endpoint))
		return 0;
	/* The milter protocol knows no authentication: whoever connects may say "this client has logged in". */
	return fail(-EPERM, problem, "listen: other hosts could reach %s; allow_remote = yes if that is meant",
		    endpoint_format(endpoint, text));
}

static int open_inet(const struct settings *settings, const struct listen_address *wanted, struct listener *listener,
		     char problem[CONF_PROBLEM_MAX])
{
	_cleanup_(close_fdp) int fd = -1;
	struct endpoint endpoint = { .len = 0 };
	const int on = 1;
	int r = resolve(wanted, &endpoint, problem);

	if (r == 0)
		r = refuse_remote(&endpoint, settings, problem);
	if (r != 0)
		return r;
	fd = socket(endpoint.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return fail(-errno, problem, "listen: %s", strerror(errno));
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (const struct sockaddr *)(const void *)&endpoint.address, endpoint.len) < 0 || listen(fd, BACKLOG) < 0)
		return errno == EADDRINUSE ?
		       fail(-EADDRINUSE, problem, "another process listens on port %u", wanted->port) :
		       fail(-errno, problem, "listen: %s: %s", settings->listen, strerror(errno));
	listener->fd = keep_fd(&fd);
	return 0;
}

static int take_inherited(int n, int fd, struct listener *listener, char problem[CONF_PROBLEM_MAX])
{
	int listening = 0, type = 0;
	socklen_t len = sizeof(int);

	if (n > 1)
		return fail(-EINVAL, problem, "the service manager hands over %d sockets; one is needed", n);
	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) < 0 || listening == 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) < 0 || type != SOCK_STREAM)
		return fail(-EINVAL, problem, "what the service manager hands over is no listening stream socket");
	if (fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
		return fail(-errno, problem, "the inherited socket: %s", strerror(errno));
	listener->fd = fd;
	listener->inherited = true;
	return 0;
}

static int open_own(const struct settings *settings, uid_t owner, gid_t group, struct listener *listener,
		    char problem[CONF_PROBLEM_MAX])
{
	struct listen_address wanted;

	if (listen_address_parse(settings->listen, &wanted) < 0)
		return fail(-EINVAL, problem, "listen: \"%s\" is no address", settings->listen);
	if (wanted.family == LISTEN_UNIX)
		return open_unix(settings, wanted.path, owner, group, listener, problem);
	return open_inet(settings, &wanted, listener, problem);
}

static int move_to_place(struct listener *listener, char problem[CONF_PROBLEM_MAX])
{
	if (listener->fd == LISTENER_FD)
		return 0;
	if (dup3(listener->fd, LISTENER_FD, O_CLOEXEC) < 0)
		return fail(-errno, problem, "listen: %s", strerror(errno));
	(void)close_fd(listener->fd);
	listener->fd = LISTENER_FD;
	return 0;
}

int listener_open(const struct settings *settings, uid_t owner, gid_t group, struct listener *ret_listener,
		  char problem[CONF_PROBLEM_MAX])
{
	struct listener listener = { .fd = -1 };
	int inherited, n = manager_listen_fds(&inherited), r;

	if (n < 0)
		return fail(n, problem, "the sockets of the service manager: %s", strerror(-n));
	r = n > 0 ? take_inherited(n, inherited, &listener, problem) :
		    open_own(settings, owner, group, &listener, problem);
	if (r == 0)
		r = move_to_place(&listener, problem);
	if (r == 0)
		r = endpoint_of(listener.fd, &listener.endpoint);
	if (r == 0)
		r = refuse_remote(&listener.endpoint, settings, problem);
	if (r < 0)
		listener_close(&listener);
	else
		*ret_listener = listener;
	return r;
}

void listener_close(struct listener *listener)
{
	struct stat st;

	/* Still listening: nobody can have replaced our socket between the look and the removal. */
	if (listener->path[0] != '\0' && lstat(listener->path, &st) == 0 && st.st_dev == listener->device &&
	    st.st_ino == listener->inode)
		(void)unlink(listener->path);
	listener->path[0] = '\0';
	listener->fd = close_fd(listener->fd);
}
