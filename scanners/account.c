/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which senders a login may use, in the envelope and in every From (threats ID-05, ID-06), and how many recipients it may write to (ID-08). */
#include "milter/lookup/logins.h"
#include "milter/lookup/rate.h"
#include "milter/mail/authors.h"
#include "scanners/scanners.h"

enum { KEY_MAX = 300 };		/* a login has at most 255 bytes */

enum unlisted { UNLISTED_NONE, UNLISTED_OWN, UNLISTED_ANY };

struct account_settings {
	struct conf_list senders;
	int unlisted;
	struct rule on_foreign_sender;
	struct rate rate;
	struct rule on_exceeded;
};

struct account {
	struct arena *arena;
	const struct logins *logins;
	enum unlisted unlisted;
	bool configured;
};

struct account_message {
	struct rate_ledger ledger;
};

static const struct option_word unlisted_words[] = {
	{ "none", UNLISTED_NONE }, { "own", UNLISTED_OWN }, { "any", UNLISTED_ANY }, { NULL, 0 },
};

static const struct option account_options[] = {
	{ "senders", OPTION_LIST, offsetof(struct account_settings, senders), .parse = logins_check,
	  .summary = "which senders a login may use: lines LOGIN  ADDRESS[, ADDRESS or @DOMAIN ...]",
	  .text = "Compared with the envelope sender and with every address in From. Several lines of one login add up. Logins are "
		  "compared exactly, but for the case of a realm after \"@\"; local parts of addresses without case. While this is "
		  "empty, senders of logins are not checked.",
	  .example = "{ \"file:/etc/octroi/logins\" }" },
	{ "unlisted", OPTION_WORD, offsetof(struct account_settings, unlisted), .fallback = "none", .words = unlisted_words,
	  .summary = "which senders a login may use that is not in senders",
	  .text = "none; own: its own address alone, where logins are addresses; any: every one." },
	{ "on_foreign_sender", OPTION_CUSTOM, offsetof(struct account_settings, on_foreign_sender), .fallback = "reject",
	  .parse = rule_parse,
	  .summary = "what happens to mail of a login with a sender that is not its own" },
	{ "rate", OPTION_CUSTOM, offsetof(struct account_settings, rate), .fallback = "", .parse = rate_parse,
	  .summary = "recipients of one login in a time, such as 300/1h",
	  .text = "Logins are counted without case. Recipients of a message that is not let in do not count. Empty: no limit; sections rate "
		  "can say more.", .example = "300/1h" },
	{ "on_exceeded", OPTION_CUSTOM, offsetof(struct account_settings, on_exceeded), .fallback = "defer", .parse = rule_parse,
	  .summary = "what happens to a recipient that is over rate", .text = "The reply says until when." },
	OPTION_END
};

static const struct option_section account_section = {
	.name = "account",
	.options = account_options,
	.settings_size = sizeof(struct account_settings),
	.summary = "which senders a login may use",
};

static int account_open(const struct conf *conf, const struct services *services, void **ret_shared, char *problem)
{
	const struct account_settings *settings = conf_settings(conf, "account");
	struct arena *arena = arena_new();
	struct account *account = arena_new_of(arena, struct account);

	(void)services, (void)problem;
	*account = (struct account){
		.arena = arena,
		.logins = logins_new(arena, &settings->senders),
		.unlisted = (enum unlisted)settings->unlisted,
		.configured = settings->senders.len > 0 || settings->unlisted == UNLISTED_OWN,
	};
	*ret_shared = account;
	return 0;
}

static void account_close(void *shared)
{
	struct account *account = shared;

	arena_free(account->arena);
}

static void account_advise(const struct conf *conf, void (*say)(void *arg, const char *format, ...), void *arg)
{
	const struct account_settings *settings = conf_settings(conf, "account");

	if (settings->senders.len == 0 && settings->unlisted == UNLISTED_NONE)
		say(arg, "account.senders is empty: whoever has logged in may use every sender");
}

static bool is_own(struct arena *arena, const char *login, const struct address *address)
{
	const char *entry;

	return strchr(login, '@') != NULL && address_entry_normalise(arena, str_of(login), &entry) == 0 && entry[0] != '@' &&
	       strchr(entry, '@') != NULL && address_matches(address, entry);
}

