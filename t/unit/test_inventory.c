/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the cage tells of a message comes back as it was; what cannot be is refused as a whole. */
#include "t/unit/rows.h"

#include <errno.h>
#include <stdlib.h>

#include "milter/unpack/inventory.h"

static struct frame frame;

#define DIGEST "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static struct inventory_entry sample_entry(void)
{
	struct inventory_entry entry = {
		.name = "invoice.pdf.exe", .container = "stuff.zip", .extensions = { "exe", "pdf" }, .extensions_len = 2,
		.type = FILETYPE_EXE, .declared = FILETYPE_PDF, .marks = 1u << MARK_ENCRYPTED | 1u << MARK_NAME_DISGUISED,
		.in_archive = true, .is_attachment = true, .size_bytes = 123456789, .count = 7, .digest = DIGEST,
	};

	filetype_set_add(&entry.also, FILETYPE_JAR);
	filetype_set_add(&entry.also, FILETYPE_SQLITE);
	return entry;
}

static struct inventory sample(struct inventory_entry *entries, size_t len)
{
	static struct inventory_host hosts[] = { { "www.evil.example", "bank.example" }, { "192.0.2.1", "" }, { "2001:db8::1", "" } };
	struct inventory inventory = {
		.entries = entries, .entries_len = len, .limits = 1u << UNPACK_DEPTH | 1u << UNPACK_TIME,
		.ambiguities = 1u << AMBIGUITY_TYPE | 1u << AMBIGUITY_HIDDEN, 
		.hosts = hosts, .hosts_len = 3, .about = { "1.a@ours.example", "2" }, .about_len = 2,
		.parts = 3, .members = 4, .contents = 5, .bytes = UINT64_C(1) << 40,
	};

	inventory.limit_details[UNPACK_DEPTH] = "21 levels";
	inventory.ambiguity_details[AMBIGUITY_HIDDEN] = "a program in the epilogue";
	return inventory;
}

static int read_back(struct arena *arena, const struct inventory *inventory, size_t room, struct inventory *ret)
{
	frame_start(&frame, 0);
	inventory_write(&frame, inventory, room);
	assert_false(frame.bad);
	assert_true(frame.len + room <= FRAME_MAX);
	return inventory_read(arena, &frame, ret);
}

static void everything_comes_back(void **state)
{
	struct arena *arena = arena_new();
	struct inventory_entry entries[] = { sample_entry(), { .name = "", .container = "", .count = 1, .digest = DIGEST } };
	struct inventory in = sample(entries, 2), out;

	(void)state;
	assert_int_equal(read_back(arena, &in, 0, &out), 0);
	assert_true(frame_done(&frame));
	assert_int_equal(out.entries_len, 2);
	assert_string_equal(out.entries[0].name, "invoice.pdf.exe");
	assert_string_equal(out.entries[0].container, "stuff.zip");
	assert_int_equal(out.entries[0].extensions_len, 2);
	assert_string_equal(out.entries[0].extensions[0], "exe");
	assert_string_equal(out.entries[0].extensions[1], "pdf");
	assert_int_equal(out.entries[0].type, FILETYPE_EXE);
	assert_int_equal(out.entries[0].declared, FILETYPE_PDF);
	assert_memory_equal(&out.entries[0].also, &entries[0].also, sizeof(entries[0].also));
	assert_int_equal(out.entries[0].marks, entries[0].marks);
	assert_true(out.entries[0].in_archive && out.entries[0].is_attachment);
	assert_false(out.entries[1].in_archive || out.entries[1].is_attachment);
	assert_int_equal(out.entries[0].size_bytes, 123456789);
	assert_int_equal(out.entries[0].count, 7);
	assert_string_equal(out.entries[0].digest, DIGEST);
	assert_int_equal(out.limits, in.limits);
	assert_string_equal(out.limit_details[UNPACK_DEPTH], "21 levels");
	assert_string_equal(out.limit_details[UNPACK_TIME], "");
	assert_string_equal(out.limit_details[UNPACK_PARTS], "");
	assert_int_equal(out.ambiguities, in.ambiguities);
	assert_string_equal(out.ambiguity_details[AMBIGUITY_HIDDEN], "a program in the epilogue");
	assert_int_equal(out.hosts_len, 3);
	assert_string_equal(out.hosts[0].host, "www.evil.example");
	assert_string_equal(out.hosts[0].shown, "bank.example");
	assert_string_equal(out.hosts[2].host, "2001:db8::1");
	assert_int_equal(out.about_len, 2);
	assert_string_equal(out.about[0], "1.a@ours.example");
	assert_string_equal(out.about[1], "2");
	assert_int_equal(out.bytes, UINT64_C(1) << 40);
	assert_int_equal(out.parts * 100 + out.members * 10 + out.contents, 345);
	arena_free(arena);
}

