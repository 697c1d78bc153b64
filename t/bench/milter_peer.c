/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "t/bench/milter_peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>
#include <stdlib.h>

#include "milter/base/arena.h"

struct step {
	char command;
	int stage;		/* SMFIM_* */
	uint32_t unwanted;	/* SMFIP_NO*: not sent */
	uint32_t unanswered;	/* SMFIP_NR_* */
};

static const struct step steps[] = {
	{ SMFIC_CONNECT, SMFIM_CONNECT, SMFIP_NOCONNECT, SMFIP_NR_CONN },
	{ SMFIC_HELO, SMFIM_HELO, SMFIP_NOHELO, SMFIP_NR_HELO },
	{ SMFIC_MAIL, SMFIM_ENVFROM, SMFIP_NOMAIL, SMFIP_NR_MAIL },
	{ SMFIC_RCPT, SMFIM_ENVRCPT, SMFIP_NORCPT, SMFIP_NR_RCPT },
	{ SMFIC_DATA, SMFIM_DATA, SMFIP_NODATA, SMFIP_NR_DATA },
	{ SMFIC_HEADER, SMFIM_EOH, SMFIP_NOHDRS, SMFIP_NR_HDR },
	{ SMFIC_EOH, SMFIM_EOH, SMFIP_NOEOH, SMFIP_NR_EOH },
	{ SMFIC_BODY, SMFIM_EOM, SMFIP_NOBODY, SMFIP_NR_BODY },
	{ SMFIC_BODYEOB, SMFIM_EOM, 0, 0 },
};

/* What Postfix sends to a filter that did not ask (postconf -d: milter_*_macros). */
static const char *const default_symlist[PEER_STAGES] = {
	[SMFIM_CONNECT] = "j {daemon_name} {daemon_addr} {daemon_port} v _ {client_addr} {client_name} {client_port} {client_ptr}",
	[SMFIM_HELO] = "{tls_version} {cipher} {cipher_bits} {cert_subject} {cert_issuer}",
	[SMFIM_ENVFROM] = "i {auth_type} {auth_authen} {auth_author} {mail_addr} {mail_host} {mail_mailer}",
	[SMFIM_ENVRCPT] = "i {rcpt_addr} {rcpt_host} {rcpt_mailer}",
	[SMFIM_DATA] = "i",
	[SMFIM_EOM] = "i",
	[SMFIM_EOH] = "i",
};

static const struct step *step_of(char command)
{
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (steps[i].command == command)
			return &steps[i];
	return NULL;
}

void peer_bytes_append(struct peer_bytes *bytes, const void *p, size_t len)
{
	if (len == 0)
		return;
	if (bytes->size - bytes->len < len) {
		size_t size = bytes->size == 0 ? 256 : bytes->size;
		char *grown;

		while (size - bytes->len < len)
			size *= 2;
		grown = realloc(bytes->p, size);
		if (grown == NULL)
			abort();
		bytes->p = grown;
		bytes->size = size;
	}
	memcpy(bytes->p + bytes->len, p, len);
	bytes->len += len;
}

void peer_bytes_drop(struct peer_bytes *bytes, size_t len)
{
	if (len == 0)
		return;
	bytes->len -= len;
	if (bytes->len > 0)
		memmove(bytes->p, bytes->p + len, bytes->len);
}

void peer_bytes_release(struct peer_bytes *bytes)
{
	free(bytes->p);
	*bytes = (struct peer_bytes){ 0 };
}

static uint32_t number_at(const char *p)
{
	uint32_t number;

	memcpy(&number, p, sizeof(number));
	return ntohl(number);
}

static void append_number(struct peer_bytes *out, uint32_t number)
{
	uint32_t wire = htonl(number);

	peer_bytes_append(out, &wire, sizeof(wire));
}

