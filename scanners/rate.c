/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much one login, client, sender, author, recipient or recipient domain may send or get (threats ID-08, ID-09, ID-13). */
#include "milter/lookup/networks.h"
#include "milter/mail/authors.h"
#include "scanners/client_key.h"
#include "scanners/rate_settings.h"
#include "scanners/scanners.h"

enum { KEY_MAX = 1024, SUBJECT_MAX = 512, PUSHED_OUT_MANY = 1000 };

struct limit {
	const struct rate_settings *settings;
	const struct networks *except;
	unsigned directions;
};

struct rate_shared {
	struct arena *arena;
	struct limit *limits;
	size_t limits_len;
	uint64_t pushed_out;		/* the chores' alone */
	bool has_chored;
};

struct rate_message {
	struct rate_ledger ledger;
};

/* What a limit is about in this message: "bob", "192.0.2.1". */
struct subject {
	const char *kind;	/* for people: "login" */
	char text[SUBJECT_MAX];
};

static int rate_open(const struct conf *conf, const struct services *services, void **ret_shared, char *problem)
{
	struct arena *arena = arena_new();
	struct rate_shared *shared = arena_new_of(arena, struct rate_shared);

	(void)services, (void)problem;
	shared->arena = arena;
	shared->limits_len = conf_count(conf, "rate");
	shared->limits = arena_array(arena, shared->limits_len, sizeof(*shared->limits));
	for (size_t i = 0; i < shared->limits_len; i++) {
		const struct rate_settings *settings = conf_settings_at(conf, "rate", i);

		shared->limits[i] = (struct limit){ .settings = settings, .except = networks_new(arena, &settings->except),
						    .directions = rate_settings_directions(settings) };
	}
	*ret_shared = shared;
	return 0;
}

static void rate_close(void *object)
{
	struct rate_shared *shared = object;

	arena_free(shared->arena);
}

static bool limit_applies(const struct limit *limit, const struct scan *scan)
{
	return (limit->directions & SCANNER_IN(scan->message->direction)) != 0 &&
	       networks_find(limit->except, &scan->session->client) == NULL;
}

static bool set_subject(struct subject *subject, const char *kind, const char *text)
{
	size_t i = 0;

	if (text == NULL || text[0] == '\0')
		return false;
	subject->kind = kind;
	for (; i < SUBJECT_MAX - 1 && text[i] != '\0'; i++)
		subject->text[i] = ascii_lower(text[i]);
	subject->text[i] = '\0';
	return true;
}

static bool set_client(struct subject *subject, const char *kind, const struct scan *scan)
{
	char text[NETWORK_TEXT_MAX];

	return set_subject(subject, kind, client_key(&scan->session->client, 32, 64, text));
}

/* Bounces of all the world have the same sender. */
static bool set_sender(struct subject *subject, const struct scan *scan)
{
	const struct message *message = scan->message;

	if (message->mailfrom_problem != NULL || message->mailfrom.text[0] == '\0')
		return set_client(subject, "the null sender of", scan);
	return set_subject(subject, "sender", message->mailfrom.text);
}

/* Who a message is counted for, as far as it is the same for all its recipients. False: nobody. */
static bool message_subject(enum rate_per per, const struct scan *scan, struct subject *subject)
{
	switch (per) {
	case RATE_LOGIN:
		return set_subject(subject, "login", scan->message->credentials.login);
	case RATE_CLIENT:
		return set_client(subject, "client", scan);
	case RATE_SENDER:
		return set_sender(subject, scan);
	case RATE_FROM:
	case RATE_RECIPIENT:
	case RATE_RECIPIENT_DOMAIN:
		break;
	}
	return false;
}

static bool recipient_subject(enum rate_per per, const struct recipient *recipient, struct subject *subject)
{
	if (per == RATE_RECIPIENT)
		return set_subject(subject, "recipient", recipient->address.text);
	return per == RATE_RECIPIENT_DOMAIN && set_subject(subject, "recipients in", recipient->address.domain);
}

/* A key has one window (store.h), and a filter that drains still counts by the configuration before. */
static const char *key_of(const struct limit *limit, const struct subject *subject, char key[KEY_MAX])
{
	const struct rate_settings *settings = limit->settings;

	(void)snprintf(key, KEY_MAX, "rate:%d:%llu:%.200s:%s:%s", settings->of, (unsigned long long)settings->limit.window_ms,
		       settings->title, subject->kind, subject->text);
	return key;
}

static void count(struct scan *scan, const struct limit *limit, const struct subject *subject, uint64_t amount, size_t recipient)
{
	const struct rate_settings *settings = limit->settings;
	struct rate_message *state = scan->message_state;
	const char *unit = settings->of == RATE_MESSAGES ? "messages" : "recipients", *allowed;
	char key[KEY_MAX];
	uint64_t wait_ms;

	if (rate_take(&state->ledger, key_of(limit, subject, key), amount, &settings->limit, recipient, &wait_ms))
		return;
	allowed = rate_text(scan->arena, &settings->limit, unit);
	if (amount > settings->limit.limit)
		finding_add_of(scan, settings, "exceeded", "%s %s may have %s (rate \"%s\"), and this message has %llu", subject->kind,
			       subject->text, allowed, settings->title, (unsigned long long)amount);
	else
		finding_add_of(scan, settings, "exceeded", "%s %s has had %s (rate \"%s\"): no more %s", subject->kind, subject->text,
			       allowed, settings->title, rate_until(scan->arena, wait_ms));
}

