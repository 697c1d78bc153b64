/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/dkim_answer.h"

#include <errno.h>

#define HASH_SIZE 32		/* SHA-256 */
#define KEY_MAX 1024		/* RSAPublicKey with 4096 bits has some 530 */

void dkim_question_write(struct frame *frame, const struct dkim_question *question)
{
	frame_put_u64(frame, question->body_offset);
	frame_put_u64(frame, question->fields);
	frame_put_u64(frame, question->len);
	for (size_t i = 0; i < question->len; i++) {
		const struct dkim_task *task = &question->tasks[i];

		frame_put_u64(frame, task->place);
		frame_put_u64(frame, (uint64_t)task->algorithm);
		frame_put_u64(frame, task->body_relaxed);
		frame_put_u64(frame, task->measured);
		frame_put_u64(frame, task->timestamp);
		frame_put_str(frame, task->b);
		frame_put_str(frame, task->bh);
		frame_put_str(frame, task->key);
	}
}

static bool read_task(struct frame *frame, uint64_t place_min, uint64_t place_end, struct dkim_task *ret_task)
{
	uint64_t place = frame_get_u64(frame), algorithm = frame_get_u64(frame);
	uint64_t relaxed = frame_get_u64(frame), measured = frame_get_u64(frame);

	*ret_task = (struct dkim_task){
		.place = place, .body_relaxed = relaxed == 1, .measured = measured == 1, .timestamp = frame_get_u64(frame) };
	ret_task->b = frame_get_str(frame);
	ret_task->bh = frame_get_str(frame);
	ret_task->key = frame_get_str(frame);
	if (frame->bad || place < place_min || place >= place_end || relaxed > 1 || measured > 1 || algorithm > DKIM_ED25519_SHA256)
		return false;
	ret_task->algorithm = (enum dkim_algorithm)algorithm;
	return ret_task->b.len > 0 && ret_task->b.len <= DKIM_B_MAX && ret_task->bh.len == HASH_SIZE && ret_task->key.len > 0 &&
	       ret_task->key.len <= KEY_MAX;
}

int dkim_question_read(struct frame *frame, struct dkim_question *ret_question)
{
	uint64_t body_offset = frame_get_u64(frame), fields = frame_get_u64(frame), len = frame_get_u64(frame), place = 0;

	if (frame->bad || len == 0 || len > DKIM_SIGNATURES_MAX || fields > DKIM_SIGNATURES_MAX)
		return -EBADMSG;
	ret_question->body_offset = body_offset;
	ret_question->fields = fields;
	ret_question->len = (size_t)len;
	for (size_t i = 0; i < len; i++) {
		if (!read_task(frame, place, fields, &ret_question->tasks[i]))
			return -EBADMSG;
		place = ret_question->tasks[i].place + 1;
	}
	return frame_done(frame) ? 0 : -EBADMSG;
}

void dkim_answer_write(struct frame *frame, const struct dkim_answer *answer)
{
	frame_put_u64(frame, answer->len);
	for (size_t i = 0; i < answer->len; i++) {
		frame_put_u64(frame, (uint64_t)answer->items[i].status);
		frame_put_u64(frame, answer->items[i].body_bytes);
	}
}

int dkim_answer_read(struct frame *frame, size_t tasks, struct dkim_answer *ret_answer)
{
	uint64_t len = frame_get_u64(frame);

	if (frame->bad || len != tasks || len > DKIM_SIGNATURES_MAX)
		return -EBADMSG;
	ret_answer->len = tasks;
	for (size_t i = 0; i < tasks; i++) {
		uint64_t status = frame_get_u64(frame);

		if (status > DKIM_UNREAD)
			return -EBADMSG;
		ret_answer->items[i].status = (enum dkim_status)status;
		ret_answer->items[i].body_bytes = frame_get_u64(frame);
	}
	return frame_done(frame) ? 0 : -EBADMSG;
}
