/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Release: an item gets a mark, its message goes to the MTA with it, and comes back to the filter once. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "milter/base/cleanup.h"
#include "milter/base/digest.h"
#include "milter/lookup/quarantine_internal.h"

enum {
	SECRET_BYTES = 24,
	SECRET_LEN = 2 * SECRET_BYTES,
	MARK_LEN = QUARANTINE_ID_LEN + 1 + SECRET_LEN,		/* "7K3F-QX2M." and the secret */
	MARK_FILE_MAX = 1 << 16,
};

_Static_assert(MARK_LEN < QUARANTINE_MARK_SIZE, "a mark and its NUL");

struct releasing {
	struct releasing *next;
	char id[QUARANTINE_ID_LEN + 1];
	int fd;		/* the lock */
};

void quarantine_forget_releases(struct quarantine *quarantine)
{
	while (quarantine->releasing != NULL) {
		struct releasing *first = quarantine->releasing;

		quarantine->releasing = first->next;
		(void)close_fd(first->fd);
		free(first);
	}
}

static int make_secret(char secret[SECRET_LEN + 1])
{
	unsigned char random[SECRET_BYTES];

	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return -EIO;
	for (size_t i = 0; i < SECRET_BYTES; i++)
		(void)snprintf(secret + 2 * i, 3, "%02x", random[i]);
	return 0;
}

/* Who can read the file is no further: it holds the digest of the secret. */
static void digest_secret(const char *secret, char text[DIGEST_TEXT_SIZE])
{
	unsigned char digest[DIGEST_SIZE];

	digest_of(secret, SECRET_LEN, digest);
	digest_text(digest, text);
}

/* It has the form of an item without a message, with the digest of the secret as its reason. */
static struct str mark_text(struct arena *arena, const struct quarantine_item *item, const char *secret)
{
	char digest[DIGEST_TEXT_SIZE];
	struct quarantine_item mark = *item;

	digest_secret(secret, digest);
	mark.because = arena_strdup(arena, digest);
	mark.recipients_len = mark.attachments_len = 0;
	mark.size_bytes = 0;
	return quarantine_text_write(arena, &mark, "");
}

static int write_mark(struct quarantine *quarantine, const char *name, struct str text)
{
	int fd, r = quarantine_unlink(quarantine, name);

	if (r < 0 && r != -ENOENT)
		return r;
	fd = quarantine_openat(quarantine, name, O_WRONLY | O_CREAT | O_EXCL);
	if (fd < 0)
		return fd;
	r = quarantine_write(fd, text.p, text.len);
	if (r == 0)
		r = quarantine_sync(fd);
	if (close(fd) < 0 && r == 0)
		r = -errno;
	if (r == 0)
		r = quarantine_sync(quarantine->dir);
	if (r < 0)
		(void)quarantine_unlink(quarantine, name);
	return r;
}

