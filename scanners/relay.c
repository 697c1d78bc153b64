/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Directions and grounds: nothing is relayed anonymously, and a contradiction between the MTA's reading of an address and ours
 * never widens what is allowed. */
#include "milter/base/clock.h"
#include "milter/lookup/names.h"
#include "milter/lookup/networks.h"
#include "milter/mail/authors.h"
#include "scanners/relay_settings.h"
#include "scanners/scanners.h"

struct grant {
	const struct grant_settings *settings;
	const struct networks *clients;
	const struct names *senders, *recipients;
	const char *rate_key;
};

/* What the recipients of grants have taken of their rates. */
struct relay_message {
	struct rate_ledger ledger;
};

struct relay {
	struct arena *arena;
	bool authenticated;
	struct grant *grants;
	size_t grants_len;
	const struct certificate_settings **certificates;
	size_t certificates_len;
};

static void read_grant(struct arena *arena, const struct grant_settings *settings, struct grant *grant)
{
	*grant = (struct grant){
		.settings = settings,
		.clients = networks_new(arena, &settings->clients),
		.senders = names_new(arena, &settings->senders),
		.recipients = names_new(arena, &settings->recipients),
		.rate_key = arena_printf(arena, "grant:%s", settings->title),
	};
}

static int relay_open(const struct conf *conf, const struct services *services, void **ret_shared, char *problem)
{
	const struct relay_settings *settings = conf_settings(conf, "relay");
	struct arena *arena = arena_new();
	struct relay *relay = arena_new_of(arena, struct relay);

	(void)services, (void)problem;
	relay->arena = arena;
	relay->authenticated = settings->authenticated;
	relay->grants_len = conf_count(conf, "relay.grant");
	relay->grants = arena_array(arena, relay->grants_len, sizeof(*relay->grants));
	for (size_t i = 0; i < relay->grants_len; i++)
		read_grant(arena, conf_settings_at(conf, "relay.grant", i), &relay->grants[i]);
	relay->certificates_len = conf_count(conf, "relay.certificate");
	relay->certificates = arena_array(arena, relay->certificates_len, sizeof(const struct certificate_settings *));
	for (size_t i = 0; i < relay->certificates_len; i++)
		relay->certificates[i] = conf_settings_at(conf, "relay.certificate", i);
	*ret_shared = relay;
	return 0;
}

static void relay_close(void *shared)
{
	struct relay *relay = shared;

	arena_free(relay->arena);
}

/* Postfix hands mail of its own (sendmail(1), bounces) to non_smtpd_milters as a client at 127.0.0.1 with port 0 and without the
 * port of ours that somebody connected to. A program that connects to port 25 from this host has both. */
static bool is_local(const struct session *session)
{
	return session->mta == MTA_POSTFIX && ip_is_loopback(&session->client) && session->client_port == 0 &&
	       !session->has_daemon_port;
}

/* {auth_type} may be a default that Postfix gives everybody, so it grants nothing; but it can take away: the mechanism ANONYMOUS
 * (RFC 4505) logs in nobody. */
static bool has_login(const struct relay *relay, const struct message *message)
{
	return relay->authenticated && message->credentials.login[0] != '\0' &&
	       !ascii_equal(message->credentials.auth_type, "ANONYMOUS");
}

/* Postfix tells the subject only of a certificate that it trusts; anybody else must say {verify}=OK. */
static bool certificate_is_verified(const struct session *session, const struct credentials *credentials)
{
	if (credentials->cert_subject[0] == '\0')
		return false;
	if (credentials->verify[0] != '\0')
		return strcmp(credentials->verify, "OK") == 0 || strcmp(credentials->verify, "TRUSTED") == 0;
	return session->mta == MTA_POSTFIX;
}

static const char *certificate_title(const struct relay *relay, const struct scan *scan)
{
	const struct credentials *credentials = &scan->message->credentials;

	if (!certificate_is_verified(scan->session, credentials))
		return NULL;
	for (size_t i = 0; i < relay->certificates_len; i++) {
		const struct certificate_settings *certificate = relay->certificates[i];

		if (strcmp(certificate->subject, credentials->cert_subject) == 0 &&
		    (certificate->issuer[0] == '\0' || strcmp(certificate->issuer, credentials->cert_issuer) == 0))
			return certificate->title;
	}
	return NULL;
}

static bool grant_expired(const struct grant *grant)
{
	return grant->settings->expires_ms != 0 && clock_wall_ms() >= grant->settings->expires_ms;
}

static bool grant_covers_sender(const struct grant *grant, const struct scan *scan)
{
	return networks_find(grant->clients, &scan->session->client) != NULL && !grant_expired(grant) &&
	       scan->message->mailfrom_problem == NULL && names_find_address(grant->senders, &scan->message->mailfrom) != NULL;
}

static enum direction relay_direction(const struct scan *scan)
{
	const struct relay *relay = scan->shared;

