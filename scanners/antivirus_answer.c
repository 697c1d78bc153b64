/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/antivirus_answer.h"

#include <errno.h>

static bool is_printable(char c)
{
	return c >= 0x20 && c < 0x7f;
}

void antivirus_text_copy(char ret_text[ANTIVIRUS_TEXT_MAX + 1], struct str text)
{
	size_t len = 0;

	text = str_trim(text);
	if (text.len > ANTIVIRUS_TEXT_MAX)
		text = str_trim((struct str){ text.p, ANTIVIRUS_TEXT_MAX });
	for (; len < text.len; len++)
		ret_text[len] = (char)(is_printable(text.p[len]) ? text.p[len] : '?');
	ret_text[len] = '\0';
}

void antivirus_question_write(struct frame *frame, const struct antivirus_question *question)
{
	frame_put_u64(frame, question->timeout_ms);
}

int antivirus_question_read(struct frame *frame, struct antivirus_question *ret_question)
{
	uint64_t timeout_ms = frame_get_u64(frame);

	/* To libclamav a limit of 0 is none at all. */
	if (!frame_done(frame) || timeout_ms == 0)
		return -EBADMSG;
	ret_question->timeout_ms = timeout_ms;
	return 0;
}

void antivirus_answer_write(struct frame *frame, const struct antivirus_answer *answer)
{
	frame_put_u64(frame, (uint64_t)answer->outcome);
	frame_put_str(frame, str_of(answer->text));
	frame_put_u64(frame, answer->signatures);
	frame_put_u64(frame, answer->elapsed_ms);
}

static bool is_answer_text(uint64_t outcome, struct str text)
{
	/* A clean message with a remark, or a bad one without, is an examiner that is not itself. */
	if (text.len > ANTIVIRUS_TEXT_MAX || (outcome == ANTIVIRUS_CLEAN) != (text.len == 0))
		return false;
	if (!str_equal(text, str_trim(text)))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (!is_printable(text.p[i]))
			return false;
	}
	return true;
}

int antivirus_answer_read(struct frame *frame, struct antivirus_answer *ret_answer)
{
	uint64_t outcome = frame_get_u64(frame);
	struct str text = frame_get_str(frame);
	uint64_t signatures = frame_get_u64(frame);
	uint64_t elapsed_ms = frame_get_u64(frame);

	if (!frame_done(frame) || outcome > ANTIVIRUS_ERROR || !is_answer_text(outcome, text))
		return -EBADMSG;
	/* An engine without signatures finds nothing: that is no scan. */
	if (signatures == 0 && outcome != ANTIVIRUS_ERROR)
		return -EBADMSG;
	*ret_answer = (struct antivirus_answer){
		.outcome = (enum antivirus_outcome)outcome, .signatures = signatures, .elapsed_ms = elapsed_ms };
	antivirus_text_copy(ret_answer->text, text);
	return 0;
}
