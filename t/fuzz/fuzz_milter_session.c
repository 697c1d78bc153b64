/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The real callbacks, driven with any sequence of libmilter's events; libmilter is played here and looks at all that it is told.
 *
 * Input: a line for each event, see play_line. */
#include <arpa/inet.h>
#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "milter/callbacks.h"
#include "milter/engine.h"
#include "milter/lookup/store.h"
#include "milter/settings.h"
#include "scanners/scanners.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

const struct scanner *const scanners[] = { &scanner_session, &scanner_limits, &scanner_relay, &scanner_account, NULL };

static const char configuration[] =
	"authserv_id = gw.ours.example\n"
	"domains = { ours.example, \".sub.ours.example\" }\n"
	"session { deny = { 198.51.100.0/24 } }\n"
	"limits { message_size = 4K header_size = 4K header_count = 50 recipients = 5 spool = 1M on_oversize = tag }\n"
	"tag { subject = \"[SUSPECT] \" }\n"
	"relay { grant printer { clients = { 192.0.2.40 } senders = { scanner@ours.example } recipients = { ext.example } rate = 3/1h }\n"
	"        certificate branch { subject = branch.ours.example } }\n"
	"account { senders = { \"alice alice@ours.example\", \"bob *\" } }\n";

enum { SESSIONS = 2, MACROS = 12, FIELDS_MAX = 200 };

enum callback { EVENT_NONE, EVENT_NEGOTIATE, EVENT_CONNECT, EVENT_HELO, EVENT_MAIL, EVENT_RCPT, EVENT_DATA, EVENT_HEADER, EVENT_EOH,
	     EVENT_BODY, EVENT_EOM, EVENT_ABORT, EVENT_CLOSE };

static const char *const macro_names[MACROS] = {
	"{auth_authen}", "{auth_type}", "{cert_subject}", "{verify}", "v", "j", "{daemon_port}", "{daemon_addr}", "{rcpt_addr}",
	"{rcpt_mailer}", "i", "{cert_issuer}",
};

struct field {
	char *name;
	bool gone;
};

/* libmilter's side of a session. */
struct smfi_str {
	void *priv;
	enum callback event;
	unsigned long steps;
	char reply_class;		/* of the last smfi_setreply in this event; 0: none */
	bool fails;			/* edits of this event are refused */
	bool stranger;			/* at MAIL: nothing that could be a ground for relaying */
	char *macros[MACROS];
	struct sockaddr_storage address;
	struct field fields[FIELDS_MAX];
	size_t fields_len;
};

static struct smfi_str sessions[SESSIONS];
static struct smfiDesc filter;

static void check(bool holds)
{
	if (!holds)
		abort();
}

/* In place of the C library's: a line of the log, of which nothing but its end may be a control byte. */
ssize_t send(int fd, const void *bytes, size_t len, int flags)
{
	const char *line = bytes;

	(void)fd, (void)flags;
	check(len > 0 && line[len - 1] == '\n');
	for (size_t i = 0; i + 1 < len; i++)
		check(line[i] >= ' ' && line[i] <= '~');
	return (ssize_t)len;
}

void *smfi_getpriv(SMFICTX *ctx)
{
	return ctx->priv;
}

int smfi_setpriv(SMFICTX *ctx, void *priv)
{
	ctx->priv = priv;
	return MI_SUCCESS;
}

char *smfi_getsymval(SMFICTX *ctx, char *name)
{
	for (size_t i = 0; i < MACROS; i++)
		if (strcmp(macro_names[i], name) == 0)
			return ctx->macros[i];
	return NULL;
}

static void check_line(const char *text)
{
	for (; *text != '\0'; text++)
		check(*text >= ' ' && *text <= '~');
}

/* A value for a field: each line holds something visible, and a line end is a fold. */
static void check_value(const char *value)
{
	bool visible = false;

	for (const char *p = value; *p != '\0'; p++) {
		check(*p != '\r');
		if (*p == '\n')
			check(visible && (p[1] == '\t' || p[1] == ' '));
		visible = *p != '\n' && (visible || (*p != ' ' && *p != '\t'));
	}
	check(strchr(value, '\n') == NULL || visible);
}

