/* SPDX-License-Identifier: GPL-2.0-or-later */
/* entry_copy.h - entries of the journal that outlive the search that found them. */
#ifndef OCTROI_ENTRY_COPY_H
#define OCTROI_ENTRY_COPY_H

#include "milter/base/arena.h"
#include "milter/lookup/journal.h"

/* A copy with all that it points to, in arena. A NULL among the strings becomes "". */
struct journal_entry entry_copy(struct arena *arena, const struct journal_entry *entry);

#endif
