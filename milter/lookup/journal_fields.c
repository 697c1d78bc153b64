/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <math.h>

#include "milter/lookup/journal_internal.h"
#include "milter/mail/utf8.h"

#define ENTRY(member, type, ...) { #member, (type), offsetof(struct journal_entry, member), __VA_ARGS__ }
#define RECIPIENT(member, type, ...) { #member, (type), offsetof(struct journal_recipient, member), __VA_ARGS__ }
#define FINDING(member, type, ...) { #member, (type), offsetof(struct journal_finding, member), __VA_ARGS__ }
#define ATTACHMENT(member, type, ...) { #member, (type), offsetof(struct journal_attachment, member), __VA_ARGS__ }
#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static const struct journal_field entry_fields[] = {
	ENTRY(time_ms, JOURNAL_INT64, 0, FACT_NONE),
	ENTRY(kind, JOURNAL_ENUM, 0, FACT_NONE),
	ENTRY(id, JOURNAL_TEXT, 32, FACT_ID),
	ENTRY(configuration, JOURNAL_TEXT, 64, FACT_NONE),
	ENTRY(client, JOURNAL_TEXT, 64, FACT_CLIENT),
	ENTRY(network, JOURNAL_TEXT, 64, FACT_NETWORK),
	ENTRY(client_name, JOURNAL_TEXT, 255, FACT_NONE),
	ENTRY(helo, JOURNAL_TEXT, 255, FACT_NONE),
	ENTRY(mta_host, JOURNAL_TEXT, 255, FACT_NONE),
	ENTRY(daemon, JOURNAL_TEXT, 64, FACT_NONE),
	ENTRY(tls, JOURNAL_TEXT, 32, FACT_NONE),
	ENTRY(login, JOURNAL_TEXT, 255, FACT_LOGIN),
	ENTRY(certificate, JOURNAL_TEXT, 512, FACT_NONE),
	ENTRY(direction, JOURNAL_TEXT, 32, FACT_NONE),
	ENTRY(mailfrom, JOURNAL_TEXT, 512, FACT_MAILFROM),
	ENTRY(header_from, JOURNAL_TEXT, 1024, FACT_HEADER_FROM),
	ENTRY(message_id, JOURNAL_TEXT, 512, FACT_MESSAGE_ID),
	ENTRY(subject, JOURNAL_TEXT, 1024, FACT_NONE),
	ENTRY(subject_digest, JOURNAL_TEXT, 64, FACT_SUBJECT_DIGEST),
	ENTRY(tied_login, JOURNAL_TEXT, 255, FACT_TIED_LOGIN),
	ENTRY(size_bytes, JOURNAL_UINT64, 0, FACT_NONE),
	ENTRY(queue_id, JOURNAL_TEXT, 64, FACT_QUEUE_ID),
	ENTRY(verdict, JOURNAL_TEXT, 32, FACT_VERDICT),
	ENTRY(reply, JOURNAL_TEXT, 1024, FACT_NONE),
	ENTRY(decided_by, JOURNAL_TEXT, 128, FACT_NONE),
	ENTRY(rule_file, JOURNAL_TEXT, 512, FACT_NONE),
	ENTRY(rule_line, JOURNAL_UINT, 0, FACT_NONE),
	ENTRY(observed, JOURNAL_TEXT, 1024, FACT_NONE),
	ENTRY(failure, JOURNAL_TEXT, 512, FACT_NONE),
	ENTRY(score, JOURNAL_REAL, 0, FACT_NONE),
	ENTRY(results, JOURNAL_TEXT, 4096, FACT_NONE),
	ENTRY(dmarc, JOURNAL_TEXT, 2048, FACT_NONE),
	ENTRY(refused, JOURNAL_UINT64, 0, FACT_NONE),
	ENTRY(elapsed_ms, JOURNAL_UINT64, 0, FACT_NONE),
	ENTRY(content_ms, JOURNAL_UINT64, 0, FACT_NONE),
	ENTRY(event, JOURNAL_TEXT, 32, FACT_EVENT),
	ENTRY(subject_of, JOURNAL_TEXT, 384, FACT_SUBJECT_OF),
	ENTRY(operator, JOURNAL_TEXT, 64, FACT_NONE),
	ENTRY(note, JOURNAL_TEXT, 2048, FACT_NONE),
};

