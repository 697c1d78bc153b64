/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dnsd_counts.h - how often the scripted name server was asked for what. Names are remembered as hashes, and not without end. */
#ifndef OCTROI_T_DNSD_COUNTS_H
#define OCTROI_T_DNSD_COUNTS_H

#include <stddef.h>
#include <stdint.h>

#include "milter/base/str.h"

#define DNSD_COUNTS_MAX 262144	/* a power of two; three quarters of it are used */

struct dnsd_count {
	uint64_t hash;		/* 0: free */
	unsigned count;
};

/* Zeroed memory has counted nothing. */
struct dnsd_counts {
	struct dnsd_count *slots;
	size_t used, size;
	uint64_t total;
};

/* name as of zone_name.h, lower case; counts it for the type and for type 0. */
void dnsd_counts_add(struct dnsd_counts *counts, struct str name, unsigned type);
unsigned dnsd_counts_of(const struct dnsd_counts *counts, struct str name, unsigned type);
void dnsd_counts_release(struct dnsd_counts *counts);

#endif
