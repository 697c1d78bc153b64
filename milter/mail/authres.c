/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/mail/authres.h"

#include "milter/mail/domain.h"
#include "milter/mail/lex.h"

enum { ID_MAX = 4 * DOMAIN_MAX };

/* Bytes of a token of RFC 2045 5.1; UTF-8 is part of it (RFC 8601 5, RFC 8616). */
static size_t token_length(struct str s)
{
	size_t len = 0;

	while (len < s.len && !ascii_is_control(s.p[len]) && strchr(" ()<>@,;:\\\"/[]?=", s.p[len]) == NULL)
		len++;
	return len;
}

/* Takes the authserv-id, a token or a quoted string, off *rest; buffer holds what is quoted. */
static bool take_id(struct str *rest, char buffer[ID_MAX], struct str *ret_id)
{
	bool quoted = rest->len > 0 && rest->p[0] == '"';
	size_t len = quoted ? lex_quoted(*rest) : token_length(*rest);

	*ret_id = (struct str){ rest->p, len };
	if (len > 0 && quoted)
		*ret_id = (struct str){ buffer, lex_unquote(*ret_id, buffer, ID_MAX) };
	*rest = lex_skip(*rest, len);
	return len > 0 && ret_id->len < ID_MAX;
}

/* What may stand behind the authserv-id: a version (with a slash, as old software writes it), then the results. */
static bool is_followed_well(struct str rest)
{
	if (!lex_skip_cfws(&rest))
		return false;
	if (rest.len > 0 && rest.p[0] == '/')
		rest = lex_skip(rest, 1);
	while (rest.len > 0 && ascii_is_digit(rest.p[0]))
		rest = lex_skip(rest, 1);
	return lex_skip_cfws(&rest) && (rest.len == 0 || rest.p[0] == ';');
}

bool authres_claims(struct arena *arena, struct str value, const char *authserv_id)
{
	char buffer[ID_MAX];
	const char *domain;
	struct str id;

	if (!lex_is_clean(value) || !lex_skip_cfws(&value) || !take_id(&value, buffer, &id))
		return true;
	if (domain_normalise(arena, id, &domain) < 0 || strcmp(domain, authserv_id) == 0)
		return true;
	return !is_followed_well(value);
}
