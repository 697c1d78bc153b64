/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fresh_file.h - a small file that is replaced as a whole: whoever reads it finds the old one or the new one. */
#ifndef OCTROI_BASE_FRESH_FILE_H
#define OCTROI_BASE_FRESH_FILE_H

#include <stdio.h>

/* A new file beside path (its name and ".new", mode 0640), to be written to. One that a writer who died left there is removed: there must be
 * one writer at a time. Returns NULL with errno. */
FILE *fresh_file_open(const char *path);

/* Puts it in the place of path when all of it is on the disk; else removes it, and path stays as it was. file is closed in any case. Returns 0
 * or a negative errno. */
int fresh_file_replace(FILE *file, const char *path);

#endif
