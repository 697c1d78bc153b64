/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "t/bench/walk.h"

#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>
#include <stdio.h>

#define ENOUGH_BYTES 65536

enum step { STEP_CONNECT, STEP_HELO, STEP_MAIL, STEP_RCPT, STEP_DATA, STEP_HEADER, STEP_EOH, STEP_BODY, STEP_EOM };

static const char step_commands[] = {
	SMFIC_CONNECT, SMFIC_HELO, SMFIC_MAIL, SMFIC_RCPT, SMFIC_DATA, SMFIC_HEADER, SMFIC_EOH, SMFIC_BODY, SMFIC_BODYEOB,
};

#define CLIENT_PORT 40025
#define MACROS_MAX 32

/* At which commands Postfix defines a macro: auth_* is absent at RCPT, the queue id until DATA. */
#define ALWAYS "CHMRTLNBE"
#define MESSAGE "MTLNBE"
#define QUEUED "TLNBE"

struct macro_list {
	struct peer_macro macros[MACROS_MAX];
	size_t len;
	char command;
};

static void add_macro(struct macro_list *list, const char *name, const char *value, const char *given_at)
{
	if (strchr(given_at, list->command) != NULL)
		list->macros[list->len++] = (struct peer_macro){ name, value };
}

static const char *domain_of(const char *address)
{
	const char *at = strrchr(address, '@');

	return at == NULL ? "" : at + 1;
}

static void write_macros(struct session *session, char command)
{
	const struct plan *plan = &session->load->plan;
	const struct sender *sender = &session->sender;
	const char *rcpt = command == SMFIC_RCPT ? plan->rcpts[session->position] : "";
	struct macro_list list = { .command = command };
	char client[IP_TEXT_MAX], peer_text[SENDER_NAME_MAX + IP_TEXT_MAX + 4];

	(void)ip_format(&sender->client, client);
	snprintf(peer_text, sizeof(peer_text), "%s [%s]", sender->client_name, client);
	add_macro(&list, "i", session->queue_id, QUEUED);
	add_macro(&list, "j", "mx.example.com", ALWAYS);
	add_macro(&list, "_", peer_text, ALWAYS);
	add_macro(&list, "v", "Postfix 3.7.11", ALWAYS);
	add_macro(&list, "{daemon_name}", "mx.example.com", ALWAYS);
	add_macro(&list, "{daemon_addr}", "192.0.2.25", ALWAYS);
	add_macro(&list, "{daemon_port}", plan->login != NULL ? "587" : "25", ALWAYS);
	add_macro(&list, "{client_addr}", client, ALWAYS);
	add_macro(&list, "{client_name}", sender->client_name, ALWAYS);
	add_macro(&list, "{client_port}", "40025", ALWAYS);
	add_macro(&list, "{client_ptr}", sender->client_name, "CHMRT");
	add_macro(&list, "{client_resolve}", "OK", ALWAYS);
	add_macro(&list, "{tls_version}", "TLSv1.3", "HMT");
	add_macro(&list, "{cipher}", "TLS_AES_256_GCM_SHA384", "HMT");
	add_macro(&list, "{cipher_bits}", "256", "HMT");
	add_macro(&list, "{auth_type}", plan->login != NULL ? "PLAIN" : NULL, MESSAGE);
	add_macro(&list, "{auth_authen}", plan->login, MESSAGE);
	add_macro(&list, "{mail_addr}", sender->mailfrom, "M");
	add_macro(&list, "{mail_host}", domain_of(sender->mailfrom), "M");
	add_macro(&list, "{mail_mailer}", "smtp", "M");
	add_macro(&list, "{rcpt_addr}", rcpt, "R");
	add_macro(&list, "{rcpt_host}", domain_of(rcpt), "R");
	add_macro(&list, "{rcpt_mailer}", plan->rcpt_mailer, "R");
	peer_write_macros(&session->peer, &session->out, command, list.macros, list.len);
}

static size_t headers_len(const struct session *session)
{
	return session->message->headers_len + (session->slow ? 1 : 0);
}

