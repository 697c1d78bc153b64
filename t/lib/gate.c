/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "t/lib/gate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "milter/rawmessage.h"
#include "milter/settings.h"
#include "t/lib/zone.h"

struct services gate_services;

static struct conf *load(const char *configuration)
{
	char path[] = "/tmp/octroi-gate-XXXXXX";
	int fd = mkstemp(path);
	size_t len = strlen(configuration), errors;
	const struct conf_error *error;
	struct conf *conf;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, configuration, len), len);
	(void)close(fd);
	conf = settings_load(path);
	(void)unlink(path);
	error = conf_errors(conf, &errors);
	for (size_t i = 0; i < errors; i++)
		print_message("# line %u: %s\n", error[i].where.line, error[i].text);
	assert_int_equal(errors, 0);
	return conf;
}

static struct gate *open_on(const char *configuration, const char *zone_text)
{
	struct gate *gate = xcalloc(1, sizeof(*gate));
	struct services services = gate_services;
	char problem[CONF_PROBLEM_MAX];

	gate->conf = load(configuration);
	gate->store = store_new(1024);
	if (zone_text != NULL) {
		gate->zone = zone_new(zone_text);
		gate->upstream = zone_upstream_new(gate->zone);
		gate->resolver = resolver_new(conf_settings(gate->conf, "resolver"), gate->upstream);
		assert_non_null(gate->resolver);
	}
	services.store = gate->store;
	services.resolver = gate->resolver;
	gate->engine = engine_new(gate->conf, &services, problem);
	assert_non_null(gate->engine);
	return gate;
}

struct gate *gate_open(const char *configuration)
{
	return open_on(configuration, NULL);
}

struct gate *gate_open_zone(const char *configuration, const char *zone_text)
{
	return open_on(configuration, zone_text);
}

void gate_close(struct gate *gate)
{
	engine_session_end(gate->engine, gate->session);
	engine_free(gate->engine);
	resolver_free(gate->resolver);
	if (gate->zone != NULL)
		zone_free(gate->zone);
	store_free(gate->store);
	conf_free(gate->conf);
	free(gate);
}

void gate_helo(struct gate *gate, const char *helo)
{
	(void)snprintf(gate->session->helo_text, sizeof(gate->session->helo_text), "%s", helo);
	gate->session->helo = gate->session->helo_text;
	(void)engine_phase(gate->engine, gate->session, PHASE_HELO, NULL);
}

void gate_connect_helo(struct gate *gate, const char *ip, const char *helo)
{
	struct session *session;

	engine_session_end(gate->engine, gate->session);
	session = gate->session = engine_session_new(gate->engine);
	session->mta = MTA_POSTFIX;
	session->client_port = 40000;
	session->has_daemon_port = true;
	session->mta_host = "gw.ours.example";
	assert_int_equal(ip_parse("192.0.2.25", &session->daemon), 0);
	assert_int_equal(ip_parse(ip, &session->client), 0);
	(void)engine_phase(gate->engine, session, PHASE_CONNECT, NULL);
	gate_helo(gate, helo);
}

void gate_connect(struct gate *gate, const char *ip)
{
	gate_connect_helo(gate, ip, "");
}

struct verdict gate_mail(struct gate *gate, const char *login, const char *path)
{
	struct message *message = engine_message_new(gate->engine, gate->session);

	message->credentials.login = arena_strdup(message->arena, login);
	engine_set_mailfrom(message, path);
	return engine_phase(gate->engine, gate->session, PHASE_MAILFROM, NULL);
}

struct verdict gate_rcpt(struct gate *gate, const char *path)
{
	engine_add_recipient(gate->session->message, path, NULL);
	return engine_phase(gate->engine, gate->session, PHASE_RCPT, NULL);
}

struct verdict gate_message(struct gate *gate, const char *header)
{
	struct message *message = gate->session->message;
	struct headers fields = { .len = 0 };
	struct str body;

	rawmessage_split(message->arena, str_of(header), &fields, &body);
	(void)engine_phase(gate->engine, gate->session, PHASE_DATA, NULL);
	for (size_t i = 0; i < fields.len; i++)
		engine_add_field(gate->engine, gate->session, fields.items[i].name, fields.items[i].value);
	(void)engine_phase(gate->engine, gate->session, PHASE_EOH, NULL);
	return engine_phase(gate->engine, gate->session, PHASE_EOM, NULL);
}

const char *gate_word(struct gate *gate, const struct verdict *verdict)
{
	if (verdict->reply.code == 0)
		return "";
	return arena_printf(gate->session->arena, "%u %u.%u.%u %s", verdict->reply.code, verdict->reply.status[0],
			    verdict->reply.status[1], verdict->reply.status[2], verdict->by_name);
}
