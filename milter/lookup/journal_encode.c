/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/lookup/journal_internal.h"

/* len counts on when bytes is full. */
struct pen {
	char *bytes;
	size_t len, capacity;
};

static void put_bytes(struct pen *pen, const void *bytes, size_t len)
{
	if (pen->len + len <= pen->capacity)
		memcpy(pen->bytes + pen->len, bytes, len);
	pen->len += len;
}

static void put_number(struct pen *pen, int64_t number)
{
	put_bytes(pen, &number, sizeof(number));
}

static void put_text(struct pen *pen, const char *text, size_t max)
{
	uint32_t len = (uint32_t)journal_text_length(text, max);

	put_bytes(pen, &len, sizeof(len));
	put_bytes(pen, text, len);
	put_bytes(pen, "", 1);
}

static void put_fields(struct pen *pen, const struct journal_table *table, const void *from)
{
	for (size_t i = 0; i < table->fields_len; i++) {
		const struct journal_field *field = &table->fields[i];

		if (field->type == JOURNAL_TEXT)
			put_text(pen, journal_field_text(from, field), field->max);
		else
			put_number(pen, journal_field_number(from, field));
	}
}

/* Each list has a third of the room, so that 1,000 recipients do not cost the findings. */
static void put_list(struct pen *pen, const struct journal_table *table, const char *items, size_t items_len)
{
	size_t count_at = pen->len, end = pen->len + JOURNAL_ENTRY_MAX / 4;
	int64_t count = 0;

	put_number(pen, 0);
	for (size_t i = 0; i < items_len && i < table->max; i++) {
		size_t before = pen->len;

		put_fields(pen, table, items + i * table->size);
		if (pen->len > end) {
			pen->len = before;
			break;
		}
		count++;
	}
	if (count_at + sizeof(count) <= pen->capacity)
		memcpy(pen->bytes + count_at, &count, sizeof(count));
}

size_t journal_encode(const struct journal_entry *entry, char *bytes, size_t capacity)
{
	struct pen pen = { bytes, 0, capacity };

	put_fields(&pen, &journal_table_entry, entry);
	for (size_t i = 0; i < JOURNAL_LISTS; i++) {
		size_t len;
		const void *items = journal_list(entry, i, &len);

		put_list(&pen, &journal_lists[i], items, len);
	}
	return pen.len;
}

struct str journal_decode_text(struct journal_decoder *decoder)
{
	struct str text = { decoder->p + sizeof(uint32_t), 0 };
	uint32_t len;

	memcpy(&len, decoder->p, sizeof(len));
	journal_text_clean(decoder->p + sizeof(len), len);
	text.len = len;
	decoder->p += sizeof(len) + len + 1;
	return text;
}

int64_t journal_decode_number(struct journal_decoder *decoder)
{
	int64_t number;

	memcpy(&number, decoder->p, sizeof(number));
	decoder->p += sizeof(number);
	return number;
}

double journal_decode_real(struct journal_decoder *decoder)
{
	double number;

	memcpy(&number, decoder->p, sizeof(number));
	decoder->p += sizeof(number);
	return number;
}
