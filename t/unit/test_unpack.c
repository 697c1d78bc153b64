/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The walk itself, with handlers of the test's own: what is found once, what is counted, where it ends. */
#include "t/unit/rows.h"

#include "milter/unpack/handlers.h"
#include "milter/unpack/prepare.h"

/* The test's handlers: mail does what a row says, archives the same one floor down; the others find nothing. */
static void (*at_mail)(struct unpack *unpack, const struct item *item);
static void (*at_zip)(struct unpack *unpack, const struct item *item);
static void (*at_salvage)(struct unpack *unpack, const struct item *item);

void mime_unpack(struct unpack *unpack, const struct item *item)
{
	if (at_mail != NULL)
		at_mail(unpack, item);
}

void zip_unpack(struct unpack *unpack, const struct item *item)
{
	if (at_zip != NULL)
		at_zip(unpack, item);
}

void salvage_unpack(struct unpack *unpack, const struct item *item)
{
	if (at_salvage != NULL)
		at_salvage(unpack, item);
}

#define NOTHING(name) void name(struct unpack *unpack, const struct item *item) { (void)unpack, (void)item; }
NOTHING(gmime_unpack)
NOTHING(text_unpack)
NOTHING(tnef_unpack)
NOTHING(smime_unpack)
NOTHING(appledouble_unpack)
NOTHING(calendar_unpack)
NOTHING(archive_unpack)
NOTHING(compressed_unpack)
NOTHING(ole2_unpack)
NOTHING(pdf_unpack)
NOTHING(html_unpack)
NOTHING(svg_unpack)
NOTHING(xml_unpack)
NOTHING(rtf_unpack)
NOTHING(onenote_unpack)
NOTHING(links_unpack)
NOTHING(appended_unpack)

#define PREPARED(name) int name(char problem[UNPACK_PROBLEM_MAX]) { (void)problem; return 0; }
PREPARED(gmime_prepare)
PREPARED(archive_prepare)

#define MESSAGE "From x\nSubject: a\n\ntext\n"
#define ZIP "PK\3\4 not really"

static const struct str name_exe = { "a.exe", 5 };

static const struct content *find(struct unpack *unpack, const struct item *parent, enum item_kind kind, const char *bytes, const char *name)
{
	const struct str given = str_of(name);
	const struct item item = {
		.parent = parent, .kind = kind, .bytes = str_of(bytes), .names = &given, .names_len = name == NULL ? 0 : 1,
		.media_type = kind == ITEM_MEMBER || bytes[0] != 'P' ? STR("") : STR("application/zip"),
	};

	return unpack_found(unpack, &item);
}

struct run {
	unsigned visits;
	struct inventory inventory;
};

static struct arena *arena;

static void count_visit(void *arg, struct str bytes, enum filetype type, const unsigned char digest[32])
{
	(void)bytes, (void)type, (void)digest;
	((struct run *)arg)->visits++;
}

static struct unpack_limits limits;

static void run(struct run *run)
{
	struct unpack_settings settings = { .limits = limits, .links = true, .visit = count_visit, .visit_arg = run };

	*run = (struct run){ 0 };
	unpack_message(&settings, arena, STR(MESSAGE), &run->inventory);
}

static const struct inventory_entry *entry_named(const struct run *run, const char *name)
{
	for (size_t i = 0; i < run->inventory.entries_len; i++) {
		if (strcmp(run->inventory.entries[i].name, name) == 0)
			return &run->inventory.entries[i];
	}
	return NULL;
}

static void two_names(struct unpack *unpack, const struct item *item)
{
	(void)find(unpack, item, ITEM_PART, "the same", "a.txt");
	(void)find(unpack, item, ITEM_PART, "the same", "b.exe");
	(void)find(unpack, item, ITEM_PART, "the same", "b.exe");
}

