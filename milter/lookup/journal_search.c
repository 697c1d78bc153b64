/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "milter/base/cleanup.h"
#include "milter/base/digest.h"
#include "milter/lookup/journal_reader.h"

enum {
	CONDITIONS_SIZE = 4096,
	PARAMS_MAX = 40,
	FACTS_MAX = 24,
	CHUNK = 256,		/* entries that are looked for before they are given: nothing is read while fn runs */
	SUBJECT_DIGITS = 16,
};

/* A query as SQL, and as facts that all must be among those of an entry. */
struct plan {
	char conditions[CONDITIONS_SIZE];
	size_t len;
	struct param { const char *text; int64_t number; bool is_number; } params[PARAMS_MAX];
	int params_len;
	uint32_t facts[FACTS_MAX];
	size_t facts_len;
	int64_t first, before;	/* what is still to be looked at: entries from first on that are before the other */
};

/* What a member of the query means. In a condition, ? is its text. */
struct criterion {
	size_t offset;
	unsigned max;		/* as the column is cut */
	enum journal_fact fact;
	const char *condition;
};

#define CRITERION(member, max, fact, condition) { offsetof(struct journal_query, member), (max), (fact), (condition) }

static const struct criterion criteria[] = {
	CRITERION(id, 32, FACT_ID, "id = ?"),
	CRITERION(queue_id, 64, FACT_QUEUE_ID, "queue_id = ?"),
	CRITERION(client, 64, FACT_CLIENT, "client = ?"),
	CRITERION(network, 64, FACT_NETWORK, "network = ?"),
	CRITERION(login, 255, FACT_LOGIN, "login = ?"),
	CRITERION(tied_login, 255, FACT_TIED_LOGIN, "tied_login = ?"),
	CRITERION(mailfrom, 512, FACT_MAILFROM, "mailfrom = ?"),
	CRITERION(header_from, 1024, FACT_HEADER_FROM, "instr(lower(', ' || header_from || ', '), lower(', ' || ? || ', ')) > 0"),
	CRITERION(message_id, 512, FACT_MESSAGE_ID, "message_id = ?"),
	CRITERION(verdict, 32, FACT_VERDICT, "verdict = ?"),
	CRITERION(direction, 32, FACT_NONE, "direction = ?"),
	CRITERION(event, 32, FACT_EVENT, "event = ?"),
	CRITERION(subject_of, 384, FACT_SUBJECT_OF, "subject_of = ?"),
	CRITERION(recipient, 512, FACT_RECIPIENT,
		  "EXISTS (SELECT 1 FROM json_each(recipients) j WHERE json_extract(j.value, '$[0]') = ? COLLATE NOCASE)"),
	CRITERION(domain, 512, FACT_DOMAIN,
		  "EXISTS (SELECT 1 FROM json_each(recipients) j WHERE json_extract(j.value, '$[5]') = ? COLLATE NOCASE)"),
	CRITERION(sha256, 64, FACT_SHA256,
		  "EXISTS (SELECT 1 FROM json_each(attachments) j WHERE json_extract(j.value, '$[2]') = ? COLLATE NOCASE)"),
	CRITERION(attachment, 512, FACT_NONE,
		  "EXISTS (SELECT 1 FROM json_each(attachments) j WHERE instr(lower(json_extract(j.value, '$[0]')), lower(?)) > 0)"),
};

/* --- the plan --- */

static void add_text(struct plan *plan, const char *text)
{
	plan->params[plan->params_len++] = (struct param){ .text = text };
}

static void add_number(struct plan *plan, int64_t number)
{
	plan->params[plan->params_len++] = (struct param){ .number = number, .is_number = true };
}

static void add_condition(struct plan *plan, const char *condition)
{
	plan->len += (size_t)snprintf(plan->conditions + plan->len, sizeof(plan->conditions) - plan->len, " AND %s", condition);
}

static void add_fact(struct plan *plan, enum journal_fact fact, const char *text)
{
	if (fact != FACT_NONE && text[0] != '\0')
		plan->facts[plan->facts_len++] = journal_fact(fact, str_of(text));
}

/* Cut and cleaned as what is looked for was when it was written. */
static const char *as_kept(struct arena *arena, const char *text, size_t max)
{
	size_t len = journal_text_length(text, max);
	char *kept = arena_strndup(arena, text, len);

	journal_text_clean(kept, len);
	return kept;
}

