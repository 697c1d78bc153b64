/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "milter/base/cleanup.h"

/* A line of ours in front, so that no first header line of a stranger's decides what kind of file this is (facts, libclamav). */
static const char envelope_line[] = "From x\n";

struct reservation {
	struct spool *spool;
	uint64_t bytes;
};

static void give_back(void *object)
{
	struct reservation *reservation = object;

	atomic_fetch_sub(&reservation->spool->used, reservation->bytes);
}

/* Room for the message, given back when it ends. */
static bool reserve(struct spool *spool, const struct limits *limits, struct message *message, size_t len)
{
	struct reservation *reservation = message->reservation;

	if (atomic_fetch_add(&spool->used, len) + len > limits->spool) {
		atomic_fetch_sub(&spool->used, len);
		return false;
	}
	if (reservation == NULL) {
		reservation = arena_new_of(message->arena, struct reservation);
		reservation->spool = spool;
		message->reservation = reservation;
		arena_defer(message->arena, give_back, reservation);
	}
	reservation->bytes += len;
	return true;
}

static int write_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -EIO;
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}

static bool over(const struct limits *limits, const struct message *message)
{
	return message->too_large || message->headers_too_large || message->spool_full || message->size_bytes > limits->message_size;
}

void spool_count(const struct limits *limits, struct message *message, size_t len)
{
	message->size_bytes += len;
	if (message->size_bytes > limits->message_size)
		message->too_large = true;
}

static void keep(struct spool *spool, const struct limits *limits, struct message *message, const char *bytes, size_t len)
{
	if (message->body_fd < 0 || over(limits, message))
		return;
	if (!reserve(spool, limits, message, len) || write_all(message->body_fd, bytes, len) < 0)
		message->spool_full = true;
}

/* The folds that libmilter gives as LF are CRLF again; any other CR or LF stays what it is. */
static char *put_field(char *out, const struct header *header)
{
	out = stpcpy(out, header->name);
	*out++ = ':';
	for (const char *p = header->value; *p != '\0'; p++) {
		if (*p == '\n' && (p == header->value || p[-1] != '\r'))
			*out++ = '\r';
		*out++ = *p;
	}
	*out++ = '\r';
	*out++ = '\n';
	return out;
}

char *spool_fields(const struct headers *headers, size_t *ret_len)
{
	size_t room = sizeof("\r\n");
	char *text, *end;

	for (size_t i = 0; i < headers->len; i++)
		room += strlen(headers->items[i].name) + 2 * strlen(headers->items[i].value) + 3;
	text = end = xcalloc(1, room);
	for (size_t i = 0; i < headers->len; i++)
		end = put_field(end, &headers->items[i]);
	end = stpcpy(end, "\r\n");
	*ret_len = (size_t)(end - text);
	return text;
}

void spool_header(struct spool *spool, const struct limits *limits, struct message *message)
{
	_cleanup_(free_charp) char *text = NULL;
	size_t len;

	if (message->body_fd >= 0)
		return;
	spool_count(limits, message, message->headers.size_bytes);
	message->body_fd = memfd_create("message", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (message->body_fd < 0) {
		message->spool_full = true;
		return;
	}
	text = spool_fields(&message->headers, &len);
	message->body_offset = strlen(envelope_line) + len;
	keep(spool, limits, message, envelope_line, strlen(envelope_line));
	keep(spool, limits, message, text, len);
}

void spool_body(struct spool *spool, const struct limits *limits, struct message *message, const void *bytes, size_t len)
{
	spool_count(limits, message, len);
	keep(spool, limits, message, bytes, len);
}

int spool_seal(struct message *message)
{
	if (message->body_fd < 0)
		return -EBADF;
	if (fcntl(message->body_fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) < 0)
		return -errno;
	return 0;
}