static bool the_same_bytes_are_shown_once_and_keep_both_names(void)
{
	struct run it;

	at_mail = two_names;
	run(&it);
	return it.visits == 2 && entry_named(&it, "a.txt") != NULL && entry_named(&it, "b.exe") != NULL && entry_named(&it, "b.exe")->count == 1 &&
	       it.inventory.entries_len == 3;
}

static void itself(struct unpack *unpack, const struct item *item)
{
	(void)find(unpack, item, ITEM_MEMBER, ZIP, "r.zip");
}

static bool a_zip_that_holds_itself_ends_ATT_04(void)
{
	struct run it;

	at_mail = at_zip = itself;
	run(&it);
	return it.visits == 2 && it.inventory.limits == 0;
}

static unsigned deeper;

static void another(struct unpack *unpack, const struct item *item)
{
	char bytes[64];

	(void)snprintf(bytes, sizeof(bytes), ZIP "%u", ++deeper);
	(void)find(unpack, item, ITEM_MEMBER, bytes, NULL);
}

static bool what_lies_too_deep_is_a_limit_MIME_17(void)
{
	struct run it;

	deeper = 0;
	at_mail = at_zip = another;
	run(&it);
	return deeper == limits.depth && it.inventory.limits == 1u << UNPACK_DEPTH && it.visits == limits.depth + 1;
}

static void letters_only(struct unpack *unpack, const struct item *item)
{
	(void)find(unpack, item, ITEM_PART, "a letter", NULL);
}

static void a_letter_at_the_bottom(struct unpack *unpack, const struct item *item)
{
	if (++deeper + 1 < limits.depth)
		another(unpack, item);
	else
		letters_only(unpack, item);
}

static bool a_mere_text_at_the_last_level_is_no_limit(void)
{
	struct run it;

	deeper = 0;
	limits.depth = 3;
	at_mail = at_zip = a_letter_at_the_bottom;
	run(&it);
	return it.inventory.limits == 0;
}

static void members(struct unpack *unpack, const struct item *item)
{
	char bytes[32];

	for (int i = 0; i < 50; i++) {
		(void)snprintf(bytes, sizeof(bytes), "member %d", i);
		(void)find(unpack, item, ITEM_MEMBER, bytes, "a.exe");
	}
}

static void a_zip(struct unpack *unpack, const struct item *item)
{
	(void)find(unpack, item, ITEM_PART, ZIP, "all.zip");
}

static bool members_that_are_alike_are_one_entry(void)
{
	struct run it;
	const struct inventory_entry *entry;

	at_mail = a_zip;
	at_zip = members;
	run(&it);
	entry = entry_named(&it, "a.exe");
	return entry != NULL && entry->count == 50 && entry->in_archive && strcmp(entry->container, "all.zip") == 0 && entry->extensions_len == 1 &&
	       strcmp(entry->extensions[0], "exe") == 0 && it.inventory.entries_len == 3;
}

static void names(struct unpack *unpack, const struct item *item)
{
	const struct str many[] = { name_exe, name_exe, name_exe, name_exe, name_exe, name_exe };
	const struct item part = { .parent = item, .kind = ITEM_PART, .bytes = STR("a"), .names = many, .names_len = 6 };

	(void)unpack_found(unpack, &part);
}

static bool more_names_than_allowed_are_a_limit(void)
{
	struct run it;

	limits.names = 5;
	at_mail = names;
	run(&it);
	return it.inventory.limits == 1u << UNPACK_NAMES && entry_named(&it, "a.exe") != NULL;
}

static void take_much(struct unpack *unpack, const struct item *item)
{
	void *first = unpack_take(unpack, 600), *second = unpack_take(unpack, 600);

	(void)item;
	if (first == NULL || second != NULL)
		unpack_ambiguous(unpack, AMBIGUITY_NUL, "the budget is wrong");
	unpack_give(unpack, first, 600);
	second = unpack_take(unpack, 600);
	if (second == NULL)
		unpack_ambiguous(unpack, AMBIGUITY_NUL, "what was given back is gone");
	unpack_give(unpack, second, 600);
}

