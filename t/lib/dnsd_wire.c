/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "t/lib/dnsd_wire.h"

enum {
	HEADER_BYTES = 12,
	OPT_BYTES = 11,
	TYPE_OPT = 41,
	CLASS_IN = 1,
	UDP_MIN = 512,
	UDP_MAX = 4096,
	CNAMES_IN_ANSWER = 64,
	FLAG_QR = 0x8000, FLAG_AA = 0x0400, FLAG_TC = 0x0200, FLAG_RD = 0x0100, FLAG_RA = 0x0080,
	POINTER_TO_QUESTION = 0xc000 | HEADER_BYTES,
	SPOOF_TTL_S = 3600,
	GARBAGE_BYTES = 40,
};

enum section { SECTION_QUESTION, SECTION_ANSWER, SECTION_AUTHORITY, SECTION_ADDITIONAL, SECTIONS };

static unsigned get_u16(const char *p)
{
	return (unsigned)(unsigned char)p[0] << 8 | (unsigned char)p[1];
}

static bool skip(struct str *rest, size_t len)
{
	if (rest->len < len)
		return false;
	rest->p += len;
	rest->len -= len;
	return true;
}

/* Without compression: nobody compresses a question. */
static bool read_question(struct str *rest, struct dnsd_query *query)
{
	const char *start = rest->p;
	size_t label;

	do {
		if (rest->len == 0)
			return false;
		label = (unsigned char)rest->p[0];
		if (label > 63 || !skip(rest, 1 + label))
			return false;
	} while (label > 0);
	query->name.len = (size_t)(rest->p - start);
	if (query->name.len > ZONE_NAME_MAX || rest->len < 4)
		return false;
	memcpy(query->name.octets, start, query->name.len);
	zone_name_lower(&query->name);
	query->type = (uint16_t)get_u16(rest->p);
	(void)skip(rest, 4);
	query->question = (struct str){ start, (size_t)(rest->p - start) };
	return true;
}

/* Only the OPT record may follow (others, such as TSIG, make it no query of ours). */
static bool read_opt(struct str rest, struct dnsd_query *query)
{
	unsigned size;

	if (rest.len < OPT_BYTES || rest.p[0] != 0 || get_u16(rest.p + 1) != TYPE_OPT)
		return false;
	size = get_u16(rest.p + 3);
	query->edns = true;
	query->udp_max = (uint16_t)(size < UDP_MIN ? UDP_MIN : size > UDP_MAX ? UDP_MAX : size);
	return rest.len >= OPT_BYTES + get_u16(rest.p + 9);
}

static enum dnsd_rcode read_body(struct str message, struct dnsd_query *query)
{
	struct str rest = { message.p + HEADER_BYTES, message.len - HEADER_BYTES };
	unsigned additional = get_u16(message.p + 10);

	if ((get_u16(message.p + 2) >> 11 & 0xf) != 0)
		return DNSD_NOTIMP;
	if (get_u16(message.p + 4) != 1 || get_u16(message.p + 6) != 0 || get_u16(message.p + 8) != 0 || additional > 1)
		return DNSD_FORMERR;
	if (!read_question(&rest, query) || (additional == 1 && !read_opt(rest, query)))
		return DNSD_FORMERR;
	return get_u16(query->question.p + query->question.len - 2) == CLASS_IN ? DNSD_NOERROR : DNSD_REFUSED;
}

enum dnsd_reading dnsd_wire_read(struct str message, struct dnsd_query *ret_query, enum dnsd_rcode *ret_rcode)
{
	ret_query->question = (struct str){ NULL, 0 };
	ret_query->edns = false;
	ret_query->udp_max = UDP_MIN;
	if (message.len < HEADER_BYTES || (get_u16(message.p + 2) & FLAG_QR) != 0)
		return DNSD_IGNORED;
	ret_query->id = (uint16_t)get_u16(message.p);
	ret_query->recursion_desired = (get_u16(message.p + 2) & FLAG_RD) != 0;
	*ret_rcode = read_body(message, ret_query);
	return *ret_rcode == DNSD_NOERROR ? DNSD_QUERY : DNSD_ERROR;
}

