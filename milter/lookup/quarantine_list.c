/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All items: listing, counting, expiry. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "milter/base/cleanup.h"
#include "milter/base/clock.h"
#include "milter/lookup/quarantine_internal.h"

enum {
	COUNT_EVERY_MS = 60000,
	COUNT_FULL_EVERY_MS = 1000,	/* when it is full: somebody may have made room */
	ENTRIES_FIRST = 1024,
};

#define HOUR_MS 3600000LL
#define MARKS_KEPT_MS (7LL * 24 * HOUR_MS)	/* an MTA does not keep a message longer before its filter sees it */
#define NEW_KEPT_MS HOUR_MS			/* nobody writes so long */

struct listing {
	struct quarantine_entry *items;
	size_t len, capacity;
};

static struct quarantine_entry *add_entry(struct listing *listing)
{
	if (listing->len == listing->capacity) {
		size_t capacity = listing->capacity == 0 ? ENTRIES_FIRST : listing->capacity * 2;
		struct quarantine_entry *larger = reallocarray(listing->items, capacity, sizeof(*larger));

		if (larger == NULL)
			return NULL;
		listing->items = larger;
		listing->capacity = capacity;
	}
	return &listing->items[listing->len++];
}

static int64_t time_of(const struct timespec *time)
{
	return (int64_t)time->tv_sec * 1000 + time->tv_nsec / 1000000;
}

