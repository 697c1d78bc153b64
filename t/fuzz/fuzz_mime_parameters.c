/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The header of an entity in all its readings: lists are within their bounds and distinct, separators lie in order within the entity, a second
 * field of the same words adds nothing, and a regular header has one reading. */
#include <stdint.h>
#include <stdlib.h>

#include "milter/unpack/mime_fields.h"
#include "milter/unpack/mime_header.h"
#include "milter/unpack/mime_parameters.h"
#include "milter/unpack/prepare.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	char problem[UNPACK_PROBLEM_MAX];

	(void)argc;
	(void)argv;
	return charset_prepare(problem);
}

static void check_distinct(const struct str *items, size_t len, size_t max)
{
	if (len > max)
		abort();
	for (size_t i = 0; i < len; i++)
		for (size_t j = 0; j < i; j++)
			if (str_equal(items[i], items[j]))
				abort();
}

static void check_header(struct arena *arena, struct str block, struct mime_header *ret_header)
{
	mime_header_read(arena, block, ret_header);
	check_distinct(ret_header->types, ret_header->types_len, MIME_CANDIDATES_MAX);
	check_distinct(ret_header->boundaries, ret_header->boundaries_len, MIME_CANDIDATES_MAX);
	check_distinct(ret_header->charsets, ret_header->charsets_len, MIME_CANDIDATES_MAX);
	check_distinct(ret_header->names, ret_header->names_len, MIME_NAMES_MAX);
	if (ret_header->types_len == 0 || ret_header->encodings_len == 0 || ret_header->encodings_len > MIME_CANDIDATES_MAX)
		abort();
	for (size_t i = 0; i < ret_header->encodings_len; i++)
		for (size_t j = 0; j < i; j++)
			if (ret_header->encodings[i] == ret_header->encodings[j])
				abort();
	if (ret_header->why == NULL || (ret_header->is_odd && ret_header->why[0] == '\0'))
		abort();
}

static void check_separators(struct str entity)
{
	struct mime_separator separators[8];
	size_t len = mime_separators(entity, separators, 8);

	if (len == 0 || len > 8)
		abort();
	for (size_t i = 0; i < len; i++) {
		if (separators[i].header_len > separators[i].body_start || separators[i].body_start > entity.len)
			abort();
		for (size_t j = 0; j < i; j++)
			if (separators[j].header_len == separators[i].header_len && separators[j].body_start == separators[i].body_start)
				abort();
	}
}

/* Whatever a value is, reading it as RFC 2045 has it gives what no flags give when nothing matters. */
static void check_lexis(struct arena *arena, struct str value)
{
	struct mime_parameters plain, careless;

	if (mime_lexis_matters(value) != 0)
		return;
	mime_parameters_read(arena, value, 0, &plain);
	mime_parameters_read(arena, value, LEXIS_COMMENTS_ARE_TEXT | LEXIS_COMMA_SEPARATES | LEXIS_SPACE_SEPARATES, &careless);
	if (plain.len != careless.len)
		abort();
	for (size_t i = 0; i < plain.len; i++)
		if (!str_equal_nocase(plain.items[i].name, careless.items[i].name) || plain.items[i].value.len > value.len)
			abort();
}

/* Fields repeated word for word change no answer. */
static void check_repeated(struct arena *arena, struct str block, const struct mime_header *once)
{
	char *twice = arena_alloc(arena, 2 * block.len + 1);
	struct mime_header header;

	if (block.len == 0 || block.len > 256 || block.p[block.len - 1] != '\n' || once->is_odd || memchr(block.p, '\r', block.len) != NULL)
		return;
	memcpy(twice, block.p, block.len);
	memcpy(twice + block.len, block.p, block.len);
	mime_header_read(arena, (struct str){ twice, 2 * block.len }, &header);
	if (!header.is_odd && !header.overflowed && ascii_is_alpha(block.p[0]) && header.boundaries_len != once->boundaries_len)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str block = { (const char *)data, size };
	struct arena *arena;
	struct mime_header header;

	if (size > 1024)
		return 0;
	arena = arena_new();
	check_header(arena, block, &header);
	check_separators(block);
	check_lexis(arena, block);
	check_repeated(arena, block, &header);
	arena_free(arena);
	return 0;
}
