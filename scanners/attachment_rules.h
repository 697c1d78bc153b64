/* SPDX-License-Identifier: GPL-2.0-or-later */
/* attachment_rules.h - which lists of words hold for a message. */
#ifndef OCTROI_SCANNERS_ATTACHMENT_RULES_H
#define OCTROI_SCANNERS_ATTACHMENT_RULES_H

#include "conf/conf.h"
#include "milter/model/message.h"
#include "scanners/attachment_words.h"

/* The lists of the section attachment (title "") or of a section rule in it. */
struct attachment_policy {
	const char *title;
	struct attachment_pair outside, inside;		/* of archives */
};

struct attachment_rules;

/* Lives in arena, read-only. */
struct attachment_rules *attachment_rules_new(struct arena *arena, const struct conf *conf);

/* The policies of all recipients, each once; an array in arena. All of them must be satisfied. */
size_t attachment_rules_for(const struct attachment_rules *rules, const struct message *message, struct arena *arena,
			    const struct attachment_policy ***ret_policies);

#endif
