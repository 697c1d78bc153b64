/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames that come out of the cage of libspf2, and those that go in. The first byte says which; what is read is what was written. */
#include <stdlib.h>

#include "milter/base/cleanup.h"
#include "scanners/spf_answer.h"

static struct frame frame, again;

static void same(void)
{
	if (again.bad || again.len != frame.len || memcmp(again.data, frame.data, frame.len) != 0)
		abort();
}

static void read_answer(struct arena *arena)
{
	struct spf_answer answer;

	if (spf_answer_read(arena, &frame, &answer) < 0)
		return;
	spf_answer_write(&again, &answer);
	same();
}

static void read_query(struct arena *arena)
{
	struct spf_query query;

	if (spf_query_read(arena, &frame, &query) < 0)
		return;
	spf_query_write(&again, &query);
	same();
}

static void read_question(void)
{
	struct spf_dns_question question;

	if (spf_dns_question_read(&frame, &question) < 0)
		return;
	spf_dns_question_write(&again, question.name, question.type);
	same();
}

/* Preferences are cut to 32 bits, and only "nothing" has an nxdomain: it is read twice instead. */
static void read_records(void)
{
	struct dns_answer *answer, *second;

	if (spf_dns_answer_read(&frame, &answer) < 0)
		return;
	spf_dns_answer_write(&again, answer);
	if (again.bad || spf_dns_answer_read(&again, &second) < 0 || second->status != answer->status || second->len != answer->len)
		abort();
	dns_answer_unref(answer);
	dns_answer_unref(second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();

	if (size == 0 || size - 1 > FRAME_MAX)
		return 0;
	frame_start(&frame, 0);
	frame_start(&again, 0);
	memcpy(frame.data, data + 1, size - 1);
	frame.len = size - 1;
	switch (data[0] % 4) {
	case 0:
		read_answer(arena);
		break;
	case 1:
		read_query(arena);
		break;
	case 2:
		read_question();
		break;
	default:
		read_records();
		break;
	}
	return 0;
}