static bool may_use(const struct scan *scan, const struct address *address)
{
	const struct account *account = scan->shared;
	const char *login = scan->message->credentials.login;

	if (logins_known(account->logins, login))
		return logins_may_use(account->logins, login, address);
	if (account->unlisted == UNLISTED_OWN)
		return is_own(scan->arena, login, address);
	return account->unlisted == UNLISTED_ANY;
}

static bool applies(const struct scan *scan)
{
	const struct account *account = scan->shared;

	return account->configured && scan->message->credentials.login[0] != '\0';
}

/* The null sender belongs to nobody: read receipts of mail programs use it (RFC 3798 2.1); their From is looked at like any other. */
static void account_mailfrom(struct scan *scan)
{
	const struct account_settings *settings = scan->settings;
	const struct message *message = scan->message;
	struct account_message *state = scan->message_state;

	if (settings->rate.limit > 0)
		rate_ledger_open(&state->ledger, scan->services->store, message->arena);
	if (!applies(scan) || message->mailfrom_problem != NULL || message->mailfrom.text[0] == '\0')
		return;
	if (!may_use(scan, &message->mailfrom))
		finding_add(scan, "foreign_sender", "login %s may not send as <%s>", message->credentials.login, message->mailfrom.text);
}

/* Without case: many a login may be written either way. */
static const char *rate_key(const char *login, char key[KEY_MAX])
{
	int len = snprintf(key, KEY_MAX, "account:%s", login);

	for (int i = 0; i < len && i < KEY_MAX - 1; i++)
		key[i] = ascii_lower(key[i]);
	return key;
}

static void account_rcpt(struct scan *scan)
{
	const struct account_settings *settings = scan->settings;
	struct account_message *state = scan->message_state;
	const char *login = scan->message->credentials.login;
	char key[KEY_MAX];
	uint64_t wait_ms;

	rate_drop_from(&state->ledger, scan->recipient);
	if (login[0] == '\0' || scan->message->recipients[scan->recipient].ground == GROUND_NONE ||
	    rate_take(&state->ledger, rate_key(login, key), 1, &settings->rate, scan->recipient, &wait_ms))
		return;
	finding_add(scan, "exceeded", "login %s has had %s: no more %s", login, rate_text(scan->arena, &settings->rate, "recipients"),
		    rate_until(scan->arena, wait_ms));
}

static void account_settle(struct scan *scan, const struct verdict *verdict, bool let_in)
{
	struct account_message *state = scan->message_state;

	(void)verdict;
	rate_drop_from(&state->ledger, scan->message->recipients_len);
	if (let_in)
		rate_keep(&state->ledger);
}

static void account_eoh(struct scan *scan)
{
	struct mailboxes authors;
	const char *problem;

	if (!applies(scan))
		return;
	problem = authors_read(scan->arena, &scan->message->headers, &authors);
	if (problem != NULL)
		finding_add(scan, "foreign_from", "login %s: %s", scan->message->credentials.login, problem);
	for (size_t i = 0; problem == NULL && i < authors.len; i++) {
		if (may_use(scan, &authors.items[i]))
			continue;
		finding_add(scan, "foreign_from", "login %s may not write as <%s>", scan->message->credentials.login,
			    authors.items[i].text);
		return;
	}
}

static const struct outcome account_outcomes[] = {
	{ "foreign_sender", REFUSE_DOOR, offsetof(struct account_settings, on_foreign_sender), .code = 553, .status = "5.7.1",
	  .defer_code = 450, .defer_status = "4.7.1" },
	{ "foreign_from", REFUSE_CONTENT, offsetof(struct account_settings, on_foreign_sender), .code = 550, .status = "5.7.1",
	  .defer_code = 450, .defer_status = "4.7.1" },
	{ "exceeded", REFUSE_DOOR, offsetof(struct account_settings, on_exceeded), .code = 550, .status = "5.7.1", .defer_code = 450,
	  .defer_status = "4.7.1" },
	{ .name = NULL },
};

static const struct option_section *const account_sections[] = { &account_section, NULL };

const struct scanner scanner_account = {
	.name = "account",
	.summary = "which senders a login may use",
	.sections = account_sections,
	.outcomes = account_outcomes,
	.directions = SCANNER_IN(DIRECTION_SUBMISSION),
	.open = account_open,
	.close = account_close,
	.advise = account_advise,
	.message_size = sizeof(struct account_message),
	.mailfrom = account_mailfrom,
	.rcpt = account_rcpt,
	.eoh = account_eoh,
	.settle = account_settle,
};
