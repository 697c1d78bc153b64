/* SPDX-License-Identifier: GPL-2.0-or-later */
/* prepare.h - what must be opened while the system's files can still be read: called in the zygote (what is loaded there is shared by all
 * examiners), by tests and by fuzz targets before anything else of this room. Calling one twice does nothing more. */
#ifndef OCTROI_UNPACK_PREPARE_H
#define OCTROI_UNPACK_PREPARE_H

#define UNPACK_PROBLEM_MAX 128

/* Each returns 0, or a negative errno with a phrase in problem. */
int magic_prepare(char problem[UNPACK_PROBLEM_MAX]);		/* libmagic and its database (magic.c) */
int charset_prepare(char problem[UNPACK_PROBLEM_MAX]);		/* the converters of the charsets that mail uses (charset.c) */
int gmime_prepare(char problem[UNPACK_PROBLEM_MAX]);		/* gmime_reading.c */
int archive_prepare(char problem[UNPACK_PROBLEM_MAX]);		/* archive.c */

/* All of them (handlers.c). */
int unpack_prepare(char problem[UNPACK_PROBLEM_MAX]);

#endif