	if (is_local(scan->session))
		return DIRECTION_LOCAL;
	if (has_login(relay, scan->message) || certificate_title(relay, scan) != NULL)
		return DIRECTION_SUBMISSION;
	for (size_t i = 0; i < relay->grants_len; i++)
		if (grant_covers_sender(&relay->grants[i], scan))
			return DIRECTION_GRANTED;
	return DIRECTION_INBOUND;
}

/* "[192.0.2.25]" or the MTA's own name: ours for postmaster alone (RFC 5321 4.5.1). */
static bool is_this_host(const struct session *session, const struct address *address)
{
	if (address->literal.family != IP_NONE)
		return session->daemon.family != IP_NONE && ip_equal(&session->daemon, &address->literal);
	return address->domain != NULL && (session->mta_host[0] != '\0' && ascii_equal(session->mta_host, address->domain));
}

static bool is_ours(const struct scan *scan, const struct address *address)
{
	if (address_reroutes(address))
		return false;
	if (address->domain == NULL || is_this_host(scan->session, address))
		if (address_is_postmaster(address))
			return true;
	return address->domain != NULL && names_find_domain(scan->services->domains, address->domain) != NULL;
}

/* The recipient as the MTA reads it. Sendmail takes the domain off for some mailers: then {rcpt_host} is it, unless the mail stays on
 * this host. Returns false when it cannot be read, or its local part names a further host. */
static bool read_route(const struct scan *scan, const struct mta_route *route, struct address *ret_address)
{
	bool complete = strchr(route->address, '@') != NULL || route->host[0] == '\0' || ascii_equal(route->mailer, "local");
	const char *problem, *text;

	/* in brackets, so that a space is an error and no end */
	text = arena_printf(scan->arena, "<%s%s%s>", route->address, complete ? "" : "@", complete ? "" : route->host);
	return address_parse(scan->arena, str_of(text), ADDRESS_RECIPIENT, ret_address, &problem) == 0 && !address_reroutes(ret_address);
}

/* "error" is the MTA's own refusal; by UUCP the mail leaves, whatever the address looks like. */
static bool mailer_leaves(const char *mailer)
{
	return ascii_equal(mailer, "error") || str_has_prefix(str_of(mailer), STR("uucp"));
}

/* Does the MTA, too, think that this is ours? What it reads differently from us is somewhere else. {rcpt_host} alone says nothing:
 * for a gateway it is the internal server. */
static bool mta_agrees(const struct scan *scan, const struct recipient *recipient)
{
	struct address address;

	if (mailer_leaves(recipient->route.mailer))
		return false;
	if (recipient->route.address[0] == '\0')
		return true;
	if (!read_route(scan, &recipient->route, &address))
		return false;
	return address.domain == NULL || is_ours(scan, &address) ||
	       (address_is_postmaster(&recipient->address) && address_is_postmaster(&address));
}

/* Both readings of the recipient, ours and the MTA's, must be in the grant. */
static bool grant_covers_recipient(const struct grant *grant, const struct scan *scan, const struct recipient *recipient)
{
	struct address address;

	if (address_reroutes(&recipient->address) || names_find_address(grant->recipients, &recipient->address) == NULL ||
	    mailer_leaves(recipient->route.mailer))
		return false;
	if (recipient->route.address[0] == '\0')
		return true;
	return read_route(scan, &recipient->route, &address) && names_find_address(grant->recipients, &address) != NULL;
}

/* Which limit of the grant the recipient is outside of, as a phrase; NULL: none. */
static const char *grant_limit(const struct grant *grant, const struct scan *scan, const struct recipient *recipient)
{
	if (grant_expired(grant))
		return arena_printf(scan->arena, "ended on %s", grant->settings->expires);
	if (scan->message->mailfrom_problem != NULL || names_find_address(grant->senders, &scan->message->mailfrom) == NULL)
		return arena_printf(scan->arena, "does not cover the sender <%s>", scan->message->mailfrom.text);
	if (!grant_covers_recipient(grant, scan, recipient))
		return arena_printf(scan->arena, "does not cover the recipient <%s>", recipient->address.text);
	return NULL;
}

static bool grant_has_room(const struct grant *grant, struct scan *scan)
{
	struct relay_message *state = scan->message_state;
	const struct rate *rate = &grant->settings->rate;
	uint64_t wait_ms;

	if (rate_take(&state->ledger, grant->rate_key, 1, rate, scan->recipient, &wait_ms))
		return true;
	finding_add(scan, "grant_rate", "grant \"%s\" allows %s: no more %s", grant->settings->title,
		    rate_text(scan->arena, rate, "recipients"), rate_until(scan->arena, wait_ms));
	return false;
}

