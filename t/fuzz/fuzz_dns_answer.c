/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An answer from a name server, whatever it says: what is read stays within the limits of dns.h. The first octet chooses the type. */
#include <stdlib.h>

#include "milter/lookup/dns_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void check_name(struct str name)
{
	check(name.len < DNS_NAME_TEXT_MAX && strlen(name.p) == name.len);
	for (size_t i = 0; i < name.len; i++) {
		char c = name.p[i];

		check(ascii_is_alnum(c) || c == '-' || c == '_' || c == '.' || c == '\\');
		check(c == ascii_lower(c));
	}
	check(name.len == 0 || (name.p[0] != '.' && name.p[name.len - 1] != '.'));
}

static void check_record(const struct dns_record *record, enum dns_type type)
{
	check(record->data.p[record->data.len] == '\0');
	if (type == DNS_A || type == DNS_AAAA)
		check(record->data.len == (type == DNS_A ? 4 : 16));
	if (type == DNS_MX || type == DNS_PTR)
		check_name(record->data);
	check(record->preference == 0 || (type == DNS_MX && record->preference <= UINT16_MAX));
}

static void check_answer(const struct dns_answer *answer, enum dns_type type, uint32_t ttl_s)
{
	size_t octets = 0;

	check(answer->len <= DNS_RECORDS_MAX && (answer->len != 0) == (answer->status == DNS_FOUND));
	check((answer->why[0] != '\0') == (answer->status == DNS_UNKNOWN));
	check(!answer->nxdomain || answer->status == DNS_NOTHING);
	check(ttl_s <= INT32_MAX && (ttl_s == 0 || answer->status != DNS_UNKNOWN));
	for (size_t i = 0; i < answer->len; i++) {
		check_record(&answer->records[i], type);
		octets += answer->records[i].data.len;
	}
	check(octets <= DNS_ANSWER_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum dns_type types[] = { DNS_A, DNS_PTR, DNS_MX, DNS_TXT, DNS_AAAA };
	enum dns_type type;
	struct dns_answer *answer;
	uint32_t ttl_s;

	if (size == 0)
		return 0;
	type = types[data[0] % (sizeof(types) / sizeof(types[0]))];
	answer = dns_wire_answer(data + 1, size - 1, type, &ttl_s);
	check_answer(answer, type, ttl_s);
	dns_answer_unref(answer);
	return 0;
}
