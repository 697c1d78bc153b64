/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reputation_lists.h - what is known of the operators of DNS lists: what their answers mean, and where they are asked for removal. */
#ifndef OCTROI_REPUTATION_LISTS_H
#define OCTROI_REPUTATION_LISTS_H

#include <stdint.h>

#include "milter/base/arena.h"

/* What an answer (in host order) of that zone means, for people; "" when only the list itself knows. A constant. */
const char *reputation_meaning(const char *zone, uint32_t address);

/* The page for removal of a list that is well known, else the first URL in its reason (of dnsbl_reason), else "". In arena, or a constant. */
const char *reputation_removal(struct arena *arena, const char *zone, const char *reason);

#endif
