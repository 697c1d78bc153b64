/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "t/bench/corpus.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>

#include "milter/base/cleanup.h"

#define FILE_SIZE_MAX (256L * 1024 * 1024)

/* Cuts the first line off *rest, without its LF or CRLF. */
static struct str cut_line(struct str *rest)
{
	const char *end = memchr(rest->p, '\n', rest->len);
	struct str line = { rest->p, end == NULL ? rest->len : (size_t)(end - rest->p) };
	size_t taken = line.len + (end != NULL);

	rest->p += taken;
	rest->len -= taken;
	if (line.len > 0 && line.p[line.len - 1] == '\r')
		line.len--;
	return line;
}

/* The length of the field name before a colon, 0 when the line is no field (RFC 5322 2.2). */
static size_t name_len(struct str line)
{
	for (size_t i = 0; i < line.len; i++) {
		if (line.p[i] == ':')
			return i;
		if (line.p[i] <= ' ' || line.p[i] >= 0x7f)
			return 0;
	}
	return 0;
}

static bool is_fold(struct str rest)
{
	return rest.len > 0 && (rest.p[0] == ' ' || rest.p[0] == '\t');
}

/* The rest of a field's first line and its folded lines, joined by LF. */
static const char *cut_value(struct arena *arena, struct str first, struct str *rest)
{
	struct str ahead = *rest;
	size_t len = first.len;
	char *value, *p;

	while (is_fold(ahead))
		len += cut_line(&ahead).len + 1;
	value = p = arena_alloc(arena, len + 1);
	memcpy(p, first.p, first.len);
	p += first.len;
	while (is_fold(*rest)) {
		struct str line = cut_line(rest);

		*p++ = '\n';
		memcpy(p, line.p, line.len);
		p += line.len;
	}
	return value;
}

static void cut_headers(struct arena *arena, struct str *rest, struct corpus_message *message)
{
	void *headers = NULL;

	while (rest->len > 0) {
		struct str ahead = *rest;
		struct str line = cut_line(&ahead);
		size_t len = name_len(line);
		struct corpus_header *header;

		if (len == 0) {
			if (line.len == 0)
				*rest = ahead;
			break;
		}
		*rest = ahead;
		header = arena_push(arena, &headers, &message->headers_len, sizeof(*header));
		header->name = arena_strndup(arena, line.p, len);
		header->value = cut_value(arena, (struct str){ line.p + len + 1, line.len - len - 1 }, rest);
	}
	message->headers = headers;
}

static struct str with_crlf(struct arena *arena, struct str body)
{
	size_t lines = 1;
	char *copy, *p;

	for (size_t i = 0; i < body.len; i++)
		lines += body.p[i] == '\n';
	copy = p = arena_alloc(arena, body.len + 2 * lines);
	while (body.len > 0) {
		struct str line = cut_line(&body);

		memcpy(p, line.p, line.len);
		p += line.len;
		*p++ = '\r';
		*p++ = '\n';
	}
	return (struct str){ copy, (size_t)(p - copy) };
}

void corpus_cut(struct arena *arena, struct str raw, struct corpus_message *ret_message)
{
	struct str rest = raw;

	*ret_message = (struct corpus_message){ .raw = raw };
	cut_headers(arena, &rest, ret_message);
	ret_message->body = with_crlf(arena, rest);
}

static int read_whole(struct arena *arena, int dir_fd, const char *name, struct str *ret_raw)
{
	_cleanup_(close_fdp) int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC);
	struct stat st;
	char *p;
	size_t len = 0;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_size > FILE_SIZE_MAX)
		return -EFBIG;
	p = arena_alloc(arena, (size_t)st.st_size + 1);
	while (len < (size_t)st.st_size) {
		ssize_t n = read(fd, p + len, (size_t)st.st_size - len);

		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	*ret_raw = (struct str){ p, len };
	return 0;
}

static int is_message_file(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return len > 4 && strcmp(entry->d_name + len - 4, ".eml") == 0;
}

static int read_message(struct arena *arena, int dir_fd, const char *file, struct corpus *corpus, void **messages)
{
	struct corpus_message *message;
	struct str raw = { 0 };
	int r = read_whole(arena, dir_fd, file, &raw);

	if (r < 0)
		return r;
	message = arena_push(arena, messages, &corpus->len, sizeof(*message));
	corpus_cut(arena, raw, message);
	message->file = arena_strdup(arena, file);
	corpus->size_bytes += raw.len;
	return 0;
}

int corpus_read(struct arena *arena, const char *dir, struct corpus *ret_corpus)
{
	_cleanup_(close_fdp) int dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent **entries;
	void *messages = NULL;
	int n, r = 0;

	*ret_corpus = (struct corpus){ 0 };
	if (dir_fd < 0)
		return -errno;
	n = scandir(dir, &entries, is_message_file, alphasort);
	if (n < 0)
		return -errno;
	for (int i = 0; i < n; i++) {
		if (r == 0)
			r = read_message(arena, dir_fd, entries[i]->d_name, ret_corpus, &messages);
		free(entries[i]);
	}
	free(entries);
	ret_corpus->messages = messages;
	return r < 0 ? r : n == 0 ? -ENOENT : 0;
}
