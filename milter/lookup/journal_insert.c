/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "milter/base/arena.h"
#include "milter/lookup/journal_internal.h"

enum {
	STATEMENT_SIZE = 2048,
	NEIGHBOURS = 8,		/* a fact is left out when it is among so many last ones: recipients of one domain */
};

/* Texts that are made for a statement. */
struct heap {
	char *bytes;
	size_t len, capacity;
};

struct journal_insert {
	struct sql_statement *entry, *facts;
	struct heap lists[JOURNAL_LISTS];
	struct heap hashes;	/* of the batch: for each entry a count of 16 bits, and as many hashes */
	size_t count_at;	/* in hashes, of this entry */
};

/* --- bytes --- */

static char *heap_room(struct heap *heap, size_t len)
{
	if (heap->len + len > heap->capacity) {
		heap->capacity = (heap->len + len) * 2;
		heap->bytes = realloc(heap->bytes, heap->capacity);
		if (heap->bytes == NULL)
			abort();
	}
	return heap->bytes + heap->len;
}

static void heap_add(struct heap *heap, const void *bytes, size_t len)
{
	memcpy(heap_room(heap, len), bytes, len);
	heap->len += len;
}

/* JSON (RFC 8259 7). A control character takes six bytes, all others one or two. */
static void heap_add_json(struct heap *heap, struct str text)
{
	char *start = heap_room(heap, text.len * 6 + 3), *p = start;

	*p++ = '"';
	for (size_t i = 0; i < text.len; i++) {
		char c = text.p[i];

		if (ascii_is_control(c)) {
			p += snprintf(p, 7, "\\u%04x", (unsigned)c);
			continue;
		}
		if (c == '"' || c == '\\')
			*p++ = '\\';
		*p++ = c;
	}
	*p++ = '"';
	heap->len += (size_t)(p - start);
}

static void heap_add_number(struct heap *heap, int64_t number)
{
	heap->len += (size_t)snprintf(heap_room(heap, 24), 24, "%lld", (long long)number);
}

static void heap_add_real(struct heap *heap, double number)
{
	if (number < 0 || number > 0)
		heap->len += (size_t)snprintf(heap_room(heap, 40), 40, "%.17g", number);
	else
		heap_add(heap, "0", 1);
}

/* --- facts --- */

static void begin_facts(struct journal_insert *insert)
{
	insert->count_at = insert->hashes.len;
	heap_add(&insert->hashes, &(uint16_t){ 0 }, sizeof(uint16_t));
}

static bool is_near(const struct journal_insert *insert, uint16_t count, uint32_t hash)
{
	const char *end = insert->hashes.bytes + insert->hashes.len;

	for (unsigned i = 1; i <= NEIGHBOURS && i <= count; i++)
		if (memcmp(end - i * sizeof(hash), &hash, sizeof(hash)) == 0)
			return true;
	return false;
}

static void add_fact(struct journal_insert *insert, enum journal_fact fact, struct str value)
{
	uint32_t hash;
	uint16_t count;

	if (fact == FACT_NONE || value.len == 0)
		return;
	memcpy(&count, insert->hashes.bytes + insert->count_at, sizeof(count));
	hash = journal_fact(fact, value);
	if (count == UINT16_MAX || is_near(insert, count, hash))
		return;
	count++;
	memcpy(insert->hashes.bytes + insert->count_at, &count, sizeof(count));
	heap_add(&insert->hashes, &hash, sizeof(hash));
}

/* Several addresses of a From field stand in one column, and each is a fact. */
static void add_facts(struct journal_insert *insert, enum journal_fact fact, struct str value)
{
	struct str rest = value;

	if (fact != FACT_HEADER_FROM) {
		add_fact(insert, fact, value);
		return;
	}
	while (rest.p != NULL)
		add_fact(insert, fact, str_trim(str_split(&rest, ",")));
}

/* --- an entry --- */

static void add_item(struct journal_insert *insert, size_t list, struct journal_decoder *decoder)
{
	const struct journal_table *table = &journal_lists[list];
	struct heap *heap = &insert->lists[list];
	struct str address = { "", 0 };

	for (size_t i = 0; i < table->fields_len; i++) {
		const struct journal_field *field = &table->fields[i];

		heap_add(heap, i == 0 ? "[" : ",", 1);
		if (field->type == JOURNAL_TEXT) {
			struct str text = journal_decode_text(decoder);

			add_fact(insert, field->fact, text);
			heap_add_json(heap, text);
			if (field->fact == FACT_RECIPIENT)
				address = text;
		} else if (field->type == JOURNAL_REAL) {
			heap_add_real(heap, journal_decode_real(decoder));
		} else {
			heap_add_number(heap, journal_decode_number(decoder));
		}
	}
	if (address.len > 0)
		add_fact(insert, FACT_DOMAIN, journal_domain(address));
	if (table->has_domain) {
		heap_add(heap, ",", 1);
		heap_add_json(heap, journal_domain(address));
	}
	heap_add(heap, "]", 1);
}

