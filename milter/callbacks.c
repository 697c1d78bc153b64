/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/callbacks.h"

#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>
#include <netinet/in.h>

#include "milter/apply.h"
#include "milter/base/cleanup.h"
#include "milter/base/clock.h"
#include "milter/engine.h"
#include "milter/hold.h"
#include "milter/negotiate.h"
#include "milter/record.h"
#include "milter/release.h"
#include "milter/running.h"
#include "milter/seal.h"
#include "milter/settings.h"
#include "milter/spool.h"

/* What libmilter's descriptor has no room for; set once, before the first session. */
static struct {
	struct engine *engine;
	const struct limits *limits;
	enum phase refuse_at;
	bool keeps_body;
	struct hold_place *place;
	struct spool spool;
	_Atomic unsigned waiting;
} here;

/* The private data of a libmilter session. */
struct peer {
	struct session *session;
	unsigned long steps;		/* as negotiated */
	struct verdict mailfrom_verdict;
	bool header_done;
};

enum { LOGIN_MAX = 255, MACRO_MAX = 1023 };

static char enter(void)
{
	running_enter();
	return 0;
}

static void leave(char *mark)
{
	(void)mark;
	running_leave();
}

#define RUNNING() _cleanup_(leave) __attribute__((unused)) char running_mark = enter()

unsigned callbacks_oldest_ms(void)
{
	return running_oldest_ms();
}

unsigned callbacks_waiting(void)
{
	return atomic_load(&here.waiting);
}

void callbacks_chore(void)
{
	hold_expire(here.place);
}

static const char *macro(SMFICTX *ctx, const char *name)
{
	const char *value = smfi_getsymval(ctx, (char *)name);

	return value == NULL ? "" : value;
}

static struct peer *new_peer(SMFICTX *ctx, unsigned long steps)
{
	struct session *session = engine_session_new(here.engine);
	struct peer *peer = arena_new_of(session->arena, struct peer);

	peer->session = session;
	peer->steps = steps;
	(void)smfi_setpriv(ctx, peer);
	return peer;
}

static sfsistat quiet(const struct peer *peer, unsigned long step)
{
	return (peer->steps & step) != 0 ? SMFIS_NOREPLY : SMFIS_CONTINUE;
}

static sfsistat on_negotiate(SMFICTX *ctx, unsigned long actions, unsigned long steps, unsigned long f2, unsigned long f3,
			     unsigned long *ret_actions, unsigned long *ret_steps, unsigned long *ret_f2, unsigned long *ret_f3)
{
	RUNNING();
	struct peer *peer = smfi_getpriv(ctx);
	sfsistat status = negotiate(ctx, here.refuse_at, actions, steps, ret_actions, ret_steps);

	(void)f2, (void)f3;
	*ret_f2 = *ret_f3 = 0;
	if (status == SMFIS_CONTINUE && peer == NULL)
		(void)new_peer(ctx, *ret_steps);
	else if (status == SMFIS_CONTINUE)
		peer->steps = *ret_steps;
	return status;
}

static unsigned port_of(const struct sockaddr *addr)
{
	if (addr != NULL && addr->sa_family == AF_INET)
		return ntohs(((const struct sockaddr_in *)(const void *)addr)->sin_port);
	if (addr != NULL && addr->sa_family == AF_INET6)
		return ntohs(((const struct sockaddr_in6 *)(const void *)addr)->sin6_port);
	return 0;
}

/* Postfix names itself in {v}; a Sendmail's is a version number alone. */
static enum mta mta_of(const char *version)
{
	if (strncmp(version, "Postfix", 7) == 0)
		return MTA_POSTFIX;
	return ascii_is_digit(version[0]) ? MTA_SENDMAIL : MTA_UNKNOWN;
}

static struct ip address_of(const char *text)
{
	struct ip ip;

	if (strncmp(text, "IPv6:", 5) == 0)	/* Sendmail */
		text += 5;
	return ip_parse(text, &ip) == 0 && !ip_is_unspecified(&ip) ? ip : (struct ip){ .family = IP_NONE };
}

/* Sendmail's {daemon_addr} is what it listens on, 0.0.0.0 more often than not, and {if_addr} what was connected to, unless that is
 * loopback. Postfix has the second alone, under the name of the first. */
