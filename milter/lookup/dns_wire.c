/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/lookup/dns_wire.h"

#include <errno.h>
#include <stdlib.h>

#include "milter/base/arena.h"
#include "milter/base/cleanup.h"

enum {
	HEADER_LEN = 12,
	RR_FIXED_LEN = 10,	/* type, class, TTL and the length of the data */
	WIRE_NAME_MAX = 255,
	LABEL_MAX = 63,
	HOPS_MAX = 127,		/* of compression pointers in one name: as many as it can have labels */

	FLAG_QR = 0x8000, FLAG_TC = 0x0200, MASK_RCODE = 0x000f,
	RCODE_NOERROR = 0, RCODE_NXDOMAIN = 3,
	CLASS_IN = 1, TYPE_CNAME = 5, TYPE_SOA = 6,
};

/* A name in wire form, without compression, in lower case. */
struct wire_name {
	size_t len;
	uint8_t octets[WIRE_NAME_MAX];
};

struct wire_rr {
	struct wire_name owner;
	unsigned type, class;
	uint32_t ttl;
	size_t data, data_len;	/* in the packet */
};

struct reader {
	const uint8_t *packet;
	size_t len;
	size_t answers_at, authorities_at;
	unsigned answers, authorities;
	enum dns_type type;
	unsigned rcode;

	struct wire_name seen[DNS_CNAMES_MAX + 1];	/* the question and the targets of its CNAMEs */
	size_t seen_len;
	uint32_t ttl;

	struct dns_record records[DNS_RECORDS_MAX];
	size_t records_len;
	char *text;		/* the data of records; TEXT_SIZE */
	size_t text_len;
};

/* Each record has a NUL behind it that does not count. */
#define TEXT_SIZE (DNS_ANSWER_MAX + DNS_RECORDS_MAX)

static const char malformed[] = "malformed answer", too_large[] = "answer too large";

const char *dns_rcode_name(unsigned rcode)
{
	static const char *const names[] = { "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN",
					     "YXRRSET", "NXRRSET", "NOTAUTH", "NOTZONE" };

	return rcode < sizeof(names) / sizeof(names[0]) ? names[rcode] : "unknown response code";
}

static unsigned get16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

/* RFC 2181 8: a TTL with the top bit set is zero. */
static uint32_t get_ttl(const uint8_t *p)
{
	return p[0] > 0x7f ? 0 : (uint32_t)get16(p) << 16 | get16(p + 2);
}

static int name_add_label(struct wire_name *name, const uint8_t *label)
{
	size_t len = (size_t)label[0] + 1;

	if (name->len + len > WIRE_NAME_MAX)
		return -EBADMSG;
	name->octets[name->len] = label[0];
	for (size_t i = 1; i < len; i++)
		name->octets[name->len + i] = (uint8_t)ascii_lower((char)label[i]);
	name->len += len;
	return 0;
}

/* Reads the name at *at, which must end before end, and moves *at behind it. A pointer leads backwards, so none is followed twice, and what it
 * leads to may lie before the section. Returns 0 or -EBADMSG. */
static int get_name(const uint8_t *packet, size_t end, size_t *at, struct wire_name *ret_name)
{
	size_t from = *at, behind = 0, lowest = *at;

	ret_name->len = 0;
	for (unsigned hops = 0;;) {
		if (from >= end)
			return -EBADMSG;
		if (packet[from] <= LABEL_MAX) {
			size_t len = (size_t)packet[from] + 1;

			if (len > end - from || name_add_label(ret_name, packet + from) < 0)
				return -EBADMSG;
			from += len;
			if (len == 1)
				break;
		} else if (packet[from] >= 0xc0 && end - from >= 2 && hops++ < HOPS_MAX) {
			size_t to = get16(packet + from) & 0x3fff;

			if (to >= lowest)
				return -EBADMSG;
			if (behind == 0)
				behind = from + 2;
			from = lowest = to;
		} else {
			return -EBADMSG;
		}
	}
	*at = behind != 0 ? behind : from;
	return 0;
}

static bool name_equal(const struct wire_name *a, const struct wire_name *b)
{
	return a->len == b->len && memcmp(a->octets, b->octets, a->len) == 0;
}

static int get_rr(const struct reader *reader, size_t *at, struct wire_rr *ret_rr)
{
	const uint8_t *fixed;

	if (get_name(reader->packet, reader->len, at, &ret_rr->owner) < 0 || reader->len - *at < RR_FIXED_LEN)
		return -EBADMSG;
	fixed = reader->packet + *at;
	ret_rr->type = get16(fixed);
	ret_rr->class = get16(fixed + 2);
	ret_rr->ttl = get_ttl(fixed + 4);
	ret_rr->data_len = get16(fixed + 8);
	ret_rr->data = *at + RR_FIXED_LEN;
	if (ret_rr->data_len > reader->len - ret_rr->data)
		return -EBADMSG;
	*at = ret_rr->data + ret_rr->data_len;
	return 0;
}

