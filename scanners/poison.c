/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/poison.h"

#include <stdio.h>
#include <unistd.h>

#include "milter/base/digest.h"

#define POISON_TIMES 3
#define POISON_WINDOW_MS (UINT64_C(5) * 24 * 3600 * 1000)	/* as long as senders retry (RFC 5321 4.5.4.1) */
#define POISON_ANY "poison"

static void add_headers(struct digest *digest, const struct headers *headers)
{
	for (size_t i = 0; i < headers->len; i++) {
		/* a retry may come along another path */
		if (header_name_equal(headers->items[i].name, "Received"))
			continue;
		digest_add(digest, headers->items[i].name, strlen(headers->items[i].name) + 1);
		digest_add(digest, headers->items[i].value, strlen(headers->items[i].value) + 1);
	}
}

static void add_body(struct digest *digest, const struct message *message)
{
	char buffer[65536];
	off_t at = (off_t)message->body_offset;
	ssize_t n;

	while ((n = pread(message->body_fd, buffer, sizeof(buffer), at)) > 0) {
		digest_add(digest, buffer, (size_t)n);
		at += n;
	}
}

static void make_key(const struct message *message, char key[DIGEST_TEXT_SIZE + 8])
{
	struct digest *digest = digest_new();
	char text[DIGEST_TEXT_SIZE];

	add_headers(digest, &message->headers);
	add_body(digest, message);
	digest_end(digest, text);
	(void)snprintf(key, DIGEST_TEXT_SIZE + 8, "poison:%s", text);
}

bool poison_known(struct store *store, const struct message *message)
{
	char key[DIGEST_TEXT_SIZE + 8];

	if (store_count(store, POISON_ANY, POISON_WINDOW_MS) == 0)
		return false;
	make_key(message, key);
	return store_count(store, key, POISON_WINDOW_MS) >= POISON_TIMES;
}

bool poison_note(struct store *store, const struct message *message)
{
	char key[DIGEST_TEXT_SIZE + 8];

	make_key(message, key);
	(void)store_take(store, POISON_ANY, 1, UINT32_MAX, POISON_WINDOW_MS, NULL);
	(void)store_take(store, key, 1, UINT32_MAX, POISON_WINDOW_MS, NULL);
	return store_count(store, key, POISON_WINDOW_MS) >= POISON_TIMES;
}
