/* SPDX-License-Identifier: GPL-2.0-or-later */
/* attachment_settings.h - section attachment of milter.conf, and its sections rule "title". */
#ifndef OCTROI_SCANNERS_ATTACHMENT_SETTINGS_H
#define OCTROI_SCANNERS_ATTACHMENT_SETTINGS_H

#include "milter/model/rule.h"

/* Words of filetype_read_word: outside of archives, and in them. */
struct attachment_lists {
	struct conf_list deny, allow;
	struct conf_list deny_in_archives, allow_in_archives;
};

struct attachment_settings {
	bool enabled;
	struct attachment_lists lists;
	struct rule on_denied, on_encrypted, on_mismatch, on_active_content, on_unscannable;
};

struct attachment_rule_settings {
	const char *title;
	struct conf_list recipients, senders, directions;
	struct attachment_lists lists;
};

extern const struct option_section attachment_section, attachment_rule_section;

/* Bits 1 << DIRECTION_... of a list of them; all of them for an empty one. */
unsigned attachment_settings_directions(const struct conf_list *list);

#endif