static bool memory_at_a_time_has_a_bound(void)
{
	struct run it;

	limits.memory_bytes = 1000 - 2 * (sizeof(MESSAGE) - 1);
	at_mail = take_much;
	run(&it);
	return it.inventory.limits == 1u << UNPACK_SIZE && it.inventory.ambiguities == 0;
}

static void take_for_ever(struct unpack *unpack, const struct item *item)
{
	void *bytes;

	(void)item;
	for (int i = 0; i < 1000 && (bytes = unpack_take(unpack, 1000)) != NULL; i++)
		unpack_give(unpack, bytes, 1000);
	if (!unpack_stopped(unpack))
		unpack_ambiguous(unpack, AMBIGUITY_NUL, "it goes on");
}

static bool decoded_bytes_have_a_bound_and_it_ends_the_walk(void)
{
	struct run it;

	limits.decoded_bytes = 100000;
	at_mail = take_for_ever;
	run(&it);
	return it.inventory.limits == 1u << UNPACK_SIZE && it.inventory.ambiguities == 0 && it.inventory.bytes == 100000;
}

static void work_for_ever(struct unpack *unpack, const struct item *item)
{
	(void)item;
	while (!unpack_stopped(unpack))
		;
}

static bool processor_time_has_a_bound(void)
{
	struct run it;

	limits.cpu_ms = 20;
	at_mail = work_for_ever;
	run(&it);
	return it.inventory.limits == 1u << UNPACK_TIME;
}

static struct { bool part, salvaged, below; } only_salvaged;

static void salvage(struct unpack *unpack, const struct item *item)
{
	const struct content *content = find(unpack, item, ITEM_SALVAGED, "a letter", NULL);

	only_salvaged.part = content_is_salvaged_only(content);
	content = find(unpack, item, ITEM_SALVAGED, ZIP, NULL);
	only_salvaged.salvaged = content_is_salvaged_only(content);
}

static void below(struct unpack *unpack, const struct item *item)
{
	only_salvaged.below = content_is_salvaged_only(find(unpack, item, ITEM_MEMBER, "in it", NULL));
}

static bool what_only_salvage_has_found_is_known(void)
{
	struct run it;

	at_mail = letters_only;
	at_salvage = salvage;
	at_zip = below;
	run(&it);
	return !only_salvaged.part && only_salvaged.salvaged && only_salvaged.below;
}

static bool covered_right;

static void cover(struct unpack *unpack, const struct item *item)
{
	struct str all = item->bytes;
	static const char elsewhere[] = "text";

	covered_right = !unpack_covered(unpack, all);
	unpack_cover(unpack, (struct str){ all.p + 10, 4 });
	unpack_cover(unpack, (struct str){ all.p + 2, 10 });
	unpack_cover(unpack, (struct str){ all.p + 3, 2 });
	unpack_cover(unpack, (struct str){ elsewhere, 4 });
	covered_right &= unpack_covered(unpack, (struct str){ all.p + 3, 9 }) && unpack_covered(unpack, (struct str){ all.p + 10, 4 }) &&
			 !unpack_covered(unpack, (struct str){ all.p + 3, 11 }) && !unpack_covered(unpack, (struct str){ all.p + 1, 2 }) &&
			 unpack_covered(unpack, (struct str){ elsewhere, 4 });
}

static char copy_of_message[sizeof(MESSAGE)];

static void cover_a_copy(struct unpack *unpack, const struct item *item)
{
	const struct item inner = { .parent = item, .kind = ITEM_EMBEDDED, .bytes = { copy_of_message, sizeof(MESSAGE) - 1 }, .media_type = STR("message/rfc822") };

	if (item->kind == ITEM_EMBEDDED) {
		unpack_cover(unpack, item->bytes);
		covered_right = unpack_covered(unpack, item->bytes);
		return;
	}
	memcpy(copy_of_message, "x" MESSAGE, sizeof(MESSAGE));
	unpack_cover(unpack, item->bytes);
	(void)unpack_found(unpack, &inner);
	covered_right &= !unpack_covered(unpack, inner.bytes) && unpack_covered(unpack, item->bytes);
}

