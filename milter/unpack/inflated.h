/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inflated.h - one compressed stream within something else (S/MIME, OpenPGP), as a whole: by zip_inflate.h, with the limits of an archive. */
#ifndef OCTROI_UNPACK_INFLATED_H
#define OCTROI_UNPACK_INFLATED_H

#include "milter/unpack/zip_inflate.h"

struct inflated {
	struct archive_budget budget;
	struct archive_output output;
	struct str bytes;	/* as much as there is */
	bool is_whole;
};

/* inflated_end is to be called in any case. */
static inline void inflated_start(struct inflated *inflated, struct unpack *unpack, struct str deflated)
{
	size_t used;

	archive_budget_start(&inflated->budget, unpack, deflated.len);
	archive_output_start(&inflated->output, &inflated->budget, 0);
	inflated->is_whole = zip_inflate(deflated, &inflated->output, &used) == ZIP_INFLATED;
	inflated->bytes = archive_output_shown(&inflated->output);
}

static inline void inflated_end(struct inflated *inflated)
{
	archive_output_end(&inflated->output);
}

#endif
