/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/content_answer.h"

#include <errno.h>

#define ROOM_FOR_ANTIVIRUS 256	/* its flag, three numbers and a text of at most ANTIVIRUS_TEXT_MAX bytes */
_Static_assert(ROOM_FOR_ANTIVIRUS >= 8 + 3 * 8 + 4 + ANTIVIRUS_TEXT_MAX, "the answer of the antivirus fits behind any inventory");

/* In the order of the frame. */
static const size_t limit_offsets[] = {
	offsetof(struct unpack_limits, depth), offsetof(struct unpack_limits, parts), offsetof(struct unpack_limits, members),
	offsetof(struct unpack_limits, names), offsetof(struct unpack_limits, header_bytes), offsetof(struct unpack_limits, decoded_bytes),
	offsetof(struct unpack_limits, member_bytes), offsetof(struct unpack_limits, ratio), offsetof(struct unpack_limits, memory_bytes),
	offsetof(struct unpack_limits, cpu_ms),
};
_Static_assert(sizeof(limit_offsets) / sizeof(limit_offsets[0]) * sizeof(uint64_t) == sizeof(struct unpack_limits), "no limit is forgotten");

static bool get_flag(struct frame *frame)
{
	uint64_t flag = frame_get_u64(frame);

	if (flag > 1)
		frame->bad = true;
	return flag == 1;
}

void content_question_write(struct frame *frame, const struct content_question *question)
{
	frame_put_u64(frame, question->unpack);
	for (size_t i = 0; i < sizeof(limit_offsets) / sizeof(limit_offsets[0]); i++)
		frame_put_u64(frame, *(const uint64_t *)(const void *)((const char *)&question->limits + limit_offsets[i]));
	frame_put_u64(frame, question->links);
	frame_put_u64(frame, question->scan_timeout_ms);
}

int content_question_read(struct frame *frame, struct content_question *ret_question)
{
	struct content_question question = { .unpack = get_flag(frame) };

	for (size_t i = 0; i < sizeof(limit_offsets) / sizeof(limit_offsets[0]); i++)
		*(uint64_t *)(void *)((char *)&question.limits + limit_offsets[i]) = frame_get_u64(frame);
	question.links = get_flag(frame);
	question.scan_timeout_ms = frame_get_u64(frame);
	if (!frame_done(frame))
		return -EBADMSG;
	*ret_question = question;
	return 0;
}

void content_answer_write(struct frame *frame, const struct content_answer *answer)
{
	inventory_write(frame, &answer->inventory, ROOM_FOR_ANTIVIRUS);
	frame_put_u64(frame, answer->has_antivirus);
	if (answer->has_antivirus)
		antivirus_answer_write(frame, &answer->antivirus);
}

int content_answer_read(struct arena *arena, struct frame *frame, struct content_answer *ret_answer)
{
	struct content_answer answer = { .has_antivirus = false };

	if (inventory_read(arena, frame, &answer.inventory) < 0)
		return -EBADMSG;
	answer.has_antivirus = get_flag(frame);
	if (!answer.has_antivirus) {
		if (!frame_done(frame))
			return -EBADMSG;
	} else if (antivirus_answer_read(frame, &answer.antivirus) < 0) {
		return -EBADMSG;
	}
	*ret_answer = answer;
	return 0;
}