static bool what_was_covered_is_forgotten_with_its_bytes(void)
{
	struct run it;

	at_mail = cover_a_copy;
	run(&it);
	return covered_right;
}

static bool ranges_that_were_covered_are_known(void)
{
	struct run it;

	at_mail = cover;
	run(&it);
	return covered_right;
}

static void partial(struct unpack *unpack, const struct item *item)
{
	const struct item part = { .parent = item, .kind = ITEM_PART, .bytes = STR("Subject: half\n\nof it"), .media_type = STR("message/partial") };

	(void)unpack_found(unpack, &part);
}

static bool a_fragment_is_one_whatever_its_bytes_MIME_18(void)
{
	struct run it;
	bool found = false;

	at_mail = partial;
	run(&it);
	for (size_t i = 0; i < it.inventory.entries_len; i++)
		found |= it.inventory.entries[i].type == FILETYPE_PARTIAL;
	return found;
}

static void links(struct unpack *unpack, const struct item *item)
{
	(void)item;
	unpack_link(unpack, STR("a.example"), STR(""));
	unpack_link(unpack, STR("A.example"), STR(""));
	unpack_link(unpack, STR("a.example"), STR("bank.example"));
}

static bool a_link_counts_once(void)
{
	struct run it;

	at_mail = links;
	run(&it);
	return it.inventory.hosts_len == 2;
}

static const struct row { const char *name; bool (*check)(void); } rows[] = {
	{ "the_same_bytes_are_shown_once_and_keep_both_names", the_same_bytes_are_shown_once_and_keep_both_names },
	{ "a_zip_that_holds_itself_ends_ATT_04", a_zip_that_holds_itself_ends_ATT_04 },
	{ "what_lies_too_deep_is_a_limit_MIME_17", what_lies_too_deep_is_a_limit_MIME_17 },
	{ "a_mere_text_at_the_last_level_is_no_limit", a_mere_text_at_the_last_level_is_no_limit },
	{ "members_that_are_alike_are_one_entry", members_that_are_alike_are_one_entry },
	{ "more_names_than_allowed_are_a_limit", more_names_than_allowed_are_a_limit },
	{ "memory_at_a_time_has_a_bound", memory_at_a_time_has_a_bound },
	{ "decoded_bytes_have_a_bound_and_it_ends_the_walk", decoded_bytes_have_a_bound_and_it_ends_the_walk },
	{ "processor_time_has_a_bound", processor_time_has_a_bound },
	{ "what_only_salvage_has_found_is_known", what_only_salvage_has_found_is_known },
	{ "ranges_that_were_covered_are_known", ranges_that_were_covered_are_known },
	{ "what_was_covered_is_forgotten_with_its_bytes", what_was_covered_is_forgotten_with_its_bytes },
	{ "a_fragment_is_one_whatever_its_bytes_MIME_18", a_fragment_is_one_whatever_its_bytes_MIME_18 },
	{ "a_link_counts_once", a_link_counts_once },
};

static void check(void **state)
{
	const struct row *row = *state;

	limits = (struct unpack_limits){ .depth = 5, .parts = 100, .members = 1000, .names = 1000, .header_bytes = 1000, .decoded_bytes = 1 << 20,
					 .member_bytes = 1 << 20, .ratio = 100, .memory_bytes = 1 << 20, .cpu_ms = 60000 };
	at_mail = at_zip = at_salvage = NULL;
	arena = arena_new();
	assert_true(row->check());
	arena_free(arena);
}

int main(void)
{
	struct rows all = { .len = 0 };

	rows_add(&all, rows, check);
	return rows_run(&all, "unpack");
}
