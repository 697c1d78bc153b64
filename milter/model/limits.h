/* SPDX-License-Identifier: GPL-2.0-or-later */
/* limits.h - section "limits": how much of a message is taken in. Facts are cut to these where they arrive. */
#ifndef OCTROI_MODEL_LIMITS_H
#define OCTROI_MODEL_LIMITS_H

#include "milter/model/message.h"
#include "milter/model/rule.h"

struct limits {
	uint64_t message_size;		/* bytes of header and body */
	uint64_t header_size;		/* bytes of all fields */
	uint64_t header_count;
	uint64_t recipients;
	uint64_t spool;			/* bytes of all messages in flight */
	struct rule on_oversize;
	struct rule on_header;
};

extern const struct option_section limits_section;

/* Is there room for one more field? When there is not, message->headers_too_large says so from now on. */
bool limits_allow_field(const struct limits *limits, struct message *message);

#endif
