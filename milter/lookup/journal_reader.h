/* SPDX-License-Identifier: GPL-2.0-or-later */
/* journal_reader.h - what journal_read.c and journal_search.c share. */
#ifndef OCTROI_LOOKUP_JOURNAL_READER_H
#define OCTROI_LOOKUP_JOURNAL_READER_H

#include "milter/lookup/journal_internal.h"
#include "milter/lookup/journal_read.h"

struct journal_reader {
	struct sql *sql;
	struct arena *arena;		/* of one search */
};

#endif
