/* SPDX-License-Identifier: GPL-2.0-or-later */
/* entry_line.h - an entry of the journal in one line of a table. */
#ifndef OCTROI_ENTRY_LINE_H
#define OCTROI_ENTRY_LINE_H

#include "milter/lookup/journal.h"
#include "milter/show.h"

/* The heading, and a line, no wider than show->columns; in show->arena. */
const char *entry_line_heading(const struct show *show);
const char *entry_line(const struct show *show, const struct journal_entry *entry);

#endif
