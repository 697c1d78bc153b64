/* SPDX-License-Identifier: GPL-2.0-or-later */
/* winmail.dat: everything that is found lies within it or came out of bounded decompression, and memory is given back. */
#include "t/unit/unpack_stage.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct unpack *unpack = stage_new();

	unpack->is_fuzzed = true;
	unpack->found_left = 100;
	stage_run(unpack, tnef_unpack, (struct item){ .kind = ITEM_PART, .bytes = { (const char *)data, size } });
	if (unpack->decoded_bytes > 9 * size + 1024)
		abort();
	stage_free(unpack);
	return 0;
}