/* As libmilter checks it, and the class besides. */
int smfi_setreply(SMFICTX *ctx, char *code, char *status, char *text)
{
	check(ctx->event >= EVENT_CONNECT && ctx->event <= EVENT_EOM);
	check(strlen(code) == 3 && (code[0] == '4' || code[0] == '5') && code[0] == status[0] && status[1] == '.');
	check(strlen(text) > 0 && strlen(text) <= 980 && text[strlen(text) - 1] == ']');
	check_line(text);
	for (const char *p = text; *p != '\0'; p++)
		if (*p == '%')
			check(*++p == '%');
	ctx->reply_class = code[0];
	return MI_SUCCESS;
}

int smfi_setsymlist(SMFICTX *ctx, int stage, char *names)
{
	check(ctx->event == EVENT_NEGOTIATE && stage >= SMFIM_FIRST && stage <= SMFIM_LAST && names[0] != '\0');
	return MI_SUCCESS;
}

int smfi_progress(SMFICTX *ctx)
{
	check(ctx->event == EVENT_EOM);
	return MI_SUCCESS;
}

int smfi_quarantine(SMFICTX *ctx, char *reason)
{
	check(ctx->event == EVENT_EOM && reason[0] != '\0');
	check_line(reason);
	return ctx->fails ? MI_FAILURE : MI_SUCCESS;
}

int smfi_insheader(SMFICTX *ctx, int index, char *name, char *value)
{
	check(ctx->event == EVENT_EOM && index == 0 && name[0] != '\0' && strchr(name, ':') == NULL);
	check_line(name);
	check_value(value);
	return ctx->fails ? MI_FAILURE : MI_SUCCESS;
}

int smfi_chgheader(SMFICTX *ctx, char *name, int index, char *value)
{
	check(ctx->event == EVENT_EOM && index > 0);
	if (value != NULL)
		check_value(value);
	for (size_t i = 0; i < ctx->fields_len; i++) {
		if (strcasecmp(ctx->fields[i].name, name) != 0 || ctx->fields[i].gone || --index > 0)
			continue;
		ctx->fields[i].gone = value == NULL;
		return ctx->fails ? MI_FAILURE : MI_SUCCESS;
	}
	abort();	/* there is no such field */
}

static void begin(struct smfi_str *ctx, enum callback event)
{
	ctx->event = event;
	ctx->reply_class = 0;
}

/* No accept, no reply of another class, no silence that was not agreed. */
static sfsistat end(struct smfi_str *ctx, sfsistat status, unsigned long quiet_step)
{
	switch (status) {
	case SMFIS_CONTINUE:
		check(ctx->reply_class == 0);
		break;
	case SMFIS_REJECT:
		check(ctx->reply_class == '5');
		break;
	case SMFIS_TEMPFAIL:
		check(ctx->reply_class == '4' || ctx->reply_class == 0);	/* 0: an event out of turn */
		break;
	case SMFIS_DISCARD:
		check(ctx->event == EVENT_EOM);
		break;
	case SMFIS_NOREPLY:
		check((ctx->steps & quiet_step) != 0 && ctx->reply_class == 0);
		break;
	default:
		abort();
	}
	ctx->event = EVENT_NONE;
	return status;
}

static void forget_fields(struct smfi_str *ctx)
{
	while (ctx->fields_len > 0)
		free(ctx->fields[--ctx->fields_len].name);
}

static const char *macro(struct smfi_str *ctx, const char *name)
{
	const char *value = smfi_getsymval(ctx, (char *)(uintptr_t)name);

	return value == NULL ? "" : value;
}

static bool is_printable(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	return true;
}

static bool is_client(const struct smfi_str *ctx, const char *expected)
{
	struct ip client = ip_from_sockaddr((const struct sockaddr *)(const void *)&ctx->address), ip;

	return ip_parse(expected, &ip) == 0 && ip_equal(&client, &ip);
}

static bool is_stranger(struct smfi_str *ctx)
{
	const char *login = macro(ctx, "{auth_authen}");
	struct ip client = ip_from_sockaddr((const struct sockaddr *)(const void *)&ctx->address);

	if (login[0] != '\0' && strlen(login) <= 255 && is_printable(login) && strcasecmp(macro(ctx, "{auth_type}"), "ANONYMOUS") != 0)
		return false;
	if (strcmp(macro(ctx, "{cert_subject}"), "branch.ours.example") == 0)
		return false;
	return !is_client(ctx, "192.0.2.40") && !ip_is_loopback(&client);
}

