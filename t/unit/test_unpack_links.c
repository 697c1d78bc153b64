/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which hosts a text or HTML leads to, and which of them hide behind another. */
#include "t/unit/rows.h"

#include <stdlib.h>

#include "milter/unpack/charset.h"
#include "milter/unpack/handlers.h"

/* In the place of unpack.c: what was found, as "host", "host<shown", joined with spaces. */
static char found[100000];
static bool wanted = true;
static unsigned links;

bool unpack_wants_links(const struct unpack *unpack)
{
	(void)unpack;
	return wanted;
}

bool unpack_stopped(const struct unpack *unpack)
{
	(void)unpack;
	return false;
}

void unpack_link(struct unpack *unpack, struct str host, struct str shown)
{
	size_t len = strlen(found);

	(void)unpack;
	links++;
	(void)snprintf(found + len, sizeof(found) - len, "%s%.*s%s%.*s", len == 0 ? "" : " ", (int)host.len, host.p, shown.len == 0 ? "" : "<",
		       (int)shown.len, shown.p);
}

enum filetype content_type(const struct content *content)
{
	(void)content;
	return FILETYPE_TEXT;
}

bool charset_hides_ascii(struct str charset)
{
	return str_equal(charset, STR("utf-16"));
}

bool charset_to_utf8(struct arena *arena, struct str charset, struct str in, size_t max_bytes, struct str *ret_text)
{
	char *text = arena_alloc(arena, in.len);
	size_t len = 0;

	(void)charset, (void)max_bytes;
	for (size_t i = 0; i < in.len; i++)
		if (in.p[i] != '\0' && (unsigned char)in.p[i] < 0x80)
			text[len++] = in.p[i];
	*ret_text = (struct str){ text, len };
	return true;
}

struct link_row {
	const char *name;
	bool is_html;
	const char *text, *hosts;
};

static const struct link_row rows_of_links[] = {
	{ "text", false, "See http://a.example/x, (https://b.example) and www.c.example.\nftp://d.example", "a.example b.example www.c.example d.example" },
	{ "text_without_any", false, "nothing here: http, https:, www. ", "" },
	{ "text_with_words_before", false, "xhttp://a.example awww.b.example user@www.c.example", "a.example" },
	{ "text_one_after_the_other", false, "http://a.examplehttp://b.example", "a.examplehttp" },
	{ "text_is_no_HTML", false, "<a href=x>http://a&#46;example</a>", "" },
	{ "link", true, "<a href=\"http://a.example/\">here</a>", "a.example" },
	{ "link_unquoted", true, "<A HREF=http://a.example/x>here</A>", "a.example" },
	{ "link_in_single_quotes", true, "<a class='x>y' href='http://a.example/'>here</a>", "a.example" },
	{ "link_with_spaces_and_line_ends", true, "<a\n href\n =\n \" http://a.\nexample/\"\n>here</a\n>", "a.example" },
	{ "link_after_slashes", true, "<a/href=http://a.example/>", "a.example" },
	{ "link_with_references", true, "<a href=\"&#104;ttp&#58;&#47;&#47;a&period;example\">x</a>", "a.example" },
	{ "link_that_is_not_closed", true, "<a href=http://a.example>here", "a.example" },
	{ "link_in_a_tag_that_is_not_closed", true, "<a href=http://a.example", "a.example" },
	{ "link_in_quotes_that_are_not_closed", true, "<a href=\"http://a.example", "a.example" },
	{ "two_links", true, "<a href=http://a.example><a href=http://b.example>", "a.example b.example" },
	{ "all_that_loads_or_leads", true,
	  "<img src=//a.example/x><form action=http://b.example><button formaction=http://c.example><base href=http://d.example>"
	  "<body background=http://e.example><area href=http://f.example>",
	  "a.example b.example c.example d.example e.example f.example" },
	{ "style_and_refresh", true, "<p style=\"background:url(http://a.example/x)\"><meta content=\"0;url=http://b.example/\">",
	  "a.example b.example" },
	{ "script", true, "<script>location=\"http://a.example/\"</script>", "a.example" },
	{ "text_in_HTML", true, "see http://a.example/<br>www.b&#46;example", "a.example www.b.example" },
	{ "comment", true, "<!-- <a href=http://a.example> --><a href=http://b.example>", "b.example" },
	{ "comment_that_does_not_end", true, "<!-- <a href=http://a.example>", "a.example" },
	{ "comment_for_one_program", true, "<!--[if mso]><a href=http://a.example>x</a><![endif]-->", "a.example" },
	{ "declarations", true, "<!DOCTYPE html PUBLIC \"x\" \"http://w.example/\"><?xml x?><a href=http://b.example>", "b.example" },
	{ "closing_tags_have_no_links", true, "</a href=http://a.example>", "" },
	{ "mail_addresses_and_parts", true, "<a href=mailto:a@a.example><img src=cid:b@b.example><a href=#c>", "" },
	{ "shown_host", true, "<a href=http://evil.example/>www.bank.example</a>", "www.bank.example evil.example<www.bank.example" },
	{ "shown_url_with_tags_in_it", true, "<a href=http://evil.example/><b>https:</b>//bank.ex<i>ample/login</i></a>", "evil.example<bank.example" },
	{ "shown_domain", true, "<a href=http://evil.example/>Bank.com</a>", "evil.example<bank.com" },
	{ "shown_with_references", true, "<a href=http://evil.example/>bank&#46;com</a>", "evil.example<bank.com" },
	{ "shown_host_above", true, "<a href=http://www.bank.example/>bank.example</a>", "www.bank.example" },
	{ "shown_host_below", true, "<a href=http://bank.example/>www.bank.example/x</a>", "www.bank.example bank.example" },
	{ "shown_words", true, "<a href=http://evil.example/>Log in at bank.com</a>", "evil.example" },
	{ "shown_file", true, "<a href=http://a.example/>invoice.pdf</a>", "a.example" },
	{ "shown_by_an_address", true, "<a href=http://3221225985/>bank.com</a>", "192.0.2.1<bank.com" },
	{ "text_outside_of_the_link", true, "bank.com <a href=http://evil.example/></a> bank.com", "evil.example" },
};

