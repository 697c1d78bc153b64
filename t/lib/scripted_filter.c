/* SPDX-License-Identifier: GPL-2.0-or-later */
/* scripted_filter - a libmilter filter that does what the message asks for, so that clients of the protocol can be tested.
 *
 * "X-Script: VERB ARGUMENT" in the header is done at the end of the message, in order; a verb that decides ends it:
 *   accept, reject, tempfail, discard, reply CODE STATUS TEXT; quarantine REASON; sleep MS; progress; exit;
 *   add NAME VALUE, insert INDEX NAME VALUE, change INDEX NAME VALUE, delete INDEX NAME;
 *   addrcpt ADDRESS, addrcptpar ADDRESS ARGUMENTS, delrcpt ADDRESS, from ADDRESS, body TEXT, macro NAME (adds X-Macro).
 * An envelope address decides earlier: its local part is reject, tempfail or discard. A HELO of "reject.example" is refused.
 * Every step is answered, unless --quiet. */
#include <errno.h>
#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINES_MAX 64
#define QUIET (SMFIP_NR_CONN | SMFIP_NR_DATA | SMFIP_NR_HDR | SMFIP_NR_EOH | SMFIP_NR_BODY)

static bool quiet;

struct script {
	char *lines[LINES_MAX];
	size_t len;
	size_t body_bytes, headers;
};

static void forget(SMFICTX *ctx)
{
	struct script *script = smfi_getpriv(ctx);

	if (script == NULL)
		return;
	for (size_t i = 0; i < script->len; i++)
		free(script->lines[i]);
	free(script);
	(void)smfi_setpriv(ctx, NULL);
}

static sfsistat go_on(void)
{
	return quiet ? SMFIS_NOREPLY : SMFIS_CONTINUE;
}

static sfsistat on_negotiate(SMFICTX *ctx, unsigned long f0, unsigned long f1, unsigned long f2, unsigned long f3,
			     unsigned long *pf0, unsigned long *pf1, unsigned long *pf2, unsigned long *pf3)
{
	(void)f2;
	(void)f3;
	*pf0 = f0;
	*pf1 = f1 & (SMFIP_NOUNKNOWN | SMFIP_HDR_LEADSPC | SMFIP_SKIP | (quiet ? QUIET : 0));
	*pf2 = *pf3 = 0;
	if (f0 & SMFIF_SETSYMLIST) {
		(void)smfi_setsymlist(ctx, SMFIM_ENVFROM, (char *)"{auth_authen} {mail_addr}");
		(void)smfi_setsymlist(ctx, SMFIM_EOM, (char *)"i");
	}
	return SMFIS_CONTINUE;
}

static sfsistat on_connect(SMFICTX *ctx, char *name, _SOCK_ADDR *address)
{
	(void)ctx;
	(void)name;
	(void)address;
	return go_on();
}

static sfsistat on_helo(SMFICTX *ctx, char *name)
{
	(void)ctx;
	return strcmp(name, "reject.example") == 0 ? SMFIS_REJECT : SMFIS_CONTINUE;
}

static sfsistat decide_by_path(const char *path)
{
	if (strncmp(path, "<reject@", 8) == 0)
		return SMFIS_REJECT;
	if (strncmp(path, "<tempfail@", 10) == 0)
		return SMFIS_TEMPFAIL;
	return strncmp(path, "<discard@", 9) == 0 ? SMFIS_DISCARD : SMFIS_CONTINUE;
}

static sfsistat on_mail(SMFICTX *ctx, char **argv)
{
	forget(ctx);
	(void)smfi_setpriv(ctx, calloc(1, sizeof(struct script)));
	return decide_by_path(argv[0]);
}

static sfsistat on_rcpt(SMFICTX *ctx, char **argv)
{
	(void)ctx;
	return decide_by_path(argv[0]);
}

static sfsistat on_step(SMFICTX *ctx)
{
	(void)ctx;
	return go_on();
}

static sfsistat on_header(SMFICTX *ctx, char *name, char *value)
{
	struct script *script = smfi_getpriv(ctx);

	if (script == NULL)
		return SMFIS_TEMPFAIL;
	script->headers++;
	while (*value == ' ')
		value++;
	if (strcasecmp(name, "X-Script") == 0 && script->len < LINES_MAX)
		script->lines[script->len++] = strdup(value);
	return go_on();
}

static sfsistat on_body(SMFICTX *ctx, unsigned char *chunk, size_t len)
{
	struct script *script = smfi_getpriv(ctx);

	(void)chunk;
	if (script != NULL)
		script->body_bytes += len;
	return go_on();
}

static char *word(char **rest)
{
	char *start = strsep(rest, " ");

	return start == NULL ? (char *)"" : start;
}

static char *text(char **rest)
{
	return *rest == NULL ? (char *)"" : *rest;
}

static int edit_header(SMFICTX *ctx, const char *verb, char **rest)
{
	int index = strcmp(verb, "add") == 0 ? 0 : atoi(word(rest));
	char *name = word(rest);

	if (strcmp(verb, "add") == 0)
		return smfi_addheader(ctx, name, text(rest));
	if (strcmp(verb, "insert") == 0)
		return smfi_insheader(ctx, index, name, text(rest));
	return smfi_chgheader(ctx, name, index, strcmp(verb, "delete") == 0 ? NULL : text(rest));
}