static struct ip daemon_address(SMFICTX *ctx)
{
	struct ip ip = address_of(macro(ctx, "{if_addr}"));

	return ip.family != IP_NONE ? ip : address_of(macro(ctx, "{daemon_addr}"));
}

/* Postfix says "0" for mail that came through no port: sendmail(1), bounces. */
static bool has_port(const char *text)
{
	return text[0] != '\0' && strcmp(text, "0") != 0;
}

/* The name is only what the MTA could look up; "[192.0.2.1]" and "unknown" are its words for nothing. */
static const char *client_name(struct arena *arena, const char *name)
{
	if (name == NULL || name[0] == '[' || strcmp(name, "unknown") == 0)
		return "";
	return arena_strndup(arena, name, 255);
}

static sfsistat answer_session(SMFICTX *ctx, const struct peer *peer, enum phase phase, unsigned long step)
{
	struct verdict verdict = engine_phase(here.engine, peer->session, phase, NULL);

	if ((peer->steps & step) != 0)
		return SMFIS_NOREPLY;
	if (verdict.reply.code != 0)
		record_session(peer->session, &verdict, peer->session->id);
	return apply_phase(ctx, &verdict);
}

static sfsistat on_connect(SMFICTX *ctx, char *name, struct sockaddr *addr)
{
	RUNNING();
	struct peer *peer = smfi_getpriv(ctx);
	struct session *session;

	if (peer == NULL)
		peer = new_peer(ctx, 0);
	session = peer->session;
	session->client = ip_from_sockaddr(addr);
	session->client_port = port_of(addr);
	session->client_name = client_name(session->arena, name);
	session->mta = mta_of(macro(ctx, "v"));
	session->mta_host = arena_strndup(session->arena, macro(ctx, "j"), 255);
	session->daemon_name = arena_strndup(session->arena, macro(ctx, "{daemon_name}"), 63);
	session->has_daemon_port = has_port(macro(ctx, "{daemon_port}"));
	session->daemon = daemon_address(ctx);
	return answer_session(ctx, peer, PHASE_CONNECT, SMFIP_NR_CONN);
}

static sfsistat on_helo(SMFICTX *ctx, char *helo)
{
	RUNNING();
	struct peer *peer = smfi_getpriv(ctx);

	if (peer == NULL)
		return SMFIS_TEMPFAIL;
	/* in place: a client may say EHLO as often as it likes */
	(void)snprintf(peer->session->helo_text, sizeof(peer->session->helo_text), "%s", helo == NULL ? "" : helo);
	peer->session->helo = peer->session->helo_text;
	return answer_session(ctx, peer, PHASE_HELO, SMFIP_NR_HELO);
}

static void end_transaction(struct peer *peer)
{
	const struct message *message = peer->session->message;

	if (message != NULL)
		engine_settle(here.engine, peer->session, NULL, false);
	if (message != NULL && (message->refused > 0 || peer->mailfrom_verdict.reply.code != 0))
		record_transaction(peer->session, message, &peer->mailfrom_verdict);
	engine_message_end(here.engine, peer->session);
	peer->mailfrom_verdict = (struct verdict){ .by_name = "", .observed = "" };
	peer->header_done = false;
}

/* A login goes into replies and the log and opens the gate: one that is not plain text is none (threats ID-04). */
static const char *login_of(struct arena *arena, const char *value)
{
	size_t len = strlen(value);

	for (size_t i = 0; i < len; i++)
		if (ascii_is_control(value[i]))
			return "";
	return len > LOGIN_MAX ? "" : arena_strdup(arena, value);
}

static struct credentials credentials_of(SMFICTX *ctx, struct arena *arena)
{
	return (struct credentials){
		.login = login_of(arena, macro(ctx, "{auth_authen}")),
		.auth_type = arena_strndup(arena, macro(ctx, "{auth_type}"), MACRO_MAX),
		.cert_subject = arena_strndup(arena, macro(ctx, "{cert_subject}"), MACRO_MAX),
		.cert_issuer = arena_strndup(arena, macro(ctx, "{cert_issuer}"), MACRO_MAX),
		.verify = arena_strndup(arena, macro(ctx, "{verify}"), MACRO_MAX),
		.tls_version = arena_strndup(arena, macro(ctx, "{tls_version}"), MACRO_MAX),
	};
}