/* --- the data of a record --- */

static const char *add_octets(struct reader *reader, const void *octets, size_t len)
{
	if (len > DNS_ANSWER_MAX - (reader->text_len < DNS_ANSWER_MAX ? reader->text_len : DNS_ANSWER_MAX))
		return too_large;
	memcpy(reader->text + reader->text_len, octets, len);
	reader->text_len += len;
	return NULL;
}

/* RFC 1035 3.3.14: one or more strings. */
static const char *add_txt(struct reader *reader, const struct wire_rr *rr)
{
	const uint8_t *p = reader->packet + rr->data, *end = p + rr->data_len;
	const char *why = NULL;

	if (p == end)
		return malformed;
	while (why == NULL && p < end) {
		size_t len = *p++;

		if (len > (size_t)(end - p))
			return malformed;
		why = add_octets(reader, p, len);
		p += len;
	}
	return why;
}

static size_t escape_octet(uint8_t octet, char text[4])
{
	if (ascii_is_alnum((char)octet) || octet == '-' || octet == '_') {
		text[0] = (char)octet;
		return 1;
	}
	text[0] = '\\';
	text[1] = (char)('0' + octet / 100);
	text[2] = (char)('0' + octet / 10 % 10);
	text[3] = (char)('0' + octet % 10);
	return 4;
}

static const char *add_name_text(struct reader *reader, const struct wire_name *name)
{
	char text[DNS_NAME_TEXT_MAX];
	size_t len = 0;

	for (size_t at = 0; name->octets[at] != 0; at += (size_t)name->octets[at] + 1) {
		if (at != 0)
			text[len++] = '.';
		for (size_t i = 1; i <= name->octets[at]; i++)
			len += escape_octet(name->octets[at + i], text + len);
	}
	return add_octets(reader, text, len);
}

/* A name that fills the data from skip to the end. */
static const char *add_name(struct reader *reader, const struct wire_rr *rr, size_t skip)
{
	size_t at = rr->data + skip, end = rr->data + rr->data_len;
	struct wire_name name;

	if (rr->data_len <= skip || get_name(reader->packet, end, &at, &name) < 0 || at != end)
		return malformed;
	return add_name_text(reader, &name);
}

static const char *add_address(struct reader *reader, const struct wire_rr *rr, size_t len)
{
	return rr->data_len == len ? add_octets(reader, reader->packet + rr->data, len) : malformed;
}

static const char *add_data(struct reader *reader, const struct wire_rr *rr, struct dns_record *record)
{
	switch (reader->type) {
	case DNS_A:
		return add_address(reader, rr, 4);
	case DNS_AAAA:
		return add_address(reader, rr, 16);
	case DNS_TXT:
		return add_txt(reader, rr);
	case DNS_PTR:
		return add_name(reader, rr, 0);
	case DNS_MX:
		if (rr->data_len > 2)
			record->preference = get16(reader->packet + rr->data);
		return add_name(reader, rr, 2);
	default:
		return malformed;
	}
}

static const char *add_record(struct reader *reader, const struct wire_rr *rr)
{
	size_t start = reader->text_len;
	struct dns_record *record;
	const char *why;

	if (reader->records_len == DNS_RECORDS_MAX)
		return too_large;
	record = &reader->records[reader->records_len++];
	*record = (struct dns_record){ .preference = 0 };
	why = add_data(reader, rr, record);
	if (why != NULL)
		return why;
	record->data = (struct str){ reader->text + start, reader->text_len - start };
	if (rr->ttl < reader->ttl)
		reader->ttl = rr->ttl;
	return NULL;
}

/* --- the sections --- */

/* Goes through the answers once: records of the name we are at are kept, and ret_cname is its CNAME (ret_cname->type is 0 without). */
static const char *read_records(struct reader *reader, struct wire_rr *ret_cname)
{
	const struct wire_name *name = &reader->seen[reader->seen_len - 1];
	size_t at = reader->answers_at;
	const char *why = NULL;
	struct wire_rr rr;

	ret_cname->type = 0;
	for (unsigned i = 0; why == NULL && i < reader->answers; i++) {
		if (get_rr(reader, &at, &rr) < 0)
			return malformed;
		if (rr.class != CLASS_IN || !name_equal(&rr.owner, name))
			continue;
		if (rr.type == (unsigned)reader->type)
			why = add_record(reader, &rr);
		else if (rr.type == TYPE_CNAME)
			*ret_cname = rr;
	}
	reader->authorities_at = at;
	return why;
}

