/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tally_show.h - the head of a list of the most frequent names. */
#ifndef OCTROI_TALLY_SHOW_H
#define OCTROI_TALLY_SHOW_H

#include "milter/show.h"
#include "milter/tally.h"

#define TALLY_SHOWN_MAX 10

/* Sorts the tally and writes the head of its list, with how many there are when not all will be shown. Returns how many are to be: 0, and nothing is
 * written, when there are none. */
size_t tally_show_title(FILE *out, const struct show *show, const struct tally *tally, const char *title, struct tally_item **ret_items);

#endif
