/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/quarantine_print.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "milter/base/str.h"
#include "milter/model/scanner.h"
#include "t/lib/spool_bench.h"
#include "t/unit/rows.h"

const struct scanner *const scanners[] = { NULL };

#define EVIL "\x1b]0;x\a\r\x9b" "2J\xe2\x80\xae\x01\x7f"

static const struct show *new_show(void)
{
	static struct show show;

	show = (struct show){ .arena = arena_new(), .columns = 160 };
	return &show;
}

/* Letters, spaces and line ends alone get to a terminal. */
static void assert_harmless(const char *text)
{
	for (const char *p = text; *p != '\0'; p++)
		assert_true(*p == '\n' || ((unsigned char)*p >= ' ' && *p != 0x7f && (unsigned char)*p != 0x9b));
	assert_null(strstr(text, "\xe2\x80\xae"));
}

static char *print_item(const struct quarantine_item *item, struct str message)
{
	const struct show *show = new_show();
	int fd = memfd_create("message", MFD_CLOEXEC);
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_int_equal(write(fd, message.p, message.len), message.len);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	quarantine_print_line(out, show, item);
	quarantine_print_item(out, show, item, fd);
	(void)fclose(out);
	(void)close(fd);
	arena_free(show->arena);
	return text;
}

static void nothing_of_a_stranger_reaches_the_terminal_but_letters(void **state)
{
	static const char *const recipients[] = { EVIL "@x.example", "b@x.example" };
	static const struct quarantine_attachment attachments[] = { { EVIL, EVIL, 1 } };
	struct quarantine_item item = bench_item("AAAA-AAAA", 1000);
	char *text;

	(void)state;
	item.held_by = item.because = item.helo = item.login = item.mailfrom = item.subject = item.queue_id = EVIL;
	item.recipients = recipients;
	item.recipients_len = 2;
	item.attachments = attachments;
	item.attachments_len = 1;
	text = print_item(&item, STR("Subject: " EVIL "\r\n\r\n" EVIL "\0" EVIL "\r\n"));
	assert_harmless(text);
	assert_non_null(strstr(text, "\\x00"));
	free(text);
}

static void a_long_text_is_cut_and_says_so(void **state)
{
	enum { LEN = 1 << 20 };
	struct quarantine_item item = bench_item("AAAA-AAAA", 1000);
	char *message = malloc(LEN), *text;

	(void)state;
	memset(message, '\n', LEN);
	text = print_item(&item, (struct str){ message, LEN });
	assert_non_null(strstr(text, "--raw gives all of it"));
	assert_true(strlen(text) < 3000);
	free(text);
	memset(message, 'x', LEN);
	memcpy(message, "\n\n", 2);
	text = print_item(&item, (struct str){ message, LEN });
	assert_true(strlen(text) < 3000);
	free(text);
	free(message);
}

static void a_damaged_one_has_its_line(void **state)
{
	struct quarantine_item item = bench_item("AAAA-AAAA", 1000);
	char *text;

	(void)state;
	item.held_by = "";
	text = print_item(&item, STR(""));
	assert_non_null(strstr(text, "(damaged)"));
	free(text);
}

static void programs_get_all_of_it(void **state)
{
	static const char *const recipients[] = { "\xff@x.example" };
	struct quarantine_item item = bench_item("AAAA-AAAA", 1500);
	json_t *json;

	(void)state;
	item.recipients = recipients;
	json = quarantine_item_json(&item);
	assert_string_equal(json_string_value(json_object_get(json, "id")), "AAAA-AAAA");
	assert_string_equal(json_string_value(json_object_get(json, "time")), "1970-01-01T00:00:01.500Z");
	assert_string_equal(json_string_value(json_object_get(json, "held_by")), item.held_by);
	assert_string_equal(json_string_value(json_array_get(json_object_get(json, "recipients"), 0)), "\xef\xbf\xbd@x.example");
	json_decref(json);
}

int main(void)
{
	struct rows rows = { .len = 0 };

	rows_add_one(&rows, "nothing_of_a_stranger_reaches_the_terminal_but_letters", nothing_of_a_stranger_reaches_the_terminal_but_letters, NULL);
	rows_add_one(&rows, "a_long_text_is_cut_and_says_so", a_long_text_is_cut_and_says_so, NULL);
	rows_add_one(&rows, "a_damaged_one_has_its_line", a_damaged_one_has_its_line, NULL);
	rows_add_one(&rows, "programs_get_all_of_it", programs_get_all_of_it, NULL);
	return rows_run(&rows, "quarantine_print");
}
