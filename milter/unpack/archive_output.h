/* SPDX-License-Identifier: GPL-2.0-or-later */
/* archive_output.h - room for what comes out of one archive: taken as it is needed, never more than the limits allow. */
#ifndef OCTROI_UNPACK_ARCHIVE_OUTPUT_H
#define OCTROI_UNPACK_ARCHIVE_OUTPUT_H

#include "milter/unpack/unpack.h"

/* Of a member that is too large this much is still shown: what it is can be told from its beginning. */
#define ARCHIVE_HEAD_BYTES ((size_t)256 << 10)

/* What one archive may cost, all members together. */
struct archive_budget {
	struct unpack *unpack;
	uint64_t out_left;	/* bytes that may still come out: limits.ratio for each byte of the archive, at least 16 MiB */
	uint64_t in_left;	/* bytes of it that may still be read: members that overlap read them again */
};
void archive_budget_start(struct archive_budget *budget, struct unpack *unpack, size_t archive_bytes);

/* False, and noted, when members that overlap have had it read too often. */
bool archive_budget_read(struct archive_budget *budget, uint64_t bytes);

/* What is decoded of one member. bytes has room for size, len of them are filled by the decoder. */
struct archive_output {
	struct archive_budget *budget;
	char *bytes;
	size_t len, size;
	uint64_t max;			/* bytes that it may become */
	enum unpack_limit limit;	/* what max comes from */
	bool is_cut;			/* that was not enough; it has been noted */
};

/* expected_bytes: as the archive says, 0 when it does not. More than is allowed is noted now, and room given for the head alone. */
void archive_output_start(struct archive_output *output, struct archive_budget *budget, uint64_t expected_bytes);

/* More room when all of it is filled. Returns false, and is_cut is set, when there is no more to have. */
bool archive_output_grow(struct archive_output *output);

/* What is to be shown: all of it, or of a member that was cut the head. */
struct str archive_output_shown(const struct archive_output *output);

/* Gives back the memory and counts what was used. */
void archive_output_end(struct archive_output *output);

#endif
