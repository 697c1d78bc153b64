/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/lookup/quarantine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "conf/option.h"
#include "milter/base/cleanup.h"
#include "milter/base/digest.h"
#include "milter/lookup/quarantine_internal.h"

enum { PIECE = 1 << 16, FIRST_LOOK = 2048 };

#define NOREPLACE (1u << 0)	/* RENAME_NOREPLACE of linux/fs.h, which does not go with the headers of libc */

/* Whoever can write here could release what he likes. */
static int check_directory(int dir, const char *directory, struct stat *st, char *problem)
{
	if (fstat(dir, st) < 0)
		return -errno;
	if ((st->st_uid == geteuid() || st->st_uid == 0) && (st->st_mode & (S_IWGRP | S_IWOTH)) == 0)
		return 0;
	(void)snprintf(problem, CONF_PROBLEM_MAX, "%.150s belongs to somebody else, or others may write there", directory);
	return -EPERM;
}

int quarantine_open(const char *directory, struct quarantine **ret_quarantine, char *problem)
{
	_cleanup_(close_fdp) int dir = open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct quarantine *quarantine;
	struct stat st = { .st_uid = 0 };
	int r = dir < 0 ? -errno : 0;

	problem[0] = '\0';
	if (r == 0)
		r = check_directory(dir, directory, &st, problem);
	if (r < 0) {
		if (problem[0] == '\0')
			(void)snprintf(problem, CONF_PROBLEM_MAX, "%.150s: %s", directory, strerror(-r));
		return r;
	}
	quarantine = xcalloc(1, sizeof(*quarantine));
	quarantine->dir = quarantine_take_fd(&dir);
	quarantine->owner = st.st_uid == 0 ? geteuid() : st.st_uid;
	(void)pthread_mutex_init(&quarantine->lock, NULL);
	*ret_quarantine = quarantine;
	return 0;
}

void quarantine_close(struct quarantine *quarantine)
{
	if (quarantine == NULL)
		return;
	quarantine_forget_releases(quarantine);
	(void)close_fd(quarantine->dir);
	(void)pthread_mutex_destroy(&quarantine->lock);
	free(quarantine);
}

