/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "t/lib/zone.h"

#include <pthread.h>
#include <stdlib.h>

#include "t/lib/zone_data.h"

/* How the answer to a question comes about. */
struct finding {
	struct dns_answer *answer;
	uint32_t ttl_s;
	bool late, never;	/* !delay or !silent on the way */
};

static const char *prevention(const struct zone_behaviour *behaviours, unsigned type)
{
	static const struct { enum zone_behaviour_kind kind; const char *why; } table[] = {
		{ ZONE_SILENT, "timeout" }, { ZONE_SERVFAIL, "SERVFAIL" }, { ZONE_REFUSED, "REFUSED" }, { ZONE_FORMERR, "FORMERR" },
		{ ZONE_NOTIMP, "NOTIMP" }, { ZONE_TCP_REFUSED, "truncated" }, { ZONE_GARBAGE, "garbage" },
	};
	const struct zone_behaviour *wrong_id = zone_behaviour_of(behaviours, ZONE_WRONG_ID, type);

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (zone_behaviour_of(behaviours, table[i].kind, type) != NULL)
			return table[i].why;
	return wrong_id != NULL && !wrong_id->has_argument ? "timeout" : NULL;
}

static struct str strings_joined(struct arena *arena, struct str rdata)
{
	char *joined = arena_alloc(arena, rdata.len + 1);
	size_t len = 0;

	for (size_t at = 0; at < rdata.len;) {
		size_t string_len = (unsigned char)rdata.p[at];

		memcpy(joined + len, rdata.p + at + 1, string_len);
		len += string_len;
		at += 1 + string_len;
	}
	return (struct str){ joined, len };
}

static struct dns_record record_of(struct arena *arena, const struct zone_record *from)
{
	struct str rdata = from->rdata;
	struct dns_record record = { .data = rdata };
	char text[DNS_NAME_TEXT_MAX];

	if (from->type == DNS_TXT)
		record.data = strings_joined(arena, rdata);
	if (from->type == DNS_MX) {
		record.preference = (unsigned)(unsigned char)rdata.p[0] << 8 | (unsigned char)rdata.p[1];
		rdata = (struct str){ rdata.p + 2, rdata.len - 2 };
	}
	if (from->type == DNS_MX || from->type == DNS_PTR)
		record.data = str_of(arena_strdup(arena, zone_name_format(rdata, text)));
	return record;
}

/* The limits of dns.h. */
static struct dns_answer *collect(const struct zone_record *from, enum dns_type type, uint32_t *ttl_s)
{
	struct dns_record records[DNS_RECORDS_MAX];
	struct arena *arena = arena_new();
	struct dns_answer *answer;
	size_t len = 0, octets = 0;

	for (from = zone_record_of(from, type); from != NULL && len < DNS_RECORDS_MAX; from = zone_record_of(from->next, type)) {
		records[len] = record_of(arena, from);
		octets += records[len++].data.len;
		if (*ttl_s > from->ttl_s)
			*ttl_s = from->ttl_s;
	}
	if (from != NULL || octets > DNS_ANSWER_MAX)
		answer = dns_answer_unknown("too large");
	else
		answer = len == 0 ? dns_answer_nothing(false) : dns_answer_new(DNS_FOUND, "", records, len);
	arena_free(arena);
	if (len == 0 && *ttl_s > ZONE_NEGATIVE_TTL_S)
		*ttl_s = ZONE_NEGATIVE_TTL_S;
	return answer;
}

/* One name of a chain. Sets the answer, or leads to the next name. */
static void look(const struct zone *zone, struct zone_name *name, enum dns_type type, struct finding *finding)
{
	const struct zone_behaviour *behaviours = zone_behaviours(zone, zone_name_str(name));
	const struct zone_node *node = zone_find(zone, zone_name_str(name));
	const struct zone_record *cname = node == NULL ? NULL : zone_record_of(node->records, ZONE_CNAME);
	const char *why = prevention(behaviours, type);

	finding->late = finding->late || zone_behaviour_of(behaviours, ZONE_DELAY, type) != NULL;
	finding->never = finding->never || zone_behaviour_of(behaviours, ZONE_SILENT, type) != NULL;
	if (why != NULL) {
		finding->answer = dns_answer_unknown(why);
	} else if (node == NULL) {
		finding->answer = dns_answer_nothing(true);
		if (finding->ttl_s > ZONE_NEGATIVE_TTL_S)
			finding->ttl_s = ZONE_NEGATIVE_TTL_S;
	} else if (cname == NULL) {
		finding->answer = collect(node->records, type, &finding->ttl_s);
	} else {
		if (finding->ttl_s > cname->ttl_s)
			finding->ttl_s = cname->ttl_s;
		memcpy(name->octets, cname->rdata.p, cname->rdata.len);
		name->len = cname->rdata.len;
		zone_name_lower(name);
	}
}