long peer_packet_next(struct str in, struct peer_packet *ret_packet)
{
	uint32_t len;

	if (in.len < MILTER_LEN_BYTES)
		return 0;
	len = number_at(in.p);
	if (len == 0 || len > PEER_PACKET_MAX)
		return -EPROTO;
	if (in.len - MILTER_LEN_BYTES < len)
		return 0;
	ret_packet->command = in.p[MILTER_LEN_BYTES];
	ret_packet->data = (struct str){ in.p + MILTER_LEN_BYTES + 1, len - 1 };
	return MILTER_LEN_BYTES + (long)len;
}

/* A packet whose length is not known yet: packet_end writes it where packet_begin left room. */
static size_t packet_begin(struct peer_bytes *out, char command)
{
	size_t start = out->len;

	append_number(out, 0);
	peer_bytes_append(out, &command, 1);
	return start;
}

static void packet_end(struct peer_bytes *out, size_t start)
{
	uint32_t wire = htonl((uint32_t)(out->len - start - MILTER_LEN_BYTES));

	memcpy(out->p + start, &wire, sizeof(wire));
}

static void append_string(struct peer_bytes *out, const char *s)
{
	peer_bytes_append(out, s, strlen(s) + 1);
}

void peer_write(struct peer_bytes *out, char command, struct str data)
{
	size_t start = packet_begin(out, command);

	peer_bytes_append(out, data.p, data.len);
	packet_end(out, start);
}

void peer_write_strings(struct peer_bytes *out, char command, const char *const *strings, size_t len)
{
	size_t start = packet_begin(out, command);

	for (size_t i = 0; i < len; i++)
		append_string(out, strings[i]);
	packet_end(out, start);
}

void peer_write_connect(struct peer_bytes *out, const char *name, const struct ip *client, uint16_t port)
{
	size_t start = packet_begin(out, SMFIC_CONNECT);
	static const char families[] = { [IP_NONE] = SMFIA_UNKNOWN, [IP_V4] = SMFIA_INET, [IP_V6] = SMFIA_INET6 };
	char text[IP_TEXT_MAX];
	uint16_t wire = htons(port);

	append_string(out, name);
	peer_bytes_append(out, &families[client->family], 1);
	if (client->family != IP_NONE) {
		peer_bytes_append(out, &wire, sizeof(wire));
		append_string(out, ip_format(client, text));
	}
	packet_end(out, start);
}

void peer_write_header(const struct peer *peer, struct peer_bytes *out, const char *name, const char *value)
{
	size_t start = packet_begin(out, SMFIC_HEADER);
	bool eat = (peer->steps & SMFIP_HDR_LEADSPC) == 0 && value[0] == ' ';

	append_string(out, name);
	append_string(out, eat ? value + 1 : value);
	packet_end(out, start);
}

static bool is_listed(const char *symlist, const char *name)
{
	struct str rest = str_of(symlist);
	struct str wanted = str_of(name);

	while (rest.p != NULL)
		if (str_equal(str_split(&rest, " ,\t\r\n"), wanted))
			return true;
	return false;
}

void peer_write_macros(const struct peer *peer, struct peer_bytes *out, char command, const struct peer_macro *macros, size_t len)
{
	const struct step *step = step_of(command);
	const char *symlist;
	size_t start;

	if (step == NULL)
		return;
	symlist = peer->symlist[step->stage] != NULL ? peer->symlist[step->stage] : default_symlist[step->stage];
	start = packet_begin(out, SMFIC_MACRO);
	peer_bytes_append(out, &command, 1);
	for (size_t i = 0; i < len; i++) {
		if (macros[i].value == NULL || macros[i].value[0] == '\0' || !is_listed(symlist, macros[i].name))
			continue;
		append_string(out, macros[i].name);
		append_string(out, macros[i].value);
	}
	packet_end(out, start);
}

void peer_offer(struct peer *peer, struct peer_bytes *out, uint32_t version, uint32_t actions, uint32_t offered_steps)
{
	size_t start = packet_begin(out, SMFIC_OPTNEG);

	peer->offered_actions = actions;
	peer->offered_steps = offered_steps;
	append_number(out, version);
	append_number(out, actions);
	append_number(out, offered_steps);
	packet_end(out, start);
}

