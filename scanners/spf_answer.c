/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/spf_answer.h"

#include <errno.h>
#include <stdlib.h>

#include "milter/base/cleanup.h"

static const enum dns_type dns_types[] = { DNS_A, DNS_PTR, DNS_MX, DNS_TXT, DNS_AAAA };

static bool is_dns_type(uint64_t number)
{
	for (size_t i = 0; i < sizeof(dns_types) / sizeof(dns_types[0]); i++)
		if (number == (uint64_t)dns_types[i])
			return true;
	return false;
}

static size_t ip_size(uint64_t family)
{
	return family == IP_V4 ? 4 : 16;
}

void spf_query_write(struct frame *frame, const struct spf_query *query)
{
	frame_put_u64(frame, query->client.family);
	frame_put_str(frame, (struct str){ (const char *)query->client.bytes, ip_size(query->client.family) });
	frame_put_str(frame, str_of(query->domain));
	frame_put_str(frame, str_of(query->sender));
	frame_put_str(frame, str_of(query->helo));
	frame_put_str(frame, str_of(query->host));
	frame_put_u64(frame, query->explain);
}

/* A string of C, of at most max bytes; the frame is bad when it is none. */
static const char *get_text(struct arena *arena, struct frame *frame, size_t max)
{
	struct str text = frame_get_str(frame);

	if (text.len > max || (text.len > 0 && memchr(text.p, '\0', text.len) != NULL))
		frame->bad = true;
	return text.len == 0 || frame->bad ? "" : arena_strndup(arena, text.p, text.len);
}

int spf_query_read(struct arena *arena, struct frame *frame, struct spf_query *ret_query)
{
	uint64_t family = frame_get_u64(frame), explain;
	struct str bytes = frame_get_str(frame);
	struct spf_query query = {
		.domain = get_text(arena, frame, SPF_NAME_MAX),
		.sender = get_text(arena, frame, SPF_NAME_MAX),
		.helo = get_text(arena, frame, SPF_NAME_MAX),
		.host = get_text(arena, frame, SPF_NAME_MAX),
	};

	explain = frame_get_u64(frame);
	if (!frame_done(frame) || (family != IP_V4 && family != IP_V6) || bytes.len != ip_size(family) || explain > 1)
		return -EBADMSG;
	query.client.family = (enum ip_family)family;
	memcpy(query.client.bytes, bytes.p, bytes.len);
	query.explain = explain == 1;
	*ret_query = query;
	return 0;
}

void spf_answer_write(struct frame *frame, const struct spf_answer *answer)
{
	frame_put_u64(frame, (uint64_t)answer->result);
	frame_put_str(frame, str_of(answer->mechanism));
	frame_put_str(frame, str_of(answer->problem));
	frame_put_str(frame, str_of(answer->explanation));
}

static const char *get_printable(struct arena *arena, struct frame *frame)
{
	const char *text = get_text(arena, frame, SPF_TEXT_MAX);

	for (const char *p = text; *p != '\0'; p++)
		if (*p < 0x20 || *p >= 0x7f)
			frame->bad = true;
	return text;
}

int spf_answer_read(struct arena *arena, struct frame *frame, struct spf_answer *ret_answer)
{
	uint64_t result = frame_get_u64(frame);
	struct spf_answer answer = {
		.mechanism = get_printable(arena, frame),
		.problem = get_printable(arena, frame),
		.explanation = get_printable(arena, frame),
		.domain = "",
	};

	if (!frame_done(frame) || result > SPF_PERMERROR)
		return -EBADMSG;
	answer.result = (enum spf_result)result;
	/* only a refusal is explained, only an error is a problem: an examiner that says otherwise is not itself */
	if ((answer.explanation[0] != '\0' && answer.result != SPF_FAIL) ||
	    (answer.problem[0] != '\0') != (answer.result == SPF_TEMPERROR || answer.result == SPF_PERMERROR))
		return -EBADMSG;
	*ret_answer = answer;
	return 0;
}

void spf_dns_question_write(struct frame *frame, const char *name, enum dns_type type)
{
	frame_put_u64(frame, (uint64_t)type);
	frame_put_str(frame, str_of(name));
}

int spf_dns_question_read(struct frame *frame, struct spf_dns_question *ret_question)
{
	uint64_t type = frame_get_u64(frame);
	struct str name = frame_get_str(frame);

	if (!frame_done(frame) || !is_dns_type(type) || name.len == 0 || name.len > SPF_NAME_MAX ||
	    memchr(name.p, '\0', name.len) != NULL)
		return -EBADMSG;
	ret_question->type = (enum dns_type)type;
	memcpy(ret_question->name, name.p, name.len);
	ret_question->name[name.len] = '\0';
	return 0;
}

void spf_dns_answer_write(struct frame *frame, const struct dns_answer *answer)
{
	frame_put_u64(frame, (uint64_t)answer->status);
	frame_put_u64(frame, answer->nxdomain);
	frame_put_u64(frame, answer->len);
	for (size_t i = 0; i < answer->len; i++) {
		frame_put_u64(frame, answer->records[i].preference);
		frame_put_str(frame, answer->records[i].data);
	}
}

static struct dns_answer *make_answer(uint64_t status, uint64_t nxdomain, const struct dns_record *records, size_t len)
{
	if (status == DNS_FOUND)
		return dns_answer_new(DNS_FOUND, "", records, len);
	return status == DNS_NOTHING ? dns_answer_nothing(nxdomain == 1) : dns_answer_unknown("the filter could not tell");
}

int spf_dns_answer_read(struct frame *frame, struct dns_answer **ret_answer)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	uint64_t status = frame_get_u64(frame), nxdomain = frame_get_u64(frame), len = frame_get_u64(frame);
	struct dns_record *records;

	if (frame->bad || status > DNS_UNKNOWN || nxdomain > 1 || len > DNS_RECORDS_MAX || (status == DNS_FOUND) != (len > 0))
		return -EBADMSG;
	records = arena_array(arena, len + 1, sizeof(*records));
	for (size_t i = 0; i < len; i++) {
		records[i].preference = (unsigned)frame_get_u64(frame);
		records[i].data = frame_get_str(frame);
	}
	if (!frame_done(frame))
		return -EBADMSG;
	*ret_answer = make_answer(status, nxdomain, records, len);
	return 0;
}
