/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/tally_show.h"

size_t tally_show_title(FILE *out, const struct show *show, const struct tally *tally, const char *title, struct tally_item **ret_items)
{
	size_t len = tally_sorted(tally, ret_items);

	if (len == 0)
		return 0;
	(void)fprintf(out, "\n%s", title);
	if (len > TALLY_SHOWN_MAX)
		(void)fprintf(out, " (%s, the %d most frequent of them)", show_number(show, len), TALLY_SHOWN_MAX);
	(void)fputc('\n', out);
	return len < TALLY_SHOWN_MAX ? len : TALLY_SHOWN_MAX;
}