/* The header that marks a slow message comes last: a filter has then seen an ordinary one so far. */
static void write_header(struct session *session)
{
	const struct plan *plan = &session->load->plan;
	const struct corpus_message *message = session->message;
	const struct corpus_header *header = &message->headers[session->position];

	if (session->position < message->headers_len)
		peer_write_header(&session->peer, &session->out, header->name, header->value);
	else
		peer_write_header(&session->peer, &session->out, plan->slow_name, plan->slow_value);
}

static size_t chunk_len(const struct session *session)
{
	size_t left = session->message->body.len - session->position;

	return left < PEER_CHUNK_BYTES ? left : PEER_CHUNK_BYTES;
}

static void write_path(struct session *session, char command, const char *address)
{
	char path[SENDER_NAME_MAX + 2];
	const char *const argv[] = { path };

	snprintf(path, sizeof(path), "<%s>", address);
	peer_write_strings(&session->out, command, argv, 1);
}

static void write_command(struct session *session, char command)
{
	const struct sender *sender = &session->sender;
	const char *const helo[] = { sender->helo };

	switch (command) {
	case SMFIC_CONNECT:
		peer_write_connect(&session->out, sender->client_name, &sender->client, CLIENT_PORT);
		break;
	case SMFIC_HELO:
		peer_write_strings(&session->out, command, helo, 1);
		break;
	case SMFIC_MAIL:
		write_path(session, command, sender->mailfrom);
		break;
	case SMFIC_RCPT:
		write_path(session, command, session->load->plan.rcpts[session->position]);
		break;
	case SMFIC_HEADER:
		write_header(session);
		break;
	case SMFIC_BODY:
		peer_write(&session->out, command,
			   (struct str){ session->message->body.p + session->position, chunk_len(session) });
		break;
	default:
		peer_write(&session->out, command, (struct str){ 0 });
	}
}

/* How much of a step there is to do: recipients, headers, bytes; 1 for a single command. */
static size_t step_size(const struct session *session)
{
	switch (session->step) {
	case STEP_RCPT:
		return session->load->plan.rcpts_len;
	case STEP_HEADER:
		return peer_sends(&session->peer, SMFIC_HEADER) ? headers_len(session) : 0;
	case STEP_EOH:
		return peer_sends(&session->peer, SMFIC_EOH);
	case STEP_BODY:
		return peer_sends(&session->peer, SMFIC_BODY) ? session->message->body.len : 0;
	default:
		return 1;
	}
}

static void next_step(struct session *session)
{
	while (session->step < STEP_EOM && session->position >= step_size(session)) {
		session->step++;
		session->position = 0;
	}
}

static void do_step(struct session *session, uint64_t now_us)
{
	char command = step_commands[session->step];

	write_macros(session, command);
	if (peer_sends(&session->peer, command))
		write_command(session, command);
	if (peer_awaits(&session->peer, command))
		session->awaited = command;
	if (session->step == STEP_HELO)
		session->greeted = true;
	if (session->step == STEP_EOM)
		session->eom_at_us = now_us;
	session->position += session->step == STEP_BODY ? chunk_len(session) : 1;
}

static void name_sender(char name[SENDER_NAME_MAX], const char *pattern, uint64_t number)
{
	const char *mark = number == 0 ? NULL : strstr(pattern, "%n");

	if (mark == NULL)
		snprintf(name, SENDER_NAME_MAX, "%s", pattern);
	else
		snprintf(name, SENDER_NAME_MAX, "%.*s%llu%s", (int)(mark - pattern), pattern, (unsigned long long)number, mark + 2);
}

static struct ip raised(struct ip ip, uint64_t by)
{
	for (size_t i = ip.family == IP_V6 ? 16 : 4; i-- > 0; by >>= 8) {
		by += ip.bytes[i];
		ip.bytes[i] = (uint8_t)by;
	}
	return ip;
}

static void choose_sender(struct session *session)
{
	const struct plan *plan = &session->load->plan;
	struct sender *sender = &session->sender;
	uint64_t number = plan->fresh_from == 0 ? 0 : plan->fresh_from + session->number - 1;

	name_sender(sender->mailfrom, plan->mailfrom, number);
	if (session->greeted)
		return;
	sender->client = raised(plan->client, number);
	name_sender(sender->client_name, plan->client_name, number);
	name_sender(sender->helo, plan->helo, number);
}