/* Cuts a string with its NUL from the front of rest. Returns false when there is no NUL. */
static bool take_string(struct str *rest, struct str *ret_string)
{
	const char *end = rest->len == 0 ? NULL : memchr(rest->p, '\0', rest->len);

	if (end == NULL)
		return false;
	*ret_string = (struct str){ rest->p, (size_t)(end - rest->p) };
	rest->p = end + 1;
	rest->len -= ret_string->len + 1;
	return true;
}

static bool take_number(struct str *rest, uint32_t *ret_number)
{
	if (rest->len < sizeof(*ret_number))
		return false;
	*ret_number = number_at(rest->p);
	rest->p += sizeof(*ret_number);
	rest->len -= sizeof(*ret_number);
	return true;
}

/* SMFIR_SETSYMLIST travels inside the negotiation: a stage number and a string for each list. */
static int take_symlists(struct peer *peer, struct str rest)
{
	while (rest.len > 0) {
		uint32_t stage;
		struct str list;

		if (!take_number(&rest, &stage) || stage >= PEER_STAGES || !take_string(&rest, &list))
			return -EPROTO;
		if ((peer->offered_actions & SMFIF_SETSYMLIST) == 0)
			return -EPROTO;
		free(peer->symlist[stage]);
		peer->symlist[stage] = xstrdup(list.p);
	}
	return 0;
}

int peer_agree(struct peer *peer, struct str data)
{
	if (!take_number(&data, &peer->version) || !take_number(&data, &peer->actions) || !take_number(&data, &peer->steps))
		return -EPROTO;
	if (peer->version < 2 || peer->version > PEER_VERSION)
		return -EPROTO;
	if ((peer->actions & ~peer->offered_actions) != 0 || (peer->steps & ~peer->offered_steps) != 0)
		return -EPROTO;
	return take_symlists(peer, data);
}

void peer_release(struct peer *peer)
{
	for (size_t i = 0; i < PEER_STAGES; i++)
		free(peer->symlist[i]);
	*peer = (struct peer){ 0 };
}

bool peer_sends(const struct peer *peer, char command)
{
	const struct step *step = step_of(command);

	return step == NULL || (peer->steps & step->unwanted) == 0;
}

bool peer_awaits(const struct peer *peer, char command)
{
	const struct step *step = step_of(command);

	if (command == SMFIC_OPTNEG)
		return true;
	return step != NULL && peer_sends(peer, command) && (peer->steps & step->unanswered) == 0;
}

/* Code, blank or hyphen, and an enhanced status of the same class where there is one (RFC 2034). */
static bool is_smtp_reply(struct str text)
{
	if (text.len < 4 || (text.p[0] != '4' && text.p[0] != '5'))
		return false;
	if (!ascii_is_digit(text.p[1]) || !ascii_is_digit(text.p[2]) || (text.p[3] != ' ' && text.p[3] != '-'))
		return false;
	return text.len < 5 || !ascii_is_digit(text.p[4]) || text.p[4] == text.p[0];
}

static int read_smtp_reply(struct str data, struct peer_reply *reply)
{
	if (!take_string(&data, &reply->value) || data.len != 0 || !is_smtp_reply(reply->value))
		return -EPROTO;
	reply->answer = reply->value.p[0] == '5' ? PEER_REJECT : PEER_TEMPFAIL;
	if (str_has_prefix(reply->value, STR("421")))
		reply->answer = PEER_SHUTDOWN;
	return 0;
}

