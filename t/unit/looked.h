/* SPDX-License-Identifier: GPL-2.0-or-later */
/* looked.h - what a handler made of some bytes, as text that a row of a table can have: marks by name, what was found by type, size and names. */
#ifndef OCTROI_UNIT_LOOKED_H
#define OCTROI_UNIT_LOOKED_H

#include "t/unit/rows.h"
#include "t/unit/looked_double.h"

#define BYTES(literal) { literal, sizeof(literal) - 1 }

static inline void looked_marks(unsigned marks, char *out, size_t size)
{
	static const char *const names[MARKS] = { "encrypted", "macros", "external", "object", "script", "launch", "builds_file", "unreadable", "disguised" };
	size_t len = 0;

	out[0] = '\0';
	for (int mark = 0; mark < MARKS; mark++) {
		if ((marks >> mark & 1) != 0)
			len += (size_t)snprintf(out + len, size - len, "%s%s", len == 0 ? "" : " ", names[mark]);
	}
}

/* "exe 12 a.exe, text 5": the first ones. */
static inline void looked_found(const struct unpack *unpack, char *out, size_t size)
{
	size_t len = 0;

	out[0] = '\0';
	for (size_t i = 0; i < unpack->found_len && i < 8; i++) {
		const struct found *found = &unpack->found[i];

		len += (size_t)snprintf(out + len, size - len, "%s%s %zu%s%s", len == 0 ? "" : ", ", filetype_name(found->content.type), found->len,
					found->names[0] == '\0' ? "" : " ", found->names);
	}
}

/* Runs a handler; all memory has to come back. */
static inline void looked_check(unpack_handler *look, struct str bytes, const char *charset, const char *marks, const char *found, uint64_t ambiguities)
{
	struct unpack unpack = { .arena = NULL };
	struct content content;
	char text[1024];

	double_run(&unpack, look, bytes, charset, &content);
	looked_marks(content.marks, text, sizeof(text));
	assert_string_equal(text, marks);
	looked_found(&unpack, text, sizeof(text));
	assert_string_equal(text, found);
	assert_int_equal(unpack.ambiguities, ambiguities);
	assert_int_equal(unpack.taken, 0);
	double_free(&unpack);
}

#endif
