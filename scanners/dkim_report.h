/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dkim_report.h - what is said about the signatures of a message: findings, Authentication-Results, identities. */
#ifndef OCTROI_SCANNERS_DKIM_REPORT_H
#define OCTROI_SCANNERS_DKIM_REPORT_H

#include "milter/model/scanner.h"
#include "scanners/dkim_judge.h"

extern const struct outcome dkim_outcomes[];

/* aligned: its domain and that of the author belong together by the Public Suffix List (DMARC itself may know better). */
void dkim_report_signature(struct scan *scan, const struct dkim_signature *signature, const struct dkim_opinion *opinion, bool aligned);

/* There is none; there are more than we look at. */
void dkim_report_none(struct scan *scan);
void dkim_report_too_many(struct scan *scan, size_t there, size_t looked_at);

#endif
