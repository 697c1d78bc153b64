/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/negotiate.h"

#include <libmilter/mfdef.h>
#include <stdatomic.h>

#include "milter/base/log.h"

/* Every verdict needs these: without one of them mail would be let in unmarked or could not be held. */
#define ACTIONS (SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_QUARANTINE)

/* The macros of conventions 1.3, asked for by ourselves: main.cf and sendmail.cf need no line. */
static const struct {
	int stage;
	const char *names;
} macros[] = {
	{ SMFIM_CONNECT, "j v {daemon_name} {daemon_addr} {daemon_port} {if_addr}" },
	{ SMFIM_HELO, "{tls_version} {cert_subject} {cert_issuer} {verify}" },
	{ SMFIM_ENVFROM, "i {auth_authen} {auth_type} {tls_version} {cert_subject} {cert_issuer} {verify}" },
	{ SMFIM_ENVRCPT, "i {rcpt_mailer} {rcpt_host} {rcpt_addr}" },
	{ SMFIM_DATA, "i {auth_authen} {auth_type}" },
	{ SMFIM_EOH, "i" },
	{ SMFIM_EOM, "i" },
};

static void ask_for_macros(SMFICTX *ctx)
{
	for (size_t i = 0; i < sizeof(macros) / sizeof(macros[0]); i++)
		(void)smfi_setsymlist(ctx, macros[i].stage, (char *)macros[i].names);
}

static void say_once(atomic_flag *said, const char *text)
{
	if (!atomic_flag_test_and_set(said))
		log_error("%s", text);
}

static unsigned long wanted_steps(enum phase refuse_at)
{
	unsigned long steps = SMFIP_NOUNKNOWN | SMFIP_HDR_LEADSPC | SMFIP_NR_DATA | SMFIP_NR_HDR | SMFIP_NR_EOH | SMFIP_NR_BODY;

	if (refuse_at > PHASE_CONNECT)
		steps |= SMFIP_NR_CONN;
	if (refuse_at > PHASE_HELO)
		steps |= SMFIP_NR_HELO;
	return steps;
}

sfsistat negotiate(SMFICTX *ctx, enum phase refuse_at, unsigned long offered_actions, unsigned long offered_steps,
		   unsigned long *ret_actions, unsigned long *ret_steps)
{
	static atomic_flag said_actions = ATOMIC_FLAG_INIT, said_space = ATOMIC_FLAG_INIT;

	if ((offered_actions & ACTIONS) != ACTIONS) {
		say_once(&said_actions, "the MTA does not offer adding and changing headers and quarantine: its sessions are refused");
		return SMFIS_REJECT;
	}
	if ((offered_steps & SMFIP_HDR_LEADSPC) == 0)
		say_once(&said_space, "the MTA does not tell the white space after header names: use a newer one if signatures are to be checked");
	*ret_actions = ACTIONS;
	if ((offered_actions & SMFIF_SETSYMLIST) != 0) {
		*ret_actions |= SMFIF_SETSYMLIST;
		ask_for_macros(ctx);
	}
	*ret_steps = wanted_steps(refuse_at) & offered_steps;
	return SMFIS_CONTINUE;
}
