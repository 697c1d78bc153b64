/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What comes out of the cage, and what goes in: read within bounds, and what was read is written the same. */
#include <stdint.h>
#include <stdlib.h>

#include "scanners/dkim_answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct frame frame, copy;

static void load(const uint8_t *data, size_t size)
{
	frame_start(&frame, 0);
	memcpy(frame.data, data, size);
	frame.len = size;
}

static void check_same(void)
{
	if (copy.bad || copy.len != frame.len || memcmp(copy.data, frame.data, frame.len) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct dkim_question question;
	static struct dkim_answer answer;
	size_t tasks = size == 0 ? 0 : data[0] % (DKIM_SIGNATURES_MAX + 2);

	if (size > FRAME_MAX)
		return 0;
	load(data, size);
	if (dkim_question_read(&frame, &question) == 0) {
		frame_start(&copy, 0);
		dkim_question_write(&copy, &question);
		check_same();
	}
	load(data, size);
	if (dkim_answer_read(&frame, tasks, &answer) == 0) {
		frame_start(&copy, 0);
		dkim_answer_write(&copy, &answer);
		check_same();
	}
	return 0;
}
