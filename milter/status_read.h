/* SPDX-License-Identifier: GPL-2.0-or-later */
/* status_read.h - what filters said about themselves (status.h), as octroi status finds it. */
#ifndef OCTROI_STATUS_READ_H
#define OCTROI_STATUS_READ_H

#include <jansson.h>
#include <stdint.h>

/* An array of their objects in directory, the one that serves first, each with these added: "age_ms" since it was written; "state": "serving",
 * "draining" (is being put aside), "silent" (its process is there and has not written for STATUS_STALE_MS) or "ended". A file that is none of
 * ours is left out. A new reference, or NULL with errno when the directory cannot be read. */
json_t *status_read(const char *directory, int64_t now_ms);

#endif
