/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/filename.h"

#include <stdio.h>

#include "milter/mail/utf8.h"
#include "milter/unpack/filename_readings.h"
#include "milter/unpack/filetype.h"

enum {
	NAME_MAX_BYTES = 64 * 1024,
	SHOWN_MAX = 120,
	SHOWN_HEAD = 80,	/* of a longer name: its start, "..." and its end */
	SHOWN_TAIL = SHOWN_MAX - SHOWN_HEAD - 3,
};

/* Does something with this ending do harm by being opened? What holds other files is looked into anyway. */
static bool matters(const char *extension)
{
	const unsigned groups = FILEGROUP_PROGRAMS | FILEGROUP_SCRIPTS | FILEGROUP_SHORTCUTS | FILEGROUP_DISK_IMAGES | FILEGROUP_MACROS;

	return strcmp(extension, "clsid") == 0 || (filetype_groups(filetype_of_extension(extension)) & groups) != 0;
}

static void add_extension(struct arena *arena, struct filename *filename, const char *extension)
{
	if (extension[0] == '\0')
		return;
	for (size_t i = 0; i < filename->extensions_len; i++)
		if (strcmp(filename->extensions[i], extension) == 0)
			return;
	if (filename->extensions_len == FILENAME_EXTENSIONS_MAX)
		filename->extensions_lost = true;
	else
		filename->extensions[filename->extensions_len++] = arena_strdup(arena, extension);
}

static bool is_ascii(struct str name)
{
	for (size_t i = 0; i < name.len; i++)
		if ((unsigned char)name.p[i] >= 0x80)
			return false;
	return true;
}

/* The characters that may stand in no name of a file go: programs that save it leave them out. */
static struct str plain_of(struct arena *arena, struct str name, struct filename *filename)
{
	char *out = arena_alloc(arena, name.len + 1);
	size_t len = 0;

	while (name.len > 0) {
		uint32_t c = filename_next_character(&name);
		unsigned char plain = filename_plain_character(c);

		filename->is_disguised |= filename_is_override(c) || c == 0;
		if (plain != 0 && strchr("\"<>|?*", plain) == NULL)
			out[len++] = (char)plain;
	}
	return (struct str){ out, len };
}

/* The same for a program that knows nothing of such characters. */
static struct str bare_of(struct arena *arena, struct str name)
{
	char *out = arena_alloc(arena, name.len + 1);

	for (size_t i = 0; i < name.len; i++)
		out[i] = (unsigned char)name.p[i] >= 0x80 ? FILENAME_OTHER : name.p[i];
	return (struct str){ out, name.len };
}

/* seen: the ending that the name shows before anything is undone. */
static void add_ending(struct arena *arena, struct filename *filename, struct str plain, const char *seen)
{
	struct filename_ending ending;

	filename_ending_read(plain, &ending);
	add_extension(arena, filename, ending.extension);
	add_extension(arena, filename, ending.before_colon);
	if (strcmp(ending.extension, seen) != 0 && matters(ending.extension))
		filename->is_disguised = true;
	if (strcmp(ending.before_colon, seen) != 0 && matters(ending.before_colon))
		filename->is_disguised = true;
	filename->is_disguised |= ending.is_stream || ending.is_pushed || strcmp(ending.extension, "clsid") == 0;
}

static bool has_line_space(struct str name)
{
	for (size_t i = 0; i < name.len; i++)
		if (name.p[i] >= '\t' && name.p[i] <= '\r')
			return true;
	return false;
}

/* Line ends and tabs are spaces to some programs and nothing to others. */
static struct str without_line_space(struct arena *arena, struct str name)
{
	char *out = arena_alloc(arena, name.len + 1);
	size_t len = 0;

	for (size_t i = 0; i < name.len; i++)
		if (name.p[i] < '\t' || name.p[i] > '\r')
			out[len++] = name.p[i];
	return (struct str){ out, len };
}