static void bind_list(struct journal_insert *insert, size_t list, struct journal_decoder *decoder)
{
	struct heap *heap = &insert->lists[list];
	int64_t count = journal_decode_number(decoder);
	int column = (int)(journal_table_entry.fields_len + list) + 2;

	heap->len = 0;
	heap_add(heap, "[", 1);
	for (int64_t i = 0; i < count; i++) {
		if (i > 0)
			heap_add(heap, ",", 1);
		add_item(insert, list, decoder);
	}
	heap_add(heap, "]", 1);
	if (count > 0)
		sql_bind_text(insert->entry, column, heap->bytes, heap->len);
	else
		sql_bind_text(insert->entry, column, NULL, 0);
}

static void bind_fields(struct journal_insert *insert, struct journal_decoder *decoder)
{
	for (size_t i = 0; i < journal_table_entry.fields_len; i++) {
		const struct journal_field *field = &journal_table_entry.fields[i];
		int column = (int)i + 2;

		if (field->type == JOURNAL_TEXT) {
			struct str text = journal_decode_text(decoder);

			add_facts(insert, field->fact, text);
			sql_bind_text(insert->entry, column, text.p, text.len);
		} else if (field->type == JOURNAL_REAL) {
			sql_bind_real(insert->entry, column, journal_decode_real(decoder));
		} else {
			sql_bind_number(insert->entry, column, journal_decode_number(decoder));
		}
	}
}

static int insert_entry(struct journal_insert *insert, int64_t n, struct journal_decoder *decoder)
{
	begin_facts(insert);
	sql_bind_number(insert->entry, 1, n);
	bind_fields(insert, decoder);
	for (size_t i = 0; i < JOURNAL_LISTS; i++)
		bind_list(insert, i, decoder);
	return sql_execute(insert->entry);
}

static int insert_facts(struct journal_insert *insert, int64_t first, int64_t last)
{
	sql_bind_number(insert->facts, 1, first);
	sql_bind_number(insert->facts, 2, last);
	sql_bind_blob(insert->facts, 3, insert->hashes.bytes, insert->hashes.len);
	return sql_execute(insert->facts);
}

int journal_insert_batch(struct journal_insert *insert, int64_t first, char *bytes, size_t len)
{
	struct journal_decoder decoder = { bytes };
	int64_t n = first;
	int error = 0;

	insert->hashes.len = 0;
	while (error == 0 && decoder.p < bytes + len)
		error = insert_entry(insert, n++, &decoder);
	return error < 0 || n == first ? error : insert_facts(insert, first, n - 1);
}

/* --- the statements --- */

static struct sql_statement *prepare_entry(struct sql *sql, int *ret_error)
{
	char text[STATEMENT_SIZE];
	size_t columns = journal_table_entry.fields_len + JOURNAL_LISTS;
	int len = snprintf(text, sizeof(text), "INSERT INTO entry(n");

	for (size_t i = 0; i < columns; i++)
		len += i < journal_table_entry.fields_len
			? snprintf(text + len, sizeof(text) - (size_t)len, ",%s", journal_table_entry.fields[i].name)
			: snprintf(text + len, sizeof(text) - (size_t)len, ",%ss", journal_lists[i - journal_table_entry.fields_len].name);
	len += snprintf(text + len, sizeof(text) - (size_t)len, ") VALUES (?");
	for (size_t i = 0; i < columns; i++)
		len += snprintf(text + len, sizeof(text) - (size_t)len, ",?");
	(void)snprintf(text + len, sizeof(text) - (size_t)len, ")");
	return sql_prepare(sql, text, ret_error);
}

int journal_insert_new(struct sql *sql, struct journal_insert **ret_insert)
{
	struct journal_insert *insert = xcalloc(1, sizeof(*insert));
	int error;

	*ret_insert = insert;
	insert->entry = prepare_entry(sql, &error);
	if (insert->entry != NULL)
		insert->facts = sql_prepare(sql, "INSERT INTO fact(n, last, hashes) VALUES (?, ?, ?)", &error);
	if (insert->facts != NULL)
		return 0;
	journal_insert_free(insert);
	*ret_insert = NULL;
	return error;
}

void journal_insert_free(struct journal_insert *insert)
{
	if (insert == NULL)
		return;
	sql_finish(insert->entry);
	sql_finish(insert->facts);
	for (size_t i = 0; i < JOURNAL_LISTS; i++)
		free(insert->lists[i].bytes);
	free(insert->hashes.bytes);
	free(insert);
}