static void nothing_comes_back_as_nothing(void **state)
{
	struct arena *arena = arena_new();
	struct inventory in = { 0 }, out;

	(void)state;
	assert_int_equal(read_back(arena, &in, 0, &out), 0);
	assert_int_equal(out.entries_len + out.hosts_len + out.about_len + out.limits + out.ambiguities, 0);
	assert_string_equal(out.limit_details[UNPACK_TIME], "");
	arena_free(arena);
}

static void what_follows_is_left(void **state)
{
	struct arena *arena = arena_new();
	struct inventory in = { .contents = 1 }, out;

	(void)state;
	frame_start(&frame, 0);
	inventory_write(&frame, &in, 64);
	frame_put_u64(&frame, 4711);
	assert_int_equal(inventory_read(arena, &frame, &out), 0);
	assert_int_equal(frame_get_u64(&frame), 4711);
	assert_true(frame_done(&frame));
	arena_free(arena);
}

static void what_does_not_fit_is_a_limit_ATT_04(void **state)
{
	struct arena *arena = arena_new();
	struct inventory_entry *entries = arena_array(arena, 2000, sizeof(*entries));
	struct inventory in, out;

	(void)state;
	for (size_t i = 0; i < 2000; i++) {
		entries[i] = sample_entry();
		entries[i].size_bytes = i;
	}
	in = sample(entries, 2000);
	assert_int_equal(read_back(arena, &in, 1000, &out), 0);
	assert_in_range(out.entries_len, 300, 1999);
	assert_int_equal(out.entries[out.entries_len - 1].size_bytes, out.entries_len - 1);
	assert_int_equal(out.limits, in.limits | 1u << UNPACK_NAMES);
	assert_true(out.limit_details[UNPACK_NAMES][0] != '\0');
	arena_free(arena);
}

static void hosts_do_not_push_out_what_is_denied(void **state)
{
	struct arena *arena = arena_new();
	struct inventory_host hosts[INVENTORY_HOSTS_MAX + 50];
	struct inventory_entry entries[200];
	struct inventory in = { .hosts = hosts, .hosts_len = INVENTORY_HOSTS_MAX + 50, .entries = entries, .entries_len = 200 }, out;
	char label[61];

	(void)state;
	memset(label, 'a', 60);
	label[60] = '\0';
	for (size_t i = 0; i < in.hosts_len; i++)
		hosts[i].host = hosts[i].shown = arena_printf(arena, "%s.%s.%s.x%zu.example", label, label, label, i);
	for (size_t i = 0; i < 200; i++)
		entries[i] = sample_entry();
	assert_int_equal(read_back(arena, &in, 0, &out), 0);
	assert_int_equal(out.entries_len, 200);
	assert_int_equal(out.limits, 0);
	assert_in_range(out.hosts_len, 20, INVENTORY_HOSTS_MAX);
	arena_free(arena);
}

static void long_texts_are_cut_between_characters(void **state)
{
	struct arena *arena = arena_new();
	struct inventory_entry entry = sample_entry();
	struct inventory in = sample(&entry, 1), out;
	char name[2 * INVENTORY_NAME_MAX + 2];

	(void)state;
	name[0] = 'x';
	for (size_t i = 1; i + 1 < sizeof(name); i += 2)
		memcpy(name + i, "\xc3\xa4", 2);
	name[sizeof(name) - 1] = '\0';
	entry.name = entry.container = in.limit_details[UNPACK_TIME] = name;
	assert_int_equal(read_back(arena, &in, 0, &out), 0);
	assert_int_equal(strlen(out.entries[0].name), INVENTORY_NAME_MAX - 1);
	assert_null(strchr(out.entries[0].name, '?'));
	assert_int_equal(strlen(out.limit_details[UNPACK_TIME]), INVENTORY_DETAIL_MAX - 1);
	arena_free(arena);
}

