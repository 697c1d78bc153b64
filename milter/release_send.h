/* SPDX-License-Identifier: GPL-2.0-or-later */
/* release_send.h - a held message on its way back into the MTA: through sendmail(1), with its mark on top. */
#ifndef OCTROI_RELEASE_SEND_H
#define OCTROI_RELEASE_SEND_H

#include "milter/lookup/quarantine.h"

/* Runs "sendmail -i -f SENDER -- RECIPIENT ..." with the real ids of the process and hands it the mark and what fd holds from where it stands,
 * lines ended by LF as such programs want them. Returns 0 when sendmail has taken it over, or a negative errno with a sentence in
 * problem (CONF_PROBLEM_MAX). */
int release_send(const char *sendmail, const struct quarantine_item *item, const char *const *recipients, size_t recipients_len,
		 const char *mark, int fd, char *problem);

#endif
