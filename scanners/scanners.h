/* SPDX-License-Identifier: GPL-2.0-or-later */
/* scanners.h - the scanners there are, for the table that binds them (table.c). */
#ifndef OCTROI_SCANNERS_H
#define OCTROI_SCANNERS_H

#include "milter/model/scanner.h"

extern const struct scanner scanner_session;	/* which hosts may open a session */
extern const struct scanner scanner_held;	/* who may send nothing for now */
extern const struct scanner scanner_limits;	/* malformed and oversized */
extern const struct scanner scanner_relay;	/* directions and grounds: nothing is relayed anonymously */
extern const struct scanner scanner_account;	/* which senders a login may use */
extern const struct scanner scanner_rate;	/* how much one login, client, sender ... may send */
extern const struct scanner scanner_greylist;	/* the first mail of strangers has to come twice */
extern const struct scanner scanner_behaviour;	/* does an account still behave like itself */
extern const struct scanner scanner_antivirus;	/* libclamav in the cage */
extern const struct scanner scanner_helo;	/* what the client calls itself */
extern const struct scanner scanner_iprev;	/* the reverse name of its address */
extern const struct scanner scanner_dnsbl;	/* DNS lists */
extern const struct scanner scanner_spf;	/* may it send mail of that domain */
extern const struct scanner scanner_headers;	/* who wrote it, and is the header what RFC 5322 allows */
extern const struct scanner scanner_dkim;	/* signatures of others */
extern const struct scanner scanner_dmarc;	/* is the author's domain real */
extern const struct scanner scanner_content;	/* what is in it, in every reading: ambiguity and limits */
extern const struct scanner scanner_attachment;	/* which files may come in */
extern const struct scanner scanner_links;	/* hosts of URLs */
extern const struct scanner scanner_reputation;	/* are we in a DNS list ourselves */
extern const struct scanner scanner_sign;	/* our own signature */

#endif
