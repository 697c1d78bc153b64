/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A line: about, list, code, since, seen, reason, removal; tabs between. No field holds a control character: lines with one are not ours. */
#include "milter/lookup/listings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "milter/base/cleanup.h"
#include "milter/base/fresh_file.h"
#include "milter/base/str.h"

enum {
	FIELDS = 7,
	FILE_BYTES_MAX = 1 << 20,
	LISTINGS_MAX = 1000,
};

static int parse_time(struct str text, int64_t *ret_ms)
{
	unsigned long long number;

	if (str_to_u64(text, &number) < 0 || number > INT64_MAX)
		return -EINVAL;
	*ret_ms = (int64_t)number;
	return 0;
}

static int parse_line(struct arena *arena, struct str line, struct listing *ret_listing)
{
	struct str fields[FIELDS];
	struct listing listing;

	for (size_t i = 0; i < line.len; i++)
		if (line.p[i] != '\t' && ascii_is_control(line.p[i]))
			return -EINVAL;
	for (size_t i = 0; i < FIELDS; i++)
		fields[i] = str_split(&line, "\t");
	if (fields[FIELDS - 1].p == NULL || line.p != NULL || fields[0].len == 0 || fields[1].len == 0 ||
	    parse_time(fields[3], &listing.since_ms) < 0 || parse_time(fields[4], &listing.seen_ms) < 0)
		return -EINVAL;
	listing.about = arena_strndup(arena, fields[0].p, fields[0].len);
	listing.list = arena_strndup(arena, fields[1].p, fields[1].len);
	listing.code = arena_strndup(arena, fields[2].p, fields[2].len);
	listing.reason = arena_strndup(arena, fields[5].p, fields[5].len);
	listing.removal = arena_strndup(arena, fields[6].p, fields[6].len);
	*ret_listing = listing;
	return 0;
}

static int read_lines(struct arena *arena, struct str rest, struct listing **ret_listings)
{
	size_t len = 0;

	*ret_listings = NULL;
	while (rest.p != NULL && len < LISTINGS_MAX) {
		struct str line = str_split(&rest, "\n");
		struct listing listing;

		if (parse_line(arena, line, &listing) == 0)
			*(struct listing *)arena_push(arena, (void **)ret_listings, &len, sizeof(listing)) = listing;
	}
	return (int)len;
}

int listings_read(const char *path, struct arena *arena, struct listing **ret_listings)
{
	_cleanup_(close_fdp) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;
	char *bytes;
	ssize_t len;

	*ret_listings = NULL;
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_size > FILE_BYTES_MAX)
		return -EINVAL;
	bytes = arena_alloc(arena, (size_t)st.st_size + 1);
	len = pread(fd, bytes, (size_t)st.st_size, 0);
	return len < 0 ? -errno : read_lines(arena, (struct str){ bytes, (size_t)len }, ret_listings);
}

static void write_all(FILE *file, const struct listing *listings, size_t len)
{
	for (size_t i = 0; i < len; i++)
		(void)fprintf(file, "%s\t%s\t%s\t%lld\t%lld\t%s\t%s\n", listings[i].about, listings[i].list, listings[i].code,
			      (long long)listings[i].since_ms, (long long)listings[i].seen_ms, listings[i].reason, listings[i].removal);
}

int listings_write(const char *path, const struct listing *listings, size_t len)
{
	FILE *file = fresh_file_open(path);

	if (file == NULL)
		return -errno;
	write_all(file, listings, len);
	return fresh_file_replace(file, path);
}
