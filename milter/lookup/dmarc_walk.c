/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/lookup/dmarc_walk.h"

#include <errno.h>
#include <stdio.h>

#include "milter/mail/domain.h"

#define PREFIX "_dmarc."
#define CUT_LABELS 7	/* RFC 9989 4.10: after the full name the walk goes on here at the latest */

/* What the DNS says at one name of the walk. */
struct level {
	const char *name;		/* a part of the domain at its end */
	enum { LEVEL_NOTHING, LEVEL_RECORD, LEVEL_UNKNOWN } state;
	struct dmarc_record record;
	const char *why;		/* LEVEL_UNKNOWN */
};

struct walk {
	struct level levels[DMARC_WALK_MAX];	/* upwards */
	size_t len;
	struct dmarc_organization organization;
	const struct level *suffix;		/* the public suffix that ended it, above its start; or NULL */
	const struct level *failed;		/* that kept it from its end; or NULL */
};

/* --- what stands at a name --- */

/* RFC 9989 4.10: what is no DMARC record does not count, and of several none does. */
static void read_records(struct level *level, const struct dns_answer *answer)
{
	struct str text = { NULL, 0 };

	for (size_t i = 0; i < answer->len; i++) {
		if (!dmarc_record_is_dmarc(answer->records[i].data))
			continue;
		if (text.p != NULL)
			return;
		text = answer->records[i].data;
	}
	if (text.p == NULL)
		return;
	level->state = LEVEL_RECORD;
	dmarc_record_read(text, &level->record);
}

static void read_answer(struct level *level, const struct dns_answer *answer)
{
	if (answer->status == DNS_UNKNOWN) {
		level->state = LEVEL_UNKNOWN;
		level->why = answer->why;
	} else {
		read_records(level, answer);
	}
}

static const struct dns_answer *ask_level(const struct level *level, dns_asker ask, void *arg)
{
	static const struct dns_answer nothing = { .status = DNS_NOTHING, .nxdomain = true, .why = "" };
	char name[sizeof(PREFIX) + DNS_NAME_MAX];

	if (strlen(PREFIX) + strlen(level->name) > DNS_NAME_MAX)
		return &nothing;	/* no such name can be there */
	(void)snprintf(name, sizeof(name), "%s%s", PREFIX, level->name);
	return ask(arg, name, DNS_TXT);
}

/* Nothing is read before all is there: this is called again for each answer that comes. */
static int ask_levels(struct walk *walk, dns_asker ask, void *arg)
{
	const struct dns_answer *answers[DMARC_WALK_MAX] = { NULL };
	const size_t len = walk->len;
	size_t missing = 0;

	for (size_t i = 0; i < len; i++) {
		answers[i] = ask_level(&walk->levels[i], ask, arg);
		missing += answers[i] == NULL;
	}
	if (missing > 0)
		return -EAGAIN;
	for (size_t i = 0; i < len; i++)
		read_answer(&walk->levels[i], answers[i]);
	return 0;
}

/* --- the names --- */

static const char *parent_of(const char *name)
{
	const char *dot = strchr(name, '.');

	return dot == NULL ? NULL : dot + 1;
}

static size_t labels_of(const char *name)
{
	size_t labels = 1;

	while ((name = parent_of(name)) != NULL)
		labels++;
	return labels;
}

static void add_level(struct walk *walk, const char *name)
{
	walk->levels[walk->len++] = (struct level){ .name = name };
}

static void name_listed(struct walk *walk, const char *domain, const struct dmarc_rules *rules)
{
	const char *organization = psl_org_domain(rules->psl, domain);

	add_level(walk, domain);
	if (organization != NULL && strcmp(organization, domain) != 0)
		add_level(walk, organization);
}

static void name_levels(struct walk *walk, const char *domain)
{
	size_t labels = labels_of(domain);

	for (const char *name = domain; name != NULL && walk->len < DMARC_WALK_MAX; ) {
		add_level(walk, name);
		do {
			name = parent_of(name);
			labels--;
		} while (name != NULL && labels > CUT_LABELS);
	}
}

/* --- the organization --- */

/* The bound of struct dmarc_rules. */
static enum dmarc_psd psd_of(const struct level *level, const struct dmarc_rules *rules)
{
	if (level->record.psd == DMARC_PSD_UNKNOWN && psl_is_suffix(rules->psl, level->name))
		return DMARC_PSD_YES;
	return level->record.psd;
}

/* The name with one label more than suffix, on the way to domain. */
static const char *below(const char *domain, const char *suffix)
{
	const char *name = domain, *parent;

	while ((parent = parent_of(name)) != NULL && strcmp(parent, suffix) != 0)
		name = parent;
	return name;
}

/* Does the walk end at a level with a record (RFC 9989 4.10.2)? */
static bool ends_at(struct walk *walk, const struct level *level, const struct dmarc_rules *rules)
{
	const struct level *start = walk->levels;
	const enum dmarc_psd psd = psd_of(level, rules);

	if (psd == DMARC_PSD_UNKNOWN)
		return false;
	walk->organization.domain = level->name;
	if (psd == DMARC_PSD_YES && level != start) {
		walk->organization.domain = below(start->name, level->name);
		walk->suffix = level;
	}
	return true;
}