/* --- a cage that has been taken over --- */

struct name_row {
	const char *name;
	struct str in;
	const char *out;
};

static const struct name_row names[] = {
	{ "a_name_in_another_script_stays_NAME_02", { "r\xc3\xa9sum\xc3\xa9 \xd0\xb0.pdf", 15 }, "r\xc3\xa9sum\xc3\xa9 \xd0\xb0.pdf" },
	{ "bidi_override_becomes_a_mark_NAME_02", { "a\xe2\x80\xae" "fdp.exe", 11 }, "a?fdp.exe" },
	{ "bidi_isolate_becomes_a_mark_NAME_02", { "a\xe2\x81\xa6.exe", 8 }, "a?.exe" },
	{ "zero_width_becomes_a_mark_NAME_02", { "a\xe2\x80\x8b.exe", 8 }, "a?.exe" },
	{ "byte_order_mark_becomes_a_mark", { "\xef\xbb\xbf" "a", 4 }, "?a" },
	{ "tag_characters_become_marks", { "\xf3\xa0\x81\x81" "a", 5 }, "?a" },
	{ "line_end_becomes_a_mark_NAME_05", { "a\r\nB: c", 7 }, "a??B: c" },
	{ "nul_becomes_a_mark_NAME_05", { "a\0b", 3 }, "a?b" },
	{ "escape_and_delete_become_marks", { "\x1b[2J\x7f", 5 }, "?[2J?" },
	{ "c1_becomes_a_mark", { "a\xc2\x9b" "b", 4 }, "a?b" },
	{ "no_utf8_becomes_marks", { "a\xff\xc3", 3 }, "a??" },
	{ "overlong_becomes_marks", { "\xc0\xae", 2 }, "??" },
};

static void check_name(void **state)
{
	const struct name_row *row = *state;
	struct arena *arena = arena_new();
	struct inventory out;

	frame_start(&frame, 0);
	for (int i = 0; i < 4; i++)
		frame_put_u64(&frame, 1);
	frame_put_u64(&frame, 1u << UNPACK_DEPTH);
	frame_put_str(&frame, row->in);
	for (int i = 0; i < 4; i++)
		frame_put_u64(&frame, 0);
	assert_int_equal(inventory_read(arena, &frame, &out), 0);
	assert_true(frame_done(&frame));
	assert_string_equal(out.limit_details[UNPACK_DEPTH], row->out);
	arena_free(arena);
}

/* The sample as the frame has it, and what is written over it at the place of a value that stands there once. */
struct forge_row {
	const char *name;
	void (*forge)(struct inventory *inventory, struct inventory_entry *entry, struct inventory_host *host);
};

static void ending_in_capitals(struct inventory *inventory, struct inventory_entry *entry, struct inventory_host *host)
{
	(void)inventory, (void)host;
	entry->extensions[0] = "EXE";
}

static void ending_with_a_dot(struct inventory *inventory, struct inventory_entry *entry, struct inventory_host *host)
{
	(void)inventory, (void)host;
	entry->extensions[1] = "a.b";
}

static void ending_with_a_brace(struct inventory *inventory, struct inventory_entry *entry, struct inventory_host *host)
{
	(void)inventory, (void)host;
	entry->extensions[0] = "a{b";
}

static void ending_that_is_empty(struct inventory *inventory, struct inventory_entry *entry, struct inventory_host *host)
{
	(void)inventory, (void)host;
	entry->extensions[1] = "";
}

static void message_id_with_a_bracket(struct inventory *inventory, struct inventory_entry *entry, struct inventory_host *host)
{
	(void)entry, (void)host;
	inventory->about[1] = "a>b";
}

static void message_id_with_a_line_end(struct inventory *inventory, struct inventory_entry *entry, struct inventory_host *host)
{
	(void)entry, (void)host;
	inventory->about[1] = "a\nb";
}

static void message_id_that_is_empty(struct inventory *inventory, struct inventory_entry *entry, struct inventory_host *host)
{
	(void)entry, (void)host;
	inventory->about[0] = "";
}

static void message_id_that_is_too_long(struct inventory *inventory, struct inventory_entry *entry, struct inventory_host *host)
{
	static char id[INVENTORY_MESSAGE_ID_MAX + 2];

	(void)entry, (void)host;
	memset(id, 'x', sizeof(id) - 1);
	inventory->about[0] = id;
}

