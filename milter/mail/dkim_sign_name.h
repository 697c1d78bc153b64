/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dkim_sign_name.h - "SELECTOR._domainkey.DOMAIN", under which the public half of a key is found (RFC 6376 3.6.2.1). */
#ifndef OCTROI_MAIL_DKIM_SIGN_NAME_H
#define OCTROI_MAIL_DKIM_SIGN_NAME_H

#include "milter/base/arena.h"
#include "milter/base/str.h"

struct dkim_sign_record_name {
	const char *name;	/* all normalised (domain.h), in arena */
	const char *selector;
	const char *domain;
};

/* Returns 0, or -EINVAL with *ret_problem a phrase that goes on after the name ("holds no \"._domainkey.\""), a constant. */
int dkim_sign_name_parse(struct arena *arena, struct str name, struct dkim_sign_record_name *ret_name, const char **ret_problem);

#endif