static void keep_queue_id(SMFICTX *ctx, struct message *message)
{
	const char *queue_id = macro(ctx, "i");

	if (message->queue_id[0] == '\0' && queue_id[0] != '\0')
		message->queue_id = arena_strndup(message->arena, queue_id, 63);
}

static sfsistat on_mail(SMFICTX *ctx, char **argv)
{
	RUNNING();
	struct peer *peer = smfi_getpriv(ctx);
	struct message *message;

	if (peer == NULL)
		return SMFIS_TEMPFAIL;
	end_transaction(peer);
	message = engine_message_new(here.engine, peer->session);
	message->credentials = credentials_of(ctx, message->arena);
	keep_queue_id(ctx, message);
	engine_set_mailfrom(message, argv[0]);
	peer->mailfrom_verdict = engine_phase(here.engine, peer->session, PHASE_MAILFROM, NULL);
	return apply_phase(ctx, &peer->mailfrom_verdict);
}

static sfsistat on_rcpt(SMFICTX *ctx, char **argv)
{
	RUNNING();
	struct peer *peer = smfi_getpriv(ctx);
	struct mta_route route;
	struct verdict verdict;

	if (peer == NULL || peer->session->message == NULL)
		return SMFIS_TEMPFAIL;
	route = (struct mta_route){ macro(ctx, "{rcpt_mailer}"), macro(ctx, "{rcpt_host}"), macro(ctx, "{rcpt_addr}") };
	engine_add_recipient(peer->session->message, argv[0], &route);
	verdict = engine_phase(here.engine, peer->session, PHASE_RCPT, NULL);
	if (verdict.reply.code != 0)
		record_recipient(peer->session, peer->session->message, &verdict);
	return apply_phase(ctx, &verdict);
}

static sfsistat on_data(SMFICTX *ctx)
{
	RUNNING();
	struct peer *peer = smfi_getpriv(ctx);

	if (peer == NULL || peer->session->message == NULL)
		return SMFIS_TEMPFAIL;
	keep_queue_id(ctx, peer->session->message);
	return quiet(peer, SMFIP_NR_DATA);
}

static sfsistat on_header(SMFICTX *ctx, char *name, char *value)
{
	RUNNING();
	struct peer *peer = smfi_getpriv(ctx);
	struct message *message = peer == NULL ? NULL : peer->session->message;

	if (message == NULL)
		return SMFIS_TEMPFAIL;
	if (limits_allow_field(here.limits, message))
		engine_add_field(here.engine, peer->session, name, value);
	return quiet(peer, SMFIP_NR_HDR);
}

static void finish_header(struct peer *peer)
{
	struct message *message = peer->session->message;

	if (peer->header_done)
		return;
	peer->header_done = true;
	if (message->headers.size_bytes > here.limits->header_size)
		message->headers_too_large = true;
	if (here.keeps_body)
		spool_header(&here.spool, here.limits, message);
	else
		spool_count(here.limits, message, message->headers.size_bytes);
	(void)engine_phase(here.engine, peer->session, PHASE_EOH, NULL);
}

static sfsistat on_eoh(SMFICTX *ctx)
{
	RUNNING();
	struct peer *peer = smfi_getpriv(ctx);

	if (peer == NULL || peer->session->message == NULL)
		return SMFIS_TEMPFAIL;
	keep_queue_id(ctx, peer->session->message);
	finish_header(peer);
	return quiet(peer, SMFIP_NR_EOH);
}

static sfsistat on_body(SMFICTX *ctx, unsigned char *bytes, size_t len)
{
	RUNNING();
	struct peer *peer = smfi_getpriv(ctx);

	if (peer == NULL || peer->session->message == NULL)
		return SMFIS_TEMPFAIL;
	finish_header(peer);
	if (here.keeps_body)
		spool_body(&here.spool, here.limits, peer->session->message, bytes, len);
	else
		spool_count(here.limits, peer->session->message, len);
	return quiet(peer, SMFIP_NR_BODY);
}

static void progress(void *ctx)
{
	(void)smfi_progress(ctx);	/* when it fails the MTA has left, and the answer below goes nowhere */
}

static struct verdict decide_message(SMFICTX *ctx, struct peer *peer)
{
	const struct engine_wait wait = { .progress = progress, .arg = ctx };
	struct verdict verdict;

