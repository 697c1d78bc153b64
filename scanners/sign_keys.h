/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sign_keys.h - the keys that milter.conf names, loaded once, found by the author's domain. */
#ifndef OCTROI_SCANNERS_SIGN_KEYS_H
#define OCTROI_SCANNERS_SIGN_KEYS_H

#include "conf/conf.h"
#include "milter/mail/dkim_sign_key.h"
#include "milter/mail/dkim_sign_name.h"

struct sign_key {
	struct dkim_sign_record_name record;
	bool subdomains;
	struct dkim_sign_key *key;
};

/* Some of them, of one domain, side by side. */
struct sign_keys {
	const struct sign_key *items;	/* sorted by domain, RSA first */
	size_t len;
};

/* The keys live until arena is released. Returns 0, or a negative errno with a problem that names the key. */
int sign_keys_load(struct arena *arena, const struct conf *conf, struct sign_keys *ret_keys, char problem[CONF_PROBLEM_MAX]);

/* Those that sign for an author's domain: its own, or those of the nearest domain above that is open to names below. None: len
 * 0. */
struct sign_keys sign_keys_find(const struct sign_keys *keys, const char *domain);

#endif
