/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/mail/dmarc_record.h"

enum tag { TAG_P, TAG_SP, TAG_NP, TAG_PSD, TAG_T, TAG_ADKIM, TAG_ASPF, TAG_RUA, TAG_RUF, TAG_FO, TAGS };

static const char *const tag_names[TAGS] = { "p", "sp", "np", "psd", "t", "adkim", "aspf", "rua", "ruf", "fo" };

/* What was found of each tag. */
struct tags {
	struct str values[TAGS];
	unsigned counts[TAGS];
};

static const char *const policy_names[] = { "none", "quarantine", "reject" };

const char *dmarc_policy_name(enum dmarc_policy policy)
{
	return policy_names[policy];
}

/* RFC 5234 B.1: WSP is less than what str_trim drops. */
static bool is_wsp(char c)
{
	return c == ' ' || c == '\t';
}

static struct str trim_end(struct str s)
{
	while (s.len > 0 && is_wsp(s.p[s.len - 1]))
		s.len--;
	return s;
}

static struct str trim(struct str s)
{
	while (s.len > 0 && is_wsp(s.p[0]))
		s = (struct str){ s.p + 1, s.len - 1 };
	return trim_end(s);
}

static struct str bounded(struct str text)
{
	if (text.len <= DMARC_RECORD_MAX)
		return text;
	text.len = DMARC_RECORD_MAX;
	while (text.len > 0 && text.p[text.len - 1] != ';')
		text.len--;
	return text;
}

bool dmarc_record_is_dmarc(struct str text)
{
	struct str rest, value;

	/* nothing may stand in front of it: white space around "=" and ";" alone is allowed */
	if (text.len == 0 || (text.p[0] != 'v' && text.p[0] != 'V'))
		return false;
	rest = bounded(text);
	value = str_split(&rest, ";");
	rest = value;
	return str_equal_nocase(trim_end(str_split(&rest, "=")), STR("v")) && str_equal(trim(rest), STR("DMARC1"));
}

static bool is_printable(struct str value)
{
	for (size_t i = 0; i < value.len; i++)
		if (value.p[i] < ' ' || value.p[i] > '~')
			return false;
	return value.len > 0;
}

static void collect(struct tags *tags, struct str pair)
{
	struct str value = pair;
	const struct str name = trim(str_split(&value, "="));

	for (size_t i = 0; i < TAGS && value.p != NULL; i++) {
		if (!str_equal_nocase(name, str_of(tag_names[i])))
			continue;
		tags->counts[i]++;
		tags->values[i] = trim(value);
	}
}

/* The value, when it can be relied upon; else p is NULL. */
static struct str value_of(const struct tags *tags, enum tag tag)
{
	if (tags->counts[tag] != 1 || !is_printable(tags->values[tag]))
		return (struct str){ NULL, 0 };
	return tags->values[tag];
}

static bool is_word(const struct tags *tags, enum tag tag, const char *word)
{
	return str_equal_nocase(value_of(tags, tag), str_of(word));
}

/* Returns false for a policy that is there and is none of the three. */
static bool read_policy(const struct tags *tags, enum tag tag, enum dmarc_policy fallback, enum dmarc_policy *ret_policy, bool *ret_has)
{
	*ret_policy = fallback;
	for (unsigned i = 0; i < sizeof(policy_names) / sizeof(policy_names[0]); i++) {
		if (!is_word(tags, tag, policy_names[i]))
			continue;
		*ret_policy = (enum dmarc_policy)i;
		*ret_has = true;
	}
	return *ret_has || tags->counts[tag] == 0;
}

static void read_policies(const struct tags *tags, struct dmarc_record *record)
{
	bool good = read_policy(tags, TAG_P, DMARC_POLICY_NONE, &record->p, &record->has_p);

	good = read_policy(tags, TAG_SP, record->p, &record->sp, &record->has_sp) && good;
	good = read_policy(tags, TAG_NP, record->sp, &record->np, &record->has_np) && good;
	if (good)
		return;
	record->p = record->sp = record->np = DMARC_POLICY_NONE;
	record->has_p = record->has_sp = record->has_np = false;
}

void dmarc_record_read(struct str text, struct dmarc_record *ret_record)
{
	struct tags tags = { .counts = { 0 } };
	struct str rest = bounded(text);

	(void)str_split(&rest, ";");	/* the version */
	while (rest.p != NULL)
		collect(&tags, str_split(&rest, ";"));
	*ret_record = (struct dmarc_record){
		.psd = is_word(&tags, TAG_PSD, "y") ? DMARC_PSD_YES : is_word(&tags, TAG_PSD, "n") ? DMARC_PSD_NO : DMARC_PSD_UNKNOWN,
		.testing = is_word(&tags, TAG_T, "y"),
		.adkim_strict = is_word(&tags, TAG_ADKIM, "s"),
		.aspf_strict = is_word(&tags, TAG_ASPF, "s"),
		.rua = value_of(&tags, TAG_RUA),
		.ruf = value_of(&tags, TAG_RUF),
		.fo = value_of(&tags, TAG_FO),
	};
	read_policies(&tags, ret_record);
}

enum dmarc_policy dmarc_record_enforced(const struct dmarc_record *record, enum dmarc_policy policy)
{
	if (!record->testing || policy == DMARC_POLICY_NONE)
		return policy;
	return policy == DMARC_POLICY_REJECT ? DMARC_POLICY_QUARANTINE : DMARC_POLICY_NONE;
}