	peer->session->message->content_started_ms = clock_monotonic_ms();
	if (here.keeps_body && spool_seal(peer->session->message) < 0)
		peer->session->message->spool_full = true;
	release_look(here.place, peer->session, peer->session->message);
	atomic_fetch_add(&here.waiting, 1);
	verdict = engine_phase(here.engine, peer->session, PHASE_EOM, &wait);
	atomic_fetch_sub(&here.waiting, 1);
	return verdict;
}

/* A mark is spent before its message goes, and not for one that must come again anyway. */
static sfsistat carry_out(SMFICTX *ctx, const struct peer *peer, const struct verdict *verdict, const char **ret_failure)
{
	const struct message *message = peer->session->message;
	struct edits edits = seal_edits(here.engine, peer->session, verdict);
	const char *why;

	if (hold_is_ours(here.place, message, verdict)) {
		why = hold_message(here.place, peer->session, verdict, &edits, engine_services(here.engine));
		if (why == NULL)
			(void)release_spend(here.place, message, verdict);
		return apply_kept(ctx, why, message->id, ret_failure);
	}
	why = edits.failure == NULL ? release_spend(here.place, message, verdict) : NULL;
	if (why != NULL)
		return apply_failure(ctx, why, message->id, ret_failure);
	return apply_message(ctx, verdict, &edits, message->id, (peer->steps & SMFIP_HDR_LEADSPC) != 0, ret_failure);
}

static sfsistat on_eom(SMFICTX *ctx)
{
	RUNNING();
	struct peer *peer = smfi_getpriv(ctx);
	struct verdict verdict;
	const char *failure;
	sfsistat status;

	if (peer == NULL || peer->session->message == NULL)
		return SMFIS_TEMPFAIL;
	keep_queue_id(ctx, peer->session->message);
	finish_header(peer);	/* a message of nothing has no other callback (threats SMTP-04) */
	verdict = decide_message(ctx, peer);
	status = carry_out(ctx, peer, &verdict, &failure);
	engine_settle(here.engine, peer->session, &verdict, failure == NULL && status == SMFIS_CONTINUE && verdict.action < ACTION_QUARANTINE);
	record_message(peer->session, peer->session->message, &verdict, failure);
	engine_message_end(here.engine, peer->session);
	end_transaction(peer);
	return status;
}

static sfsistat on_abort(SMFICTX *ctx)
{
	RUNNING();
	struct peer *peer = smfi_getpriv(ctx);

	if (peer != NULL)
		end_transaction(peer);
	return SMFIS_CONTINUE;
}

static sfsistat on_close(SMFICTX *ctx)
{
	RUNNING();
	struct peer *peer = smfi_getpriv(ctx);

	if (peer == NULL)
		return SMFIS_CONTINUE;
	(void)smfi_setpriv(ctx, NULL);
	end_transaction(peer);
	engine_session_end(here.engine, peer->session);
	return SMFIS_CONTINUE;
}

/* xxfi_unknown is left out: libmilter can hand it an unterminated string (threats MLT-06). */
struct smfiDesc callbacks_descriptor(struct engine *engine)
{
	static char name[] = "octroi";

	here.engine = engine;
	here.limits = conf_settings(engine_conf(engine), "limits");
	here.refuse_at = (enum phase)settings_of(engine_conf(engine))->refuse_at;
	here.keeps_body = settings_need_body(engine_conf(engine));
	here.place = hold_open(engine_conf(engine), engine_services(engine)->state);
	return (struct smfiDesc){
		.xxfi_name = name,
		.xxfi_version = SMFI_VERSION,
		.xxfi_flags = SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_QUARANTINE | SMFIF_SETSYMLIST,
		.xxfi_connect = on_connect,
		.xxfi_helo = on_helo,
		.xxfi_envfrom = on_mail,
		.xxfi_envrcpt = on_rcpt,
		.xxfi_header = on_header,
		.xxfi_eoh = on_eoh,
		.xxfi_body = on_body,
		.xxfi_eom = on_eom,
		.xxfi_abort = on_abort,
		.xxfi_close = on_close,
		.xxfi_data = on_data,
		.xxfi_negotiate = on_negotiate,
	};
}
