/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trial.h - a message with an envelope through the whole engine, without an MTA: what `octroi try` does and prints. */
#ifndef OCTROI_TRIAL_H
#define OCTROI_TRIAL_H

#include "milter/base/ip.h"
#include "milter/engine.h"
#include "milter/stamp.h"

struct trial {
	/* in */
	struct ip client;
	const char *client_name, *helo, *login;
	const char *mailfrom;			/* as after MAIL FROM: */
	const char *const *rcpts;		/* as after RCPT TO: */
	size_t rcpts_len;
	struct str message;

	/* out; lives as long as session */
	struct session *session;
	char id[MESSAGE_ID_SIZE];
	struct verdict verdict;			/* of the message, or what refused the last of its recipients */
	struct trial_rcpt {
		const char *path;
		bool accepted;
		enum ground ground;
		const char *ground_detail;
		struct verdict verdict;
		const struct finding *refused_by;	/* a copy, or NULL */
	} *results;
	struct edits edits;
	uint64_t elapsed_ms;
};

/* Ends with engine_session_end(engine, trial->session). */
void trial_run(struct engine *engine, struct trial *trial);

/* For people, and as one JSON object (design.md, octroi(8)). */
void trial_print(FILE *out, const struct trial *trial);
void trial_print_json(FILE *out, const struct trial *trial);

#endif