static void add_reading(struct arena *arena, struct filename *filename, struct str name, const char *seen)
{
	const char *nul = name.len > 0 ? memchr(name.p, '\0', name.len) : NULL;

	add_ending(arena, filename, plain_of(arena, name, filename), seen);
	if (!is_ascii(name))
		add_ending(arena, filename, bare_of(arena, name), seen);
	if (has_line_space(name))
		add_ending(arena, filename, plain_of(arena, without_line_space(arena, name), filename), seen);
	if (nul != NULL)
		add_ending(arena, filename, plain_of(arena, (struct str){ name.p, (size_t)(nul - name.p) }, filename), seen);
}

/* Quotes around a name and spaces in front are nobody's disguise. */
static struct str without_quotes(struct str name)
{
	name = str_trim(name);
	if (name.len > 1 && name.p[0] == '"' && name.p[name.len - 1] == '"')
		name = (struct str){ name.p + 1, name.len - 2 };
	return name;
}

static void add_percent_reading(struct arena *arena, struct filename *filename, struct str name, const char *seen)
{
	struct str decoded;

	if (filename_decode_percent(arena, name, &decoded))
		add_reading(arena, filename, decoded, seen);
}

/* Returns the reading that is shown: encoded words are there to be decoded, percent signs are not. */
static struct str read_name(struct arena *arena, struct filename *filename, struct str name)
{
	char seen[FILENAME_EXTENSION_MAX + 1];
	struct str decoded;

	name.len = name.len < NAME_MAX_BYTES ? name.len : NAME_MAX_BYTES;
	filename_plain_extension(without_quotes(name), seen);
	add_reading(arena, filename, name, seen);
	add_percent_reading(arena, filename, name, seen);
	if (!filename_decode_words(arena, name, &decoded))
		return name;
	filename_plain_extension(without_quotes(decoded), seen);
	add_reading(arena, filename, decoded, seen);
	add_percent_reading(arena, filename, decoded, seen);
	return decoded;
}

/* A program under one reading, and under another a known kind that is none, or another one. */
static bool disagree(const struct filename *filename)
{
	for (size_t i = 0; filename->extensions_len > 1 && i < filename->extensions_len; i++) {
		enum filetype type = filetype_of_extension(filename->extensions[i]);

		for (size_t j = 0; j < filename->extensions_len && matters(filename->extensions[i]); j++) {
			enum filetype other = filetype_of_extension(filename->extensions[j]);

			if (other != FILETYPE_UNKNOWN && other != type)
				return true;
		}
	}
	return false;
}

/* One character as it can be printed: what has no shape of its own, or turns others round, as "?". */
static size_t show(struct str *rest, char *out)
{
	struct str before = *rest;
	uint32_t c = filename_next_character(rest);
	size_t len = before.len - rest->len;

	if (utf8_length(before) == 0 || utf8_is_c1(before) || c == 0x7f || c < ' ' || (filename_is_invisible(c) && c != 0x200d)) {
		out[0] = '?';
		return 1;
	}
	memcpy(out, before.p, len);
	return len;
}

static size_t character_start(const char *text, size_t at)
{
	while ((text[at] & 0xc0) == 0x80)
		at++;
	return at;
}

static const char *shown_of(struct arena *arena, struct str name)
{
	char *out = arena_alloc(arena, name.len + 1);
	size_t len = 0, head = SHOWN_HEAD;

	name = without_quotes(name);
	while (name.len > 0)
		len += show(&name, out + len);
	if (len <= SHOWN_MAX)
		return out;
	while ((out[head] & 0xc0) == 0x80)
		head--;
	return arena_printf(arena, "%.*s...%s", (int)head, out, out + character_start(out, len - SHOWN_TAIL));
}

void filename_read(struct arena *arena, const struct str *names, size_t names_len, struct filename *ret_filename)
{
	*ret_filename = (struct filename){ .shown = "" };
	for (size_t i = 0; i < names_len; i++) {
		struct str shown = read_name(arena, ret_filename, names[i]);

		if (ret_filename->shown[0] == '\0')
			ret_filename->shown = shown_of(arena, shown);
	}
	ret_filename->is_ambiguous = disagree(ret_filename);
}
