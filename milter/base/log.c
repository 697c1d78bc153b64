/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/base/log.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "milter/base/cleanup.h"

#define SYSLOG_SOCKET "/dev/log"

/* Our own datagram instead of syslog(3), which waits when the log daemon does not read. */
static _Atomic int syslog_fd = -1;
static int syslog_facility = LOG_MAIL;
static _Atomic uint64_t dropped;

static int syslog_connect(void)
{
	const struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = SYSLOG_SOCKET };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)(const void *)&address, sizeof(address)) < 0) {
		int r = -errno;

		(void)close(fd);
		return r;
	}
	return fd;
}

int log_open(enum log_target target, int facility)
{
	int fd = -1, old;

	syslog_facility = facility;
	if (target == LOG_TO_SYSLOG)
		fd = syslog_connect();
	old = atomic_exchange(&syslog_fd, fd < 0 ? -1 : fd);
	(void)close_fd(old);
	return target == LOG_TO_SYSLOG && fd < 0 ? fd : 0;
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
	if (n < 0)
		return false;
	return send(fd, datagram, (size_t)n < sizeof(datagram) ? (size_t)n : sizeof(datagram) - 1,
		    MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

static bool send_to_stderr(const char *text, size_t len)
{
	char line[LOG_LINE_MAX + 16];
	struct pollfd ready = { .fd = STDERR_FILENO, .events = POLLOUT };
	int n = snprintf(line, sizeof(line), "octroi: %.*s\n", (int)len, text);

	if (n < 0 || poll(&ready, 1, 0) <= 0 || (ready.revents & POLLOUT) == 0)
		return false;
	return write(STDERR_FILENO, line, (size_t)n < sizeof(line) ? (size_t)n : sizeof(line) - 1) >= 0;
}

static void emit(int priority, const char *text, size_t len)
{
	int fd = atomic_load(&syslog_fd);
	bool sent = fd >= 0 ? send_to_syslog(fd, priority, text, len) : send_to_stderr(text, len);

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
	char text[5];
	size_t n;

	if (c == '"' || c == '\\')
		n = (size_t)snprintf(text, sizeof(text), "\\%c", c);
	else if (plain(c) || c == ' ' || c == '=')
		n = (size_t)snprintf(text, sizeof(text), "%c", c);
	else
		n = (size_t)snprintf(text, sizeof(text), "\\x%02x", (unsigned)(unsigned char)c);
	if (*len + n >= size)
		return false;
	memcpy(out + *len, text, n + 1);
	*len += n;
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
		bool readable = (unsigned char)*p >= 0x20 && *p != 0x7f;

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

/* The escaped value; cut after LOG_FIELD_MAX input bytes. */
static size_t escape_value(const char *value, char *out, size_t size)
{
	size_t len = 0, taken = 0;

	out[0] = '\0';
	for (; value[taken] != '\0' && taken < LOG_FIELD_MAX; taken++)
		if (!append_escaped(out, size, &len, value[taken]))
			break;
	if (value[taken] != '\0' && len + 4 < size)
		len += (size_t)snprintf(out + len, size - len, "...");
	return len;
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
	char escaped[LOG_FIELD_MAX * 4 + 8];
	const char *quote;

	if (value == NULL)
		value = "";
	quote = needs_quotes(value) ? "\"" : "";
	(void)escape_value(value, escaped, sizeof(escaped));
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
	char escaped[LOG_FIELD_MAX * 4 + 8];
	const char *quote;

	if (address == NULL)
		address = "";
	quote = *address != '\0' && needs_quotes(address) ? "\"" : "";
	(void)escape_value(address, escaped, sizeof(escaped));
	add_pair(line, key, *quote != '\0' ? "\"<" : "<", escaped, *quote != '\0' ? ">\"" : ">");
}

void log_line_write(const struct log_line *line, int priority)
{
	emit(priority, line->text, line->len);
}