static int edit_envelope(SMFICTX *ctx, const char *verb, char **rest)
{
	char *address = word(rest);

	if (strcmp(verb, "addrcpt") == 0)
		return smfi_addrcpt(ctx, address);
	if (strcmp(verb, "addrcptpar") == 0)
		return smfi_addrcpt_par(ctx, address, text(rest));
	if (strcmp(verb, "delrcpt") == 0)
		return smfi_delrcpt(ctx, address);
	return smfi_chgfrom(ctx, address, *rest);
}

static int tell_macro(SMFICTX *ctx, char **rest)
{
	const char *value = smfi_getsymval(ctx, word(rest));

	return smfi_addheader(ctx, (char *)"X-Macro", value == NULL ? (char *)"(none)" : (char *)value);
}

static int edit(SMFICTX *ctx, const char *verb, char **rest)
{
	char *all = text(rest);

	if (strcmp(verb, "quarantine") == 0)
		return smfi_quarantine(ctx, all);
	if (strcmp(verb, "body") == 0)
		return smfi_replacebody(ctx, (unsigned char *)all, (int)strlen(all));
	if (strcmp(verb, "progress") == 0)
		return smfi_progress(ctx);
	if (strcmp(verb, "macro") == 0)
		return tell_macro(ctx, rest);
	if (strcmp(verb, "sleep") == 0)
		return usleep((useconds_t)atoi(all) * 1000);
	if (strcmp(verb, "add") == 0 || strcmp(verb, "insert") == 0 || strcmp(verb, "change") == 0 || strcmp(verb, "delete") == 0)
		return edit_header(ctx, verb, rest);
	return edit_envelope(ctx, verb, rest);
}

static sfsistat decide_by_reply(SMFICTX *ctx, char **rest)
{
	char *code = word(rest), *status = word(rest);

	if (smfi_setreply(ctx, code, status, text(rest)) != MI_SUCCESS)
		return SMFIS_TEMPFAIL;
	return code[0] == '5' ? SMFIS_REJECT : SMFIS_TEMPFAIL;
}

/* Returns true when the verb decides. */
static bool obey(SMFICTX *ctx, char *line, sfsistat *ret_decision)
{
	static const struct { const char *verb; sfsistat decision; } decisions[] = {
		{ "accept", SMFIS_ACCEPT }, { "reject", SMFIS_REJECT }, { "tempfail", SMFIS_TEMPFAIL }, { "discard", SMFIS_DISCARD },
	};
	char *verb = word(&line);

	for (size_t i = 0; i < sizeof(decisions) / sizeof(decisions[0]); i++)
		if (strcmp(verb, decisions[i].verb) == 0) {
			*ret_decision = decisions[i].decision;
			return true;
		}
	if (strcmp(verb, "exit") == 0)
		_exit(9);
	if (strcmp(verb, "reply") == 0) {
		*ret_decision = decide_by_reply(ctx, &line);
		return true;
	}
	if (edit(ctx, verb, &line) != MI_SUCCESS)
		(void)smfi_addheader(ctx, (char *)"X-Failed", verb);
	return false;
}

static sfsistat on_eom(SMFICTX *ctx)
{
	struct script *script = smfi_getpriv(ctx);
	sfsistat decision = SMFIS_CONTINUE;
	char seen[64];

	if (script == NULL)
		return SMFIS_TEMPFAIL;
	snprintf(seen, sizeof(seen), "headers=%zu body=%zu", script->headers, script->body_bytes);
	(void)smfi_addheader(ctx, (char *)"X-Seen", seen);
	for (size_t i = 0; i < script->len; i++)
		if (obey(ctx, script->lines[i], &decision))
			break;
	forget(ctx);
	return decision;
}

static sfsistat on_end(SMFICTX *ctx)
{
	forget(ctx);
	return SMFIS_CONTINUE;
}

static const struct smfiDesc filter = {
	.xxfi_name = "scripted", .xxfi_version = SMFI_VERSION,
	.xxfi_flags = SMFIF_ADDHDRS | SMFIF_CHGBODY | SMFIF_ADDRCPT | SMFIF_DELRCPT | SMFIF_CHGHDRS | SMFIF_QUARANTINE |
		      SMFIF_CHGFROM | SMFIF_ADDRCPT_PAR | SMFIF_SETSYMLIST,
	.xxfi_connect = on_connect, .xxfi_helo = on_helo, .xxfi_envfrom = on_mail, .xxfi_envrcpt = on_rcpt,
	.xxfi_header = on_header, .xxfi_eoh = on_step, .xxfi_body = on_body, .xxfi_eom = on_eom, .xxfi_abort = on_end,
	.xxfi_close = on_end, .xxfi_data = on_step, .xxfi_negotiate = on_negotiate,
};

int main(int argc, char **argv)
{
	quiet = argc == 3 && strcmp(argv[2], "--quiet") == 0;
	if (argc != 2 && !quiet) {
		fputs("usage: scripted_filter ADDRESS [--quiet]\n", stderr);
		return 2;
	}
	if (smfi_setconn(argv[1]) != MI_SUCCESS || smfi_register(filter) != MI_SUCCESS || smfi_opensocket(1) != MI_SUCCESS) {
		fprintf(stderr, "scripted_filter: %s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	return smfi_main() == MI_SUCCESS ? 0 : 1;
}
