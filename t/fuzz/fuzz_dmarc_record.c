/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whatever the text of a record is: what is kept lies in it and is printable, a policy comes only from the text, and what stands in front of a
 * record's end does not depend on what could stand behind it. */
#include <stdint.h>
#include <stdlib.h>

#include "milter/mail/dmarc_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void check_value(struct str text, struct str value)
{
	if (value.p == NULL)
		return;
	check(value.len > 0 && value.p >= text.p && value.p + value.len <= text.p + text.len);
	check(value.p + value.len <= text.p + DMARC_RECORD_MAX);
	for (size_t i = 0; i < value.len; i++)
		check(value.p[i] >= ' ' && value.p[i] <= '~' && value.p[i] != ';');
}

static void check_record(struct str text, const struct dmarc_record *record)
{
	check_value(text, record->rua);
	check_value(text, record->ruf);
	check_value(text, record->fo);
	check(record->has_p || record->p == DMARC_POLICY_NONE);
	check(record->has_sp || record->sp == record->p);
	check(record->has_np || record->np == record->sp);
	check(dmarc_record_enforced(record, record->p) <= record->p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct str text = { (const char *)data, size };
	struct dmarc_record record, again;

	if (!dmarc_record_is_dmarc(text))
		return 0;
	check(size >= strlen("v=DMARC1") && (data[0] == 'v' || data[0] == 'V'));
	dmarc_record_read(text, &record);
	check_record(text, &record);
	dmarc_record_read(text, &again);
	check(again.p == record.p && again.np == record.np && again.psd == record.psd && again.rua.p == record.rua.p);
	return 0;
}
