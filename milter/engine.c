/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/engine.h"

#include <assert.h>
#include <stdlib.h>

#include "milter/base/cleanup.h"
#include "milter/base/clock.h"
#include "milter/engine_internal.h"
#include "milter/lookup/names.h"
#include "milter/mail/domain.h"
#include "milter/settings.h"

enum { MACRO_MAX = 2 * ADDRESS_MAX };	/* a longer {rcpt_addr} is no address, cut or not */

static size_t scanners_len(void)
{
	size_t len = 0;

	while (scanners[len] != NULL)
		len++;
	return len;
}

static int open_scanners(struct engine *engine, char *problem)
{
	for (; scanners[engine->opened] != NULL; engine->opened++) {
		const struct scanner *scanner = scanners[engine->opened];
		size_t i = engine->opened;

		engine->settings[i] = conf_settings(engine->conf, scanner->sections[0]->name);
		if (scanner->direction != NULL)
			engine->directing = i;
		if (scanner->ground != NULL)
			engine->grounding = i;
		if (scanner->inspect != NULL)
			engine->inspecting = i;
		if (scanner->open != NULL &&
		    scanner->open(engine->conf, &engine->services, &engine->shared[i], problem) < 0)
			return -1;
	}
	return 0;
}

static const char *own_name(struct arena *arena, const struct conf *conf)
{
	const char *written = settings_authserv_id(conf), *normalised;

	return domain_normalise(arena, str_of(written), &normalised) == 0 ? normalised : arena_strdup(arena, written);
}

struct engine *engine_new(const struct conf *conf, const struct services *services, char problem[CONF_PROBLEM_MAX])
{
	struct arena *arena = arena_new();
	struct engine *engine = arena_new_of(arena, struct engine);
	size_t len = scanners_len();

	engine->arena = arena;
	engine->conf = conf;
	engine->services = *services;
	engine->services.domains = names_new(arena, &settings_of(conf)->domains);
	engine->services.host = own_name(arena, conf);
	engine->settings = arena_array(arena, len, sizeof(*engine->settings));
	engine->shared = arena_array(arena, len, sizeof(*engine->shared));
	engine->scanners_len = len;
	engine->directing = engine->grounding = engine->inspecting = len;
	if (open_scanners(engine, problem) < 0) {
		engine_free(engine);
		return NULL;
	}
	assert(engine->directing < len && engine->grounding < len);
	return engine;
}

void engine_free(struct engine *engine)
{
	if (engine == NULL)
		return;
	while (engine->opened-- > 0)
		if (scanners[engine->opened]->close != NULL)
			scanners[engine->opened]->close(engine->shared[engine->opened]);
	arena_free(engine->arena);
}

const struct conf *engine_conf(const struct engine *engine)
{
	return engine->conf;
}

const struct services *engine_services(const struct engine *engine)
{
	return &engine->services;
}

static size_t session_size(const struct scanner *scanner)
{
	return scanner->session_size;
}

static size_t message_size(const struct scanner *scanner)
{
	return scanner->message_size;
}

/* A zeroed state for each scanner that wants one. */
static void *const *new_states(const struct engine *engine, struct arena *arena, size_t (*size_of)(const struct scanner *scanner))
{
	void **states = arena_array(arena, engine->scanners_len, sizeof(*states));

	for (size_t i = 0; scanners[i] != NULL; i++)
		if (size_of(scanners[i]) > 0)
			states[i] = arena_alloc(arena, size_of(scanners[i]));
	return states;
}

struct session *engine_session_new(struct engine *engine)
{
	struct arena *arena = arena_new();
	struct session *session = arena_new_of(arena, struct session);

	*session = (struct session){
		.arena = arena,
		.client_name = "",
		.helo = "",
		.mta_host = "",
		.daemon_name = "",
		.findings = { .arena = arena },
		.states = new_states(engine, arena, session_size),
		.started_ms = clock_monotonic_ms(),
	};
	return session;
}

void engine_session_end(struct engine *engine, struct session *session)
{
	if (session == NULL)
		return;
	engine_message_end(engine, session);
	arena_free(session->arena);
}

struct message *engine_message_new(struct engine *engine, struct session *session)
{
	struct arena *arena;
	struct message *message;

	engine_message_end(engine, session);
	arena = arena_new();
	message = arena_new_of(arena, struct message);
	*message = (struct message){
		.arena = arena,
		.queue_id = "",
		.body_fd = -1,
		.credentials = { "", "", "", "", "", "" },
		.findings = { .arena = arena },
		.mailfrom = { .text = "", .localpart = "" },
		.states = new_states(engine, arena, message_size),
		.reported = arena_array(arena, engine->scanners_len, sizeof(bool)),
		.started_ms = clock_monotonic_ms(),
	};
	message_id_make(message->id);
	session->message = message;
	return message;
}

void engine_message_end(struct engine *engine, struct session *session)
{
	struct message *message = session->message;

	(void)engine;
	if (message == NULL)
		return;
	session->message = NULL;
	(void)close_fd(message->body_fd);
	arena_free(message->arena);
}

void engine_set_mailfrom(struct message *message, const char *path)
{
	if (address_parse(message->arena, str_of(path), ADDRESS_SENDER, &message->mailfrom, &message->mailfrom_problem) == 0)
		message->mailfrom_problem = NULL;
}

/* Not arena_push: refused recipients are taken off again, and a client that is refused for ever must not make the list grow. */
static struct recipient *next_recipient(struct message *message)
{
	size_t capacity = message->recipients_capacity;

	if (message->recipients_len == capacity) {
		struct recipient *larger = arena_array(message->arena, capacity == 0 ? 1 : capacity * 2, sizeof(*larger));

		if (capacity > 0)
			memcpy(larger, message->recipients, capacity * sizeof(*larger));
		message->recipients = larger;
		message->recipients_capacity = capacity == 0 ? 1 : capacity * 2;
	}
	return &message->recipients[message->recipients_len++];
}

/* What the one before was told is not needed any more (threats SMTP-06), unless somebody has put something behind it. */
static void forget_refused(struct message *message)
{
	message->refused_last = NULL;
	if (message->refused > 1 && arena_mark_equal(arena_mark(message->arena), message->refused_end))
		arena_rewind(message->arena, message->refused_start);
	message->refused_end = (struct arena_mark){ NULL, 0, NULL };
}

static struct mta_route copy_route(struct arena *arena, const struct mta_route *route)
{
	if (route == NULL)
		return (struct mta_route){ "", "", "" };
	return (struct mta_route){
		.mailer = arena_strndup(arena, route->mailer, MACRO_MAX),
		.host = arena_strndup(arena, route->host, MACRO_MAX),
		.address = arena_strndup(arena, route->address, MACRO_MAX),
	};
}

void engine_add_recipient(struct message *message, const char *path, const struct mta_route *route)
{
	struct recipient *recipient;

	forget_refused(message);
	recipient = next_recipient(message);
	message->refused_start = arena_mark(message->arena);
	*recipient = (struct recipient){
		.address = { .text = "", .localpart = "" },
		.route = copy_route(message->arena, route),
		.ground_detail = "",
	};
	if (address_parse(message->arena, str_of(path), ADDRESS_RECIPIENT, &recipient->address, &recipient->problem) == 0)
		recipient->problem = NULL;
}
