/* SPDX-License-Identifier: GPL-2.0-or-later */
/* antivirus_known.h - files whose scan is known, by SHA-256: the memory of one examiner, which dies with it.
 *
 * The generation of the signatures and the limits are those of the process and so a part of every key. It is never shared between processes: an examiner
 * that a stranger's bytes have taken over must not vouch for the mail that others examine. Only clean and infected are kept: a limit, something
 * encrypted or malformed, or an error is found out anew each time. */
#ifndef OCTROI_SCANNERS_ANTIVIRUS_KNOWN_H
#define OCTROI_SCANNERS_ANTIVIRUS_KNOWN_H

#include "milter/base/digest.h"

#define KNOWN_MAX 4096		/* files; one more takes the place of another */

enum known_verdict { KNOWN_NOTHING, KNOWN_CLEAN, KNOWN_INFECTED };

struct known;

/* Its memory is taken page by page as files become known. Never NULL. */
struct known *known_new(void);
void known_free(struct known *known);

/* *ret_name, the virus, is set for KNOWN_INFECTED and lives until the next known_add. */
enum known_verdict known_find(const struct known *known, const unsigned char digest[DIGEST_SIZE], const char **ret_name);

/* virus NULL: the file is clean. What is known already stays as it is. */
void known_add(struct known *known, const unsigned char digest[DIGEST_SIZE], const char *virus);

#endif