/* The first grant that covers client, sender and recipient and has room; else the reason why none does is a finding. */
static const struct grant *find_grant(const struct relay *relay, struct scan *scan, const struct recipient *recipient)
{
	const struct grant *near = NULL;
	const char *limit = NULL;

	for (size_t i = 0; i < relay->grants_len; i++) {
		const struct grant *grant = &relay->grants[i];
		const char *outside;

		if (networks_find(grant->clients, &scan->session->client) == NULL)
			continue;
		outside = grant_limit(grant, scan, recipient);
		if (outside == NULL)
			return grant_has_room(grant, scan) ? grant : NULL;
		if (near == NULL) {
			near = grant;
			limit = outside;
		}
	}
	if (near != NULL)
		finding_add(scan, "grant_scope", "relaying denied: grant \"%s\" %s", near->settings->title, limit);
	else if (address_reroutes(&recipient->address))
		finding_add(scan, "rerouted", "relaying denied: routes in the recipient address are not followed");
	else if (recipient->address.domain == NULL)
		finding_add(scan, "unqualified", "no such user here: the recipient address has no domain");
	else
		finding_add(scan, "denied", "relaying denied: log in to send to other domains");
	return NULL;
}

static void relay_mailfrom(struct scan *scan)
{
	const struct relay *relay = scan->shared;
	struct relay_message *state = scan->message_state;

	if (relay->grants_len > 0)
		rate_ledger_open(&state->ledger, scan->services->store, scan->message->arena);
}

static void relay_settle(struct scan *scan, const struct verdict *verdict, bool let_in)
{
	struct relay_message *state = scan->message_state;

	(void)verdict;
	rate_drop_from(&state->ledger, scan->message->recipients_len);
	if (let_in)
		rate_keep(&state->ledger);
}

static enum ground relay_ground(struct scan *scan, const char **ret_detail)
{
	const struct relay *relay = scan->shared;
	const struct recipient *recipient = &scan->message->recipients[scan->recipient];
	struct relay_message *state = scan->message_state;
	const struct grant *grant;
	const char *title;

	rate_drop_from(&state->ledger, scan->recipient);
	*ret_detail = "";
	if (scan->message->direction == DIRECTION_LOCAL)
		return GROUND_LOCAL;
	if (is_ours(scan, &recipient->address) && mta_agrees(scan, recipient))
		return GROUND_DOMAIN;
	if (has_login(relay, scan->message)) {
		*ret_detail = scan->message->credentials.login;
		return GROUND_AUTH;
	}
	title = certificate_title(relay, scan);
	if (title != NULL) {
		*ret_detail = title;
		return GROUND_CERT;
	}
	grant = find_grant(relay, scan, recipient);
	*ret_detail = grant == NULL ? "" : grant->settings->title;
	return grant == NULL ? GROUND_NONE : GROUND_GRANT;
}

/* Is every author one whom some grant of this client that covers the envelope allows? */
static bool author_is_granted(const struct relay *relay, const struct scan *scan, const struct address *author)
{
	for (size_t i = 0; i < relay->grants_len; i++)
		if (grant_covers_sender(&relay->grants[i], scan) && names_find_address(relay->grants[i].senders, author) != NULL)
			return true;
	return false;
}

static bool used_a_grant(const struct message *message)
{
	for (size_t i = 0; i < message->recipients_len; i++)
		if (message->recipients[i].ground == GROUND_GRANT)
			return true;
	return false;
}

/* A grant names the senders it is for: that holds for the From field, too, which is what people see. */
static void relay_eoh(struct scan *scan)
{
	struct mailboxes authors;
	const char *problem;

	if (!used_a_grant(scan->message))
		return;
	problem = authors_read(scan->arena, &scan->message->headers, &authors);
	if (problem != NULL)
		finding_add(scan, "grant_from", "relaying denied: %s", problem);
	for (size_t i = 0; problem == NULL && i < authors.len; i++) {
		if (author_is_granted(scan->shared, scan, &authors.items[i]))
			continue;
		finding_add(scan, "grant_from", "relaying denied: the grant does not cover the author <%s>", authors.items[i].text);
		return;
	}
}

#define DENIED(name) { name, REFUSE_DOOR, OUTCOME_FIXED, ACTION_REJECT, .code = 550, .status = "5.7.1" }

static const struct outcome relay_outcomes[] = {
	DENIED("denied"),
	DENIED("rerouted"),
	DENIED("grant_scope"),
	{ "unqualified", REFUSE_DOOR, OUTCOME_FIXED, ACTION_REJECT, .code = 550, .status = "5.1.1" },
	{ "grant_rate", REFUSE_DOOR, OUTCOME_FIXED, ACTION_DEFER, .defer_code = 450, .defer_status = "4.7.1" },
	{ "grant_from", REFUSE_CONTENT, OUTCOME_FIXED, ACTION_REJECT, .code = 550, .status = "5.7.1" },
	{ .name = NULL },
};

static const struct option_section *const relay_sections[] = { &relay_section, &grant_section, &certificate_section, NULL };

const struct scanner scanner_relay = {
	.name = "relay",
	.summary = "directions, and the ground for each recipient",
	.sections = relay_sections,
	.outcomes = relay_outcomes,
	.open = relay_open,
	.close = relay_close,
	.direction = relay_direction,
	.ground = relay_ground,
	.message_size = sizeof(struct relay_message),
	.mailfrom = relay_mailfrom,
	.eoh = relay_eoh,
	.settle = relay_settle,
};
