/* SPDX-License-Identifier: GPL-2.0-or-later */
/* doctor_output.h - what another program prints, and what stands in a file: bounded in size and in time. */
#ifndef OCTROI_DOCTOR_OUTPUT_H
#define OCTROI_DOCTOR_OUTPUT_H

#include "milter/base/arena.h"

/* Runs argv (found in the directories of the system and in PATH), without a shell and with an empty standard input. WAITS, 20 s at the most.
 * Returns 0 when it ended with 0; else a negative errno with a sentence in *ret_problem. The texts are complete, or it is an error. */
int doctor_output(struct arena *arena, const char *const *argv, const char **ret_out, const char **ret_err, const char **ret_problem);

/* A regular file of at most 1 MiB without NUL. NULL when it cannot be read so, with errno set. */
const char *doctor_file(struct arena *arena, const char *path);

#endif
