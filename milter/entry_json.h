/* SPDX-License-Identifier: GPL-2.0-or-later */
/* entry_json.h - entries of the journal for programs: the keys are those of struct journal_entry, and what is empty is left out. */
#ifndef OCTROI_ENTRY_JSON_H
#define OCTROI_ENTRY_JSON_H

#include <jansson.h>

#include "milter/lookup/journal.h"

/* A new reference. "time" is in UTC, "kind" a word: message, recipient, transaction, session, event. */
json_t *entry_json(const struct journal_entry *entry);

/* A string, whatever its bytes are; what is no UTF-8, and DEL, become U+FFFD. A new reference. */
json_t *entry_json_text(const char *text);

/* ASCII alone, in one line: no byte of a stranger reaches a terminal. Gives json back. */
void entry_json_line(FILE *out, json_t *json);
/* The same over several lines. */
void entry_json_page(FILE *out, json_t *json);

#endif
