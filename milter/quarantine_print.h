/* SPDX-License-Identifier: GPL-2.0-or-later */
/* quarantine_print.h - held messages for people and for programs. */
#ifndef OCTROI_QUARANTINE_PRINT_H
#define OCTROI_QUARANTINE_PRINT_H

#include <jansson.h>

#include "milter/lookup/quarantine.h"
#include "milter/show.h"

/* A line of the list, and the one above them. */
void quarantine_print_heading(FILE *out, const struct show *show);
void quarantine_print_line(FILE *out, const struct show *show, const struct quarantine_item *item);

/* All about one: envelope, reason, attachments, header, the first lines of the text as they are (not decoded). fd stands at the message. */
void quarantine_print_item(FILE *out, const struct show *show, const struct quarantine_item *item, int fd);

/* A new reference; keys are those of struct quarantine_item. */
json_t *quarantine_item_json(const struct quarantine_item *item);

#endif
