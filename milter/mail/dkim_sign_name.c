/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/mail/dkim_sign_name.h"

#include <errno.h>

#include "milter/mail/domain.h"

static const char middle[] = "._domainkey.";

static const char *problem_of(const struct dkim_sign_record_name *name)
{
	/* RFC 6376 3.1 and 3.5: both are made of the labels of host names */
	if (strchr(name->selector, '_') != NULL || strchr(name->domain, '_') != NULL)
		return "has an underscore in its selector or domain";
	return strchr(name->domain, '.') == NULL ? "ends in no domain with a dot" : NULL;
}

int dkim_sign_name_parse(struct arena *arena, struct str name, struct dkim_sign_record_name *ret_name, const char **ret_problem)
{
	struct dkim_sign_record_name parsed;
	const char *at;

	*ret_problem = "is no name of the DNS";
	if (domain_normalise(arena, name, &parsed.name) < 0)
		return -EINVAL;
	*ret_problem = "is not of the form SELECTOR._domainkey.DOMAIN";
	at = strstr(parsed.name, middle);
	if (at == NULL || at == parsed.name)
		return -EINVAL;
	parsed.selector = arena_strndup(arena, parsed.name, (size_t)(at - parsed.name));
	parsed.domain = at + strlen(middle);
	*ret_problem = problem_of(&parsed);
	if (*ret_problem != NULL)
		return -EINVAL;
	*ret_name = parsed;
	return 0;
}
