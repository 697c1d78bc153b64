/* SPDX-License-Identifier: GPL-2.0-or-later */
/* doctor_database.h - how old the signatures of ClamAV are, by the first line of their files. */
#ifndef OCTROI_DOCTOR_DATABASE_H
#define OCTROI_DOCTOR_DATABASE_H

#include <stdint.h>

/* "ClamAV-VDB:07 Nov 2023 04-29 -0500:27086:..." as seconds since 1970, UINT64_MAX when it is none. */
uint64_t clamav_built_at(const char *header);

/* The newest of NAME.cvd, .cld, .cud in a directory: 0: there is none; UINT64_MAX: there is one, which cannot be read. */
uint64_t clamav_newest(const char *directory, const char *name);

#endif