static void look(bool is_html, const char *charset, struct str text)
{
	const struct item item = { .bytes = text, .media_type = is_html ? STR("text/html") : STR("text/plain"), .charset = str_of(charset) };

	found[0] = '\0';
	links = 0;
	links_unpack(NULL, &item);
}

static void check_links(void **state)
{
	const struct link_row *row = *state;
	size_t len = strlen(row->text);
	char *copy = malloc(len + 1);	/* so that a look beyond the end is seen */

	memcpy(copy, row->text, len);
	look(row->is_html, "", (struct str){ copy, len });
	assert_string_equal(found, row->hosts);
	free(copy);
}

static void nobody_asks_nobody_looks(void **state)
{
	(void)state;
	wanted = false;
	look(true, "", STR("<a href=http://a.example>"));
	wanted = true;
	assert_string_equal(found, "");
}

static void wide_characters_MIME_24(void **state)
{
	(void)state;
	look(true, "utf-16", STR("<\0a\0 \0h\0r\0e\0f\0=\0h\0t\0t\0p\0:\0/\0/\0a\0.\0b\0c\0>\0"));
	assert_non_null(strstr(found, "a.bc"));
	look(false, "", STR("\xff\xfeh\0t\0t\0p\0:\0/\0/\0a\0.\0b\0c\0"));
	assert_non_null(strstr(found, "a.bc"));
}

/* RES-04: whatever stands in it ten million times; a quadratic look at it would take hours. */
static void ten_megabytes_of_anything_RES_04(void **state)
{
	static const char *const units[] = {
		"<", ">", "<!--", "<!", "<a ", "<a href=", "<a href='", "</", "&", "&#", "&#x", "\"", "http:/", "http://", "http://a.b ", "www.", "w",
		"h", "<a href=http://a.b>", "<a href=http://a.b>x", "--", "%", "@", "http://@", "\\", "=", "\0", "&#00000000000", "<a b=\"http://",
		"<!--[if", "http://a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.-/ ",
	};
	size_t len = 10000000;
	char *text = malloc(len);

	(void)state;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		size_t unit = strlen(units[i]) == 0 ? 1 : strlen(units[i]);

		for (size_t k = 0; k < len; k++)
			text[k] = units[i][k % unit];
		for (int html = 0; html < 2; html++) {
			look(html != 0, "", (struct str){ text, len });
			assert_true(links <= 5000);
		}
	}
	free(text);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, rows_of_links, check_links);
	rows_add_one(&rows, "nobody_asks_nobody_looks", nobody_asks_nobody_looks, NULL);
	rows_add_one(&rows, "wide_characters_MIME_24", wide_characters_MIME_24, NULL);
	rows_add_one(&rows, "ten_megabytes_of_anything_RES_04", ten_megabytes_of_anything_RES_04, NULL);
	return rows_run(&rows, "unpack_links");
}