/* Calls fn with each piece of the body. */
static int each_piece(int fd, uint64_t offset, int (*fn)(void *arg, const void *bytes, size_t len), void *arg)
{
	char bytes[PIECE];
	int r = 0;

	while (r == 0) {
		ssize_t n = pread(fd, bytes, sizeof(bytes), (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : 0;
		r = fn(arg, bytes, (size_t)n);
		offset += (uint64_t)n;
	}
	return r;
}

struct message_digest {
	struct digest *digest;
	uint64_t size_bytes;
};

static int digest_piece(void *arg, const void *bytes, size_t len)
{
	struct message_digest *message = arg;

	digest_add(message->digest, bytes, len);
	message->size_bytes += len;
	return 0;
}

static int write_piece(void *arg, const void *bytes, size_t len)
{
	return quarantine_write(*(const int *)arg, bytes, len);
}

int quarantine_digest_message(int fd, uint64_t offset, const void *header, size_t header_len, char sha256[DIGEST_TEXT_SIZE],
			      uint64_t *ret_size_bytes)
{
	struct message_digest message = { .digest = digest_new() };
	int r;

	(void)digest_piece(&message, header, header_len);
	r = each_piece(fd, offset, digest_piece, &message);
	digest_end(message.digest, sha256);
	*ret_size_bytes = message.size_bytes;
	return r;
}

/* The time is what the spool is listed and expired by. */
static int set_time(int fd, int64_t time_ms)
{
	const struct timespec times[2] = {
		{ .tv_nsec = UTIME_OMIT },
		{ .tv_sec = (time_t)(time_ms / 1000), .tv_nsec = (long)(time_ms % 1000) * 1000000 },
	};

	return futimens(fd, times) < 0 ? -errno : 0;
}

struct parts {
	struct str text, header;
	int body_fd;
	uint64_t body_offset;
	int64_t time_ms;
};

/* What close(2) has to say comes before the name is given: a file system of the network tells there what it could not write. */
static int write_file(struct quarantine *quarantine, const char *name, const struct parts *parts)
{
	int fd = quarantine_openat(quarantine, name, O_WRONLY | O_CREAT | O_EXCL), r;

	if (fd < 0)
		return fd;
	r = quarantine_write(fd, parts->text.p, parts->text.len);
	if (r == 0)
		r = quarantine_write(fd, parts->header.p, parts->header.len);
	if (r == 0)
		r = each_piece(parts->body_fd, parts->body_offset, write_piece, &fd);
	if (r == 0)
		r = set_time(fd, parts->time_ms);
	if (r == 0)
		r = quarantine_sync(fd);
	if (close(fd) < 0 && r == 0)
		r = -errno;
	if (r < 0)
		(void)quarantine_unlink(quarantine, name);
	return r;
}

/* Never over another item. Where the file system cannot promise that for a rename, it can for a link. */
static int give_name(struct quarantine *quarantine, const char *from, const char *to)
{
	int dir = quarantine->dir;

	if (syscall(SYS_renameat2, dir, from, dir, to, NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -errno;
	if (linkat(dir, from, dir, to, 0) < 0)
		return -errno;
	(void)unlinkat(dir, from, 0);
	return 0;
}

static int commit(struct quarantine *quarantine, const char *id, const struct parts *parts)
{
	char name[QUARANTINE_NAME_SIZE];
	int r;

	quarantine_name(name, id, ".new");
	r = write_file(quarantine, name, parts);
	if (r < 0)
		return r;
	r = give_name(quarantine, name, id);
	if (r < 0) {
		(void)quarantine_unlink(quarantine, name);
		return r;
	}
	r = quarantine_sync(quarantine->dir);
	if (r < 0) {
		(void)quarantine_unlink(quarantine, id);
		(void)quarantine_sync(quarantine->dir);
	}
	return r;
}

int quarantine_put(struct quarantine *quarantine, const struct quarantine_item *item, const void *header, size_t header_len, int body_fd,
		   uint64_t body_offset)
{
	struct parts parts = { .header = { header, header_len }, .body_fd = body_fd, .body_offset = body_offset, .time_ms = item->time_ms };
	struct quarantine_item counted = *item;
	char sha256[DIGEST_TEXT_SIZE];
	struct arena *arena;
	int r;

	if (!quarantine_is_id(item->id))
		return -EINVAL;
	r = quarantine_digest_message(body_fd, body_offset, header, header_len, sha256, &counted.size_bytes);
	if (r < 0)
		return r;
	arena = arena_new();
	parts.text = quarantine_text_write(arena, &counted, sha256);
	r = parts.text.len > QUARANTINE_TEXT_MAX ? -EFBIG : quarantine_reserve(quarantine, parts.text.len + counted.size_bytes);
	if (r == 0)
		r = commit(quarantine, item->id, &parts);
	arena_free(arena);
	return r;
}

/* What the file has of buffer's length from at on; less only at its end. */
static ssize_t read_at(int fd, char *buffer, size_t len, size_t at)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = pread(fd, buffer + done, len - done, (off_t)(at + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

/* The lines about it; most are so few that the first look has all of them. */
static int read_text(struct arena *arena, int fd, off_t size, struct str *ret_text)
{
	char first[FIRST_LOOK], *text;
	ssize_t n = read_at(fd, first, sizeof(first), 0);
	int64_t len = n < 0 ? n : quarantine_text_len((struct str){ first, (size_t)n });
	size_t have;

	if (len < 0 || len > size)
		return len < 0 ? (int)len : -EBADMSG;
	have = len < n ? (size_t)len : (size_t)n;
	text = arena_alloc(arena, (size_t)len);
	memcpy(text, first, have);
	n = read_at(fd, text + have, (size_t)len - have, have);
	if (n < 0)
		return (int)n;
	*ret_text = (struct str){ text, (size_t)len };
	return have + (size_t)n == (size_t)len ? 0 : -EBADMSG;
}

int quarantine_read_item(struct arena *arena, int fd, const char *id, struct quarantine_item *ret_item, const char **ret_sha256)
{
	struct str text = { NULL, 0 };
	struct stat st;
	int r = fstat(fd, &st) < 0 ? -errno : st.st_size < QUARANTINE_FIRST_LINE ? -EBADMSG : read_text(arena, fd, st.st_size, &text);

	if (r == 0)
		r = quarantine_text_read(arena, text, ret_item, ret_sha256);
	if (r == 0 && (strcmp(ret_item->id, id) != 0 || (uint64_t)st.st_size != text.len + ret_item->size_bytes))
		r = -EBADMSG;
	if (r == 0 && lseek(fd, (off_t)text.len, SEEK_SET) < 0)
		r = -errno;
	return r;
}

int quarantine_get(struct quarantine *quarantine, struct arena *arena, const char *id, struct quarantine_item *ret_item, int *ret_fd)
{
	_cleanup_(close_fdp) int fd = -1;
	const char *sha256;
	int r;

	if (!quarantine_is_id(id))
		return -ENOENT;
	fd = quarantine_open_file(quarantine, id);
	if (fd < 0)
		return fd;
	r = quarantine_read_item(arena, fd, id, ret_item, &sha256);
	if (r < 0)
		return r;
	*ret_fd = quarantine_take_fd(&fd);
	return 0;
}

int quarantine_delete(struct quarantine *quarantine, const char *id)
{
	_cleanup_(close_fdp) int fd = quarantine_lock_item(quarantine, id);
	char name[QUARANTINE_NAME_SIZE];
	int r;

	if (fd < 0 && fd != -EBADMSG)
		return fd;
	r = quarantine_unlink(quarantine, id);
	quarantine_name(name, id, ".mark");
	(void)quarantine_unlink(quarantine, name);	/* of a release that came to nothing: what is deleted must not come in any more */
	return r < 0 ? r : quarantine_sync(quarantine->dir);
}
