/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/dkim_judge.h"

static struct dkim_opinion opinion(enum dkim_outcome outcome, const char *reason)
{
	return (struct dkim_opinion){ true, outcome, reason };
}

static const struct dkim_opinion none = { .reason = "" };

const char *dkim_result(enum dkim_outcome outcome)
{
	static const char *const words[DKIM_OUTCOMES] = {
		[DKIM_PASS] = "pass", [DKIM_FAIL] = "fail", [DKIM_NEUTRAL] = "neutral", [DKIM_POLICY] = "policy",
		[DKIM_PARTIAL] = "policy", [DKIM_UNCOVERED] = "policy", [DKIM_TEMPERROR] = "temperror", [DKIM_PERMERROR] = "permerror",
		[DKIM_NONE] = "none", [DKIM_TOO_MANY] = "policy",
	};

	return words[outcome];
}

struct dkim_opinion dkim_judge_signature(const struct dkim_signature *signature, uint64_t now_s)
{
	const char *untimely = dkim_signature_untimely(signature, now_s);

	if (strchr(signature->domain, '.') == NULL)
		return opinion(DKIM_POLICY, "tag d is a top-level domain");
	if (signature->algorithm == DKIM_RSA_SHA1)
		return opinion(DKIM_POLICY, "rsa-sha1 proves nothing any more");	/* RFC 8301 3.1 */
	return untimely == NULL ? none : opinion(DKIM_POLICY, untimely);
}

/* RFC 6376 6.1.2: of several records any may be taken, which one is nobody's to say; two that could be meant are an error. Other TXT records come
 * along where a wildcard covers the name. NULL: there are several, or none. */
static const struct dns_record *only_key(const struct dns_answer *answer)
{
	const struct dns_record *only = NULL;

	if (answer->len == 1)
		return &answer->records[0];
	for (size_t i = 0; i < answer->len; i++) {
		if (!dkim_key_is_one(answer->records[i].data))
			continue;
		if (only != NULL)
			return NULL;
		only = &answer->records[i];
	}
	return only;
}

static struct dkim_opinion judge_size(struct arena *arena, const struct dkim_key *key, const struct dkim_settings *settings)
{
	if (key->type == DKIM_KEY_RSA && key->bits < settings->min_key_bits)
		return opinion(DKIM_POLICY, arena_printf(arena, "the key has only %u bits", key->bits));
	if (key->bits > DKIM_MAX_KEY_BITS)
		return opinion(DKIM_POLICY, arena_printf(arena, "the key has %u bits", key->bits));
	return none;
}

struct dkim_opinion dkim_judge_key(struct arena *arena, const struct dkim_signature *signature, const struct dns_answer *answer,
				   const struct dkim_settings *settings, struct dkim_key *ret_key)
{
	const struct dns_record *record;
	const char *problem;

	if (answer == NULL)
		return opinion(DKIM_TEMPERROR, "there is no resolver");
	if (answer->status == DNS_UNKNOWN)
		return opinion(DKIM_TEMPERROR, arena_printf(arena, "the key could not be looked up: %s", answer->why));
	if (answer->status == DNS_NOTHING)
		return opinion(DKIM_PERMERROR, "there is no key");
	record = only_key(answer);
	if (record == NULL)
		return opinion(DKIM_PERMERROR, "there is not one key");
	if (dkim_key_parse(arena, record->data, ret_key, &problem) < 0)
		return opinion(DKIM_PERMERROR, arena_printf(arena, "key: %s", problem));
	problem = dkim_key_unfit(ret_key, signature);
	return problem != NULL ? opinion(DKIM_PERMERROR, problem) : judge_size(arena, ret_key, settings);
}

static struct dkim_opinion judge_coverage(struct arena *arena, const struct dkim_signature *signature, uint64_t body_bytes,
					  const struct dkim_names *names, const char *note)
{
	bool matters;
	struct str field = dkim_uncovered(names, signature, &matters);

	if (signature->has_length && signature->length < body_bytes)
		return opinion(DKIM_PARTIAL, arena_printf(arena, "tag l covers %llu of %llu octets of the body",
							  (unsigned long long)signature->length, (unsigned long long)body_bytes));
	if (field.p == NULL)
		return opinion(DKIM_PASS, note);
	return opinion(matters ? DKIM_UNCOVERED : DKIM_PASS,
		       arena_printf(arena, "there are more %.*s fields than are signed", field.len > 40 ? 40 : (int)field.len, field.p));
}

struct dkim_opinion dkim_judge_answer(struct arena *arena, const struct dkim_signature *signature, const struct dkim_key *key,
				      const struct dkim_answer_item *item, const struct dkim_names *names)
{
	/* RFC 6376 3.6.1: who is testing may not be treated worse for it */
	enum dkim_outcome failed = key->testing ? DKIM_NEUTRAL : DKIM_FAIL;

	switch (item->status) {
	case DKIM_VERIFIED:
		return judge_coverage(arena, signature, item->body_bytes, names, key->testing ? "the key is in test mode" : "");
	case DKIM_BAD_SIGNATURE:
		return opinion(failed, "signature does not match the header");
	case DKIM_BAD_BODY:
		return opinion(failed, "body hash does not match");
	case DKIM_TOO_LONG:
		return opinion(failed, "the body is shorter than tag l says");
	case DKIM_BAD_KEY:
		return opinion(DKIM_PERMERROR, "the key cannot be used");
	case DKIM_UNREAD:
		break;
	}
	return opinion(DKIM_PERMERROR, "libopendkim cannot read the signature");
}
