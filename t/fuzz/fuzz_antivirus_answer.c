/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An answer out of a cage that has been taken over: whatever it says, what is read can be put into a reply and a header. */
#include <stdlib.h>
#include <string.h>

#include "scanners/antivirus_answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct frame frame, again;

static void check(const struct antivirus_answer *answer)
{
	struct antivirus_answer second;

	if (answer->outcome > ANTIVIRUS_ERROR || strlen(answer->text) > ANTIVIRUS_TEXT_MAX)
		abort();
	if ((answer->outcome == ANTIVIRUS_CLEAN) != (answer->text[0] == '\0'))
		abort();
	for (const char *p = answer->text; *p != '\0'; p++) {
		if (*p < 0x20 || *p > 0x7e)
			abort();
	}
	frame_start(&again, 0);
	antivirus_answer_write(&again, answer);
	if (antivirus_answer_read(&again, &second) != 0 || strcmp(second.text, answer->text) != 0 ||
	    second.outcome != answer->outcome || second.signatures != answer->signatures)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct antivirus_answer answer;
	struct antivirus_question question;

	if (size > FRAME_MAX)
		return 0;
	frame_start(&frame, 0);
	memcpy(frame.data, data, size);
	frame.len = size;
	if (antivirus_answer_read(&frame, &answer) == 0)
		check(&answer);
	frame.at = 0;
	frame.bad = false;
	if (antivirus_question_read(&frame, &question) == 0 && question.timeout_ms == 0)
		abort();
	return 0;
}