/* Whoever released it before did not come to its end, but the message did: it was let in. */
static bool was_released(struct quarantine *quarantine, const char *id)
{
	char name[QUARANTINE_NAME_SIZE];

	quarantine_name(name, id, ".spent");
	if (faccessat(quarantine->dir, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	(void)quarantine_unlink(quarantine, id);
	(void)quarantine_sync(quarantine->dir);
	return true;
}

static int check_message(int fd, const char *sha256)
{
	off_t begin = lseek(fd, 0, SEEK_CUR);
	char found[DIGEST_TEXT_SIZE];
	uint64_t size_bytes;
	int r = begin < 0 ? -errno : quarantine_digest_message(fd, (uint64_t)begin, "", 0, found, &size_bytes);

	if (r < 0)
		return r;
	return strcmp(found, sha256) == 0 ? 0 : -EBADMSG;
}

static int make_mark(struct quarantine *quarantine, struct arena *arena, const char *id, int fd, char *ret_mark)
{
	char secret[SECRET_LEN + 1], name[QUARANTINE_NAME_SIZE];
	struct quarantine_item item;
	const char *sha256;
	int r = quarantine_read_item(arena, fd, id, &item, &sha256);

	if (r == 0)
		r = check_message(fd, sha256);
	if (r == 0)
		r = make_secret(secret);
	if (r < 0)
		return r;
	quarantine_name(name, id, ".mark");
	r = write_mark(quarantine, name, mark_text(arena, &item, secret));
	if (r == 0)
		(void)snprintf(ret_mark, QUARANTINE_MARK_SIZE, "%s.%s", id, secret);
	return r;
}

static void remember(struct quarantine *quarantine, const char *id, int fd)
{
	struct releasing *releasing = xcalloc(1, sizeof(*releasing));

	(void)snprintf(releasing->id, sizeof(releasing->id), "%s", id);
	releasing->fd = fd;
	(void)pthread_mutex_lock(&quarantine->lock);
	releasing->next = quarantine->releasing;
	quarantine->releasing = releasing;
	(void)pthread_mutex_unlock(&quarantine->lock);
}

/* The lock of a release that is under way, no longer remembered; or -1. */
static int take_release(struct quarantine *quarantine, const char *id)
{
	int fd = -1;

	(void)pthread_mutex_lock(&quarantine->lock);
	for (struct releasing **p = &quarantine->releasing; *p != NULL; p = &(*p)->next) {
		struct releasing *found = *p;

		if (strcmp(found->id, id) != 0)
			continue;
		fd = found->fd;
		*p = found->next;
		free(found);
		break;
	}
	(void)pthread_mutex_unlock(&quarantine->lock);
	return fd;
}

int quarantine_release_begin(struct quarantine *quarantine, const char *id, char ret_mark[QUARANTINE_MARK_SIZE])
{
	_cleanup_(close_fdp) int fd = quarantine_lock_item(quarantine, id);
	struct arena *arena;
	int r;

	if (fd < 0)
		return fd;
	if (was_released(quarantine, id))
		return -EALREADY;
	arena = arena_new();
	r = make_mark(quarantine, arena, id, fd, ret_mark);
	arena_free(arena);
	if (r < 0)
		return r;
	remember(quarantine, id, quarantine_take_fd(&fd));
	return 0;
}

/* A spent mark is only needed for as long as the item is there. */
static void drop_spent(struct quarantine *quarantine, const char *id)
{
	char name[QUARANTINE_NAME_SIZE];

	quarantine_name(name, id, ".spent");
	if (faccessat(quarantine->dir, id, F_OK, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT)
		(void)quarantine_unlink(quarantine, name);
}

int quarantine_release_end(struct quarantine *quarantine, const char *id, bool done)
{
	_cleanup_(close_fdp) int fd = take_release(quarantine, id);
	char name[QUARANTINE_NAME_SIZE];
	int r;

	if (fd < 0)
		return -ENOENT;
	quarantine_name(name, id, done ? "" : ".mark");
	r = quarantine_unlink(quarantine, name);
	if (r < 0)
		return r;
	if (done)
		drop_spent(quarantine, id);
	return quarantine_sync(quarantine->dir);
}

static int read_mark(struct quarantine *quarantine, struct arena *arena, const char *id, struct quarantine_item *ret_item)
{
	_cleanup_(close_fdp) int fd = -1;
	char name[QUARANTINE_NAME_SIZE];
	const char *sha256;

	quarantine_name(name, id, ".mark");
	fd = quarantine_open_file(quarantine, name);
	return fd < 0 ? fd : quarantine_read_item(arena, fd, id, ret_item, &sha256);
}

/* Takes the mark apart; false when it cannot be one. */
static bool split_mark(struct str value, char id[QUARANTINE_ID_LEN + 1], char secret[SECRET_LEN + 1])
{
	value = str_trim(value);
	if (value.len != MARK_LEN || value.p[QUARANTINE_ID_LEN] != '.' || memchr(value.p, '\0', value.len) != NULL)
		return false;
	(void)snprintf(id, QUARANTINE_ID_LEN + 1, "%s", value.p);
	(void)snprintf(secret, SECRET_LEN + 1, "%s", value.p + QUARANTINE_ID_LEN + 1);
	return quarantine_is_id(id);
}

int quarantine_mark_look(struct quarantine *quarantine, struct arena *arena, const char *value, struct quarantine_mark *ret_mark)
{
	char id[QUARANTINE_ID_LEN + 1], secret[SECRET_LEN + 1], digest[DIGEST_TEXT_SIZE];
	struct quarantine_item item;
	int r;

	if (!split_mark(str_of(value), id, secret))
		return -ENOENT;
	r = read_mark(quarantine, arena, id, &item);
	digest_secret(secret, digest);
	if (r < 0 || strcmp(digest, item.because) != 0)
		return r == 0 || r == -EBADMSG ? -ENOENT : r;
	*ret_mark = (struct quarantine_mark){ .held_by = item.held_by, .digest = item.digest };
	return 0;
}

int quarantine_mark_spend(struct quarantine *quarantine, const char *value)
{
	struct arena *arena = arena_new();
	char id[QUARANTINE_ID_LEN + 1], secret[SECRET_LEN + 1], name[QUARANTINE_NAME_SIZE], spent[QUARANTINE_NAME_SIZE];
	struct quarantine_mark mark;
	int r = quarantine_mark_look(quarantine, arena, value, &mark);

	arena_free(arena);
	if (r < 0 || !split_mark(str_of(value), id, secret))
		return r;
	quarantine_name(name, id, ".mark");
	quarantine_name(spent, id, ".spent");
	if (renameat(quarantine->dir, name, quarantine->dir, spent) < 0)
		return -errno;
	drop_spent(quarantine, id);
	return quarantine_sync(quarantine->dir);
}
