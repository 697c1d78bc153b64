/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a browser would go for a URL. */
#include "t/unit/rows.h"

#include <stdlib.h>

#include "milter/unpack/url_host.h"

struct url_row {
	const char *name;
	enum url_place place;
	const char *url, *host;		/* NULL: none */
};

#define A URL_ATTRIBUTE
#define T URL_TEXT
#define M URL_MARKUP

static const struct url_row urls[] = {
	{ "plain", A, "http://www.example.com/x?y#z", "www.example.com" },
	{ "capitals", A, "HTTPS://WWW.Example.COM", "www.example.com" },
	{ "dot_at_the_end", A, "https://example.com./", "example.com" },
	{ "port", A, "https://example.com:8443/", "example.com" },
	{ "query_without_a_path", A, "https://example.com?a@b.example", "example.com" },
	{ "fragment_without_a_path", A, "https://example.com#@b.example", "example.com" },
	{ "user", A, "https://user:pw@example.com/", "example.com" },
	{ "user_that_looks_like_a_host", A, "https://www.bank.example@evil.example/", "evil.example" },
	{ "two_users", A, "https://a@b@evil.example/", "evil.example" },
	{ "backslash_ends_the_host", A, "https://evil.example\\@bank.example/", "evil.example" },
	{ "backslashes_for_slashes", A, "http:\\\\evil.example\\x", "evil.example" },
	{ "one_slash", A, "http:/evil.example/", "evil.example" },
	{ "no_slash", A, "https:evil.example/", "evil.example" },
	{ "many_slashes", A, "https://///evil.example/", "evil.example" },
	{ "without_a_scheme", A, "//evil.example/x", "evil.example" },
	{ "without_a_scheme_backslashes", A, "\\/evil.example/x", "evil.example" },
	{ "white_space_before_it", A, " \r\n\thttp://evil.example/", "evil.example" },
	{ "line_ends_and_tabs_inside", A, "ht\ntp://ev\til.exa\r\nmple/", "evil.example" },
	{ "percent_encoding", A, "http://%65vil%2eexample/", "evil.example" },
	{ "percent_that_is_none", A, "http://a%zz.evil.example/", "evil.example" },
	{ "references", A, "http&#58;//evil&#x2E;example&sol;x", "evil.example" },
	{ "references_without_semicolon", A, "http://evil&#46example/", "evil.example" },
	{ "named_references", A, "http&colon;&sol;&sol;evil&period;example", "evil.example" },
	{ "a_reference_to_no_character", A, "http://evil&#4294967342;example/", NULL },
	{ "references_are_no_end", A, "http://a&amp;b.evil.example/", "evil.example" },
	{ "soft_hyphen", A, "http://ev&shy;il.example/", "evil.example" },
	{ "zero_width", A, "http://ev\xe2\x80\x8bil.example/", "evil.example" },
	{ "U_labels", A, "http://b\xc3\xbc" "cher.example/", "xn--bcher-kva.example" },
	{ "ideographic_full_stop", A, "http://evil\xe3\x80\x82" "example/", "evil.example" },
	{ "full_width_letters", A, "http://\xef\xbd\x85vil.example/", "evil.example" },
	{ "address", A, "http://192.0.2.1/", "192.0.2.1" },
	{ "address_in_one_number", A, "http://3221225985/", "192.0.2.1" },
	{ "address_in_hexadecimal", A, "http://0xC0.0x00.0x02.0x01/", "192.0.2.1" },
	{ "address_in_one_hexadecimal_number", A, "http://0xc0000201/", "192.0.2.1" },
	{ "address_in_octal", A, "http://0300.0.02.01/", "192.0.2.1" },
	{ "address_in_two_numbers", A, "http://192.513/", "192.0.2.1" },
	{ "address_that_is_none", A, "http://256.1.1.1/", NULL },
	{ "address_that_is_too_large", A, "http://4294967296/", NULL },
	{ "IPv6", A, "http://[2001:DB8::1]:80/", "2001:db8::1" },
	{ "IPv6_mapped", A, "http://[::ffff:192.0.2.1]/", "192.0.2.1" },
	{ "IPv6_that_is_none", A, "http://[evil]/", NULL },
	{ "a_label_that_no_domain_has", A, "http://-a-.evil.example/", "evil.example" },
	{ "labels_that_no_domain_has", A, "http://a..b..evil.example/", "evil.example" },
	{ "underscore", A, "http://a_b.evil.example/", "a_b.evil.example" },
	{ "one_label", A, "http://localhost/", NULL },
	{ "relative", A, "/a/b.html", NULL },
	{ "relative_with_a_host_in_it", A, "a/http://evil.example/", NULL },
	{ "mail_address", A, "mailto:a@evil.example", NULL },
	{ "content_id", A, "cid:a@evil.example", NULL },
	{ "telephone", A, "tel:+123", NULL },
	{ "script", A, "javascript:location='http://evil.example'", NULL },
	{ "nothing", A, "", NULL },
	{ "scheme_alone", A, "http://", NULL },
	{ "text_ends_at_white_space", T, "http://evil.example now", "evil.example" },
	{ "text_ends_at_a_bracket", T, "http://evil.example>", "evil.example" },
	{ "text_with_a_full_stop", T, "http://evil.example.", "evil.example" },
	{ "text_with_an_exclamation_mark", T, "http://evil.example!", "evil.example" },
	{ "text_with_a_user", T, "http://bank.example@evil.example/", "evil.example" },
	{ "text_has_no_references", T, "http://evil.example&#46;x/", "evil.example" },
	{ "markup_has_references", M, "http://evil&#46;example/", "evil.example" },
	{ "markup_ends_at_a_reference_to_a_quote", M, "http://evil.example&quot;x", "evil.example" },
};

