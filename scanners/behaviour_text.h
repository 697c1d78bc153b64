/* SPDX-License-Identifier: GPL-2.0-or-later */
/* behaviour_text.h - what the scanner behaviour tells people. */
#ifndef OCTROI_SCANNERS_BEHAVIOUR_TEXT_H
#define OCTROI_SCANNERS_BEHAVIOUR_TEXT_H

#include "milter/base/arena.h"
#include "milter/lookup/profile.h"

/* "212 recipients in 9 minutes (usual 14 an hour), 198 new domains, 41 bounces": what is beyond the usual, the amount in any case. */
const char *behaviour_evidence(struct arena *arena, const struct profile_judgement *judgement);

/* "2026-11-22 10:00 UTC" of a wall clock. */
const char *behaviour_time(struct arena *arena, uint64_t time_ms);

#endif