static const struct journal_field recipient_fields[] = {
	RECIPIENT(address, JOURNAL_TEXT, 512, FACT_RECIPIENT),
	RECIPIENT(ground, JOURNAL_TEXT, 32, FACT_NONE),
	RECIPIENT(detail, JOURNAL_TEXT, 255, FACT_NONE),
	RECIPIENT(reply, JOURNAL_TEXT, 1024, FACT_NONE),
	RECIPIENT(accepted, JOURNAL_BOOL, 0, FACT_NONE),
};

static const struct journal_field finding_fields[] = {
	FINDING(scanner, JOURNAL_TEXT, 64, FACT_SCANNER),
	FINDING(outcome, JOURNAL_TEXT, 64, FACT_OUTCOME),
	FINDING(action, JOURNAL_TEXT, 32, FACT_NONE),
	FINDING(weight, JOURNAL_REAL, 0, FACT_NONE),
	FINDING(observed, JOURNAL_BOOL, 0, FACT_NONE),
	FINDING(decided, JOURNAL_BOOL, 0, FACT_NONE),
	FINDING(recipient, JOURNAL_TEXT, 512, FACT_NONE),
	FINDING(text, JOURNAL_TEXT, 1024, FACT_NONE),
	FINDING(rule_file, JOURNAL_TEXT, 512, FACT_NONE),
	FINDING(rule_line, JOURNAL_UINT, 0, FACT_NONE),
};

static const struct journal_field attachment_fields[] = {
	ATTACHMENT(name, JOURNAL_TEXT, 512, FACT_NONE),
	ATTACHMENT(type, JOURNAL_TEXT, 64, FACT_NONE),
	ATTACHMENT(sha256, JOURNAL_TEXT, 64, FACT_SHA256),
	ATTACHMENT(size_bytes, JOURNAL_UINT64, 0, FACT_NONE),
};

const struct journal_table journal_table_entry = {
	"entry", entry_fields, LENGTH(entry_fields), sizeof(struct journal_entry), 1, false,
};

const struct journal_table journal_lists[JOURNAL_LISTS] = {
	{ "recipient", recipient_fields, LENGTH(recipient_fields), sizeof(struct journal_recipient), 1000, true },
	{ "finding", finding_fields, LENGTH(finding_fields), sizeof(struct journal_finding), 300, false },
	{ "attachment", attachment_fields, LENGTH(attachment_fields), sizeof(struct journal_attachment), 300, false },
};

const struct journal_entry journal_nothing = {
	.id = "", .configuration = "", .client = "", .network = "", .client_name = "", .helo = "", .mta_host = "", .daemon = "", .tls = "",
	.login = "", .certificate = "", .direction = "", .mailfrom = "", .header_from = "", .message_id = "", .subject = "",
	.subject_digest = "", .tied_login = "", .queue_id = "", .verdict = "", .reply = "", .decided_by = "", .rule_file = "",
	.observed = "", .failure = "", .results = "", .dmarc = "", .event = "", .subject_of = "", .operator = "", .note = "",
};

const char *journal_field_text(const void *from, const struct journal_field *field)
{
	const char *text = *(const char *const *)((const char *)from + field->offset);

	return text == NULL ? "" : text;
}

static int64_t from_unsigned(uint64_t number)
{
	return number > INT64_MAX ? INT64_MAX : (int64_t)number;
}

