/* SPDX-License-Identifier: GPL-2.0-or-later */
/* antivirus_scratch.h - whether temporary files can be had, asked before a scan depends on it. */
#ifndef OCTROI_SCANNERS_ANTIVIRUS_SCRATCH_H
#define OCTROI_SCANNERS_ANTIVIRUS_SCRATCH_H

#include <stdint.h>

/* The longest name of a directory, with its NUL. */
#define ANTIVIRUS_SCRATCH_MAX 256

/* Makes a file, writes to it and removes it. Returns 0 or a negative errno. */
int antivirus_scratch_probe(const char *scratch);

/* Returns 0, -ENOSPC when fewer than bytes are free, or another negative errno. */
int antivirus_scratch_measure(const char *scratch, uint64_t bytes);

#endif