static void none_of_it(struct inventory *inventory, struct inventory_entry *entry, struct inventory_host *host)
{
	(void)inventory, (void)host;
	entry->count = 0;
}

static void type_of_nothing(struct inventory *inventory, struct inventory_entry *entry, struct inventory_host *host)
{
	(void)inventory, (void)host;
	entry->type = FILETYPES;
}

static void declared_nothing(struct inventory *inventory, struct inventory_entry *entry, struct inventory_host *host)
{
	(void)inventory, (void)host;
	entry->declared = FILETYPES;
}

static void also_nothing(struct inventory *inventory, struct inventory_entry *entry, struct inventory_host *host)
{
	(void)inventory, (void)host;
	entry->also.bits[2] |= UINT64_C(1) << 63;
}

static void mark_of_nothing(struct inventory *inventory, struct inventory_entry *entry, struct inventory_host *host)
{
	(void)inventory, (void)host;
	entry->marks = 1u << MARKS;
}

static void limit_of_nothing(struct inventory *inventory, struct inventory_entry *entry, struct inventory_host *host)
{
	(void)entry, (void)host;
	inventory->limits |= 1u << UNPACK_LIMITS;
}

static void ambiguity_of_nothing(struct inventory *inventory, struct inventory_entry *entry, struct inventory_host *host)
{
	(void)entry, (void)host;
	inventory->ambiguities |= UINT64_C(1) << 63;
}

static void host_that_is_none(struct inventory *inventory, struct inventory_entry *entry, struct inventory_host *host)
{
	(void)inventory, (void)entry;
	host->host = "a b";
}

static void host_in_capitals(struct inventory *inventory, struct inventory_entry *entry, struct inventory_host *host)
{
	(void)inventory, (void)entry;
	host->host = "WWW.example";
}

static void host_that_is_empty(struct inventory *inventory, struct inventory_entry *entry, struct inventory_host *host)
{
	(void)inventory, (void)entry;
	host->host = "";
}

static void shown_that_is_none(struct inventory *inventory, struct inventory_entry *entry, struct inventory_host *host)
{
	(void)inventory, (void)entry;
	host->shown = "-.-";
}

static const struct forge_row forged[] = {
	{ "ending_in_capitals_is_refused", ending_in_capitals },
	{ "ending_with_a_dot_is_refused", ending_with_a_dot },
	{ "ending_with_a_brace_is_refused", ending_with_a_brace },
	{ "ending_that_is_empty_is_refused", ending_that_is_empty },
	{ "a_count_of_0_is_refused", none_of_it },
	{ "a_type_that_is_none_is_refused", type_of_nothing },
	{ "a_declared_type_that_is_none_is_refused", declared_nothing },
	{ "a_further_type_that_is_none_is_refused", also_nothing },
	{ "a_mark_that_is_none_is_refused", mark_of_nothing },
	{ "a_limit_that_is_none_is_refused", limit_of_nothing },
	{ "an_ambiguity_that_is_none_is_refused", ambiguity_of_nothing },
	{ "a_host_that_is_none_is_refused", host_that_is_none },
	{ "a_host_in_capitals_is_refused", host_in_capitals },
	{ "an_empty_host_is_refused", host_that_is_empty },
	{ "a_shown_host_that_is_none_is_refused", shown_that_is_none },
	{ "a_message_id_with_a_bracket_is_refused", message_id_with_a_bracket },
	{ "a_message_id_with_a_line_end_is_refused", message_id_with_a_line_end },
	{ "an_empty_message_id_is_refused", message_id_that_is_empty },
	{ "a_message_id_that_is_too_long_is_refused", message_id_that_is_too_long },
};

static void check_forged(void **state)
{
	const struct forge_row *row = *state;
	struct arena *arena = arena_new();
	struct inventory_host host = { "a.example", "b.example" };
	struct inventory_entry entry = sample_entry();
	struct inventory in = sample(&entry, 1), out;

	in.hosts = &host;
	in.hosts_len = 1;
	assert_int_equal(read_back(arena, &in, 0, &out), 0);
	row->forge(&in, &entry, &host);
	assert_int_equal(read_back(arena, &in, 0, &out), -EBADMSG);
	arena_free(arena);
}