static int list_name(struct listing *listing, const struct quarantine *quarantine, const char *name)
{
	struct quarantine_entry *entry;
	struct stat st;

	if (fstatat(quarantine->dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;	/* gone since */
	entry = add_entry(listing);
	if (entry == NULL)
		return -ENOMEM;
	memcpy(entry->id, name, sizeof(entry->id));
	entry->time_ms = time_of(&st.st_mtim);
	entry->size_bytes = (uint64_t)st.st_size;
	return 0;
}

static DIR *open_list(const struct quarantine *quarantine)
{
	int fd = openat(quarantine->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (dir == NULL)
		(void)close_fd(fd);
	return dir;
}

int64_t quarantine_scan(const struct quarantine *quarantine, struct quarantine_entry **ret_entries,
			void (*others)(const struct quarantine *quarantine, const char *name, void *arg), void *arg)
{
	struct listing listing = { .len = 0 };
	const struct dirent *dirent;
	DIR *dir = open_list(quarantine);
	int r = 0;

	*ret_entries = NULL;
	if (dir == NULL)
		return -errno;
	while (r == 0 && (errno = 0, dirent = readdir(dir)) != NULL) {
		if (quarantine_is_id(dirent->d_name))
			r = list_name(&listing, quarantine, dirent->d_name);
		else if (others != NULL)
			others(quarantine, dirent->d_name, arg);
	}
	if (r == 0 && errno != 0)
		r = -errno;
	(void)closedir(dir);
	if (r < 0) {
		free(listing.items);
		return r;
	}
	*ret_entries = listing.items;
	return (int64_t)listing.len;
}

static int newest_first(const void *left, const void *right)
{
	const struct quarantine_entry *a = left, *b = right;

	if (a->time_ms != b->time_ms)
		return a->time_ms < b->time_ms ? 1 : -1;
	return strcmp(a->id, b->id);
}

static const struct quarantine_item nothing = {
	.id = "", .held_by = "", .because = "", .client = "", .helo = "", .login = "", .direction = "", .queue_id = "", .mailfrom = "",
	.header_from = "", .subject = "", .digest = "",
};

static bool tell_item(struct quarantine *quarantine, struct arena *arena, const struct quarantine_entry *entry,
		      bool (*fn)(void *arg, const struct quarantine_item *item), void *arg)
{
	struct quarantine_item item = nothing;
	int fd, r = quarantine_get(quarantine, arena, entry->id, &item, &fd);

	if (r == -ENOENT)
		return true;
	if (r == 0) {
		(void)close_fd(fd);
	} else {
		item = nothing;
		item.id = entry->id;
		item.time_ms = entry->time_ms;
	}
	return fn(arg, &item);
}

int64_t quarantine_list(struct quarantine *quarantine, size_t limit, bool (*fn)(void *arg, const struct quarantine_item *item), void *arg)
{
	struct quarantine_entry *entries;
	int64_t len = quarantine_scan(quarantine, &entries, NULL, NULL);
	struct arena *arena;
	bool more = true;

	if (len < 0)
		return len;
	if (len > 0)
		qsort(entries, (size_t)len, sizeof(*entries), newest_first);
	arena = arena_new();
	for (size_t i = 0; more && i < (size_t)len && (limit == 0 || i < limit); i++) {
		struct arena_mark before = arena_mark(arena);

		more = tell_item(quarantine, arena, &entries[i], fn, arg);
		arena_rewind(arena, before);
	}
	arena_free(arena);
	free(entries);
	return len;
}

static bool ends_with(const char *name, const char *suffix)
{
	size_t len = strlen(name), suffix_len = strlen(suffix);

	return len == QUARANTINE_ID_LEN + suffix_len && strcmp(name + QUARANTINE_ID_LEN, suffix) == 0;
}

/* When it got its state, by the clock of the file system: nobody can set it. */
static bool is_older(const struct quarantine *quarantine, const char *name, int64_t age_ms)
{
	struct stat st;

	return fstatat(quarantine->dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
	       time_of(&st.st_ctim) < (int64_t)clock_wall_ms() - age_ms;
}

/* What a crash left, and marks that nobody will ask for any more. An item beside a spent mark has been let in. */
static void tidy(const struct quarantine *quarantine, const char *name, void *unused)
{
	char id[QUARANTINE_ID_LEN + 1];

	(void)unused;
	(void)snprintf(id, sizeof(id), "%s", name);
	if (!quarantine_is_id(id))
		return;
	if (ends_with(name, ".new") ? !is_older(quarantine, name, NEW_KEPT_MS)
				    : (!ends_with(name, ".mark") && !ends_with(name, ".spent")) || !is_older(quarantine, name, MARKS_KEPT_MS))
		return;
	if (ends_with(name, ".spent"))
		(void)quarantine_unlink(quarantine, id);
	(void)quarantine_unlink(quarantine, name);
}

int64_t quarantine_expire(struct quarantine *quarantine, int64_t before_ms, void (*fn)(void *arg, const char *id), void *arg)
{
	struct quarantine_entry *entries;
	int64_t len = quarantine_scan(quarantine, &entries, tidy, NULL), gone = 0;
	int error = 0;

	if (len < 0)
		return len;
	for (size_t i = 0; entries != NULL && i < (size_t)len; i++) {
		int r;

		if (entries[i].time_ms >= before_ms)
			continue;
		r = quarantine_delete(quarantine, entries[i].id);
		if (r == 0 && fn != NULL)
			fn(arg, entries[i].id);
		gone += r == 0;
		if (r < 0 && r != -ENOENT && r != -EALREADY)
			error = r;
	}
	free(entries);
	return error < 0 ? error : gone;
}

void quarantine_limit(struct quarantine *quarantine, uint64_t size_bytes)
{
	(void)pthread_mutex_lock(&quarantine->lock);
	quarantine->limit_bytes = size_bytes;
	(void)pthread_mutex_unlock(&quarantine->lock);
}

static int count(struct quarantine *quarantine)
{
	struct quarantine_entry *entries;
	int64_t len = quarantine_scan(quarantine, &entries, tidy, NULL);

	if (len < 0)
		return (int)len;
	quarantine->used_bytes = 0;
	for (size_t i = 0; entries != NULL && i < (size_t)len; i++)
		quarantine->used_bytes += entries[i].size_bytes;
	free(entries);
	quarantine->counted_ms = clock_monotonic_ms();
	return 0;
}

static bool fits(const struct quarantine *quarantine, uint64_t size_bytes)
{
	return size_bytes <= quarantine->limit_bytes && quarantine->used_bytes <= quarantine->limit_bytes - size_bytes;
}

static int reserve(struct quarantine *quarantine, uint64_t size_bytes)
{
	uint64_t every_ms = fits(quarantine, size_bytes) ? COUNT_EVERY_MS : COUNT_FULL_EVERY_MS;
	int r = 0;

	if (quarantine->limit_bytes == 0)
		return 0;
	if (quarantine->counted_ms == 0 || clock_monotonic_ms() - quarantine->counted_ms >= every_ms)
		r = count(quarantine);
	if (r < 0)
		return r;
	if (!fits(quarantine, size_bytes))
		return -EDQUOT;
	quarantine->used_bytes += size_bytes;
	return 0;
}

int quarantine_reserve(struct quarantine *quarantine, uint64_t size_bytes)
{
	int r;

	(void)pthread_mutex_lock(&quarantine->lock);
	r = reserve(quarantine, size_bytes);
	(void)pthread_mutex_unlock(&quarantine->lock);
	return r;
}