static void add_criteria(struct arena *arena, struct plan *plan, const struct journal_query *query)
{
	for (size_t i = 0; i < sizeof(criteria) / sizeof(criteria[0]); i++) {
		const char *text = *(const char *const *)(const void *)((const char *)query + criteria[i].offset);

		if (text == NULL)
			continue;
		text = as_kept(arena, text, criteria[i].max);
		add_condition(plan, criteria[i].condition);
		add_text(plan, text);
		add_fact(plan, criteria[i].fact, text);
	}
}

/* Both of the same finding. */
static void add_finding(struct arena *arena, struct plan *plan, const struct journal_query *query)
{
	if (query->scanner == NULL && query->outcome == NULL)
		return;
	add_condition(plan, "EXISTS (SELECT 1 FROM json_each(findings) j WHERE (? IS NULL OR json_extract(j.value, '$[0]') = ? COLLATE NOCASE)"
			    " AND (? IS NULL OR json_extract(j.value, '$[1]') = ? COLLATE NOCASE))");
	for (size_t i = 0; i < 4; i++) {
		const char *text = i < 2 ? query->scanner : query->outcome;

		add_text(plan, text == NULL ? NULL : as_kept(arena, text, 64));
	}
	if (query->scanner != NULL)
		add_fact(plan, FACT_SCANNER, as_kept(arena, query->scanner, 64));
	if (query->outcome != NULL)
		add_fact(plan, FACT_OUTCOME, as_kept(arena, query->outcome, 64));
}

/* A subject is known by its text where that is kept, as a part of it; else by its digest, as a whole. */
static void add_subject(struct arena *arena, struct plan *plan, const struct journal_query *query)
{
	unsigned char digest[DIGEST_SIZE];
	char digits[DIGEST_TEXT_SIZE];

	if (query->subject == NULL)
		return;
	digest_of(query->subject, strlen(query->subject), digest);
	digest_text(digest, digits);
	add_condition(plan, "(instr(lower(subject), lower(?)) > 0 OR subject_digest = ?)");
	add_text(plan, as_kept(arena, query->subject, 1024));
	add_text(plan, arena_strndup(arena, digits, SUBJECT_DIGITS));
}

/* The + keeps SQLite from going by the index of times: the order is that of n, and its bounds are known (find_bounds). */
static void add_times(struct plan *plan, const struct journal_query *query)
{
	if (query->since_ms != 0) {
		add_condition(plan, "+time_ms >= ?");
		add_number(plan, query->since_ms);
	}
	if (query->until_ms != 0) {
		add_condition(plan, "+time_ms < ?");
		add_number(plan, query->until_ms);
	}
}

static struct plan *make_plan(struct arena *arena, const struct journal_query *query)
{
	struct plan *plan = arena_new_of(arena, struct plan);

	add_criteria(arena, plan, query);
	add_finding(arena, plan, query);
	add_subject(arena, plan, query);
	add_times(plan, query);
	if (query->refused_only)
		add_condition(plan, "verdict IN ('reject', 'defer')");
	if (!query->events && query->event == NULL && query->subject_of == NULL)
		add_condition(plan, "kind <> 5");
	return plan;
}

/* --- candidates --- */

struct candidates {
	int64_t *items;
	size_t len, capacity;
};

static void add_candidate(struct candidates *candidates, int64_t n)
{
	if (candidates->len == candidates->capacity) {
		size_t capacity = candidates->capacity == 0 ? CHUNK : 2 * candidates->capacity;
		int64_t *items = realloc(candidates->items, capacity * sizeof(n));

		if (items == NULL)
			abort();
		candidates->items = items;
		candidates->capacity = capacity;
	}
	candidates->items[candidates->len++] = n;
}

/* Are all facts of the plan among count hashes? */
static bool has_facts(const struct plan *plan, const unsigned char *hashes, size_t count)
{
	for (size_t i = 0; i < plan->facts_len; i++) {
		size_t j = 0;

		while (j < count && memcmp(hashes + j * sizeof(uint32_t), &plan->facts[i], sizeof(uint32_t)) != 0)
			j++;
		if (j == count)
			return false;
	}
	return true;
}