static void cut_anywhere_is_refused(void **state)
{
	struct arena *arena = arena_new();
	struct inventory_entry entry = sample_entry();
	struct inventory in = sample(&entry, 1), out;
	size_t len;

	(void)state;
	assert_int_equal(read_back(arena, &in, 0, &out), 0);
	for (len = frame.len; len-- > 0; ) {
		frame.len = len;
		frame.at = 0;
		frame.bad = false;
		assert_int_equal(inventory_read(arena, &frame, &out), -EBADMSG);
	}
	arena_free(arena);
}

static void nine_message_ids_are_refused(void **state)
{
	struct arena *arena = arena_new();
	struct inventory out;

	(void)state;
	for (unsigned len = INVENTORY_ABOUT_MAX; len <= INVENTORY_ABOUT_MAX + 1; len++) {
		frame_start(&frame, 0);
		for (int i = 0; i < 6; i++)
			frame_put_u64(&frame, 0);
		frame_put_u64(&frame, len);
		for (unsigned i = 0; i < len; i++)
			frame_put_str(&frame, STR("id"));
		frame_put_u64(&frame, 0);
		frame_put_u64(&frame, 0);
		assert_int_equal(inventory_read(arena, &frame, &out), len <= INVENTORY_ABOUT_MAX ? 0 : -EBADMSG);
	}
	arena_free(arena);
}

/* Nothing is allocated for what is not there. */
static void a_promise_of_billions_is_refused(void **state)
{
	struct arena *arena = arena_new();
	struct inventory out;

	(void)state;
	for (int what = 0; what < 3; what++) {
		frame_start(&frame, 0);
		for (int i = 0; i < 6 + what; i++)
			frame_put_u64(&frame, 0);
		frame_put_u64(&frame, UINT64_MAX / 3);
		frame_put_u64(&frame, 0);
		assert_int_equal(inventory_read(arena, &frame, &out), -EBADMSG);
	}
	assert_true(arena_size_bytes(arena) < 100000);
	arena_free(arena);
}

static void every_name_is_one_word_and_its_own(void **state)
{
	(void)state;
	for (int i = 0; i < AMBIGUITIES; i++) {
		assert_non_null(ambiguity_name((enum ambiguity)i));
		for (int k = 0; k < i; k++)
			assert_string_not_equal(ambiguity_name((enum ambiguity)i), ambiguity_name((enum ambiguity)k));
		assert_null(strchr(ambiguity_name((enum ambiguity)i), ' '));
	}
	for (int i = 0; i < UNPACK_LIMITS; i++)
		assert_null(strchr(unpack_limit_name((enum unpack_limit)i), ' '));
	for (int i = 0; i < MARKS; i++) {
		assert_null(strchr(mark_name((enum mark)i), ' '));
		assert_true(strlen(mark_title((enum mark)i)) > 5);
	}
}

int main(void)
{
	static struct rows rows;

	rows_add_one(&rows, "everything_comes_back", everything_comes_back, NULL);
	rows_add_one(&rows, "nothing_comes_back_as_nothing", nothing_comes_back_as_nothing, NULL);
	rows_add_one(&rows, "what_follows_is_left", what_follows_is_left, NULL);
	rows_add_one(&rows, "what_does_not_fit_is_a_limit_ATT_04", what_does_not_fit_is_a_limit_ATT_04, NULL);
	rows_add_one(&rows, "hosts_do_not_push_out_what_is_denied", hosts_do_not_push_out_what_is_denied, NULL);
	rows_add_one(&rows, "long_texts_are_cut_between_characters", long_texts_are_cut_between_characters, NULL);
	rows_add(&rows, names, check_name);
	rows_add(&rows, forged, check_forged);
	rows_add_one(&rows, "cut_anywhere_is_refused", cut_anywhere_is_refused, NULL);
	rows_add_one(&rows, "nine_message_ids_are_refused", nine_message_ids_are_refused, NULL);
	rows_add_one(&rows, "a_promise_of_billions_is_refused", a_promise_of_billions_is_refused, NULL);
	rows_add_one(&rows, "every_name_is_one_word_and_its_own", every_name_is_one_word_and_its_own, NULL);
	return rows_run(&rows, "inventory");
}
