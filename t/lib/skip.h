/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skip.h - leaves a test that this system cannot run, and says so. cmocka's own skip() writes "not ok ... # SKIP", which prove takes
 * for a failure. */
#ifndef OCTROI_T_SKIP_H
#define OCTROI_T_SKIP_H

#define SKIP(why) \
	do { \
		print_message("# skipped: %s\n", (why)); \
		return; \
	} while (0)

#endif
