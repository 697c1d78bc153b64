/* SPDX-License-Identifier: GPL-2.0-or-later */
/* antivirus_canary.h - messages made by ourselves that show whether an engine really finds something.
 *
 * The "virus" is the EICAR test file, which every scanner reports and which harms nobody. */
#ifndef OCTROI_SCANNERS_ANTIVIRUS_CANARY_H
#define OCTROI_SCANNERS_ANTIVIRUS_CANARY_H

#include <stddef.h>

enum antivirus_canary {
	CANARY_CLEAN,		/* a letter with an attachment that harms nobody */
	CANARY_FILE,		/* EICAR attached */
	CANARY_ZIP,		/* EICAR in a ZIP, deflated */
	CANARY_RAR,		/* EICAR in a RAR of version 4, stored: not every build of ClamAV can read it */
};

#define CANARY_MAX 1024

/* Writes the message (with its line "From x\n") and returns its length. */
size_t antivirus_canary_write(enum antivirus_canary canary, char ret_message[CANARY_MAX]);

#endif