static void check_url(void **state)
{
	const struct url_row *row = *state;
	struct arena *arena = arena_new();
	const char *host;
	size_t used;

	host = url_host(arena, row->place, str_of(row->url), &used);
	assert_true(used <= strlen(row->url));
	if (row->host == NULL)
		assert_null(host);
	else
		assert_non_null(host);
	if (row->host != NULL)
		assert_string_equal(host, row->host);
	arena_free(arena);
}

static const struct url_row shown[] = {
	{ "shown_url", T, " https://www.bank.example/login ", "www.bank.example" },
	{ "shown_host", T, "www.bank.example", "www.bank.example" },
	{ "shown_domain", T, "bank.com", "bank.com" },
	{ "shown_domain_with_a_path", T, "bank.com/login", "bank.com" },
	{ "shown_address", T, "192.0.2.1", "192.0.2.1" },
	{ "shown_words", T, "Log in at bank.com", NULL },
	{ "shown_word", T, "Login", NULL },
	{ "shown_file", T, "invoice.pdf", NULL },
	{ "shown_mail_address", T, "info@bank.com", NULL },
	{ "shown_number", T, "1.5", NULL },
	{ "shown_sentence", T, "Yes.", NULL },
	{ "shown_nothing", T, "  ", NULL },
};

static void check_shown(void **state)
{
	const struct url_row *row = *state;
	struct arena *arena = arena_new();
	const char *host = url_host_shown(arena, str_of(row->url));

	if (row->host == NULL)
		assert_null(host);
	else
		assert_string_equal(host, row->host);
	arena_free(arena);
}

static void a_megabyte_of_anything_has_no_host(void **state)
{
	static const char bytes[] = "/\\:@%&.a[]#?\0 ";
	size_t len = 1 << 20;
	char *text = malloc(len);
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++) {
		memset(text, bytes[i], len);
		memcpy(text, "http://", 7);
		assert_null(url_host(arena, A, (struct str){ text, len }, NULL));
	}
	assert_true(arena_size_bytes(arena) < 1000000);
	free(text);
	arena_free(arena);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, urls, check_url);
	rows_add(&rows, shown, check_shown);
	rows_add_one(&rows, "a_megabyte_of_anything_has_no_host", a_megabyte_of_anything_has_no_host, NULL);
	return rows_run(&rows, "url_host");
}