/* Is it ours, read as simply as can be? */
static bool is_ours(const char *path)
{
	struct arena *arena = arena_new();
	struct address address;
	const char *problem;
	bool ours = false;

	if (address_parse(arena, str_of(path), ADDRESS_RECIPIENT, &address, &problem) == 0) {
		const char *below = address.domain == NULL ? NULL : strchr(address.domain, '.');

		ours = address_is_postmaster(&address) ||
		       (strpbrk(address.localpart, "%!@") == NULL && address.domain != NULL &&
			(strcmp(address.domain, "ours.example") == 0 || (below != NULL && strstr(below, ".sub.ours.example") != NULL)));
	}
	arena_free(arena);
	return ours;
}

static void play_negotiate(struct smfi_str *ctx, const char *offer)
{
	unsigned long actions = 0x1ff, steps = 0x1fffff, f2 = 0, f3 = 0;
	unsigned long taken_actions = 0, taken_steps = 0;

	if (offer[0] == 'a')
		actions = (unsigned long)strtoul(offer + 1, NULL, 16) & 0x1ff;
	if (offer[0] == 's')
		steps = (unsigned long)strtoul(offer + 1, NULL, 16) & 0x1fffff;
	begin(ctx, EVENT_NEGOTIATE);
	if (filter.xxfi_negotiate(ctx, actions, steps, 0, 0, &taken_actions, &taken_steps, &f2, &f3) == SMFIS_CONTINUE) {
		check((taken_actions & ~actions) == 0 && (taken_steps & ~steps) == 0);
		ctx->steps = taken_steps;
	}
	ctx->event = EVENT_NONE;
}

static void play_connect(struct smfi_str *ctx, char *text)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)(void *)&ctx->address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)(void *)&ctx->address;

	memset(&ctx->address, 0, sizeof(ctx->address));
	ctx->address.ss_family = AF_UNIX;
	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1)
		v4->sin_family = AF_INET;
	else if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1)
		v6->sin6_family = AF_INET6;
	begin(ctx, EVENT_CONNECT);
	(void)end(ctx, filter.xxfi_connect(ctx, text, text[0] == '\0' ? NULL : (struct sockaddr *)(void *)&ctx->address), SMFIP_NR_CONN);
}

static void play_mail(struct smfi_str *ctx, char *path)
{
	char *argv[] = { path, NULL };

	forget_fields(ctx);
	ctx->stranger = is_stranger(ctx);
	begin(ctx, EVENT_MAIL);
	(void)end(ctx, filter.xxfi_envfrom(ctx, argv), 0);
}

static void play_rcpt(struct smfi_str *ctx, char *path)
{
	char *argv[] = { path, NULL };

	begin(ctx, EVENT_RCPT);
	if (end(ctx, filter.xxfi_envrcpt(ctx, argv), 0) == SMFIS_CONTINUE)
		check(!ctx->stranger || is_ours(path));
}

static void play_header(struct smfi_str *ctx, char *text)
{
	char *value = strchr(text, ':');

	if (value == NULL)
		value = text + strlen(text);
	else
		*value++ = '\0';
	if (ctx->fields_len < FIELDS_MAX)
		ctx->fields[ctx->fields_len++] = (struct field){ .name = strdup(text) };
	begin(ctx, EVENT_HEADER);
	(void)end(ctx, filter.xxfi_header(ctx, text, value), SMFIP_NR_HDR);
}

static bool is_forged_name(const char *name)
{
	return header_name_equal(name, "X-Octroi-Verdict") || header_name_equal(name, "X-Octroi-Relay") ||
	       header_name_equal(name, "X-Virus-Status") || header_name_equal(name, "X-Spam-Flag") ||
	       header_name_equal(name, "Received-SPF");
}