void walk_begin(struct session *session)
{
	choose_sender(session);
	session->step = session->greeted ? STEP_MAIL : STEP_CONNECT;
	session->position = 0;
	session->rcpts_refused = 0;
	session->quarantined = false;
	session->marked = false;
	session->continued = false;
	snprintf(session->queue_id, sizeof(session->queue_id), "4%010llX", (unsigned long long)session->number);
}

void walk_on(struct session *session, uint64_t now_us)
{
	while (session->awaited == 0 && session->out.len < ENOUGH_BYTES) {
		next_step(session);
		do_step(session, now_us);
	}
}

static enum walk_next note_edit(struct session *session, const struct peer_reply *reply)
{
	const char *wanted = session->load->plan.required_header;

	session->load->figures.edits++;
	if (reply->edit == SMFIR_QUARANTINE)
		session->quarantined = true;
	if ((reply->edit == SMFIR_ADDHEADER || reply->edit == SMFIR_INSHEADER) && wanted != NULL)
		session->marked = session->marked || str_equal_nocase(reply->name, str_of(wanted));
	return WALK_WAIT;
}

static bool at_session_start(const struct session *session)
{
	return session->awaited == SMFIC_CONNECT || session->awaited == SMFIC_HELO;
}

static enum walk_next refused(struct session *session, enum outcome outcome, enum outcome *ret_outcome)
{
	*ret_outcome = outcome;
	if (at_session_start(session))
		return WALK_END_SESSION;
	if (session->awaited != SMFIC_RCPT)
		return WALK_END_MESSAGE;
	session->load->figures.rcpts_refused++;
	session->awaited = 0;
	return ++session->rcpts_refused == session->load->plan.rcpts_len ? WALK_END_MESSAGE : WALK_ON;
}

static enum walk_next proceed(struct session *session, bool skip, enum outcome *ret_outcome)
{
	if (session->awaited == SMFIC_BODYEOB) {
		*ret_outcome = session->quarantined ? OUTCOME_QUARANTINE : OUTCOME_ACCEPT;
		session->continued = true;
		return WALK_END_MESSAGE;
	}
	if (skip && (session->awaited == SMFIC_BODY || session->awaited == SMFIC_HEADER))
		session->position = step_size(session);
	session->awaited = 0;
	return WALK_ON;
}

/* Before the end of the message "accept" means that this filter is not asked again: a session that was accepted as
 * a whole is ended here, since nothing more could be measured on it. */
static enum walk_next accepted(const struct session *session, enum outcome *ret_outcome)
{
	*ret_outcome = session->quarantined ? OUTCOME_QUARANTINE : OUTCOME_ACCEPT;
	return at_session_start(session) ? WALK_END_SESSION : WALK_END_MESSAGE;
}

enum walk_next walk_answer(struct session *session, struct peer_packet packet, enum outcome *ret_outcome)
{
	struct peer_reply reply;

	if (peer_reply_read(&session->peer, session->awaited, packet, &reply) < 0)
		return WALK_ERROR;
	switch (reply.answer) {
	case PEER_CONTINUE:
	case PEER_SKIP:
		return proceed(session, reply.answer == PEER_SKIP, ret_outcome);
	case PEER_ACCEPT:
		return accepted(session, ret_outcome);
	case PEER_REJECT:
		return refused(session, OUTCOME_REJECT, ret_outcome);
	case PEER_TEMPFAIL:
		return refused(session, OUTCOME_TEMPFAIL, ret_outcome);
	case PEER_SHUTDOWN:
		*ret_outcome = OUTCOME_TEMPFAIL;
		return WALK_END_SESSION;
	case PEER_DISCARD:
		*ret_outcome = OUTCOME_DISCARD;
		/* Postfix ignores a discard at CONNECT and HELO. */
		return at_session_start(session) ? proceed(session, false, ret_outcome) : WALK_END_MESSAGE;
	case PEER_PROGRESS:
		session->load->figures.progress++;
		return WALK_WAIT;
	case PEER_EDIT:
		return note_edit(session, &reply);
	}
	return WALK_ERROR;
}
