/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/mail/dkim_sign_name.h"

#include "t/unit/rows.h"

struct name_row {
	const char *name;
	const char *in;
	const char *selector, *domain;	/* NULL: refused */
};

static const struct name_row name_rows[] = {
	{ "selector and domain", "s2026._domainkey.example.com", "s2026", "example.com" },
	{ "case and a trailing dot do not count", "S2026._DomainKey.Example.COM.", "s2026", "example.com" },
	{ "a selector with dots", "a.b._domainkey.example.com", "a.b", "example.com" },
	{ "a selector of digits", "2026._domainkey.example.com", "2026", "example.com" },
	{ "a U-label", "s._domainkey.b\xc3\xbc" "cher.example", "s", "xn--bcher-kva.example" },
	{ "no selector", "_domainkey.example.com", NULL, NULL },
	{ "an empty selector", "._domainkey.example.com", NULL, NULL },
	{ "no domain", "s._domainkey", NULL, NULL },
	{ "a top-level domain (DNS-09)", "s._domainkey.com", NULL, NULL },
	{ "no _domainkey", "s.example.com", NULL, NULL },
	{ "an underscore in the selector (HDR-05)", "s_1._domainkey.example.com", NULL, NULL },
	{ "an underscore in the domain (HDR-05)", "s._domainkey.my_host.example.com", NULL, NULL },
	{ "twice", "s._domainkey.x._domainkey.example.com", NULL, NULL },
	{ "a path", "../s._domainkey.example.com", NULL, NULL },
	{ "a semicolon", "s;x._domainkey.example.com", NULL, NULL },
	{ "nothing", "", NULL, NULL },
};

static void check_name(void **state)
{
	const struct name_row *row = *state;
	struct arena *arena = arena_new();
	struct dkim_sign_record_name name;
	const char *problem = NULL;
	int r = dkim_sign_name_parse(arena, str_of(row->in), &name, &problem);

	if (row->selector == NULL) {
		assert_true(r < 0);
		assert_non_null(problem);
	} else {
		assert_int_equal(r, 0);
		assert_string_equal(name.selector, row->selector);
		assert_string_equal(name.domain, row->domain);
	}
	arena_free(arena);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, name_rows, check_name);
	return rows_run(&rows, "dkim_sign_name");
}
