/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sign_key_file.h - a private key in a file that nobody else can read or exchange (threats OS-02). */
#ifndef OCTROI_SCANNERS_SIGN_KEY_FILE_H
#define OCTROI_SCANNERS_SIGN_KEY_FILE_H

#include "conf/option.h"
#include "milter/mail/dkim_sign_key.h"

/* Refused: what is no file, symbolic links, files and directories that belong to another account than root or ours, files that
 * others (or a group that is not our first one) can read, directories in which others can exchange the file. Root, who looks at
 * files for somebody else, has no account of its own here: it refuses only what is open to others. Returns 0, or a negative
 * errno with a sentence that says what to do; *ret_key ends with dkim_sign_key_free. */
int sign_key_file_load(const char *path, struct dkim_sign_key **ret_key, char problem[CONF_PROBLEM_MAX]);

#endif
