/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain_advice.h - what an administrator could do about an outcome, if it should not have been: a sentence for each outcome of each scanner. */
#ifndef OCTROI_EXPLAIN_ADVICE_H
#define OCTROI_EXPLAIN_ADVICE_H

#include <stdbool.h>
#include <stddef.h>

struct explain_advice {
	const char *name;	/* as decided_by has it: "spf:fail", "score" */
	const char *text;	/* goes on after "Would change it: " */
	bool unsure;		/* the outcome means that something could not tell, not that the mail is bad */
};

/* NULL for an outcome that nobody knows. */
const struct explain_advice *explain_advice_find(const char *name);

/* All of them. */
const struct explain_advice *explain_advice_all(size_t *ret_len);

#endif
