/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nearest.h - "did you mean": the known name that is closest to what was written. */
#ifndef OCTROI_CONF_NEAREST_H
#define OCTROI_CONF_NEAREST_H

/* The name of candidates (NULL at its end) nearest to name, or NULL when none is near enough to be meant. */
const char *nearest_name(const char *name, const char *const *candidates);

#endif