static void rate_mailfrom(struct scan *scan)
{
	const struct rate_shared *shared = scan->shared;
	struct rate_message *state = scan->message_state;
	struct subject subject;

	if (shared->limits_len > 0)
		rate_ledger_open(&state->ledger, scan->services->store, scan->message->arena);
	for (size_t i = 0; i < shared->limits_len; i++) {
		const struct limit *limit = &shared->limits[i];

		if (limit->settings->of == RATE_MESSAGES && limit_applies(limit, scan) &&
		    message_subject((enum rate_per)limit->settings->per, scan, &subject))
			count(scan, limit, &subject, 1, RATE_MESSAGE);
	}
}

/* Several recipients in a domain are one message to it. */
static bool is_counted(const struct scan *scan, const struct limit *limit, const struct subject *subject)
{
	const struct rate_message *state = scan->message_state;
	char key[KEY_MAX];

	return limit->settings->of == RATE_MESSAGES && rate_has_taken(&state->ledger, key_of(limit, subject, key));
}

static void count_recipient(struct scan *scan, const struct limit *limit, const struct recipient *recipient)
{
	enum rate_per per = (enum rate_per)limit->settings->per;
	struct subject subject;

	if (recipient_subject(per, recipient, &subject)) {
		if (!is_counted(scan, limit, &subject))
			count(scan, limit, &subject, 1, scan->recipient);
	} else if (limit->settings->of == RATE_RECIPIENTS && message_subject(per, scan, &subject)) {
		count(scan, limit, &subject, 1, scan->recipient);
	}
}

static void rate_rcpt(struct scan *scan)
{
	const struct rate_shared *shared = scan->shared;
	struct rate_message *state = scan->message_state;
	const struct recipient *recipient = &scan->message->recipients[scan->recipient];

	rate_drop_from(&state->ledger, scan->recipient);
	if (recipient->problem != NULL || recipient->ground == GROUND_NONE)	/* refused anyway */
		return;
	for (size_t i = 0; i < shared->limits_len; i++)
		if (limit_applies(&shared->limits[i], scan))
			count_recipient(scan, &shared->limits[i], recipient);
}

/* Each author once. */
static void count_authors(struct scan *scan, const struct limit *limit, const struct mailboxes *authors)
{
	const struct rate_message *state = scan->message_state;
	uint64_t amount = limit->settings->of == RATE_MESSAGES ? 1 : scan->message->recipients_len;
	struct subject subject;
	char key[KEY_MAX];

	for (size_t i = 0; i < authors->len; i++)
		if (set_subject(&subject, "author", authors->items[i].text) &&
		    !rate_has_taken(&state->ledger, key_of(limit, &subject, key)))
			count(scan, limit, &subject, amount, RATE_MESSAGE);
	if (authors->len == 0 && set_client(&subject, "the unknown author from", scan))
		count(scan, limit, &subject, amount, RATE_MESSAGE);
}

static bool counts_authors(const struct scan *scan)
{
	const struct rate_shared *shared = scan->shared;

	for (size_t i = 0; i < shared->limits_len; i++)
		if (shared->limits[i].settings->per == RATE_FROM && limit_applies(&shared->limits[i], scan))
			return true;
	return false;
}

static void rate_eoh(struct scan *scan)
{
	const struct rate_shared *shared = scan->shared;
	struct rate_message *state = scan->message_state;
	struct mailboxes authors;

	rate_drop_from(&state->ledger, scan->message->recipients_len);
	if (!counts_authors(scan))
		return;
	if (authors_read(scan->arena, &scan->message->headers, &authors) != NULL)
		authors = (struct mailboxes){ .len = 0 };
	for (size_t i = 0; i < shared->limits_len; i++)
		if (shared->limits[i].settings->per == RATE_FROM && limit_applies(&shared->limits[i], scan))
			count_authors(scan, &shared->limits[i], &authors);
}

static void rate_settle(struct scan *scan, const struct verdict *verdict, bool let_in)
{
	struct rate_message *state = scan->message_state;

	(void)verdict;
	rate_drop_from(&state->ledger, scan->message->recipients_len);
	if (let_in)
		rate_keep(&state->ledger);
}

/* Somebody sends under ever new names, or the table is too small for this site. */
static void rate_chore(const void *settings, void *object, const struct services *services)
{
	struct rate_shared *shared = object;
	uint64_t pushed_out = store_pushed_out(services->store);
	bool many = shared->has_chored && pushed_out - shared->pushed_out > PUSHED_OUT_MANY;

	(void)settings;
	shared->pushed_out = pushed_out;
	shared->has_chored = true;
	if (many && services->happened != NULL)
		services->happened(&(struct event){ .event = "degraded", .about = "counters", .text =
			"the table of counters is full: those that count least are forgotten; somebody may send under ever new names" });
}

static const struct outcome rate_outcomes[] = {
	{ "exceeded", REFUSE_DOOR, offsetof(struct rate_settings, on_exceeded), .code = 550, .status = "5.7.1", .defer_code = 450,
	  .defer_status = "4.7.1" },
	{ .name = NULL },
};

static const struct option_section *const rate_sections[] = { &rate_section, NULL };

const struct scanner scanner_rate = {
	.name = "rate",
	.summary = "how much one login, client, sender ... may send",
	.sections = rate_sections,
	.outcomes = rate_outcomes,
	.directions = SCANNER_IN(DIRECTION_INBOUND) | SCANNER_IN(DIRECTION_SUBMISSION) | SCANNER_IN(DIRECTION_GRANTED),
	.open = rate_open,
	.close = rate_close,
	.message_size = sizeof(struct rate_message),
	.mailfrom = rate_mailfrom,
	.rcpt = rate_rcpt,
	.eoh = rate_eoh,
	.settle = rate_settle,
	.chore = rate_chore,
};
