/* SPDX-License-Identifier: GPL-2.0-or-later */
/* smtp_write.h - the talking half of an SMTP client. */
#ifndef OCTROI_SMTP_WRITE_H
#define OCTROI_SMTP_WRITE_H

#include <stddef.h>

#include "milter/smtp_client.h"

/* Sends one line; its end is added. Returns 0, -EINVAL when it holds CR or LF or is too long, or -errno when the connection is gone or takes
 * nothing (-ETIMEDOUT). */
int smtp_write_line(struct smtp_client *client, const char *line);

/* Sends bytes as they are. */
int smtp_write_bytes(struct smtp_client *client, const char *bytes, size_t len);

/* A line and its reply. A reply that lies there before the line was sent is -EPROTO. */
int smtp_ask(struct smtp_client *client, const char *line, struct smtp_reply *ret_reply);

#endif
