/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/smtp_write.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "milter/base/arena.h"
#include "milter/base/cleanup.h"
#include "milter/base/clock.h"
#include "milter/base/str.h"

struct smtp_client {
	int fd;			/* -1: gone */
	unsigned step_ms;
	uint64_t deadline_ms;
	struct ip peer;
	size_t len;		/* of what was received and not read yet */
	char in[SMTP_LINE_MAX];
};

static uint64_t step_deadline(const struct smtp_client *client)
{
	uint64_t deadline_ms = clock_monotonic_ms() + client->step_ms;

	return deadline_ms < client->deadline_ms ? deadline_ms : client->deadline_ms;
}

/* Returns 0 when fd is ready for events, or -ETIMEDOUT. */
static int await(int fd, short events, uint64_t deadline_ms)
{
	struct pollfd wanted = { .fd = fd, .events = events };
	int left_ms, n;

	do {
		left_ms = clock_left_ms(deadline_ms);
		n = left_ms == 0 ? 0 : poll(&wanted, 1, left_ms);
	} while (n < 0 && errno == EINTR);
	return n > 0 ? 0 : -ETIMEDOUT;
}

static int dial(const struct addrinfo *address, uint64_t deadline_ms)
{
	int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), error = 0, r = 0;
	socklen_t len = sizeof(error);

	if (fd < 0)
		return -errno;
	if (connect(fd, address->ai_addr, address->ai_addrlen) < 0)
		r = errno == EINPROGRESS ? await(fd, POLLOUT, deadline_ms) : -errno;
	if (r == 0 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		error = errno;
	if (r == 0 && error == 0)
		return fd;
	(void)close_fd(fd);
	return r < 0 ? r : -error;
}

static int dial_first(struct smtp_client *client, const struct addrinfo *addresses)
{
	int r = -EADDRNOTAVAIL;

	for (const struct addrinfo *address = addresses; address != NULL; address = address->ai_next) {
		r = dial(address, step_deadline(client));
		if (r < 0)
			continue;
		client->fd = r;
		client->peer = ip_from_sockaddr(address->ai_addr);
		return 0;
	}
	return r;
}

struct smtp_client *smtp_adopt(int fd, unsigned step_ms, uint64_t deadline_ms)
{
	struct smtp_client *client = xcalloc(1, sizeof(*client));

	client->fd = fd;
	client->step_ms = step_ms;
	client->deadline_ms = deadline_ms;
	return client;
}

struct smtp_client *smtp_open(const char *host, const char *port, unsigned step_ms, uint64_t deadline_ms, const char **ret_problem)
{
	const struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV };
	struct addrinfo *addresses;
	struct smtp_client *client;
	int r = getaddrinfo(host, port, &hints, &addresses);

	if (r != 0) {
		*ret_problem = gai_strerror(r);
		return NULL;
	}
	client = smtp_adopt(-1, step_ms, deadline_ms);
	r = dial_first(client, addresses);
	freeaddrinfo(addresses);
	if (r == 0)
		return client;
	*ret_problem = strerror(-r);
	free(client);
	return NULL;
}

void smtp_close(struct smtp_client *client)
{
	if (client == NULL)
		return;
	(void)close_fd(client->fd);
	free(client);
}

struct ip smtp_peer(const struct smtp_client *client)
{
	return client->peer;
}

static int lose(struct smtp_client *client, int error)
{
	client->fd = close_fd(client->fd);
	return error;
}

int smtp_write_bytes(struct smtp_client *client, const char *bytes, size_t len)
{
	uint64_t deadline_ms = step_deadline(client);
	size_t at = 0;

	while (at < len && client->fd >= 0) {
		ssize_t n = send(client->fd, bytes + at, len - at, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n > 0)
			at += (size_t)n;
		else if (n < 0 && errno != EINTR && errno != EAGAIN)
			return -ECONNRESET;	/* it may have said why: that can still be read */
		else if (await(client->fd, POLLOUT, deadline_ms) < 0)
			return lose(client, -ETIMEDOUT);
	}
	return client->fd < 0 ? -ECONNRESET : 0;
}

int smtp_write_line(struct smtp_client *client, const char *text)
{
	char line[SMTP_LINE_MAX];
	int len;

	/* one command is one line: a second one inside it could be any word */
	if (strpbrk(text, "\r\n") != NULL)
		return -EINVAL;
	len = snprintf(line, sizeof(line), "%s\r\n", text);
	if (len < 0 || (size_t)len >= sizeof(line))
		return -EINVAL;
	return smtp_write_bytes(client, line, (size_t)len);
}

