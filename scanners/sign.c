/* SPDX-License-Identifier: GPL-2.0-or-later */
/* DKIM signatures on mail of our domains. Private keys never get into a cage, where a hostile message might take over and steal
 * them: what is hashed here is the plain bytes, nothing is parsed but From.
 *
 * At the end of the message it is found out who signs, and the body is hashed; the signature itself is made when it is known how
 * the header leaves, after all other edits (the seal). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "milter/base/cleanup.h"
#include "milter/base/clock.h"
#include "milter/lookup/names.h"
#include "milter/mail/authors.h"
#include "milter/mail/dkim_canon.h"
#include "scanners/scanners.h"
#include "scanners/sign_advise.h"
#include "scanners/sign_keys.h"
#include "scanners/sign_settings.h"

struct sign {
	struct arena *arena;
	struct sign_keys keys;
	const struct dkim_sign_name *names;
	size_t names_len;
	bool active;
};

struct sign_message {
	struct sign_keys keys;	/* none: not to be signed */
	char body_hash[DKIM_SIGN_HASH_TEXT_SIZE];
};

/* A key that is never used is a mistake somewhere: of the key or of the domains. */
static void tell_foreign(const struct sign *sign, const struct services *services)
{
	for (size_t i = 0; i < sign->keys.len && services->tell != NULL; i++) {
		const struct dkim_sign_record_name *record = &sign->keys.items[i].record;
		const char *below = arena_printf(sign->arena, "x.%s", record->domain);

		if (names_find_domain(services->domains, record->domain) == NULL && names_find_domain(services->domains, below) == NULL)
			services->tell(arena_printf(sign->arena, "sign.key \"%s\": %s is none of our domains (option domains): the key signs nothing",
						    record->name, record->domain));
	}
}

static int sign_open(const struct conf *conf, const struct services *services, void **ret_shared, char *problem)
{
	struct arena *arena = arena_new();
	struct sign *sign = arena_new_of(arena, struct sign);
	int r;

	sign->arena = arena;
	sign->active = sign_settings_active(conf);
	sign->names = sign_settings_names(arena, conf_settings(conf, "sign"), &sign->names_len);
	r = sign_keys_load(arena, conf, &sign->keys, problem);
	if (r < 0) {
		arena_free(arena);
		return r;
	}
	tell_foreign(sign, services);
	*ret_shared = sign;
	return 0;
}

static void sign_close(void *shared)
{
	struct sign *sign = shared;

	arena_free(sign->arena);
}

/* Why not to sign, or NULL with the keys that do. */
static const char *choose_keys(struct scan *scan, struct sign_keys *ret_keys)
{
	const struct sign *sign = scan->shared;
	struct mailboxes authors;
	const char *problem = authors_read(scan->arena, &scan->message->headers, &authors), *domain;

	if (problem != NULL)
		return problem;
	domain = authors.items[0].domain;
	for (size_t i = 1; i < authors.len && domain != NULL; i++)
		if (authors.items[i].domain == NULL || strcmp(authors.items[i].domain, domain) != 0)
			return "its authors are of several domains";
	if (domain == NULL || names_find_domain(scan->services->domains, domain) == NULL)
		return "its author's domain is none of ours";
	*ret_keys = sign_keys_find(&sign->keys, domain);
	return ret_keys->len == 0 ? arena_printf(scan->arena, "there is no key for %s", domain) : NULL;
}

/* Too large for the stack of a libmilter thread. */
struct body_reader {
	struct dkim_canon canon;
	char piece[16384];
};

static void free_readerp(struct body_reader **reader)
{
	free(*reader);
}

/* Returns 0 or a negative errno; *ret_longest is that of the longest line. */
static int hash_body(const struct message *message, struct dkim_sign_hash *hash, uint64_t *ret_longest)
{
	_cleanup_(free_readerp) struct body_reader *reader = xcalloc(1, sizeof(*reader));
	uint64_t offset = message->body_offset;
	ssize_t n;

	dkim_canon_start(&reader->canon, dkim_sign_hash_add, hash);
	while ((n = pread(message->body_fd, reader->piece, sizeof(reader->piece), (off_t)offset)) > 0) {
		dkim_canon_add(&reader->canon, reader->piece, (size_t)n);
		offset += (uint64_t)n;
	}
	if (n < 0)
		return -errno;
	dkim_canon_end(&reader->canon);
	*ret_longest = reader->canon.longest_line;
	return 0;
}

static int body_hash_text(const struct message *message, char text[DKIM_SIGN_HASH_TEXT_SIZE], uint64_t *ret_longest)
{
	unsigned char bytes[DKIM_SIGN_HASH_SIZE];
	struct dkim_sign_hash *hash = dkim_sign_hash_new();
	int r = hash_body(message, hash, ret_longest);

	dkim_sign_hash_end(hash, bytes);
	dkim_sign_hash_text(bytes, text);
	return r;
}

