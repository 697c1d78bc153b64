/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/lookup/dns.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "milter/base/arena.h"

enum { LABEL_MAX = 63 };	/* RFC 1035 2.3.4 */

/* What callers see is the end of this. */
struct block {
	atomic_size_t references;
	size_t size_bytes;
	struct dns_answer answer;
};

static struct block *block_of(const struct dns_answer *answer)
{
	return (struct block *)((char *)(uintptr_t)answer - offsetof(struct block, answer));
}

const char *dns_type_name(enum dns_type type)
{
	switch (type) {
	case DNS_A: return "A";
	case DNS_PTR: return "PTR";
	case DNS_MX: return "MX";
	case DNS_TXT: return "TXT";
	case DNS_AAAA: return "AAAA";
	}
	return "?";
}

static size_t data_bytes(const struct dns_record *records, size_t len)
{
	size_t bytes = 0;

	for (size_t i = 0; i < len && bytes <= DNS_ANSWER_MAX; i++)
		bytes += records[i].data.len > DNS_ANSWER_MAX ? DNS_ANSWER_MAX + 1 : records[i].data.len;
	return bytes;
}

static void copy_records(struct dns_answer *answer, const struct dns_record *records, size_t len)
{
	char *data = (char *)&answer->records[len];

	for (size_t i = 0; i < len; i++) {
		if (records[i].data.len > 0)
			memcpy(data, records[i].data.p, records[i].data.len);
		answer->records[i] = (struct dns_record){ { data, records[i].data.len }, records[i].preference };
		data += records[i].data.len + 1;
	}
	answer->len = len;
}

struct dns_answer *dns_answer_new(enum dns_status status, const char *why, const struct dns_record *records, size_t len)
{
	size_t bytes = data_bytes(records, len), size;
	struct block *block;

	if (len > DNS_RECORDS_MAX)
		return dns_answer_unknown("too many records");
	if (bytes > DNS_ANSWER_MAX)
		return dns_answer_unknown("too much data");
	assert((status == DNS_FOUND) == (len > 0));
	size = sizeof(*block) + len * sizeof(*records) + bytes + len;
	block = xcalloc(1, size);
	atomic_init(&block->references, 1);
	block->size_bytes = size;
	block->answer.status = status;
	block->answer.why = why;
	copy_records(&block->answer, records, len);
	return &block->answer;
}

struct dns_answer *dns_answer_nothing(bool nxdomain)
{
	struct dns_answer *answer = dns_answer_new(DNS_NOTHING, "", NULL, 0);

	answer->nxdomain = nxdomain;
	return answer;
}

struct dns_answer *dns_answer_unknown(const char *why)
{
	return dns_answer_new(DNS_UNKNOWN, why, NULL, 0);
}

struct dns_answer *dns_answer_ref(const struct dns_answer *answer)
{
	struct block *block = block_of(answer);

	(void)atomic_fetch_add_explicit(&block->references, 1, memory_order_relaxed);
	return &block->answer;
}

void dns_answer_unref(const struct dns_answer *answer)
{
	if (answer != NULL && atomic_fetch_sub_explicit(&block_of(answer)->references, 1, memory_order_acq_rel) == 1)
		free(block_of(answer));
}

size_t dns_answer_size_bytes(const struct dns_answer *answer)
{
	return block_of(answer)->size_bytes;
}

/* Reads "\DDD" or "\X" behind the backslash. Returns the octet, or -1. */
static int read_escape(const char **p)
{
	const char *digits = *p;
	int octet;

	if (!ascii_is_digit(digits[0])) {
		*p += digits[0] != '\0';
		return digits[0] == '\0' ? -1 : (unsigned char)digits[0];
	}
	if (!ascii_is_digit(digits[1]) || !ascii_is_digit(digits[2]))
		return -1;
	octet = (digits[0] - '0') * 100 + (digits[1] - '0') * 10 + (digits[2] - '0');
	*p += 3;
	return octet > UINT8_MAX ? -1 : octet;
}

static bool is_plain(int octet)
{
	return octet < 0x80 && (ascii_is_alnum((char)octet) || octet == '-' || octet == '_');
}

static char *write_octet(char *out, int octet)
{
	if (is_plain(octet)) {
		*out++ = ascii_lower((char)octet);
		return out;
	}
	*out++ = '\\';
	*out++ = (char)('0' + octet / 100);
	*out++ = (char)('0' + octet / 10 % 10);
	*out++ = (char)('0' + octet % 10);
	return out;
}

/* Copies one label of at most room octets and stops at the dot or the end behind it. Returns its octets, or -1. */
static int copy_label(const char **in, char **out, int room)
{
	const char *p = *in;
	char *q = *out;
	int octets = 0;

	while (*p != '\0' && *p != '.') {
		int octet = (unsigned char)*p++;

		if (octet == '\\')
			octet = read_escape(&p);
		if (octet < 0 || ++octets > room)
			return -1;
		q = write_octet(q, octet);
	}
	*in = p;
	*out = q;
	return octets;
}

int dns_name_normalise(const char *name, char text[DNS_NAME_TEXT_MAX])
{
	char *out = text;
	int total = 0;

	for (;;) {
		int left = DNS_NAME_MAX - total;
		int octets = copy_label(&name, &out, left < LABEL_MAX ? left : LABEL_MAX);

		if (octets <= 0)
			return -EINVAL;
		total += octets + 1;	/* and its dot */
		if (*name == '.')
			name++;
		if (*name == '\0')
			break;
		*out++ = '.';
	}
	*out = '\0';
	return (int)(out - text);
}

static char *write_v4(char *out, const uint8_t bytes[4])
{
	return out + sprintf(out, "%u.%u.%u.%u.", bytes[3], bytes[2], bytes[1], bytes[0]);
}

/* RFC 3596 2.5: by nibbles, the last first. */
static char *write_v6(char *out, const uint8_t bytes[16])
{
	static const char digits[] = "0123456789abcdef";

	for (int i = 15; i >= 0; i--) {
		*out++ = digits[bytes[i] & 15];
		*out++ = '.';
		*out++ = digits[bytes[i] >> 4];
		*out++ = '.';
	}
	return out;
}

const char *dns_reverse_name(const struct ip *ip, const char *zone, char text[DNS_REVERSE_MAX])
{
	char *out = text;

	text[0] = '\0';
	if (ip->family == IP_NONE)
		return text;
	if (zone == NULL)
		zone = ip->family == IP_V4 ? "in-addr.arpa" : "ip6.arpa";
	out = ip->family == IP_V4 ? write_v4(out, ip->bytes) : write_v6(out, ip->bytes);
	/* a zone that is cut here makes a name that is too long to be asked */
	(void)snprintf(out, DNS_REVERSE_MAX - (size_t)(out - text), "%s", zone);
	return text;
}

struct ip dns_record_ip(const struct dns_record *record)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };

	if (record->data.len == sizeof(in.sin_addr)) {
		memcpy(&in.sin_addr, record->data.p, sizeof(in.sin_addr));
		return ip_from_sockaddr((const struct sockaddr *)&in);
	}
	if (record->data.len == sizeof(in6.sin6_addr)) {
		memcpy(&in6.sin6_addr, record->data.p, sizeof(in6.sin6_addr));
		return ip_from_sockaddr((const struct sockaddr *)&in6);
	}
	return (struct ip){ .family = IP_NONE };
}
