/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whatever stands in an event: the mail stays a mail, of ASCII, with our header fields alone. */
#include "milter/alert_mail.h"

#include "t/unit/rows.h"

static const struct row {
	const char *name;
	const char *event, *about, *text, *more;
	const char *wanted;		/* is in it */
	const char *unwanted;		/* is not; NULL: anything may be */
} rows[] = {
	{ "date_in_UTC", "hold", "login:bob", "x", "", "Date: Tue, 14 Nov 2023 22:13:20 +0000\n", NULL },
	{ "subject", "hold", "login:bob", "x", "", "\nSubject: [octroi] hold: login:bob\n", NULL },
	{ "nothing_answers_it", "hold", "login:bob", "x", "", "\nAuto-Submitted: auto-generated\n", NULL },
	{ "its_own_id", "hold", "login:bob", "x", "", "\nMessage-ID: <octroi.7K3F-QX2M.1700000000000@gw.ours.example>\n", NULL },
	{ "what_to_do", "hold", "login:bob", "x", "", "\n    octroi free bob ", NULL },
	{ "what_to_do_about_a_network", "hold", "client:2001:db8::/64", "x", "", "\n    octroi free ADDRESS ", NULL },
	{ "a_header_field_in_the_name", "hold", "login:bob\r\nBcc: all@ours.example", "x", "", "login:bob\\x0d\\x0aBcc: all@ours.example", "\nBcc" },
	{ "a_header_field_in_the_text", "hold", "login:bob", "x\n\nBcc: all@ours.example\n.\n", "", "x\\x0a\\x0aBcc", "\nBcc" },
	{ "other_bytes", "hold", "login:j\xc3\xb6rg\x1b[2J", "x\x80\xff", "", "login:j\\xc3\\xb6rg\\x1b[2J", "\x1b" },
	{ "a_command_in_the_name", "hold", "login:bob; rm -rf ~", "x", "", "octroi free LOGIN ", "octroi free bob" },
	{ "an_option_as_the_name", "hold", "login:--config=x", "x", "", "octroi free LOGIN ", "octroi free --" },
	{ "lines_that_follow", "listed", "address:192.0.2.1", "x", "Out of line:\n  login:bob\n    why\n", "\nOut of line:\n  login:bob\n    why\n", NULL },
	{ "a_long_line_is_broken", "hold", "login:bob",
	  "212 recipients in 9 minutes, usual 14 an hour, 198 new domains, 41 bounces, and two networks from which nobody ever came before", "",
	  "\n212 recipients in 9 minutes, usual 14 an hour, 198 new domains, 41 bounces,\nand two networks", NULL },
	{ "an_indented_line_is_broken", "listed", "address:192.0.2.1", "x",
	  "    212 recipients in 9 minutes, usual 14 an hour, 198 new domains, 41 bounces, and two\n",
	  "\n    212 recipients in 9 minutes, usual 14 an hour, 198 new domains, 41\n    bounces, and two\n", NULL },
	{ "what_does_not_work", "degraded", "journal", "No space left", "", "\n    octroi status\n", "octroi free" },
};

static const char *compose(struct arena *arena, const char *event, const char *about, const char *text, const char *more)
{
	return alert_mail(arena, &(struct alert_facts){
		.id = "7K3F-QX2M", .event = event, .about = about, .text = text, .time_ms = 1700000000000, .host = "gw.ours.example",
		.from = "octroi@gw.ours.example", .to = "admin@ours.example", .more = more,
	});
}

static void check_shape(const char *mail)
{
	size_t column = 0;

	for (const char *p = mail; *p != '\0'; p++) {
		assert_true(*p == '\n' || (*p >= ' ' && *p <= '~'));
		column = *p == '\n' ? 0 : column + 1;
		assert_true(column < 998);
	}
	assert_non_null(strstr(mail, "\n\n"));
}

static void check_row(void **state)
{
	const struct row *row = *state;
	struct arena *arena = arena_new();
	const char *mail = compose(arena, row->event, row->about, row->text, row->more);

	check_shape(mail);
	if (strstr(mail, row->wanted) == NULL)
		fail_msg("no \"%s\" in\n%s", row->wanted, mail);
	if (row->unwanted != NULL && strstr(mail, row->unwanted) != NULL)
		fail_msg("\"%s\" in\n%s", row->unwanted, mail);
	arena_free(arena);
}

/* A megabyte of each is cut, and what is left has lines that mail may have. */
static void long_texts(void **state)
{
	static const char bytes[] = { 'x', ' ', '\n', '\xff', '.' };
	static char text[1 << 20];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++) {
		struct arena *arena = arena_new();
		const char *mail;

		memset(text, bytes[i], sizeof(text) - 1);
		mail = compose(arena, "hold", text, text, text);
		check_shape(mail);
		assert_true(strlen(mail) < 300000);
		arena_free(arena);
	}
}

int main(void)
{
	static struct rows table;

	rows_add(&table, rows, check_row);
	rows_add_one(&table, "long_texts", long_texts, NULL);
	return rows_run(&table, "alert_mail");
}