struct writer {
	uint8_t *p;
	size_t len, max;
	bool full;
	const struct dnsd_query *query;
	unsigned counts[SECTIONS];
	unsigned flags;
};

static void put(struct writer *writer, const void *octets, size_t len)
{
	if (len == 0)
		return;
	if (writer->full || writer->max - writer->len < len) {
		writer->full = true;
		return;
	}
	memcpy(writer->p + writer->len, octets, len);
	writer->len += len;
}

static void put_u16(struct writer *writer, unsigned number)
{
	put(writer, (uint8_t[]){ (uint8_t)(number >> 8), (uint8_t)number }, 2);
}

static void put_u32(struct writer *writer, uint32_t number)
{
	put_u16(writer, number >> 16);
	put_u16(writer, number & 0xffff);
}

static void set_u16(struct writer *writer, size_t at, unsigned number)
{
	writer->p[at] = (uint8_t)(number >> 8);
	writer->p[at + 1] = (uint8_t)number;
}

static struct writer start(const struct dnsd_query *query, uint8_t *message, size_t max)
{
	/* RA as well as AA: it may be asked as the server of a zone, or as a resolver */
	struct writer writer = { .p = message, .max = max - (query->edns ? OPT_BYTES : 0), .query = query,
				 .flags = FLAG_QR | FLAG_AA | (query->recursion_desired ? FLAG_RD | FLAG_RA : 0U) };

	memset(message, 0, HEADER_BYTES);
	writer.len = HEADER_BYTES;
	put(&writer, query->question.p, query->question.len);
	writer.counts[SECTION_QUESTION] = query->question.len > 0;
	return writer;
}

static size_t finish(struct writer *writer, unsigned id, enum dnsd_rcode rcode)
{
	if (writer->query->edns) {
		writer->max += OPT_BYTES;
		writer->counts[SECTION_ADDITIONAL]++;
		put(writer, "", 1);
		put_u16(writer, TYPE_OPT);
		put_u16(writer, UDP_MAX);
		put_u32(writer, 0);
		put_u16(writer, 0);
	}
	set_u16(writer, 0, id);
	set_u16(writer, 2, writer->flags | (unsigned)rcode);
	for (size_t i = 0; i < SECTIONS; i++)
		set_u16(writer, 4 + 2 * i, writer->counts[i]);
	return writer->len;
}

size_t dnsd_wire_code(const struct dnsd_query *query, enum dnsd_rcode rcode, bool truncated, uint8_t *message, size_t max)
{
	struct writer writer = start(query, message, max);

	writer.flags |= truncated ? FLAG_TC : 0U;
	return finish(&writer, query->id, rcode);
}

static void put_record(struct writer *writer, enum section section, struct str owner, const struct zone_record *record)
{
	/* the question's own spelling of its name, so that a resolver that varies its case finds it again */
	if (str_equal(owner, zone_name_str(&writer->query->name)))
		put_u16(writer, POINTER_TO_QUESTION);
	else
		put(writer, owner.p, owner.len);
	put_u16(writer, record->type);
	put_u16(writer, CLASS_IN);
	put_u32(writer, record->ttl_s);
	put_u16(writer, (unsigned)record->rdata.len);
	put(writer, record->rdata.p, record->rdata.len);
	writer->counts[section]++;
}

static void put_soa(struct writer *writer, const struct zone *zone, struct str name)
{
	const struct zone_node *apex = zone_apex(zone, name);

	put_record(writer, SECTION_AUTHORITY, apex->name, zone_record_of(apex->records, ZONE_SOA));
}