/* Of a real number: its bits. */
int64_t journal_field_number(const void *from, const struct journal_field *field)
{
	const char *member = (const char *)from + field->offset;
	int64_t bits;

	switch (field->type) {
	case JOURNAL_INT64:
		return *(const int64_t *)(const void *)member;
	case JOURNAL_UINT64:
		return from_unsigned(*(const uint64_t *)(const void *)member);
	case JOURNAL_UINT:
		return *(const unsigned *)(const void *)member;
	case JOURNAL_ENUM:
		return (int64_t)*(const enum journal_kind *)(const void *)member;
	case JOURNAL_BOOL:
		return *(const bool *)(const void *)member ? 1 : 0;
	case JOURNAL_REAL:
		memcpy(&bits, member, sizeof(bits));
		return isfinite(*(const double *)(const void *)member) ? bits : 0;
	default:
		return 0;
	}
}

void journal_field_set_text(void *to, const struct journal_field *field, const char *text)
{
	*(const char **)(void *)((char *)to + field->offset) = text;
}

void journal_field_set_number(void *to, const struct journal_field *field, int64_t number, double real)
{
	char *member = (char *)to + field->offset;

	if (field->type == JOURNAL_INT64)
		*(int64_t *)(void *)member = number;
	else if (field->type == JOURNAL_UINT64)
		*(uint64_t *)(void *)member = number < 0 ? 0 : (uint64_t)number;
	else if (field->type == JOURNAL_UINT)
		*(unsigned *)(void *)member = (unsigned)number;
	else if (field->type == JOURNAL_ENUM)
		*(enum journal_kind *)(void *)member = (enum journal_kind)number;
	else if (field->type == JOURNAL_BOOL)
		*(bool *)(void *)member = number != 0;
	else if (field->type == JOURNAL_REAL)
		*(double *)(void *)member = real;
}

const void *journal_list(const struct journal_entry *entry, size_t list, size_t *ret_len)
{
	const void *const items[] = { entry->recipients, entry->findings, entry->attachments };
	const size_t lens[] = { entry->recipients_len, entry->findings_len, entry->attachments_len };

	*ret_len = lens[list];
	return items[list];
}

void journal_set_list(struct journal_entry *entry, size_t list, const void *items, size_t len)
{
	if (list == 0) {
		entry->recipients = items;
		entry->recipients_len = len;
	} else if (list == 1) {
		entry->findings = items;
		entry->findings_len = len;
	} else {
		entry->attachments = items;
		entry->attachments_len = len;
	}
}

size_t journal_text_length(const char *text, size_t max)
{
	size_t len = strnlen(text, max + 1), back;

	if (len <= max)
		return len;
	for (back = 0; back < 3 && back < max && ((unsigned char)text[max - back] & 0xc0) == 0x80; back++)
		;
	return ((unsigned char)text[max - back] & 0xc0) == 0xc0 ? max - back : max;
}

static bool is_ascii(const char *text, size_t len)
{
	uint64_t word, all = 0;
	size_t i = 0;

	for (; i + sizeof(word) <= len; i += sizeof(word)) {
		memcpy(&word, text + i, sizeof(word));
		all |= word;
	}
	for (; i < len; i++)
		all |= (unsigned char)text[i];
	return (all & UINT64_C(0x8080808080808080)) == 0;
}

void journal_text_clean(char *text, size_t len)
{
	size_t i = 0;

	if (is_ascii(text, len))
		return;
	while (i < len) {
		size_t character = utf8_length((struct str){ text + i, len - i });

		if (character == 0)
			text[i] = '?';
		i += character == 0 ? 1 : character;
	}
}

/* FNV-1a: nobody gains by a collision, since what is found is compared. */
uint32_t journal_fact(enum journal_fact fact, struct str value)
{
	uint32_t hash = (UINT32_C(2166136261) ^ (uint32_t)fact) * 16777619u;

	for (size_t i = 0; i < value.len; i++)
		hash = (hash ^ (unsigned char)ascii_lower(value.p[i])) * 16777619u;
	return hash;
}

struct str journal_domain(struct str address)
{
	for (size_t i = address.len; i > 0; i--)
		if (address.p[i - 1] == '@')
			return (struct str){ address.p + i, address.len - i };
	return (struct str){ address.p, 0 };
}