/* More bytes behind those that are there. */
static int receive(struct smtp_client *client, uint64_t deadline_ms)
{
	ssize_t n;

	if (client->len == sizeof(client->in))
		return -EMSGSIZE;
	do {
		if (await(client->fd, POLLIN, deadline_ms) < 0)
			return -ETIMEDOUT;
		n = recv(client->fd, client->in + client->len, sizeof(client->in) - client->len, MSG_DONTWAIT);
	} while (n < 0 && (errno == EINTR || errno == EAGAIN));
	if (n <= 0)
		return -ECONNRESET;
	client->len += (size_t)n;
	return 0;
}

/* One line, its LF included, lies in client->in when this returns 0. */
static int await_line(struct smtp_client *client, uint64_t deadline_ms, size_t *ret_len)
{
	size_t looked = 0;

	for (;;) {
		const char *end = memchr(client->in + looked, '\n', client->len - looked);
		int r;

		if (end != NULL) {
			*ret_len = (size_t)(end - client->in) + 1;
			return 0;
		}
		looked = client->len;
		r = receive(client, deadline_ms);
		if (r < 0)
			return r;
	}
}

/* RFC 5321 4.2: three digits, then the end, a space or a hyphen. Returns the code, or 0. */
static unsigned line_code(const char *line, size_t len)
{
	if (len < 4 || line[0] < '2' || line[0] > '5' || !ascii_is_digit(line[1]) || !ascii_is_digit(line[2]))
		return 0;
	if (strchr(" -\r\n", line[3]) == NULL || line[3] == '\0')
		return 0;
	return (unsigned)(line[0] - '0') * 100 + (unsigned)(line[1] - '0') * 10 + (unsigned)(line[2] - '0');
}

static void keep_line(struct smtp_reply *reply, const char *line, size_t len)
{
	size_t at = strlen(reply->text);

	while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
		len--;
	if (at + len + 2 > sizeof(reply->text))
		return;
	if (at > 0)
		reply->text[at++] = '\n';
	for (size_t i = 0; i < len; i++)
		reply->text[at++] = line[i] >= ' ' && line[i] <= '~' ? line[i] : '?';
	reply->text[at] = '\0';
}

/* Takes a line from what was received. Returns 1 when the reply goes on, 0 at its end, or a negative errno. */
static int take_line(struct smtp_client *client, uint64_t deadline_ms, struct smtp_reply *reply)
{
	size_t len;
	int r = await_line(client, deadline_ms, &len);
	unsigned code;
	bool more;

	if (r < 0)
		return r;
	code = line_code(client->in, len);
	if (code == 0 || (reply->code != 0 && reply->code != code))
		return -EPROTO;
	reply->code = code;
	more = client->in[3] == '-';
	keep_line(reply, client->in, len);
	client->len -= len;
	memmove(client->in, client->in + len, client->len);
	return more ? 1 : 0;
}

int smtp_read(struct smtp_client *client, struct smtp_reply *ret_reply)
{
	uint64_t deadline_ms = step_deadline(client);
	int r = 1;

	*ret_reply = (struct smtp_reply){ .code = 0 };
	if (client->fd < 0)
		return -ECONNRESET;
	for (unsigned i = 0; r == 1 && i < SMTP_LINES_MAX; i++)
		r = take_line(client, deadline_ms, ret_reply);
	if (r == 0)
		return 0;
	return lose(client, r == 1 ? -EMSGSIZE : r);
}

/* What came before the question is no answer to it, and would be taken for one. */
static bool spoke_unasked(const struct smtp_client *client)
{
	char byte;

	return client->fd >= 0 && (client->len > 0 || recv(client->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0);
}

int smtp_ask(struct smtp_client *client, const char *line, struct smtp_reply *ret_reply)
{
	int r;

	*ret_reply = (struct smtp_reply){ .code = 0 };
	if (spoke_unasked(client))
		return lose(client, -EPROTO);
	r = smtp_write_line(client, line);
	return r == -EINVAL ? r : smtp_read(client, ret_reply);
}

bool smtp_offers(const struct smtp_reply *reply, const char *keyword)
{
	struct str rest = str_of(reply->text);

	while (rest.p != NULL) {
		struct str line = str_split(&rest, "\n");

		if (line.len < 4)
			continue;
		line = (struct str){ line.p + 4, line.len - 4 };
		if (str_equal_nocase(str_split(&line, " "), str_of(keyword)))
			return true;
	}
	return false;
}

const char *smtp_error_text(int error)
{
	switch (error) {
	case -ETIMEDOUT: return "no reply in time";
	case -ECONNRESET: return "the server closed the connection";
	case -EPROTO: return "what came is no SMTP reply";
	case -EMSGSIZE: return "the reply is too long";
	case -EINVAL: return "that cannot be sent on one line";
	default: return strerror(-error);
	}
}
