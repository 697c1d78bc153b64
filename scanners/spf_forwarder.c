/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/spf_forwarder.h"

#include <errno.h>

enum { HOPS_MAX = 20, HELO_MAX = 255 };

static bool is_word_byte(char c)
{
	return c > ' ' && c < 0x7f && strchr("()[]<>\";,\\", c) == NULL;
}

/* A word of which no part could be taken for what follows it: "mx.example", "unknown". Empty when there is none. */
static struct str take_word(struct str *in)
{
	struct str word = { in->p, 0 };

	while (word.len < in->len && is_word_byte(in->p[word.len]))
		word.len++;
	*in = (struct str){ in->p + word.len, in->len - word.len };
	return word;
}

static bool take(struct str *in, const char *token)
{
	struct str prefix = str_of(token);

	if (in->len < prefix.len || !str_equal_nocase((struct str){ in->p, prefix.len }, prefix))
		return false;
	*in = (struct str){ in->p + prefix.len, in->len - prefix.len };
	return true;
}

static bool take_spaces(struct str *in)
{
	size_t before = in->len;

	while (in->len > 0 && (in->p[0] == ' ' || in->p[0] == '\t'))
		*in = (struct str){ in->p + 1, in->len - 1 };
	return in->len < before;
}

/* "[192.0.2.1]" or "[IPv6:2001:db8::1]" */
static bool take_address(struct str *in, struct ip *ret_ip)
{
	struct str inside = *in;
	char text[IP_TEXT_MAX];
	const char *end;
	size_t len;
	bool v6;

	if (!take(&inside, "["))
		return false;
	v6 = take(&inside, "IPv6:");
	end = memchr(inside.p, ']', inside.len);
	len = end == NULL ? 0 : (size_t)(end - inside.p);
	if (len == 0 || len >= sizeof(text) || memchr(inside.p, '\0', len) != NULL)
		return false;
	memcpy(text, inside.p, len);
	text[len] = '\0';
	*in = (struct str){ end + 1, inside.len - len - 1 };
	return (strchr(text, ':') != NULL) == v6 && ip_parse(text, ret_ip) == 0;
}

/* A name, or an address literal, which says nothing about who the client is. */
static struct str take_helo(struct str *in)
{
	struct str literal = *in;
	struct ip ip;

	if (take_address(in, &ip))
		return (struct str){ literal.p, literal.len - in->len };
	return take_word(in);
}

/* What follows up to "by" is the MTA's and the certificate's: another address there would mean that we were shown the wrong one. */
static bool ends_well(struct str in)
{
	if (in.len > 0 && in.p[0] != ' ' && in.p[0] != '\t')
		return false;
	for (; in.len > 0 && !str_has_prefix(in, STR(" by ")); in = (struct str){ in.p + 1, in.len - 1 })
		if (in.p[0] == '[')
			return false;
	return true;
}

int spf_forwarder_parse(struct arena *arena, const char *received, struct spf_forwarded *ret_forwarded)
{
	struct str in = str_of(header_unfold(arena, received)), helo;
	struct ip client;

	if (!take(&in, "from") || !take_spaces(&in))
		return -EINVAL;
	helo = take_helo(&in);
	if (helo.len == 0 || helo.len > HELO_MAX || !take_spaces(&in) || !take(&in, "("))
		return -EINVAL;
	if (take_word(&in).len > 0 && !take_spaces(&in))
		return -EINVAL;
	if (!take_address(&in, &client))
		return -EINVAL;
	(void)take(&in, " (may be forged)");	/* Sendmail, of the name */
	if (!take(&in, ")") || !ends_well(in))
		return -EINVAL;
	*ret_forwarded = (struct spf_forwarded){ client, arena_strndup(arena, helo.p, helo.len) };
	return 0;
}

const char *spf_forwarder_find(struct arena *arena, const struct headers *headers, const struct networks *trusted,
			       struct spf_forwarded *ret_forwarded)
{
	size_t position = 0;

	for (unsigned hop = 0; hop < HOPS_MAX; hop++) {
		const struct header *received = headers_next(headers, "Received", &position);

		if (received == NULL)
			return "no Received field names a client that is not ours";
		if (spf_forwarder_parse(arena, received->value, ret_forwarded) < 0)
			return "the Received field of a trusted forwarder cannot be read";
		if (networks_find(trusted, &ret_forwarded->client) == NULL && !ip_is_loopback(&ret_forwarded->client))
			return NULL;
	}
	return "too many trusted forwarders";
}
