/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mime_parameters.h - the parameters of a MIME field (RFC 2045 5.1, RFC 2231) as strict and as careless programs cut them out. */
#ifndef OCTROI_UNPACK_MIME_PARAMETERS_H
#define OCTROI_UNPACK_MIME_PARAMETERS_H

#include "milter/base/arena.h"
#include "milter/base/str.h"

#define MIME_PARAMETERS_MAX 1200

/* Where programs cut differently; none of them is RFC 2045. */
enum mime_lexis {
	LEXIS_COMMENTS_ARE_TEXT = 1,
	LEXIS_QUOTES_ARE_TEXT = 2,
	LEXIS_COMMA_SEPARATES = 4,
	LEXIS_SPACE_SEPARATES = 8,
	LEXIS_ALL = 15,
};

/* Those that could make a difference to value; 0: all programs agree. Values are lines without folds. */
unsigned mime_lexis_matters(struct str value);

struct mime_parameter {
	struct str name;	/* without white space, comments and quotes; of "filename*1*" that is "filename" */
	struct str value;	/* without quotes, quoted pairs, comments and white space at its ends */
	struct str raw;		/* as it stood behind the "=", trimmed */
	bool is_section;	/* "name*1", "name*1*" */
	unsigned section;	/* its number; what is no number counts as following the one before it */
	bool is_extended;	/* ended in "*": percent-encoded, the first with charset and language */
};

struct mime_parameters {
	struct str first;	/* what stands before the first separator, trimmed: the media type, the disposition */
	struct mime_parameter *items;
	size_t len;
	struct str words[8];	/* pieces without "=" behind the first: a second media type of a list */
	size_t words_len;
	bool overflowed;
};

/* Strings point into value or arena. Linear. */
void mime_parameters_read(struct arena *arena, struct str value, unsigned lexis, struct mime_parameters *ret_parameters);

/* A list of distinct strings in somebody's array. */
struct mime_list {
	struct str *items;
	size_t *len;
	size_t max;
	bool *overflowed;	/* set when another one did not fit */
};
void mime_list_add(const struct mime_list *list, struct str item);

/* What programs could take for the value of one parameter: its value, then the readings of odd quotes, backslashes, white space. */
void mime_parameter_readings(struct arena *arena, const struct mime_parameter *parameter, const struct mime_list *list);

/* All values that the parameter name could have: reassembled in every plausible order, decoded and as they stand, and from plain parameters;
 * to_utf8: decoded ones also with their charset taken into account (RFC 2231 4). */
void mime_parameter_values(struct arena *arena, const struct mime_parameters *parameters, struct str name, bool to_utf8,
			   const struct mime_list *list);

/* The same for the sections alone ("name*0", mime_continuations.c). */
void mime_continuations(struct arena *arena, const struct mime_parameters *parameters, struct str name, bool to_utf8,
			const struct mime_list *list);

/* One extended value in its readings (RFC 2231 4): decoded, as it stands. */
void mime_extended_readings(struct arena *arena, struct str value, bool to_utf8, const struct mime_list *list);

#endif