static void reverse(int64_t *items, size_t len)
{
	for (size_t i = 0; i + 1 < len - i; i++) {
		int64_t item = items[i];

		items[i] = items[len - 1 - i];
		items[len - 1 - i] = item;
	}
}

/* The entries of one batch, from n on. */
static void look_into_batch(const struct plan *plan, int64_t n, const unsigned char *hashes, size_t len, struct candidates *candidates)
{
	const unsigned char *end = hashes + len;
	size_t before = candidates->len;
	uint16_t count;

	for (; (size_t)(end - hashes) >= sizeof(count); n++) {
		memcpy(&count, hashes, sizeof(count));
		hashes += sizeof(count);
		if (count > (size_t)(end - hashes) / sizeof(uint32_t))
			break;
		if (n >= plan->first && n < plan->before && has_facts(plan, hashes, count))
			add_candidate(candidates, n);
		hashes += count * sizeof(uint32_t);
	}
	reverse(candidates->items + before, candidates->len - before);
}

static int find_by_facts(struct journal_reader *reader, struct plan *plan, struct candidates *candidates)
{
	int row;
	_cleanup_(sql_finishp) struct sql_statement *statement =
		sql_prepare(reader->sql, "SELECT n, hashes FROM fact WHERE n < ? AND last >= ? ORDER BY n DESC", &row);

	if (statement == NULL)
		return row;
	sql_bind_number(statement, 1, plan->before);
	sql_bind_number(statement, 2, plan->first);
	while (candidates->len < CHUNK && plan->before > plan->first && (row = sql_step(statement)) > 0) {
		size_t len;
		const void *hashes = sql_blob(statement, 1, &len);

		look_into_batch(plan, sql_number(statement, 0), hashes, len, candidates);
		plan->before = sql_number(statement, 0);
	}
	if (row == 0)
		plan->before = plan->first;
	return row < 0 ? row : 0;
}

static int bind_plan(struct sql_statement *statement, const struct plan *plan, int i)
{
	for (int j = 0; j < plan->params_len; j++, i++) {
		if (plan->params[j].is_number)
			sql_bind_number(statement, i, plan->params[j].number);
		else
			sql_bind_text(statement, i, plan->params[j].text, plan->params[j].text == NULL ? 0 : strlen(plan->params[j].text));
	}
	return i;
}

static struct sql_statement *prepare(struct journal_reader *reader, const struct plan *plan, const char *before, const char *after,
				     int *ret_error)
{
	const char *text = arena_printf(reader->arena, "%s%s%s", before, plan->conditions, after);

	return sql_prepare(reader->sql, text, ret_error);
}

static int find_by_scan(struct journal_reader *reader, struct plan *plan, struct candidates *candidates)
{
	int row;
	_cleanup_(sql_finishp) struct sql_statement *statement =
		prepare(reader, plan, "SELECT n FROM entry WHERE n < ? AND n >= ?", " ORDER BY n DESC LIMIT 256", &row);

	if (statement == NULL)
		return row;
	sql_bind_number(statement, 1, plan->before);
	sql_bind_number(statement, 2, plan->first);
	(void)bind_plan(statement, plan, 3);
	while ((row = sql_step(statement)) > 0) {
		plan->before = sql_number(statement, 0);
		add_candidate(candidates, plan->before);
	}
	if (candidates->len < CHUNK)
		plan->before = plan->first;
	return row;
}

/* By the index of times. */
static int find_bounds(struct journal_reader *reader, const struct journal_query *query, struct plan *plan)
{
	int64_t until_ms = query->until_ms == 0 ? INT64_MAX : query->until_ms;
	const char *text = arena_printf(reader->arena, "SELECT min(n), max(n) FROM entry INDEXED BY entry_time"
					" WHERE time_ms >= %lld AND time_ms < %lld", (long long)query->since_ms, (long long)until_ms);
	int row;
	_cleanup_(sql_finishp) struct sql_statement *statement =
		sql_prepare(reader->sql, query->since_ms == 0 && query->until_ms == 0 ? "SELECT 0, max(n) FROM entry" : text, &row);

	if (statement == NULL)
		return row;
	row = sql_step(statement);
	if (row < 0)
		return row;
	plan->first = sql_number(statement, 0);
	plan->before = sql_number(statement, 1) + 1;
	return 0;
}

/* --- what is found --- */

