/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "milter/base/cleanup.h"

#define SYSLOG_SOCKET "/dev/log"

enum { SYSLOG_FD_LOWEST = 16 };	/* the numbers below have a meaning for processes of ours */

/* Our own datagram instead of syslog(3), which waits when the log daemon does not read. */
static _Atomic int syslog_fd = -1;
static int syslog_facility = LOG_MAIL;
static bool has_levels;		/* standard error is the journal's stream, which knows our name and reads "<4>" in front of a line (sd-daemon(3)) */
static _Atomic uint64_t dropped;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int syslog_connect(void)
{
	const struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = SYSLOG_SOCKET };
	_cleanup_(close_fdp) int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int high;

	if (fd < 0 || connect(fd, (const struct sockaddr *)(const void *)&address, sizeof(address)) < 0)
		return -errno;
	high = fcntl(fd, F_DUPFD_CLOEXEC, SYSLOG_FD_LOWEST);
	return high < 0 ? -errno : high;
}

/* systemd.exec(5), $JOURNAL_STREAM: device and inode of what it gave us. */
static bool is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;

	return stream != NULL && sscanf(stream, "%llu:%llu", &device, &inode) == 2 && fstat(STDERR_FILENO, &st) == 0 &&
	       st.st_dev == device && st.st_ino == inode;
}

int log_open(enum log_target target, int facility)
{
	int fd = -1, old;

	syslog_facility = facility;
	has_levels = is_journal();
	if (target == LOG_TO_SYSLOG)
		fd = syslog_connect();
	old = atomic_exchange(&syslog_fd, fd < 0 ? -1 : fd);
	(void)close_fd(old);
	return target == LOG_TO_SYSLOG && fd < 0 ? fd : 0;
}

/* A log daemon that was started anew has another socket. It takes the number of the old one, which is never closed: another thread
 * may be just about to send to it. */
static bool syslog_reconnect(int fd)
{
	_cleanup_(close_fdp) int fresh = syslog_connect();

	return fresh >= 0 && dup3(fresh, fd, O_CLOEXEC) == fd;
}

static bool peer_is_gone(int error)
{
	return error == ECONNREFUSED || error == ECONNRESET || error == ENOTCONN || error == EPIPE;
}

