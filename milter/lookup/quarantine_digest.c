/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/lookup/quarantine_digest.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/types.h>
#include <unistd.h>

enum { PIECE = 1 << 16 };

static bool counts(const char *name)
{
	return strncasecmp(name, "Content-", 8) == 0 || header_name_equal(name, "MIME-Version") || header_name_equal(name, "Subject");
}

/* White space at both ends of a value is no part of it, and a name is one in any case. */
static void add_field(struct digest *digest, struct arena *arena, const struct header *header)
{
	const char *value = header_unfold(arena, header->value);

	for (const char *p = header->name; *p != '\0'; p++) {
		char lower = ascii_lower(*p);

		if (lower != ' ' && !ascii_is_control(lower))
			digest_add(digest, &lower, 1);
	}
	digest_add(digest, ":", 1);
	digest_add(digest, value, strlen(value));
	digest_add(digest, "\n", 1);
}

/* What of a body goes into the digest: gathered, because it may be changed byte by byte. */
struct gathered {
	struct digest *digest;
	uint64_t line_ends;	/* that were not put yet: nothing has followed them */
	size_t len;
	char bytes[PIECE];
};

static void put(struct gathered *gathered, char byte)
{
	if (gathered->len == sizeof(gathered->bytes)) {
		digest_add(gathered->digest, gathered->bytes, gathered->len);
		gathered->len = 0;
	}
	gathered->bytes[gathered->len++] = byte;
}

static void add_piece(struct gathered *gathered, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] == '\r' || bytes[i] == '\0')
			continue;
		if (bytes[i] == '\n') {
			gathered->line_ends++;
			continue;
		}
		for (; gathered->line_ends > 0; gathered->line_ends--)
			put(gathered, '\n');
		put(gathered, bytes[i]);
	}
}

static int add_body(struct digest *digest, int fd, uint64_t offset)
{
	struct gathered gathered;
	char bytes[PIECE];

	gathered.digest = digest;
	gathered.line_ends = 0;
	gathered.len = 0;
	for (;;) {
		ssize_t n = pread(fd, bytes, sizeof(bytes), (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		add_piece(&gathered, bytes, (size_t)n);
		offset += (uint64_t)n;
	}
	digest_add(digest, gathered.bytes, gathered.len);
	return 0;
}

int quarantine_digest(const struct headers *headers, int body_fd, uint64_t body_offset, char ret_text[DIGEST_TEXT_SIZE])
{
	struct arena *arena = arena_new();
	struct digest *digest = digest_new();
	int r;

	for (size_t i = 0; i < headers->len; i++)
		if (counts(headers->items[i].name))
			add_field(digest, arena, &headers->items[i]);
	digest_add(digest, "\n", 1);
	r = add_body(digest, body_fd, body_offset);
	digest_end(digest, ret_text);
	arena_free(arena);
	return r;
}