struct found {
	struct journal_reader *reader;
	struct plan *plan;
	struct sql_statement *statement;	/* one entry by its n, if it meets the conditions */
	size_t limit;
	int64_t count;
	bool (*fn)(void *arg, int64_t n, const struct journal_entry *entry);
	void *arg;
	bool ends;
};

static void read_entry(struct arena *arena, struct sql_statement *row, struct journal_entry *ret_entry)
{
	*ret_entry = journal_nothing;
	for (size_t i = 0; i < journal_table_entry.fields_len; i++) {
		const struct journal_field *field = &journal_table_entry.fields[i];

		if (field->type == JOURNAL_TEXT)
			journal_field_set_text(ret_entry, field, arena_strdup(arena, sql_text(row, (int)i)));
		else
			journal_field_set_number(ret_entry, field, sql_number(row, (int)i), sql_real(row, (int)i));
	}
	for (size_t i = 0; i < JOURNAL_LISTS; i++)
		journal_read_list(arena, i, sql_text(row, (int)(journal_table_entry.fields_len + i)), ret_entry);
}

static void give(struct found *found, int64_t n)
{
	struct journal_entry entry;

	read_entry(found->reader->arena, found->statement, &entry);
	sql_reset(found->statement);
	found->count++;
	found->ends = !found->fn(found->arg, n, &entry) || (found->limit > 0 && (size_t)found->count >= found->limit);
}

/* A candidate may be none: hashes may be equal by chance, and it may have been deleted meanwhile. */
static int look_at(struct found *found, int64_t n)
{
	int row;

	sql_bind_number(found->statement, 1, n);
	row = sql_step(found->statement);
	if (row == 1)
		give(found, n);
	else
		sql_reset(found->statement);
	return row < 0 ? row : 0;
}

static int look_at_all(struct found *found, const struct candidates *candidates)
{
	struct arena *arena = found->reader->arena;
	int error = 0;

	for (size_t i = 0; error == 0 && !found->ends && i < candidates->len; i++) {
		struct arena_mark mark = arena_mark(arena);

		error = look_at(found, candidates->items[i]);
		arena_rewind(arena, mark);
	}
	return error;
}

static int search(struct found *found)
{
	struct candidates candidates = { .items = NULL };
	struct plan *plan = found->plan;
	int error = 0;

	while (error == 0 && !found->ends && plan->before > plan->first) {
		candidates.len = 0;
		error = plan->facts_len > 0 ? find_by_facts(found->reader, plan, &candidates) : find_by_scan(found->reader, plan, &candidates);
		if (error == 0)
			error = look_at_all(found, &candidates);
	}
	free(candidates.items);
	return error;
}

static const char *columns_text(struct arena *arena)
{
	size_t size = (journal_table_entry.fields_len + JOURNAL_LISTS) * 32, len = 0;
	char *text = arena_alloc(arena, size);

	for (size_t i = 0; i < journal_table_entry.fields_len; i++)
		len += (size_t)snprintf(text + len, size - len, "%s,", journal_table_entry.fields[i].name);
	for (size_t i = 0; i < JOURNAL_LISTS; i++)
		len += (size_t)snprintf(text + len, size - len, "%ss%s", journal_lists[i].name, i + 1 < JOURNAL_LISTS ? "," : "");
	return text;
}

static int start_and_search(struct found *found, const struct journal_query *query)
{
	struct arena *arena = found->reader->arena;
	int error = find_bounds(found->reader, query, found->plan);

	if (error < 0)
		return error;
	found->statement = prepare(found->reader, found->plan, arena_printf(arena, "SELECT %s FROM entry WHERE n = ?", columns_text(arena)), "",
				   &error);
	if (found->statement == NULL)
		return error;
	(void)bind_plan(found->statement, found->plan, 2);
	error = search(found);
	sql_finish(found->statement);
	return error;
}

int64_t journal_search(struct journal_reader *reader, const struct journal_query *query,
		       bool (*fn)(void *arg, int64_t n, const struct journal_entry *entry), void *arg)
{
	struct arena *outer = reader->arena;
	struct found found = { .reader = reader, .fn = fn, .arg = arg, .limit = query->limit };
	int error;

	reader->arena = arena_new();	/* fn may search, too */
	found.plan = make_plan(reader->arena, query);
	error = start_and_search(&found, query);
	arena_free(reader->arena);
	reader->arena = outer;
	return error < 0 ? error : found.count;
}