static const char *follow_cname(struct reader *reader, const struct wire_rr *cname)
{
	struct wire_name target;
	size_t at = cname->data;

	if (get_name(reader->packet, cname->data + cname->data_len, &at, &target) < 0 || at != cname->data + cname->data_len)
		return malformed;
	for (size_t i = 0; i < reader->seen_len; i++) {
		if (name_equal(&reader->seen[i], &target))
			return "CNAME loop";
	}
	if (reader->seen_len > DNS_CNAMES_MAX)
		return "too many CNAMEs";
	reader->seen[reader->seen_len++] = target;
	if (cname->ttl < reader->ttl)
		reader->ttl = cname->ttl;
	return NULL;
}

/* The CNAMEs need not stand in their order, so each is looked for from the start: nine times at the most. */
static const char *read_answers(struct reader *reader)
{
	for (;;) {
		struct wire_rr cname = { .type = 0 };
		const char *why = read_records(reader, &cname);

		if (why != NULL)
			return why;
		/* RFC 1034 3.6.2: a name with a CNAME has nothing else; which of the two is meant nobody can tell */
		if (cname.type != 0 && reader->records_len != 0)
			return "CNAME and other data";
		if (cname.type == 0)
			return NULL;
		why = follow_cname(reader, &cname);
		if (why != NULL)
			return why;
	}
}

/* RFC 2308 5: the smaller of the SOA's TTL and its MINIMUM. */
static const char *read_negative_ttl(struct reader *reader)
{
	uint32_t ttl = 0;
	size_t at = reader->authorities_at;
	struct wire_rr rr;

	for (unsigned i = 0; i < reader->authorities; i++) {
		if (get_rr(reader, &at, &rr) < 0)
			return malformed;
		if (rr.type != TYPE_SOA || rr.class != CLASS_IN || rr.data_len < 2 + 5 * 4)
			continue;
		ttl = get_ttl(reader->packet + rr.data + rr.data_len - 4);
		if (rr.ttl < ttl)
			ttl = rr.ttl;
	}
	if (ttl < reader->ttl)
		reader->ttl = ttl;
	return NULL;
}

static const char *read_header(struct reader *reader)
{
	size_t at = HEADER_LEN;
	unsigned flags;

	if (reader->len < HEADER_LEN)
		return malformed;
	flags = get16(reader->packet + 2);
	reader->rcode = flags & MASK_RCODE;
	reader->answers = get16(reader->packet + 6);
	reader->authorities = get16(reader->packet + 8);
	if ((flags & FLAG_QR) == 0)
		return malformed;
	if (reader->rcode != RCODE_NOERROR && reader->rcode != RCODE_NXDOMAIN)
		return dns_rcode_name(reader->rcode);
	if ((flags & FLAG_TC) != 0)
		return too_large;
	if (get16(reader->packet + 4) != 1 || get_name(reader->packet, reader->len, &at, &reader->seen[0]) < 0 ||
	    reader->len - at < 4 || get16(reader->packet + at) != (unsigned)reader->type || get16(reader->packet + at + 2) != CLASS_IN)
		return malformed;
	reader->seen_len = 1;
	reader->answers_at = at + 4;
	return NULL;
}

static const char *read_packet(struct reader *reader)
{
	const char *why = read_header(reader);

	if (why == NULL)
		why = read_answers(reader);
	if (why == NULL && reader->records_len == 0)
		why = read_negative_ttl(reader);
	/* RFC 6604 3: the code belongs to the last name of the chain, so that it cannot both be missing and have records */
	if (why == NULL && reader->records_len != 0 && reader->rcode == RCODE_NXDOMAIN)
		why = malformed;
	return why;
}

struct dns_answer *dns_wire_answer(const void *packet, size_t len, enum dns_type type, uint32_t *ret_ttl_s)
{
	_cleanup_(free_charp) char *text = xcalloc(1, TEXT_SIZE);
	struct reader reader = { .packet = packet, .len = len, .type = type, .ttl = INT32_MAX, .text = text };
	const char *why = read_packet(&reader);

	*ret_ttl_s = why == NULL ? reader.ttl : 0;
	if (why != NULL)
		return dns_answer_unknown(why);
	if (reader.records_len == 0)
		return dns_answer_nothing(reader.rcode == RCODE_NXDOMAIN);
	return dns_answer_new(DNS_FOUND, "", reader.records, reader.records_len);
}
