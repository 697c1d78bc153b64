/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which files are refused, for whom, with which words. */
#include "t/unit/rows.h"

#include "milter/isolate/job.h"
#include "scanners/content_settings.h"
#include "scanners/inspection.h"
#include "scanners/scanners.h"
#include "t/lib/gate.h"

/* In the place of the scanner that asks a cage. */
static struct inspection given;

static const struct inspection *give(struct scan *scan)
{
	(void)scan;
	return &given;
}

static const struct option_section *const content_sections[] = { &content_section, NULL };
static const struct outcome no_outcomes[] = { { .name = NULL } };
static const struct scanner scanner_given = {
	.name = "content", .sections = content_sections, .outcomes = no_outcomes, .inspect = give };

const struct scanner *const scanners[] = { &scanner_relay, &scanner_given, &scanner_attachment, NULL };
const struct job_kind *const job_kinds[] = { NULL };

#define TOP "domains = { \"ours.example\", \"dev.example\" }\n"
#define ATTACHMENT(text) TOP "attachment {\n" text "\n}\n"

struct file_row {
	const char *name;
	const char *configuration;
	struct inventory_entry entries[4];
	const char *findings;		/* "denied: TEXT; ..." */
	const char *word;		/* of the verdict */
};

#define FILE(name_, type_, ...) { .name = (name_), .container = "", .type = FILETYPE_ ## type_, .is_attachment = true, __VA_ARGS__ }
#define ENDS(...) .extensions = { __VA_ARGS__ }, .extensions_len = sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(char *)
#define MEMBER(name_, container_, type_, ...) \
	{ .name = (name_), .container = (container_), .type = FILETYPE_ ## type_, .is_attachment = true, .in_archive = true, __VA_ARGS__ }
#define LETTER(type_, ...) { .name = "", .container = "", .type = FILETYPE_ ## type_, __VA_ARGS__ }
#define MARKED(mark) .marks = 1u << MARK_ ## mark
#define REFUSED "550 5.7.1 attachment:denied"

static const struct file_row files[] = {
	{ "nothing", TOP, { LETTER(TEXT) }, "", "" },
	{ "a_document", TOP, { FILE("a.docx", DOCX, ENDS("docx")) }, "", "" },
	{ "a_program_NAME_01", TOP, { FILE("invoice.pdf.exe", EXE, ENDS("exe")) },
	  "denied: attachment \"invoice.pdf.exe\" is not accepted here: Windows program (no programs)", REFUSED },
	{ "a_program_under_another_name_MIME_22", TOP, { FILE("a.txt", EXE, ENDS("txt")) },
	  "denied: attachment \"a.txt\" is not accepted here: Windows program (no programs); "
	  "mismatch: attachment \"a.txt\" is not what it is called: Windows program, not text", REFUSED },
	{ "the_name_of_a_program_alone_NAME_01", TOP, { FILE("a.exe", UNKNOWN, ENDS("exe")) },
	  "denied: attachment \"a.exe\" is not accepted here: its name ends in .exe (Windows program) (no programs)", REFUSED },
	{ "an_empty_file_with_the_name_of_a_program", TOP, { FILE("a.exe", EMPTY, ENDS("exe")) },
	  "denied: attachment \"a.exe\" is not accepted here: its name ends in .exe (Windows program) (no programs)", REFUSED },
	{ "any_of_its_names_MIME_21", TOP, { FILE("a.pdf", PDF, ENDS("pdf", "lnk")) },
	  "denied: attachment \"a.pdf\" is not accepted here: its name ends in .lnk (Windows shortcut) (no shortcuts)", REFUSED },
	{ "what_it_could_be_opened_as_ATT_12", TOP, { FILE("a.gif", GIF, ENDS("gif"), .also.bits[0] = UINT64_C(1) << FILETYPE_JAR) },
	  "denied: attachment \"a.gif\" is not accepted here: Java program (no programs)", REFUSED },
	{ "a_script", TOP, { FILE("a.js", JS, ENDS("js")) }, "denied: attachment \"a.js\" is not accepted here: JavaScript (no scripts)", REFUSED },
	{ "a_letter_that_looks_like_a_script", TOP, { LETTER(SHELL), LETTER(PYTHON), LETTER(COM) }, "", "" },
	{ "a_part_without_a_name_that_is_a_program", TOP, { LETTER(EXE) },
	  "denied: part without a name is not accepted here: Windows program (no programs)", REFUSED },
	{ "a_part_without_a_name_that_calls_itself_a_program_MIME_21", TOP, { FILE("", UNKNOWN, .declared = FILETYPE_HTA) },
	  "denied: attachment without a name is not accepted here: HTML application (no scripts)", REFUSED },
	{ "a_name_stands_over_the_media_type", TOP, { FILE("a.pdf", PDF, ENDS("pdf"), .declared = FILETYPE_EXE) },
	  "", "" },
	{ "a_fragment_MIME_18", TOP, { LETTER(PARTIAL, .declared = FILETYPE_PARTIAL) },
	  "denied: part without a name is not accepted here: fragment of a mail (no fragments)", REFUSED },
	{ "a_disk_image_ATT_05", TOP, { FILE("a.img", ISO, ENDS("img")) },
	  "denied: attachment \"a.img\" is not accepted here: CD image (no disk_images)", REFUSED },
	{ "in_an_archive_ATT_06", TOP, { FILE("a.zip", ZIP, ENDS("zip")), MEMBER("x/a.lnk", "a.zip", LNK, ENDS("lnk")) },
	  "denied: attachment \"x/a.lnk\" in \"a.zip\" is not accepted here: Windows shortcut (no shortcuts)", REFUSED },
	{ "how_many_there_are", TOP, { FILE("a.exe", EXE, ENDS("exe")), MEMBER("b.exe", "b.zip", EXE, .count = 5) },
	  "denied: attachment \"a.exe\" is not accepted here: Windows program (no programs), and 5 more", REFUSED },
	{ "a_forwarded_message_about_a_shop", TOP, { FILE("Your order at shop.com", MAIL, ENDS("com"), .declared = FILETYPE_MAIL) }, "", "" },
	{ "a_program_that_calls_itself_a_message", TOP, { FILE("shop.com", COM, ENDS("com"), .declared = FILETYPE_MAIL) },
	  "denied: attachment \"shop.com\" is not accepted here: DOS program (no programs); "
	  "mismatch: attachment \"shop.com\" is not what it is called: DOS program, not mail message", REFUSED },
	{ "a_name_cannot_end_its_quotes_NAME_05", TOP, { FILE("a\" is fine\r\n250 \xe2\x80\xae.exe", EXE, ENDS("exe")) },
	  "denied: attachment \"a' is fine" "?" "?" "250 ?" "?" "?.exe\" is not accepted here: Windows program (no programs)", REFUSED },

	/* lists */
	{ "nothing_is_denied", ATTACHMENT("deny_types = { }"), { FILE("a.exe", EXE, ENDS("exe")) }, "", "" },
	{ "not_enabled", ATTACHMENT("enabled = no"), { FILE("a.exe", EXE, ENDS("exe")) }, "", "" },
	{ "an_ending_that_nobody_knows", ATTACHMENT("deny_types = { \".xyz\" }"), { FILE("a.xyz", UNKNOWN, ENDS("xyz")) },
	  "denied: attachment \"a.xyz\" is not accepted here: its name ends in .xyz (no .xyz)", REFUSED },
	{ "a_type", ATTACHMENT("deny_types = { \"pdf\" }"), { FILE("a", PDF) },
	  "denied: attachment \"a\" is not accepted here: PDF document (no pdf)", REFUSED },
	{ "an_exact_word_stands_over_a_group", ATTACHMENT("allow_types = { \"js\" }"), { FILE("a.js", JS, ENDS("js")) }, "", "" },
	{ "and_over_no_other", ATTACHMENT("allow_types = { \"js\" }"), { FILE("a.js", EXE, ENDS("js")) },
	  "denied: attachment \"a.js\" is not accepted here: Windows program (no programs)", REFUSED },
	{ "an_ending_allows_what_it_stands_for", ATTACHMENT("allow_types = { \"sh\" }"), { FILE("a.sh", SHELL, ENDS("sh")) }, "", "" },
	{ "under_that_ending_alone", ATTACHMENT("allow_types = { \"sh\" }"), { FILE("a", SHELL) },
	  "denied: attachment \"a\" is not accepted here: shell script (no scripts)", REFUSED },
	{ "an_ending_of_programs_allows_a_program_under_it", ATTACHMENT("allow_types = { \"scr\" }"), { FILE("a.scr", EXE, ENDS("scr")) }, "", "" },
	{ "an_ending_of_scripts_allows_no_program", ATTACHMENT("allow_types = { \"sh\" }"), { FILE("a.sh", ELF, ENDS("sh")) },
	  "denied: attachment \"a.sh\" is not accepted here: Unix program (no programs)", REFUSED },
	{ "the_same_word_denies", ATTACHMENT("deny_types = { \"js\" }\nallow_types = { \"js\" }"), { FILE("a.js", JS, ENDS("js")) },
	  "denied: attachment \"a.js\" is not accepted here: JavaScript (no js)", REFUSED },
	{ "a_group_does_not_stand_over_a_word", ATTACHMENT("deny_types = { \"js\" }\nallow_types = { \"scripts\" }"), { FILE("a.js", JS, ENDS("js")) },
	  "denied: attachment \"a.js\" is not accepted here: JavaScript (no js)", REFUSED },
	{ "the_lists_hold_in_archives", ATTACHMENT("deny_types = { \"pdf\" }"), { MEMBER("a.exe", "a.zip", EXE), MEMBER("a.pdf", "a.zip", PDF) },
	  "denied: attachment \"a.pdf\" in \"a.zip\" is not accepted here: PDF document (no pdf)", REFUSED },
	{ "unless_there_are_others_for_them", ATTACHMENT("deny_in_archives = { \"pdf\" }"),
	  { MEMBER("a.exe", "a.zip", EXE), MEMBER("a.pdf", "a.zip", PDF), FILE("b.pdf", PDF) },
	  "denied: attachment \"a.pdf\" in \"a.zip\" is not accepted here: PDF document (no pdf)", REFUSED },
	{ "nothing_is_denied_in_archives", ATTACHMENT("deny_in_archives = { }"), { MEMBER("a.exe", "a.zip", EXE) }, "", "" },
	{ "macros_are_denied", ATTACHMENT("deny_types = { \"macros\" }"), { FILE("a.doc", DOC, ENDS("doc"), MARKED(MACROS)) },
	  "denied: attachment \"a.doc\" is not accepted here: it contains macros (no macros); "
	  "active_content: attachment \"a.doc\" contains macros", REFUSED },
	{ "macros_are_denied_after_another_word", ATTACHMENT("deny_types = { \"unknown\", \"macros\" }"), { FILE("a.doc", DOC, ENDS("doc"), MARKED(MACROS)) },
	  "denied: attachment \"a.doc\" is not accepted here: it contains macros (no macros); "
	  "active_content: attachment \"a.doc\" contains macros", REFUSED },
	{ "but_those_of_a_type_that_is_made_for_them", ATTACHMENT("deny_types = { \"macros\" }\nallow_types = { \"docm\", \"doc\" }"),
	  { FILE("a.docm", DOCM, ENDS("docm"), MARKED(MACROS)), FILE("a.doc", DOC, ENDS("doc"), MARKED(MACROS)) },
	  "denied: attachment \"a.doc\" is not accepted here: it contains macros (no macros); "
	  "active_content: attachment \"a.docm\" contains macros, and 1 more", REFUSED },

	/* the other outcomes */
	{ "macros_weigh_ATT_07", TOP, { FILE("a.docm", DOCM, ENDS("docm"), MARKED(MACROS)) }, "active_content: attachment \"a.docm\" contains macros", "" },
	{ "encrypted_ATT_03", TOP, { FILE("a.zip", ZIP, ENDS("zip"), MARKED(ENCRYPTED)) }, "encrypted: attachment \"a.zip\" is encrypted", "" },
	{ "encrypted_is_refused_ATT_03", ATTACHMENT("on_encrypted = reject"), { FILE("a.zip", ZIP, ENDS("zip"), MARKED(ENCRYPTED)) },
	  "encrypted: attachment \"a.zip\" is encrypted", "550 5.7.1 attachment:encrypted" },
	{ "a_type_that_may_be_encrypted", ATTACHMENT("allow_types = { \"zip\" }"),
	  { FILE("a.zip", ZIP, ENDS("zip"), MARKED(ENCRYPTED)), FILE("a.7z", 7Z, ENDS("7z"), MARKED(ENCRYPTED)) },
	  "encrypted: attachment \"a.7z\" is encrypted", "" },
	{ "unreadable", ATTACHMENT("on_unscannable = defer"), { FILE("a.zip", ZIP, ENDS("zip"), MARKED(UNREADABLE)) },
	  "unscannable: attachment \"a.zip\" could not be read to its end", "451 4.7.1 attachment:unscannable" },
	{ "a_name_made_to_mislead_NAME_02", TOP, { FILE("a?txt.png", PNG, ENDS("png"), MARKED(NAME_DISGUISED)) },
	  "mismatch: attachment \"a?txt.png\" has a name made to mislead", "" },
	{ "a_letter_is_no_mismatch", TOP, { LETTER(HTML, .declared = FILETYPE_TEXT) }, "", "" },
	{ "script_in_the_letter_itself", TOP, { LETTER(HTML, MARKED(BUILDS_FILE)) },
	  "active_content: part without a name builds a file for the reader to save", "" },
};

/* "outcome: text; ..." */
static const char *findings(struct gate *gate)
{
	const struct findings *all = &gate->session->message->findings;
	const char *text = "";

	for (size_t i = 0; i < all->len; i++)
		if (all->items[i].scanner == &scanner_attachment)
			text = arena_printf(gate->session->arena, "%s%s%s: %s", text, text[0] == '\0' ? "" : "; ", all->items[i].outcome->name,
					    all->items[i].text);
	return text;
}

static size_t entries_len(const struct inventory_entry *entries)
{
	size_t len = 0;

	while (len < 4 && entries[len].name != NULL)
		len++;
	return len;
}

static void check_file(void **state)
{
	const struct file_row *row = *state;
	struct gate *gate = gate_open(row->configuration);
	struct inventory_entry entries[4];
	struct verdict verdict;

	memcpy(entries, row->entries, sizeof(entries));
	for (size_t i = 0; i < 4; i++)
		entries[i].count += entries[i].count == 0;
	given = (struct inspection){ .problem = "", .answer = { .inventory = { .entries = entries, .entries_len = entries_len(entries) } } };
	gate_connect(gate, "203.0.113.9");
	(void)gate_mail(gate, "", "<a@ext.example>");
	(void)gate_rcpt(gate, "<u@ours.example>");
	verdict = gate_message(gate, "Subject: x\n\n");
	assert_string_equal(findings(gate), row->findings);
	assert_string_equal(gate_word(gate, &verdict), row->word);
	gate_close(gate);
}

/* --- rules --- */

struct rule_row {
	const char *name;
	const char *rules;
	const char *login, *mailfrom, *rcpts[3];
	const char *file;		/* "exe", "js": what is in the message */
	const char *findings;
};

#define DEV "rule \"developers\" {\n recipients = { \"dev.example\" }\n deny_types = { \"scripts\" }\n}"
#define OUR_RCPT "", "<a@ext.example>", { "<u@ours.example>" }
#define DEV_RCPT "", "<a@ext.example>", { "<u@dev.example>" }
#define BOTH_RCPT "", "<a@ext.example>", { "<u@dev.example>", "<u@ours.example>" }
#define DENIED_EXE "denied: attachment \"a.exe\" is not accepted here: Windows program (no programs)"
#define DENIED_JS "denied: attachment \"a.js\" is not accepted here: JavaScript (no scripts)"
#define DENIED_INNER_EXE "denied: attachment \"a.exe\" in \"a.zip\" is not accepted here: Windows program (no programs)"

static const struct rule_row rules[] = {
	{ "no_rule_for_him", DEV, OUR_RCPT, "exe", DENIED_EXE },
	{ "a_rule_for_his_domain", DEV, DEV_RCPT, "exe", "" },
	{ "a_rule_denies_what_it_denies", DEV, DEV_RCPT, "js", DENIED_JS },
	{ "each_recipient_must_be_satisfied", DEV, BOTH_RCPT, "exe", DENIED_EXE },
	{ "each_recipient_must_be_satisfied_by_the_rule", "rule \"x\" {\n recipients = { \"dev.example\" }\n deny_types = { \"exe\" }\n}\ndeny_types = { }",
	  BOTH_RCPT, "exe", "denied: attachment \"a.exe\" is not accepted here: Windows program (no exe)" },
	{ "the_first_rule_that_fits", "rule \"one\" {\n recipients = { \"u@dev.example\" }\n deny_types = { }\n}\n" DEV, DEV_RCPT, "js", "" },
	{ "a_rule_for_a_sender", "rule \"x\" {\n senders = { \"ext.example\" }\n deny_types = { }\n}", OUR_RCPT, "exe", "" },
	{ "a_rule_for_another_sender", "rule \"x\" {\n senders = { \"other.example\" }\n deny_types = { }\n}", OUR_RCPT, "exe", DENIED_EXE },
	{ "a_rule_for_the_null_sender", "rule \"x\" {\n senders = { \"<>\" }\n deny_types = { }\n}", "", "<>", { "<u@ours.example>" }, "exe", "" },
	{ "a_rule_for_all_senders", "rule \"x\" {\n deny_types = { }\n}", "", "<>", { "<u@ours.example>" }, "exe", "" },
	{ "a_rule_for_a_direction", "rule \"x\" {\n directions = { \"submission\" }\n deny_types = { }\n}", OUR_RCPT, "exe", DENIED_EXE },
	{ "a_rule_for_this_direction", "rule \"x\" {\n directions = { \"submission\" }\n deny_types = { }\n}", "alice",
	  "<a@ours.example>", { "<u@ext.example>" }, "exe", "" },
	{ "sender_and_recipient_must_fit", "rule \"x\" {\n senders = { \"ext.example\" }\n recipients = { \"dev.example\" }\n deny_types = { }\n}",
	  OUR_RCPT, "exe", DENIED_EXE },
	{ "what_a_rule_does_not_say_is_as_before", "rule \"x\" {\n allow_types = { \"js\" }\n}", OUR_RCPT, "exe", DENIED_EXE },
	{ "and_what_it_says_is_not", "rule \"x\" {\n allow_types = { \"js\" }\n}", OUR_RCPT, "js", "" },
	{ "its_list_holds_in_archives", DEV, DEV_RCPT, "zipped exe", "" },
	{ "its_list_for_archives", "rule \"x\" {\n deny_in_archives = { \"programs\" }\n deny_types = { }\n}", DEV_RCPT, "zipped exe", DENIED_INNER_EXE },
	{ "archives_as_before", "rule \"x\" {\n allow_types = { \"exe\" }\n allow_in_archives = { }\n}", DEV_RCPT, "zipped exe", DENIED_INNER_EXE },
	{ "the_list_for_archives_of_the_section", "deny_in_archives = { }\nrule \"x\" {\n allow_types = { \"js\" }\n}", DEV_RCPT, "zipped exe", "" },
};

static struct inventory_entry entry_of(const char *file)
{
	struct inventory_entry entry = FILE("a.exe", EXE, ENDS("exe"));

	if (strcmp(file, "js") == 0)
		entry = (struct inventory_entry)FILE("a.js", JS, ENDS("js"));
	if (strcmp(file, "zipped exe") == 0)
		entry = (struct inventory_entry)MEMBER("a.exe", "a.zip", EXE, ENDS("exe"));
	entry.count = 1;
	return entry;
}

static void check_rule(void **state)
{
	const struct rule_row *row = *state;
	struct arena *arena = arena_new();
	struct gate *gate = gate_open(arena_printf(arena, TOP "attachment {\n%s\n}\n", row->rules));
	struct inventory_entry entry = entry_of(row->file);

	given = (struct inspection){ .problem = "", .answer = { .inventory = { .entries = &entry, .entries_len = 1 } } };
	gate_connect(gate, "203.0.113.9");
	(void)gate_mail(gate, row->login, row->mailfrom);
	for (size_t i = 0; row->rcpts[i] != NULL; i++)
		(void)gate_rcpt(gate, row->rcpts[i]);
	(void)gate_message(gate, "Subject: x\n\n");
	assert_string_equal(findings(gate), row->findings);
	gate_close(gate);
	arena_free(arena);
}

static const char *note(const struct finding *finding, const char *key)
{
	for (size_t i = 0; i < finding->notes_len; i++)
		if (strcmp(finding->notes[i].key, key) == 0)
			return finding->notes[i].value;
	return NULL;
}

static void programs_are_told_all_of_it(void **state)
{
	struct gate *gate = gate_open(TOP "attachment {\n rule \"developers\" {\n deny_types = { \"exe\" }\n}\n}\n");
	struct inventory_entry entry = entry_of("zipped exe");
	const struct finding *finding;

	(void)state;
	given = (struct inspection){ .problem = "", .answer = { .inventory = { .entries = &entry, .entries_len = 1 } } };
	gate_connect(gate, "203.0.113.9");
	(void)gate_mail(gate, "", "<a@ext.example>");
	(void)gate_rcpt(gate, "<u@ours.example>");
	(void)gate_message(gate, "Subject: x\n\n");
	finding = &gate->session->message->findings.items[gate->session->message->findings.len - 1];
	assert_string_equal(note(finding, "file"), "a.exe");
	assert_string_equal(note(finding, "container"), "a.zip");
	assert_string_equal(note(finding, "type"), "exe");
	assert_string_equal(note(finding, "word"), "exe");
	assert_string_equal(note(finding, "rule"), "developers");
	gate_close(gate);
}

/* Where nothing was looked at, others say so. */
static void without_an_inventory_it_says_nothing(void **state)
{
	struct gate *gate = gate_open(TOP);
	struct inventory_entry entry = entry_of("exe");

	(void)state;
	given = (struct inspection){
		.state = INSPECTION_FAILED, .problem = "took too long", .answer = { .inventory = { .entries = &entry, .entries_len = 1 } } };
	gate_connect(gate, "203.0.113.9");
	(void)gate_mail(gate, "", "<a@ext.example>");
	(void)gate_rcpt(gate, "<u@ours.example>");
	(void)gate_message(gate, "Subject: x\n\n");
	assert_string_equal(findings(gate), "");
	gate_close(gate);
}

static void count_advice(void *arg, const char *format, ...)
{
	(void)format;
	++*(unsigned *)arg;
}

static void a_word_that_is_nearly_a_group_is_told(void **state)
{
	struct gate *gate = gate_open(ATTACHMENT("deny_types = { \"program\", \"programs\", \"exe\", \"dll\", \".xyz\" }"));
	unsigned told = 0;

	(void)state;
	scanner_attachment.advise(gate->conf, count_advice, &told);
	assert_int_equal(told, 1);
	gate_close(gate);
}

int main(void)
{
	static struct rows tests;

	rows_add(&tests, files, check_file);
	rows_add(&tests, rules, check_rule);
	rows_add_one(&tests, "programs_are_told_all_of_it", programs_are_told_all_of_it, NULL);
	rows_add_one(&tests, "without_an_inventory_it_says_nothing", without_an_inventory_it_says_nothing, NULL);
	rows_add_one(&tests, "a_word_that_is_nearly_a_group_is_told", a_word_that_is_nearly_a_group_is_told, NULL);
	return rows_run(&tests, "attachment");
}
