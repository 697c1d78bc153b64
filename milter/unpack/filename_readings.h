/* SPDX-License-Identifier: GPL-2.0-or-later */
/* filename_readings.h - the pieces of filename.c: characters, encoded words, what Windows makes of a name. */
#ifndef OCTROI_UNPACK_FILENAME_READINGS_H
#define OCTROI_UNPACK_FILENAME_READINGS_H

#include <stdint.h>

#include "milter/base/arena.h"
#include "milter/base/str.h"

#define FILENAME_EXTENSION_MAX 20

/* Encoded words decoded, each in its charset, to UTF-8; also one that does not end. Returns false when there is none. */
bool filename_decode_words(struct arena *arena, struct str in, struct str *ret_text);

/* "%2e" decoded. Returns false when there is none. */
bool filename_decode_percent(struct arena *arena, struct str in, struct str *ret_text);

/* The next character of *rest (bytes that are no UTF-8 count as U+FFFD, one each). */
uint32_t filename_next_character(struct str *rest);

/* The character as a plain one: compatibility forms (NFKC), letters without their accents, lower case; 0: nothing of it is seen (format controls,
 * combining marks); FILENAME_OTHER: none of these. */
#define FILENAME_OTHER 1
unsigned char filename_plain_character(uint32_t c);

/* Controls of text that have no shape of their own. */
bool filename_is_invisible(uint32_t c);

/* Bidirectional overrides, embeddings and isolates: what follows is shown in another order. */
bool filename_is_override(uint32_t c);

/* What Windows takes for the ending of a name in plain characters. */
struct filename_ending {
	char extension[FILENAME_EXTENSION_MAX + 1];		/* lower case, "" for none, "clsid" for ".{CLSID}" */
	char before_colon[FILENAME_EXTENSION_MAX + 1];		/* the ending of what stands before a ":", "" for none */
	bool is_stream;		/* "::$DATA" */
	bool is_pushed;		/* a long run of white space stands before the ending */
};
void filename_ending_read(struct str plain, struct filename_ending *ret_ending);

/* The letters behind the last dot and nothing else considered: what somebody sees who looks at the name. */
void filename_plain_extension(struct str name, char ret_extension[FILENAME_EXTENSION_MAX + 1]);

#endif