/* Writes what one name of a chain of CNAMEs has. Returns true and the next name when the chain goes on. */
static bool put_node(struct writer *writer, const struct zone_node *node, struct str owner, struct zone_name *ret_next)
{
	const struct zone_record *record = zone_record_of(node->records, ZONE_CNAME);
	unsigned type = writer->query->type;

	if (record != NULL && type != ZONE_CNAME) {
		put_record(writer, SECTION_ANSWER, owner, record);
		memcpy(ret_next->octets, record->rdata.p, record->rdata.len);
		ret_next->len = record->rdata.len;
		zone_name_lower(ret_next);
		return true;
	}
	for (record = zone_record_of(node->records, type); record != NULL && !writer->full; record = zone_record_of(record->next, type))
		put_record(writer, SECTION_ANSWER, owner, record);
	return false;
}

/* Follows CNAMEs as long as the names have no behaviours of their own: the resolver asks for those again, and then they show. */
static enum dnsd_rcode put_answers(struct writer *writer, const struct zone *zone)
{
	struct zone_name name = writer->query->name, next;
	const struct zone_node *node = NULL;

	for (unsigned i = 0; i < CNAMES_IN_ANSWER; i++) {
		struct str owner = zone_name_str(&name);
		unsigned before = writer->counts[SECTION_ANSWER];

		node = zone_find(zone, owner);
		if (node != NULL && put_node(writer, node, owner, &next)) {
			if (str_equal(zone_name_str(&next), owner) || zone_behaviours(zone, zone_name_str(&next)) != NULL)
				return DNSD_NOERROR;
			name = next;
			continue;
		}
		if (node == NULL || writer->counts[SECTION_ANSWER] == before)
			put_soa(writer, zone, owner);
		return node == NULL ? DNSD_NXDOMAIN : DNSD_NOERROR;
	}
	return DNSD_NOERROR;
}

static const struct zone_record forged_a = { .type = DNS_A, .ttl_s = SPOOF_TTL_S, .rdata = { "\xcb\0q\x42", 4 } };
static const struct zone_record forged_txt = { .type = DNS_TXT, .ttl_s = SPOOF_TTL_S, .rdata = { "\x0bv=spf1 +all", 12 } };

static void put_spoofs(struct writer *writer)
{
	static const struct str names[] = { { "\7spoofed\7example", 17 }, { "\6victim\7example", 16 } };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		put_record(writer, SECTION_ADDITIONAL, names[i], &forged_a);
		put_record(writer, SECTION_ADDITIONAL, names[i], &forged_txt);
	}
}

size_t dnsd_wire_answer(const struct zone *zone, const struct dnsd_query *query, bool tcp, bool spoof, uint8_t *message, size_t max)
{
	struct writer writer = start(query, message, max);
	enum dnsd_rcode rcode = put_answers(&writer, zone);

	if (spoof)
		put_spoofs(&writer);
	if (writer.full)
		return dnsd_wire_code(query, tcp ? DNSD_SERVFAIL : DNSD_NOERROR, !tcp, message, max);
	return finish(&writer, query->id, rcode);
}

size_t dnsd_wire_forged(const struct dnsd_query *query, uint8_t *message, size_t max)
{
	struct writer writer = start(query, message, max);

	put_record(&writer, SECTION_ANSWER, zone_name_str(&query->name), query->type == DNS_A ? &forged_a : &forged_txt);
	return finish(&writer, query->id ^ 0x5a5aU, DNSD_NOERROR);
}

size_t dnsd_wire_garbage(const struct dnsd_query *query, uint8_t *message, size_t max)
{
	size_t len = max < GARBAGE_BYTES ? max : GARBAGE_BYTES;

	for (size_t i = 0; i < len; i++)
		message[i] = (uint8_t)(0xc7 + 29 * i);
	message[0] = (uint8_t)(query->id >> 8);
	message[1] = (uint8_t)query->id;
	message[2] |= FLAG_QR >> 8;
	return len;
}
