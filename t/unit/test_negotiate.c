/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/negotiate.h"

#include <libmilter/mfdef.h>
#include <stdbool.h>

#include "milter/model/scanner.h"
#include "t/unit/rows.h"

const struct scanner *const scanners[] = { NULL };

#define ALL_ACTIONS 0x1fful
#define ALL_STEPS 0x1ffffful
#define QUIET (SMFIP_NR_DATA | SMFIP_NR_HDR | SMFIP_NR_EOH | SMFIP_NR_BODY)
#define ALWAYS (SMFIP_NOUNKNOWN | SMFIP_HDR_LEADSPC | QUIET)
#define NEEDED (SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_QUARANTINE)

static char asked[7][256];
static int setsymlist_returns;

/* In place of libmilter's: it takes at most 50 macros for a stage, each stage once. */
int smfi_setsymlist(SMFICTX *ctx, int stage, char *names)
{
	(void)ctx;
	assert_in_range(stage, SMFIM_FIRST, SMFIM_LAST);
	assert_string_equal(asked[stage], "");
	assert_true(strlen(names) > 0 && strlen(names) < sizeof(asked[0]));
	(void)strcpy(asked[stage], names);
	return setsymlist_returns;
}

static const struct offer {
	const char *name;
	unsigned long actions, steps;
	enum phase refuse_at;
	sfsistat expected;
	unsigned long taken_actions, taken_steps;
} offer_table[] = {
	{ "everything_is_offered", ALL_ACTIONS, ALL_STEPS, PHASE_RCPT, SMFIS_CONTINUE, NEEDED | SMFIF_SETSYMLIST,
	  ALWAYS | SMFIP_NR_CONN | SMFIP_NR_HELO },
	{ "refusing_at_mail_is_silent_before", ALL_ACTIONS, ALL_STEPS, PHASE_MAILFROM, SMFIS_CONTINUE, NEEDED | SMFIF_SETSYMLIST,
	  ALWAYS | SMFIP_NR_CONN | SMFIP_NR_HELO },
	{ "refusing_at_helo_answers_there", ALL_ACTIONS, ALL_STEPS, PHASE_HELO, SMFIS_CONTINUE, NEEDED | SMFIF_SETSYMLIST,
	  ALWAYS | SMFIP_NR_CONN },
	{ "refusing_at_connect_answers_there", ALL_ACTIONS, ALL_STEPS, PHASE_CONNECT, SMFIS_CONTINUE, NEEDED | SMFIF_SETSYMLIST, ALWAYS },
	{ "no_steps_are_offered_MLT_09", ALL_ACTIONS, 0, PHASE_RCPT, SMFIS_CONTINUE, NEEDED | SMFIF_SETSYMLIST, 0 },
	{ "an_old_protocol_MLT_09", 0x3f, 0x7f, PHASE_RCPT, SMFIS_CONTINUE, NEEDED, 0 },
	{ "no_macros_can_be_asked_for_MLT_09", ALL_ACTIONS & ~(unsigned long)SMFIF_SETSYMLIST, ALL_STEPS, PHASE_RCPT, SMFIS_CONTINUE, NEEDED,
	  ALWAYS | SMFIP_NR_CONN | SMFIP_NR_HELO },
	{ "no_leading_space_MLT_09", ALL_ACTIONS, ALL_STEPS & ~(unsigned long)SMFIP_HDR_LEADSPC, PHASE_RCPT, SMFIS_CONTINUE, NEEDED | SMFIF_SETSYMLIST,
	  SMFIP_NOUNKNOWN | QUIET | SMFIP_NR_CONN | SMFIP_NR_HELO },
	{ "no_quarantine_MLT_09", ALL_ACTIONS & ~(unsigned long)SMFIF_QUARANTINE, ALL_STEPS, PHASE_RCPT, SMFIS_REJECT, 0, 0 },
	{ "no_adding_of_headers_MLT_09", ALL_ACTIONS & ~(unsigned long)SMFIF_ADDHDRS, ALL_STEPS, PHASE_RCPT, SMFIS_REJECT, 0, 0 },
	{ "no_changing_of_headers_MLT_09", ALL_ACTIONS & ~(unsigned long)SMFIF_CHGHDRS, ALL_STEPS, PHASE_RCPT, SMFIS_REJECT, 0, 0 },
	{ "nothing_is_offered_MLT_09", 0, 0, PHASE_RCPT, SMFIS_REJECT, 0, 0 },
};

static void check_offer(void **state)
{
	const struct offer *row = *state;
	unsigned long actions = 0, steps = 0;

	memset(asked, 0, sizeof(asked));
	setsymlist_returns = MI_SUCCESS;
	assert_int_equal(negotiate(NULL, row->refuse_at, row->actions, row->steps, &actions, &steps), row->expected);
	assert_int_equal(actions, row->taken_actions);
	assert_int_equal(steps, row->taken_steps);
	assert_int_equal(steps & ~row->steps, 0);
	assert_int_equal(asked[SMFIM_ENVFROM][0] != '\0', (row->taken_actions & SMFIF_SETSYMLIST) != 0);
}

static bool is_asked(int stage, const char *name)
{
	const char *p = strstr(asked[stage], name);
	size_t len = strlen(name);

	return p != NULL && (p == asked[stage] || p[-1] == ' ') && (p[len] == '\0' || p[len] == ' ');
}

static void what_the_gate_stands_on_is_asked_for_ID_04(void **state)
{
	unsigned long actions, steps;

	(void)state;
	memset(asked, 0, sizeof(asked));
	setsymlist_returns = MI_FAILURE;	/* the macros of main.cf are left then: the session goes on */
	assert_int_equal(negotiate(NULL, PHASE_RCPT, ALL_ACTIONS, ALL_STEPS, &actions, &steps), SMFIS_CONTINUE);
	assert_true(is_asked(SMFIM_ENVFROM, "{auth_authen}") && is_asked(SMFIM_ENVFROM, "{auth_type}"));
	assert_true(is_asked(SMFIM_ENVFROM, "{cert_subject}") && is_asked(SMFIM_ENVFROM, "{verify}"));
	assert_true(is_asked(SMFIM_ENVRCPT, "{rcpt_addr}") && is_asked(SMFIM_ENVRCPT, "{rcpt_mailer}"));
	assert_true(is_asked(SMFIM_CONNECT, "v") && is_asked(SMFIM_CONNECT, "j") && is_asked(SMFIM_CONNECT, "{daemon_port}"));
	assert_true(is_asked(SMFIM_CONNECT, "{daemon_name}") && is_asked(SMFIM_CONNECT, "{daemon_addr}") && is_asked(SMFIM_CONNECT, "{if_addr}"));
	assert_true(is_asked(SMFIM_DATA, "i") && is_asked(SMFIM_EOH, "i") && is_asked(SMFIM_EOM, "i"));
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, offer_table, check_offer);
	rows_add_one(&rows, "what_the_gate_stands_on_is_asked_for_ID_04", what_the_gate_stands_on_is_asked_for_ID_04, NULL);
	return rows_run(&rows, "negotiate");
}