static struct finding find(const struct zone *zone, const char *text, enum dns_type type)
{
	struct finding finding = { .ttl_s = UINT32_MAX };
	struct zone_name name;

	if (zone_name_read(str_of(text), &name) != 0) {
		finding.answer = dns_answer_nothing(true);
		return finding;
	}
	zone_name_lower(&name);
	for (unsigned cnames = 0; cnames <= ZONE_CNAMES_MAX && finding.answer == NULL; cnames++)
		look(zone, &name, type, &finding);
	if (finding.answer == NULL)
		finding.answer = dns_answer_unknown("too many CNAMEs");
	return finding;
}

struct dns_answer *zone_answer(const struct zone *zone, const char *name, enum dns_type type)
{
	return find(zone, name, type).answer;
}

struct waiting {
	struct waiting *next;
	struct resolver_question *question;
	struct finding finding;
};

struct zone_upstream {
	struct dns_upstream base;
	const struct zone *zone;
	pthread_mutex_t lock;	/* of what follows */
	struct waiting *waiting, **last;
	unsigned asked;
};

static struct zone_upstream *of_base(struct dns_upstream *base)
{
	return (struct zone_upstream *)base;	/* its first member */
}

static void upstream_wait(struct zone_upstream *upstream, struct resolver_question *question, const struct finding *finding)
{
	struct waiting *waiting = xcalloc(1, sizeof(*waiting));

	*waiting = (struct waiting){ .question = question, .finding = *finding };
	(void)pthread_mutex_lock(&upstream->lock);
	*upstream->last = waiting;
	upstream->last = &waiting->next;
	(void)pthread_mutex_unlock(&upstream->lock);
}

static void upstream_ask(struct dns_upstream *base, const char *name, enum dns_type type, struct resolver_question *question)
{
	struct zone_upstream *upstream = of_base(base);
	struct finding finding = find(upstream->zone, name, type);

	(void)pthread_mutex_lock(&upstream->lock);
	upstream->asked++;
	(void)pthread_mutex_unlock(&upstream->lock);
	if (finding.never)
		dns_answer_unref(finding.answer);
	else if (finding.late)
		upstream_wait(upstream, question, &finding);
	else
		resolver_answered(question, finding.answer, finding.ttl_s);
}

static struct waiting *take_waiting(struct zone_upstream *upstream)
{
	struct waiting *waiting;

	(void)pthread_mutex_lock(&upstream->lock);
	waiting = upstream->waiting;
	upstream->waiting = NULL;
	upstream->last = &upstream->waiting;
	(void)pthread_mutex_unlock(&upstream->lock);
	return waiting;
}

/* The resolver may ask again while it is answered: the lock is not held. */
void zone_upstream_release(struct dns_upstream *base)
{
	struct waiting *next;

	for (struct waiting *waiting = take_waiting(of_base(base)); waiting != NULL; waiting = next) {
		next = waiting->next;
		resolver_answered(waiting->question, waiting->finding.answer, waiting->finding.ttl_s);
		free(waiting);
	}
}

unsigned zone_upstream_asked(const struct dns_upstream *base)
{
	struct zone_upstream *upstream = of_base((struct dns_upstream *)(uintptr_t)base);
	unsigned asked;

	(void)pthread_mutex_lock(&upstream->lock);
	asked = upstream->asked;
	(void)pthread_mutex_unlock(&upstream->lock);
	return asked;
}

static void upstream_free(struct dns_upstream *base)
{
	struct zone_upstream *upstream = of_base(base);
	struct waiting *next;

	for (struct waiting *waiting = take_waiting(upstream); waiting != NULL; waiting = next) {
		next = waiting->next;
		dns_answer_unref(waiting->finding.answer);
		free(waiting);
	}
	(void)pthread_mutex_destroy(&upstream->lock);
	free(upstream);
}

struct dns_upstream *zone_upstream_new(const struct zone *zone)
{
	struct zone_upstream *upstream = xcalloc(1, sizeof(*upstream));

	*upstream = (struct zone_upstream){ .base = { .ask = upstream_ask, .free = upstream_free }, .zone = zone };
	upstream->last = &upstream->waiting;
	(void)pthread_mutex_init(&upstream->lock, NULL);
	return &upstream->base;
}
