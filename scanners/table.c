/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The scanners and cage jobs of this program; a test binds another table. */
#include "milter/isolate/job.h"
#include "scanners/content_job.h"
#include "scanners/dkim_job.h"
#include "scanners/scanners.h"
#include "scanners/spf_libspf2_job.h"

const struct scanner *const scanners[] = {
	&scanner_session, &scanner_held, &scanner_limits, &scanner_relay, &scanner_account, &scanner_rate, &scanner_headers, &scanner_helo,
	&scanner_iprev, &scanner_dnsbl, &scanner_spf, &scanner_dkim, &scanner_dmarc, &scanner_greylist, &scanner_sign, &scanner_antivirus,
	&scanner_content, &scanner_attachment, &scanner_links, &scanner_behaviour, &scanner_reputation, NULL,
};

const struct job_kind *const job_kinds[] = { &job_content, &job_spf_libspf2, &job_dkim, NULL };
