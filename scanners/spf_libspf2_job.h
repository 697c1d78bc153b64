/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spf_libspf2_job.h - libspf2 in a cage, with the filter's resolver for its DNS.
 *
 * Its results are not those of RFC 7208 in more than a quarter of the public suite; a client on loopback always passes; a TXT
 * record can crash it. That is why it runs here and why it is not the default. Question and answer are those of spf_answer.h. */
#ifndef OCTROI_SCANNERS_SPF_LIBSPF2_JOB_H
#define OCTROI_SCANNERS_SPF_LIBSPF2_JOB_H

#include "milter/isolate/job.h"

extern const struct job_kind job_spf_libspf2;

#endif