static const char *selectors(struct arena *arena, const struct sign_keys *keys)
{
	const char *text = keys->items[0].record.selector;

	for (size_t i = 1; i < keys->len; i++)
		text = arena_printf(arena, "%s, %s", text, keys->items[i].record.selector);
	return text;
}

static void prepare(struct scan *scan, struct sign_keys keys)
{
	const struct sign *sign = scan->shared;
	struct sign_message *state = scan->message_state;
	struct dkim_sign_header header = dkim_sign_select(scan->arena, &scan->message->headers, sign->names, sign->names_len);
	uint64_t longest = 0;

	if (header.names >= DKIM_FIELDS_MAX) {
		finding_add(scan, "unsigned", "not signed: it has too many header fields that were to be");
		return;
	}
	if (body_hash_text(scan->message, state->body_hash, &longest) < 0) {
		finding_add(scan, "error", "the message could not be signed just now");
		return;
	}
	state->keys = keys;
	if (header.longest_line > longest)
		longest = header.longest_line;
	finding_add(scan, "signed", "signed for %s (%s)%s", keys.items[0].record.domain, selectors(scan->arena, &keys),
		    longest > HEADER_LINE_MAX ? "; a line over 998 octets may be cut on the way, and the signature will not hold" : "");
}

static void sign_eom(struct scan *scan)
{
	const struct sign *sign = scan->shared;
	const struct message *message = scan->message;
	struct sign_keys keys;
	const char *problem;

	if (!sign->active || !sign_settings_in(scan->settings, message->direction))
		return;
	problem = choose_keys(scan, &keys);
	if (problem == NULL && (message->too_large || message->headers_too_large))
		problem = "it is over the limits of the gateway";
	if (problem != NULL)
		finding_add(scan, "unsigned", "not signed: %s", problem);
	else if (message->spool_full || message->body_fd < 0)
		finding_add(scan, "error", "there was no room to keep the message for its signature");
	else
		prepare(scan, keys);
}

static const char *signature_with(struct scan *scan, const struct sign_key *key, const struct dkim_sign_header *header)
{
	const struct sign_settings *settings = scan->settings;
	const struct sign_message *state = scan->message_state;
	uint64_t now_s = clock_wall_ms() / 1000;
	struct dkim_sign_task task = {
		.domain = key->record.domain,
		.selector = key->record.selector,
		.key = key->key,
		.body_hash = state->body_hash,
		.signed_at_s = now_s,
		.expires_at_s = settings->expire_ms == 0 ? 0 : now_s + settings->expire_ms / 1000,
	};

	return dkim_sign_field(scan->arena, &task, header);
}

/* Is an unsigned message not to go? */
static bool is_held(const struct rule_action *action)
{
	return action->action > ACTION_TAG && !action->observe;
}

static int sign_seal(struct scan *scan, const struct headers *headers)
{
	const struct sign_settings *settings = scan->settings;
	const struct sign *sign = scan->shared;
	const struct sign_message *state = scan->message_state;
	struct dkim_sign_header header;
	bool failed = false;

	if (state->keys.len == 0)
		return 0;
	header = dkim_sign_select(scan->arena, headers, sign->names, sign->names_len);
	for (size_t i = 0; i < state->keys.len; i++) {
		const char *value = signature_with(scan, &state->keys.items[i], &header);

		if (value != NULL)
			stamp_add(scan, "DKIM-Signature", value);
		failed |= value == NULL;
	}
	return failed && is_held(&settings->on_error.by_direction[scan->message->direction]) ? -EIO : 0;
}

#define RULE(field) offsetof(struct sign_settings, field)

static const struct outcome sign_outcomes[] = {
	{ "signed", REFUSE_CONTENT, OUTCOME_FIXED, .fixed_action = ACTION_ACCEPT },
	{ "unsigned", REFUSE_CONTENT, RULE(on_unsigned), .code = 550, .status = "5.7.1", .defer_code = 451, .defer_status = "4.7.1" },
	{ "error", REFUSE_CONTENT, RULE(on_error), .code = 550, .status = "5.3.0", .defer_code = 451, .defer_status = "4.3.0" },
	{ .name = NULL },
};

static const struct option_section *const sign_sections[] = { &sign_section, &sign_key_section, NULL };

const struct scanner scanner_sign = {
	.name = "sign",
	.summary = "DKIM signatures on mail of our domains (RFC 6376)",
	.sections = sign_sections,
	.outcomes = sign_outcomes,
	.directions = SCANNER_IN(DIRECTION_SUBMISSION) | SCANNER_IN(DIRECTION_GRANTED) | SCANNER_IN(DIRECTION_LOCAL),
	.open = sign_open,
	.close = sign_close,
	.needs_body = sign_settings_active,
	.advise = sign_advise,
	.advise_dns = sign_advise_dns,
	.message_size = sizeof(struct sign_message),
	.eom = sign_eom,
	.seal = sign_seal,
};
