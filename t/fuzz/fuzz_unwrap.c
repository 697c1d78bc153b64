/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts, messages as mere bytes, PKCS#7, calendars and AppleDouble: the first byte says which. */
#include "t/unit/unpack_stage.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static unpack_handler *const handlers[] = { text_unpack, salvage_unpack, smime_unpack, calendar_unpack, appledouble_unpack };
	struct unpack *unpack;

	if (size == 0)
		return 0;
	unpack = stage_new();
	unpack->is_fuzzed = true;
	unpack->found_left = 100;
	unpack->memory_left = (uint64_t)1 << 20;
	stage_run(unpack, handlers[data[0] % (sizeof(handlers) / sizeof(handlers[0]))],
		  (struct item){ .kind = ITEM_MESSAGE, .bytes = { (const char *)data + 1, size - 1 } });
	stage_free(unpack);
	return 0;
}
