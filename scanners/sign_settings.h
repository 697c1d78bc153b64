/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sign_settings.h - section sign of milter.conf. */
#ifndef OCTROI_SCANNERS_SIGN_SETTINGS_H
#define OCTROI_SCANNERS_SIGN_SETTINGS_H

#include "conf/conf.h"
#include "milter/mail/dkim_sign.h"
#include "milter/model/message.h"
#include "milter/model/rule.h"

struct sign_settings {
	bool enabled;
	struct conf_list directions;
	struct conf_list headers, oversign;
	uint64_t expire_ms;		/* 0: never */
	struct rule on_unsigned, on_error;
};

struct sign_key_settings {
	const char *title;		/* name of the record: "s2026._domainkey.example.com" */
	const char *file;
	bool subdomains;
};

extern const struct option_section sign_section, sign_key_section;

/* Is mail to be signed: switched on, with at least one key? */
bool sign_settings_active(const struct conf *conf);

bool sign_settings_in(const struct sign_settings *settings, enum direction direction);

/* What headers and oversign come to; From is always there. Lives in arena. */
const struct dkim_sign_name *sign_settings_names(struct arena *arena, const struct sign_settings *settings, size_t *ret_len);

#endif