static bool send_to_syslog(int fd, int priority, const char *text, size_t len)
{
	char datagram[LOG_LINE_MAX + 128];
	char stamp[32];
	struct tm local;
	time_t now = time(NULL);
	int n;

	(void)localtime_r(&now, &local);
	(void)strftime(stamp, sizeof(stamp), "%b %e %H:%M:%S", &local);
	n = snprintf(datagram, sizeof(datagram), "<%d>%s octroi[%ld]: %.*s", syslog_facility | priority, stamp,
		     (long)getpid(), (int)len, text);
	if (n < 0 || (size_t)n >= sizeof(datagram))
		return false;
	if (send(fd, datagram, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
		return true;
	return peer_is_gone(errno) && syslog_reconnect(fd) && send(fd, datagram, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

/* A pipe that poll calls ready takes PIPE_BUF bytes at once, if nobody is faster. */
static bool write_when_ready(const char *line, size_t len)
{
	struct pollfd ready = { .fd = STDERR_FILENO, .events = POLLOUT };
	bool written;

	(void)pthread_mutex_lock(&lock);
	written = poll(&ready, 1, 0) > 0 && (ready.revents & POLLOUT) != 0 && write(STDERR_FILENO, line, len) >= 0;
	(void)pthread_mutex_unlock(&lock);
	return written;
}

/* systemd gives a socket, which can be told not to wait; anything else cannot without touching what others share. */
static bool send_to_stderr(int priority, const char *text, size_t len)
{
	_Static_assert(LOG_LINE_MAX + 16 <= PIPE_BUF, "a line is written whole");
	char line[LOG_LINE_MAX + 16];
	int n = has_levels ? snprintf(line, sizeof(line), "<%d>%.*s\n", priority, (int)len, text) :
			     snprintf(line, sizeof(line), "octroi: %.*s\n", (int)len, text);

	if (n < 0 || (size_t)n >= sizeof(line))
		return false;
	if (send(STDERR_FILENO, line, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
		return true;
	return errno == ENOTSOCK && write_when_ready(line, (size_t)n);
}

static void emit(int priority, const char *text, size_t len)
{
	int fd = atomic_load(&syslog_fd);
	bool sent = fd >= 0 ? send_to_syslog(fd, priority, text, len) : send_to_stderr(priority, text, len);

	if (!sent)
		atomic_fetch_add(&dropped, 1);
}

uint64_t log_dropped(void)
{
	return atomic_load(&dropped);
}

static bool plain(char c)
{
	return c > ' ' && c < 0x7f && c != '"' && c != '\\' && c != '=';
}

/* Appends one escaped byte; returns false when it does not fit. */
static bool append_escaped(char *out, size_t size, size_t *len, char c)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char byte = (unsigned char)c;
	char text[4] = { c };
	size_t n = 1;

	if (c == '"' || c == '\\') {
		memcpy(text, (const char[]){ '\\', c }, n = 2);
	} else if (c < ' ' || c > '~') {
		memcpy(text, (const char[]){ '\\', 'x', digits[byte >> 4], digits[byte & 15] }, n = 4);
	}
	if (*len + n >= size)
		return false;
	memcpy(out + *len, text, n);
	*len += n;
	out[*len] = '\0';
	return true;
}

void log_printf(int priority, const char *format, ...)
{
	char raw[LOG_LINE_MAX], text[LOG_LINE_MAX];
	size_t len = 0;
	va_list args;

	va_start(args, format);
	(void)vsnprintf(raw, sizeof(raw), format, args);
	va_end(args);
	text[0] = '\0';
	for (const char *p = raw; *p != '\0'; p++) {
		bool readable = *p >= 0x20 && *p < 0x7f;

		if (readable && len + 1 < sizeof(text))
			text[len++] = *p;
		else if (!readable && !append_escaped(text, sizeof(text), &len, *p))
			break;
	}
	emit(priority, text, len);
}

static bool needs_quotes(const char *value)
{
	if (*value == '\0')
		return true;
	for (; *value != '\0'; value++)
		if (!plain(*value))
			return true;
	return false;
}

/* The escaped value. It is the written bytes that are counted: if values could grow by escaping, a stranger's would push those
 * behind them off the line. */
static void escape_value(const char *value, char out[LOG_FIELD_MAX + 4])
{
	size_t len = 0;

	out[0] = '\0';
	for (; *value != '\0'; value++) {
		if (append_escaped(out, LOG_FIELD_MAX + 1, &len, *value))
			continue;
		(void)stpcpy(out + len, "...");
		return;
	}
}

static void add_pair(struct log_line *line, const char *key, const char *open, const char *value, const char *close)
{
	const char *space = line->len == 0 ? "" : " ";
	size_t room = sizeof(line->text) - line->len;
	int n = snprintf(line->text + line->len, room, "%s%s=%s%s%s", space, key, open, value, close);

	if (n < 0 || (size_t)n >= room)
		line->text[line->len] = '\0';
	else
		line->len += (size_t)n;
}

void log_line_add(struct log_line *line, const char *key, const char *value)
{
	char escaped[LOG_FIELD_MAX + 4];
	const char *quote;

	if (value == NULL)
		value = "";
	quote = needs_quotes(value) ? "\"" : "";
	escape_value(value, escaped);
	add_pair(line, key, quote, escaped, quote);
}

void log_line_add_number(struct log_line *line, const char *key, uint64_t value)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	add_pair(line, key, "", text, "");
}

void log_line_add_path(struct log_line *line, const char *key, const char *address)
{
	char escaped[LOG_FIELD_MAX + 4];
	const char *quote;

	if (address == NULL)
		address = "";
	quote = *address != '\0' && needs_quotes(address) ? "\"" : "";
	escape_value(address, escaped);
	add_pair(line, key, *quote != '\0' ? "\"<" : "<", escaped, *quote != '\0' ? ">\"" : ">");
}

void log_line_write(const struct log_line *line, int priority)
{
	emit(priority, line->text, line->len);
}
