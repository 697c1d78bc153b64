/* SPDX-License-Identifier: GPL-2.0-or-later */
/* proctitle.h - what ps(1) shows for a process of ours. */
#ifndef OCTROI_BASE_PROCTITLE_H
#define OCTROI_BASE_PROCTITLE_H

/* Finds the room of the arguments and the environment (which moves elsewhere: pointers from getenv(3) stay valid).
 * Once, while there is one thread. Where there is no /proc, titles stay as they are. */
void proctitle_init(void);

/* Replaces the command line; cut where the room ends. After fork the child has a room of its own. */
void proctitle_set(const char *title);

#endif