static int read_answer(struct peer_packet packet, struct peer_reply *reply)
{
	static const struct { char code; enum peer_answer answer; } answers[] = {
		{ SMFIR_CONTINUE, PEER_CONTINUE }, { SMFIR_ACCEPT, PEER_ACCEPT }, { SMFIR_DISCARD, PEER_DISCARD },
		{ SMFIR_REJECT, PEER_REJECT }, { SMFIR_TEMPFAIL, PEER_TEMPFAIL }, { SMFIR_SHUTDOWN, PEER_SHUTDOWN },
		{ SMFIR_CONN_FAIL, PEER_SHUTDOWN }, { SMFIR_SKIP, PEER_SKIP }, { SMFIR_PROGRESS, PEER_PROGRESS },
	};

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
		if (answers[i].code == packet.command) {
			reply->answer = answers[i].answer;
			return packet.data.len == 0 ? 0 : -EPROTO;
		}
	return -ENOENT;
}

/* What the data of an edit consists of: a number, a name, a value. */
enum { HAS_INDEX = 1, HAS_NAME = 2, HAS_VALUE = 4, MAY_HAVE_VALUE = 8, IS_RAW = 16 };

static const struct edit_form {
	char code;
	uint32_t action;
	unsigned parts;
} edit_forms[] = {
	{ SMFIR_ADDHEADER, SMFIF_ADDHDRS, HAS_NAME | HAS_VALUE },
	{ SMFIR_INSHEADER, SMFIF_ADDHDRS, HAS_INDEX | HAS_NAME | HAS_VALUE },
	{ SMFIR_CHGHEADER, SMFIF_CHGHDRS, HAS_INDEX | HAS_NAME | HAS_VALUE },
	{ SMFIR_QUARANTINE, SMFIF_QUARANTINE, HAS_VALUE },
	{ SMFIR_ADDRCPT, SMFIF_ADDRCPT, HAS_NAME },
	{ SMFIR_ADDRCPT_PAR, SMFIF_ADDRCPT_PAR, HAS_NAME | MAY_HAVE_VALUE },
	{ SMFIR_DELRCPT, SMFIF_DELRCPT, HAS_NAME },
	{ SMFIR_CHGFROM, SMFIF_CHGFROM, HAS_NAME | MAY_HAVE_VALUE },
	{ SMFIR_REPLBODY, SMFIF_CHGBODY, IS_RAW },
};

static int read_edit_parts(unsigned parts, struct str data, struct peer_reply *reply)
{
	if (parts & IS_RAW) {
		reply->value = data;
		return 0;
	}
	if ((parts & HAS_INDEX) && !take_number(&data, &reply->index))
		return -EPROTO;
	if ((parts & HAS_NAME) && (!take_string(&data, &reply->name) || reply->name.len == 0))
		return -EPROTO;
	if ((parts & HAS_VALUE) || ((parts & MAY_HAVE_VALUE) && data.len > 0))
		if (!take_string(&data, &reply->value))
			return -EPROTO;
	return data.len == 0 ? 0 : -EPROTO;
}

static int read_edit(const struct peer *peer, struct peer_packet packet, struct peer_reply *reply)
{
	for (size_t i = 0; i < sizeof(edit_forms) / sizeof(edit_forms[0]); i++) {
		if (edit_forms[i].code != packet.command)
			continue;
		if ((peer->actions & edit_forms[i].action) == 0)
			return -EPROTO;
		reply->answer = PEER_EDIT;
		reply->edit = packet.command;
		return read_edit_parts(edit_forms[i].parts, packet.data, reply);
	}
	return -EPROTO;
}

int peer_reply_read(const struct peer *peer, char command, struct peer_packet packet, struct peer_reply *ret_reply)
{
	int r;

	*ret_reply = (struct peer_reply){ 0 };
	if (packet.command == SMFIR_REPLYCODE)
		return read_smtp_reply(packet.data, ret_reply);
	r = read_answer(packet, ret_reply);
	if (r == -ENOENT)
		return command == SMFIC_BODYEOB ? read_edit(peer, packet, ret_reply) : -EPROTO;
	if (r < 0)
		return r;
	if (ret_reply->answer == PEER_SKIP && (peer->steps & SMFIP_SKIP) == 0)
		return -EPROTO;
	if (ret_reply->answer == PEER_PROGRESS && command != SMFIC_BODYEOB)
		return -EPROTO;
	return 0;
}