static void play_eom(struct smfi_str *ctx, const char *text)
{
	sfsistat status;

	ctx->fails = text[0] == 'f';
	begin(ctx, EVENT_EOM);
	status = end(ctx, filter.xxfi_eom(ctx), 0);
	check(status != SMFIS_CONTINUE || !ctx->fails);
	for (size_t i = 0; status == SMFIS_CONTINUE && i < ctx->fields_len; i++)
		check(ctx->fields[i].gone || !is_forged_name(ctx->fields[i].name));
	forget_fields(ctx);
}

static void play_close(struct smfi_str *ctx)
{
	begin(ctx, EVENT_CLOSE);
	(void)end(ctx, filter.xxfi_close(ctx), 0);
	check(ctx->priv == NULL);
	forget_fields(ctx);
	for (size_t i = 0; i < MACROS; i++)
		free(ctx->macros[i]);
	*ctx = (struct smfi_str){ .priv = NULL };
}

static void set_macro(struct smfi_str *ctx, const char *text)
{
	size_t i = (size_t)(unsigned char)text[0] % MACROS;

	free(ctx->macros[i]);
	ctx->macros[i] = text[0] == '\0' || text[1] == '\0' ? NULL : strdup(text + 1);
}

static void play(struct smfi_str *ctx, char operation, char *text)
{
	switch (operation) {
	case 'N': play_negotiate(ctx, text); return;
	case 'C': play_connect(ctx, text); return;
	case 'E': begin(ctx, EVENT_HELO); (void)end(ctx, filter.xxfi_helo(ctx, text), SMFIP_NR_HELO); return;
	case 'M': play_mail(ctx, text); return;
	case 'R': play_rcpt(ctx, text); return;
	case 'D': begin(ctx, EVENT_DATA); (void)end(ctx, filter.xxfi_data(ctx), SMFIP_NR_DATA); return;
	case 'H': play_header(ctx, text); return;
	case 'O': begin(ctx, EVENT_EOH); (void)end(ctx, filter.xxfi_eoh(ctx), SMFIP_NR_EOH); return;
	case 'B':
		begin(ctx, EVENT_BODY);
		(void)end(ctx, filter.xxfi_body(ctx, (unsigned char *)text, strlen(text)), SMFIP_NR_BODY);
		return;
	case 'P': play_eom(ctx, text); return;
	case 'A': begin(ctx, EVENT_ABORT); (void)end(ctx, filter.xxfi_abort(ctx), 0); return;
	case 'Q': play_close(ctx); return;
	case '$': set_macro(ctx, text); return;
	default: return;
	}
}

static void start(void)
{
	char file[] = "/tmp/octroi-fuzz-XXXXXX", problem[CONF_PROBLEM_MAX];
	int fd = mkstemp(file);
	struct services services = { .store = store_new(1024) };
	struct conf *conf;
	size_t errors;

	check(fd >= 0 && services.store != NULL);
	check(write(fd, configuration, sizeof(configuration) - 1) == (ssize_t)sizeof(configuration) - 1 && close(fd) == 0);
	conf = settings_load(file);
	(void)conf_errors(conf, &errors);
	check(errors == 0 && unlink(file) == 0);
	filter = callbacks_descriptor(engine_new(conf, &services, problem));
}

/* A line is an operation: a letter, in upper case for the first session and in lower case for the second. "^" stands for LF and
 * "~" for CR in what follows. */
static void play_line(const char *line, size_t len)
{
	char *text = malloc(len + 1);
	size_t which = line[0] >= 'a' && line[0] <= 'z';

	check(text != NULL);
	memcpy(text, line, len);
	text[len] = '\0';
	for (char *p = text + 1; len > 0 && *p != '\0'; p++)
		*p = *p == '^' ? '\n' : *p == '~' ? '\r' : *p;
	play(&sessions[which], which ? (char)(text[0] - 'a' + 'A') : text[0], text + 1);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *rest = (const char *)data, *end_of_data = rest + size;

	if (filter.xxfi_connect == NULL)
		start();
	while (rest < end_of_data) {
		const char *line_end = memchr(rest, '\n', (size_t)(end_of_data - rest));
		size_t len = (size_t)((line_end == NULL ? end_of_data : line_end) - rest);

		if (len > 0)
			play_line(rest, len);
		rest = line_end == NULL ? end_of_data : line_end + 1;
	}
	for (size_t i = 0; i < SESSIONS; i++)
		play_close(&sessions[i]);
	return 0;
}