static void find_organization(struct walk *walk, const struct dmarc_rules *rules)
{
	const char *highest = NULL;	/* with a record, so far */

	for (const struct level *level = walk->levels; level < walk->levels + walk->len; level++) {
		if (level->state == LEVEL_UNKNOWN) {
			walk->failed = level;
			walk->organization = (struct dmarc_organization){ .failed = level->name, .why = level->why, .nearest = highest };
			return;
		}
		if (level->state == LEVEL_RECORD && ends_at(walk, level, rules))
			return;
		if (level->state == LEVEL_RECORD)
			highest = level->name;
	}
	walk->organization.domain = highest != NULL ? highest : walk->levels[0].name;
}

/* RFC 7489 6.6.3: the list has said what the organization is; the names were asked for the policy alone. */
static void take_listed(struct walk *walk)
{
	walk->organization.domain = walk->levels[walk->len - 1].name;
	for (size_t i = walk->len; i-- > 0;)
		if (walk->levels[i].state == LEVEL_UNKNOWN)
			walk->failed = &walk->levels[i];
}

static int walk_up(struct walk *walk, const char *domain, const struct dmarc_rules *rules, dns_asker ask, void *arg)
{
	int r;

	*walk = (struct walk){ .len = 0 };
	if (rules->method == DMARC_PSL)
		name_listed(walk, domain, rules);
	else
		name_levels(walk, domain);
	r = ask_levels(walk, ask, arg);
	if (r < 0)
		return r;
	if (rules->method == DMARC_PSL)
		take_listed(walk);
	else
		find_organization(walk, rules);
	return 0;
}

int dmarc_organization_find(const char *domain, const struct dmarc_rules *rules, dns_asker ask, void *arg,
			    struct dmarc_organization *ret_organization)
{
	struct walk walk;
	const char *registered;
	int r;

	if (rules->method == DMARC_PSL) {
		registered = psl_org_domain(rules->psl, domain);
		*ret_organization = (struct dmarc_organization){ .domain = registered != NULL ? registered : domain };
		return 0;
	}
	r = walk_up(&walk, domain, rules, ask, arg);
	if (r == 0)
		*ret_organization = walk.organization;
	return r;
}

/* Where both walks met the same failure, all above it is the same for both. Whatever it would have said, the organization would be above
 * the nearest record or at it, and if that is the same for both, so is the organization. */
enum dmarc_same dmarc_organization_same(const struct dmarc_organization *a, const struct dmarc_organization *b)
{
	if (a->domain != NULL && b->domain != NULL)
		return strcmp(a->domain, b->domain) == 0 ? DMARC_SAME_YES : DMARC_SAME_NO;
	if (a->domain != NULL || b->domain != NULL || a->nearest == NULL || b->nearest == NULL)
		return DMARC_SAME_UNKNOWN;
	return strcmp(a->failed, b->failed) == 0 && strcmp(a->nearest, b->nearest) == 0 ? DMARC_SAME_YES : DMARC_SAME_UNKNOWN;
}

/* --- the policy --- */

/* Whose record is the policy for the start of the walk (RFC 9989 4.10.1)? NULL: nobody's. */
static const struct level *policy_level(const struct walk *walk)
{
	if (walk->levels[0].state == LEVEL_RECORD)
		return &walk->levels[0];
	for (size_t i = 1; i < walk->len; i++)
		if (walk->levels[i].state == LEVEL_RECORD && strcmp(walk->levels[i].name, walk->organization.domain) == 0)
			return &walk->levels[i];
	return walk->suffix;
}

static void set_unknown(struct dmarc_discovery *discovery, const char *failed, const char *why)
{
	discovery->status = DNS_UNKNOWN;
	discovery->failed = failed;
	discovery->why = why;
}

/* Does np hold for a name below that of the record? */
static int choose_tag(const char *domain, struct dmarc_discovery *discovery, dns_asker ask, void *arg)
{
	const struct dmarc_record *record = &discovery->record;
	const struct dns_answer *answer;

	discovery->tag = DMARC_TAG_SP;
	if (!record->has_np || record->np == record->sp)
		return 0;
	answer = ask(arg, domain, DNS_A);
	if (answer == NULL)
		return -EAGAIN;
	if (answer->status == DNS_UNKNOWN)
		set_unknown(discovery, domain, answer->why);
	else if (answer->status == DNS_NOTHING && answer->nxdomain)
		discovery->tag = DMARC_TAG_NP;
	return 0;
}

static int apply(const char *domain, const struct level *level, struct dmarc_discovery *discovery, dns_asker ask, void *arg)
{
	int r = 0;

	discovery->status = DNS_FOUND;
	discovery->domain = level->name;
	discovery->record = level->record;
	discovery->tag = DMARC_TAG_P;
	if (strcmp(domain, level->name) != 0)
		r = choose_tag(domain, discovery, ask, arg);
	if (r < 0)
		return r;
	discovery->policy = discovery->tag == DMARC_TAG_P ? level->record.p :
			    discovery->tag == DMARC_TAG_SP ? level->record.sp : level->record.np;
	discovery->enforced = dmarc_record_enforced(&level->record, discovery->policy);
	return 0;
}

int dmarc_discover(const char *domain, const struct dmarc_rules *rules, dns_asker ask, void *arg, struct dmarc_discovery *ret_discovery)
{
	struct walk walk;
	const struct level *level;
	int r = walk_up(&walk, domain, rules, ask, arg);

	if (r < 0)
		return r;
	*ret_discovery = (struct dmarc_discovery){ .status = DNS_NOTHING, .organization = walk.organization };
	if (walk.failed != NULL && walk.levels[0].state != LEVEL_RECORD) {
		set_unknown(ret_discovery, walk.failed->name, walk.failed->why);
		return 0;
	}
	level = policy_level(&walk);
	return level == NULL ? 0 : apply(domain, level, ret_discovery, ask, arg);
}
