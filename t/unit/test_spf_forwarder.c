/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "t/unit/rows.h"

#include <errno.h>

#include "milter/base/cleanup.h"
#include "scanners/spf_forwarder.h"

static const struct row {
	const char *name, *received;
	const char *client, *helo;	/* NULL: it cannot be read */
} rows[] = {
	{ "postfix", " from mx.example (mail.example [203.0.113.7])\n\tby mx2.ours.example (Postfix) with ESMTP id 1", "203.0.113.7", "mx.example" },
	{ "postfix_without_a_name", " from mx.example (unknown [203.0.113.7]) by x", "203.0.113.7", "mx.example" },
	{ "postfix_ipv6", " from mx.example (mail.example [IPv6:2001:db8::7])\n\tby x", "2001:db8::7", "mx.example" },
	{ "postfix_with_tls", " from mx.example (m.example [203.0.113.7])\n\t(using TLSv1.3 with cipher X (256/256 bits))\n\tby x",
	  "203.0.113.7", "mx.example" },
	{ "folded_between", "from\n\tmx.example\n\t(mail.example [203.0.113.7])\n\tby x", "203.0.113.7", "mx.example" },
	{ "sendmail", " from mx.example (mail.example [203.0.113.7])\n\tby x (8.17.1/8.17.1) with ESMTP", "203.0.113.7", "mx.example" },
	{ "sendmail_may_be_forged", " from mx.example (mail.example [203.0.113.7] (may be forged))\n\tby x", "203.0.113.7", "mx.example" },
	{ "sendmail_without_a_name", " from mx.example ([203.0.113.7])\n\tby x", "203.0.113.7", "mx.example" },
	{ "sendmail_ident", " from mx.example (joe@mail.example [203.0.113.7])\n\tby x", "203.0.113.7", "mx.example" },
	{ "helo_literal", " from [198.51.100.1] (mail.example [203.0.113.7]) by x", "203.0.113.7", "[198.51.100.1]" },
	{ "helo_literal_ipv6", " from [IPv6:2001:db8::1] (mail.example [203.0.113.7]) by x", "203.0.113.7", "[IPv6:2001:db8::1]" },
	{ "ipv4_mapped", " from mx.example (x [IPv6:::ffff:203.0.113.7]) by x", "203.0.113.7", "mx.example" },
	{ "case_of_from", " FROM mx.example (x [203.0.113.7]) by x", "203.0.113.7", "mx.example" },
	{ "nothing_behind", "from mx.example (x [203.0.113.7])", "203.0.113.7", "mx.example" },
	{ "local_mail", " by mx2.ours.example (Postfix, from userid 0)\n\tid 1", NULL, NULL },
	{ "empty", "", NULL, NULL },
	{ "no_address", " from mx.example by x", NULL, NULL },
	{ "no_brackets", " from mx.example (mail.example 203.0.113.7) by x", NULL, NULL },
	{ "unknown_address", " from mx.example (unknown [unknown]) by x", NULL, NULL },
	{ "exim_of_a_client_without_a_name", " from [203.0.113.7] (helo=mx.example) by x", NULL, NULL },
	{ "two_words_before_the_address", " from mx.example (a b [203.0.113.7]) by x", NULL, NULL },
	{ "a_comment_before_the_address", " from mx.example (a (b) [203.0.113.7]) by x", NULL, NULL },
	{ "two_addresses", " from mx.example (a [198.51.100.1] [203.0.113.7]) by x", NULL, NULL },
	{ "helo_that_brings_a_comment", " from mx.example (a [198.51.100.1]) (b [203.0.113.7]) by x", NULL, NULL },
	{ "an_address_of_the_forwarder_itself", " from mx.example (a [203.0.113.7]) by x (x [192.0.2.26]) (amavisd-new)", "203.0.113.7",
	  "mx.example" },
	{ "helo_with_a_bracket", " from x[198.51.100.1] (b [203.0.113.7]) by x", NULL, NULL },
	{ "word_glued_to_the_address", " from mx.example (a[203.0.113.7]) by x", NULL, NULL },
	{ "something_glued_to_the_comment", " from mx.example (a [203.0.113.7])x by x", NULL, NULL },
	{ "comment_that_does_not_end", " from mx.example (a [203.0.113.7] by x", NULL, NULL },
	{ "address_that_does_not_end", " from mx.example (a [203.0.113.7 by x", NULL, NULL },
	{ "ipv6_without_its_tag", " from mx.example (a [2001:db8::7]) by x", NULL, NULL },
	{ "ipv4_with_the_tag", " from mx.example (a [IPv6:203.0.113.7]) by x", NULL, NULL },
	{ "leading_zero", " from mx.example (a [203.0.113.007]) by x", NULL, NULL },
	{ "address_too_long", " from mx.example (a [IPv6:00000000000000000000000000000000000000000000000000::1]) by x", NULL, NULL },
	{ "eight_bit_helo", " from m\xc3\xbc.example (a [203.0.113.7]) by x", NULL, NULL },
	{ "only_from", "from", NULL, NULL },
	{ "only_from_and_space", "from ", NULL, NULL },
};

static void check_row(void **state)
{
	const struct row *row = *state;
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct spf_forwarded forwarded;
	char text[IP_TEXT_MAX];
	int r = spf_forwarder_parse(arena, row->received, &forwarded);

	assert_int_equal(r, row->client == NULL ? -EINVAL : 0);
	if (r < 0)
		return;
	assert_string_equal(ip_format(&forwarded.client, text), row->client);
	assert_string_equal(forwarded.helo, row->helo);
}

static const struct conf_item items[] = { { "192.0.2.26", { 0 } } };

/* As many as there are: the last one tells. */
static void hops_are_bounded(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	const struct networks *trusted = networks_new(arena, &(struct conf_list){ items, 1, { 0 } });
	struct spf_forwarded forwarded;
	struct headers few = { 0 }, many = { 0 };

	(void)state;
	for (int i = 0; i < 30; i++) {
		if (i < 10)
			headers_add(arena, &few, "Received", " from a.example (b [192.0.2.26]) by x");
		headers_add(arena, &many, "Received", " from a.example (b [192.0.2.26]) by x");
	}
	headers_add(arena, &few, "Received", " from c.example (b [203.0.113.7]) by x");
	headers_add(arena, &many, "Received", " from c.example (b [203.0.113.7]) by x");
	assert_null(spf_forwarder_find(arena, &few, trusted, &forwarded));
	assert_string_equal(forwarded.helo, "c.example");
	assert_string_equal(spf_forwarder_find(arena, &many, trusted, &forwarded), "too many trusted forwarders");
}

int main(void)
{
	static struct rows tests;

	rows_add(&tests, rows, check_row);
	rows_add_one(&tests, "hops_are_bounded", hops_are_bounded, NULL);
	return rows_run(&tests, "spf_forwarder");
}
