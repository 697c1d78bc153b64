/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cleanup.h - what a function owns is released when its scope ends. */
#ifndef OCTROI_BASE_CLEANUP_H
#define OCTROI_BASE_CLEANUP_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(fn) __attribute__((cleanup(fn)))

/* Closes *fd unless it is negative; keeps errno. */
void close_fdp(int *fd);

/* Closes fd unless it is negative; returns -1, so that "fd = close_fd(fd)" forgets it. Keeps errno. */
int close_fd(int fd);

static inline void free_charp(char **p)
{
	free(*p);
}

static inline void fclose_filep(FILE **file)
{
	if (*file != NULL)
		(void)fclose(*file);
}

#endif
