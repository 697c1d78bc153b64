/* SPDX-License-Identifier: GPL-2.0-or-later */
/* scratch.h - the private directories of examiners: BASE/examiner-PID, mode 0700.
 *
 * What is in them was written by hostile hands: nothing here follows a symbolic link or trusts a depth. */
#ifndef OCTROI_ISOLATE_SCRATCH_H
#define OCTROI_ISOLATE_SCRATCH_H

#include <stddef.h>
#include <sys/types.h>

/* Makes base if it is missing (its parent must exist) and removes the directories of examiners that are no more.
 * Returns 0 or a negative errno, -EPERM for a directory that is another user's or open to others. */
int scratch_open_base(const char *base);

/* Writes the path of pid's directory. Returns 0 or -ENAMETOOLONG. */
int scratch_path(const char *base, pid_t pid, char *ret_path, size_t size);

/* Makes the empty directory path; what a dead process of the same number left there goes. */
int scratch_make(const char *base, const char *path);

/* Removes what is in path (a directory that is not there is empty). Returns 0 or a negative errno. */
int scratch_empty(const char *path);

/* Removes the directory of pid and all in it. */
void scratch_remove(const char *base, pid_t pid);

#endif
