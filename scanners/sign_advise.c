/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/sign_advise.h"

#include "scanners/sign_keys.h"
#include "scanners/sign_settings.h"

void sign_advise(const struct conf *conf, sign_say say, void *arg)
{
	const struct sign_settings *settings = conf_settings(conf, "sign");
	struct arena *arena = arena_new();
	char problem[CONF_PROBLEM_MAX];
	struct sign_keys keys;

	if (conf_count(conf, "sign.key") > 0 && !sign_settings_active(conf))
		say(arg, settings->enabled ? "sign.directions is empty: nothing is signed" : "sign.enabled is no: nothing is signed");
	if (sign_keys_load(arena, conf, &keys, problem) < 0)
		keys.len = 0;		/* no scanner opens with such a key, and whoever tries hears the problem */
	for (size_t i = 0; i < keys.len; i++)
		if (dkim_sign_key_type(keys.items[i].key) == DKIM_KEY_RSA && dkim_sign_key_bits(keys.items[i].key) < DKIM_SIGN_BITS_WISE)
			say(arg, "sign.key \"%s\": an RSA key of %u bits is weak; 2048 are wanted (RFC 8301)", keys.items[i].record.name,
			    dkim_sign_key_bits(keys.items[i].key));
	arena_free(arena);
}

static const char *compare(struct arena *arena, const struct dkim_sign_key *key, struct str record)
{
	struct dkim_key published;
	const char *problem;

	if (dkim_key_parse(arena, record, &published, &problem) < 0)
		return arena_printf(arena, "holds a key that verifiers refuse: %s", problem);
	if (!dkim_sign_key_matches(key, &published))
		return "holds another key: signatures will not verify";
	if (!published.sha256)
		return "does not allow SHA-256 (h=): signatures will not verify";
	return published.testing ? "says t=y (testing): verifiers may take signed mail for unsigned" : NULL;
}

const char *sign_advise_record(struct arena *arena, const struct dkim_sign_key *key, const struct dns_answer *answer)
{
	const struct dns_record *record = NULL;

	if (answer->status == DNS_UNKNOWN)
		return arena_printf(arena, "could not be looked up (%s)", answer->why);
	for (size_t i = 0; i < answer->len; i++) {
		if (!dkim_key_is_one(answer->records[i].data))
			continue;
		/* RFC 6376 3.6.2.2: which of several a verifier takes nobody knows */
		if (record != NULL)
			return "holds more than one key record: verifiers may take either";
		record = &answer->records[i];
	}
	return record == NULL ? "is not published: signatures will not verify"
			      : compare(arena, key, record->data);
}

static void advise_key(struct arena *arena, const struct sign_key *key, const struct dns_answer *answer, sign_say say, void *arg)
{
	const char *problem = sign_advise_record(arena, key->key, answer);

	if (problem != NULL && answer->status == DNS_UNKNOWN)
		say(arg, "sign.key: the DNS record %s %s", key->record.name, problem);
	else if (problem != NULL)
		say(arg, "sign.key: the DNS record %s %s; it should be: %s", key->record.name, problem,
		    dkim_sign_key_record(arena, key->key));
}

void sign_advise_dns(const struct conf *conf, struct resolver *resolver, uint64_t deadline_ms, sign_say say, void *arg)
{
	struct arena *arena = arena_new();
	char problem[CONF_PROBLEM_MAX];
	struct sign_keys keys = { NULL, 0 };

	if (!sign_settings_active(conf) || sign_keys_load(arena, conf, &keys, problem) < 0)
		keys.len = 0;
	for (size_t i = 0; i < keys.len; i++)
		resolver_prefetch(resolver, keys.items[i].record.name, DNS_TXT);
	for (size_t i = 0; i < keys.len; i++) {
		struct dns_answer *answer = resolver_ask_and_wait(resolver, keys.items[i].record.name, DNS_TXT, deadline_ms);

		advise_key(arena, &keys.items[i], answer, say, arg);
		dns_answer_unref(answer);
	}
	arena_free(arena);
}
