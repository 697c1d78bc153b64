/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/spf_libspf2_job.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/types.h>

/* its headers ask for both */
#include <spf2/spf.h>
#include <spf2/spf_dns.h>

#include "milter/base/cleanup.h"
#include "scanners/spf_answer.h"

/* One process, one job at a time. */
static struct frame asking, told;

static struct dns_answer *ask(const char *name, enum dns_type type)
{
	struct dns_answer *answer;

	frame_start(&asking, 0);
	spf_dns_question_write(&asking, name, type);
	if (examiner_ask(&asking, &told) < 0 || spf_dns_answer_read(&told, &answer) < 0)
		return dns_answer_unknown("the filter did not answer");
	return answer;
}

static SPF_dns_stat_t herrno_of(const struct dns_answer *answer)
{
	switch (answer->status) {
	case DNS_FOUND:
		return NETDB_SUCCESS;
	case DNS_NOTHING:
		return answer->nxdomain ? HOST_NOT_FOUND : NO_DATA;
	case DNS_UNKNOWN:
		break;
	}
	return TRY_AGAIN;
}

/* The record as libspf2 keeps it: addresses in network order, the rest as a string. */
static bool add_record(SPF_dns_rr_t *rr, const struct dns_record *record)
{
	size_t size = record->data.len + 1;
	int i = rr->num_rr;

	if (size < sizeof(SPF_dns_rr_data_t))
		size = sizeof(SPF_dns_rr_data_t);
	if (SPF_dns_rr_buf_realloc(rr, i, size) != SPF_E_SUCCESS)
		return false;
	memset(rr->rr[i], 0, size);
	memcpy(rr->rr[i], record->data.p, record->data.len);
	rr->num_rr++;
	return true;
}

static int is_asked_for(ns_type type)
{
	return type == ns_t_a || type == ns_t_aaaa || type == ns_t_mx || type == ns_t_ptr || type == ns_t_txt;
}

static SPF_dns_rr_t *lookup(SPF_dns_server_t *server, const char *domain, ns_type type, int should_cache)
{
	struct dns_answer *answer = is_asked_for(type) ? ask(domain, (enum dns_type)type) : dns_answer_nothing(false);
	SPF_dns_rr_t *rr = SPF_dns_rr_new_init(server, domain, type, 0, herrno_of(answer));
	bool good = rr != NULL;

	(void)should_cache;
	for (size_t i = 0; good && i < answer->len; i++)
		good = add_record(rr, &answer->records[i]);
	dns_answer_unref(answer);
	if (!good)
		abort();	/* out of memory: half an answer would be a wrong one */
	return rr;
}

/* Without a destructor it is nobody's. */
static SPF_dns_server_t dns = { .lookup = lookup, .name = "octroi" };

static enum spf_result result_of(SPF_result_t result)
{
	switch (result) {
	case SPF_RESULT_NEUTRAL:
		return SPF_NEUTRAL;
	case SPF_RESULT_PASS:
		return SPF_PASS;
	case SPF_RESULT_FAIL:
		return SPF_FAIL;
	case SPF_RESULT_SOFTFAIL:
		return SPF_SOFTFAIL;
	case SPF_RESULT_NONE:
		return SPF_NONE;
	case SPF_RESULT_PERMERROR:
		return SPF_PERMERROR;
	case SPF_RESULT_TEMPERROR:
	case SPF_RESULT_INVALID:
		break;
	}
	return SPF_TEMPERROR;
}

static const char *mechanism_of(SPF_reason_t reason)
{
	if (reason == SPF_REASON_LOCALHOST)
		return "localhost";
	return reason == SPF_REASON_DEFAULT ? "default" : "";
}

/* Cut, and only what may stand in an answer. */
static const char *printable(struct arena *arena, const char *text)
{
	char *copy = arena_strndup(arena, text == NULL ? "" : text, SPF_TEXT_MAX);

	for (char *p = copy; *p != '\0'; p++)
		if (*p < 0x20 || *p >= 0x7f)
			*p = '?';
	return copy;
}

/* For a record that it cannot read it has no result, only a list of errors. NULL: there is none. */
static SPF_error_t *first_error(SPF_response_t *response)
{
	for (int i = 0; i < SPF_response_messages(response); i++) {
		SPF_error_t *error = SPF_response_message(response, i);

		if (SPF_error_errorp(error))
			return error;
	}
	return NULL;
}

static bool is_ours(SPF_errcode_t code)
{
	return code == SPF_E_NO_MEMORY || code == SPF_E_INTERNAL_ERROR || code == SPF_E_DNS_ERROR;
}

static void read_error(struct arena *arena, SPF_response_t *response, struct spf_answer *answer)
{
	SPF_error_t *error = first_error(response);

	if (SPF_response_result(response) == SPF_RESULT_INVALID && error != NULL && !is_ours(SPF_error_code(error)))
		answer->result = SPF_PERMERROR;
	answer->problem = printable(arena, error != NULL ? SPF_error_message(error) : SPF_strerror(SPF_response_errcode(response)));
	if (answer->problem[0] == '\0')
		answer->problem = "libspf2 does not say why";
}

static struct spf_answer read_response(struct arena *arena, SPF_response_t *response, bool explain)
{
	struct spf_answer answer = {
		.result = result_of(SPF_response_result(response)),
		.mechanism = mechanism_of(SPF_response_reason(response)),
		.problem = "",
		.explanation = "",
	};

	if (answer.result == SPF_TEMPERROR || answer.result == SPF_PERMERROR)
		read_error(arena, response, &answer);
	if (answer.result == SPF_FAIL && explain)
		answer.explanation = printable(arena, SPF_response_get_explanation(response));
	return answer;
}

static void set_client(SPF_request_t *request, const struct ip *client)
{
	struct in_addr v4;
	struct in6_addr v6;

	if (client->family == IP_V4) {
		memcpy(&v4, client->bytes, sizeof(v4));
		(void)SPF_request_set_ipv4(request, v4);
	} else {
		memcpy(&v6, client->bytes, sizeof(v6));
		(void)SPF_request_set_ipv6(request, v6);
	}
}

static int evaluate(struct arena *arena, SPF_server_t *server, const struct spf_query *query, struct spf_answer *ret_answer)
{
	SPF_request_t *request = SPF_request_new(server);
	SPF_response_t *response = NULL;

	if (request == NULL)
		return -ENOMEM;
	set_client(request, &query->client);
	if (query->helo[0] != '\0')
		(void)SPF_request_set_helo_dom(request, query->helo);
	if (SPF_request_set_env_from(request, query->sender) == 0)
		(void)SPF_request_query_mailfrom(request, &response);
	if (response != NULL)
		*ret_answer = read_response(arena, response, query->explain);
	if (response != NULL)
		SPF_response_free(response);
	SPF_request_free(request);
	return response == NULL ? -EIO : 0;
}

static int run(void *shared, struct frame *question, int message_fd, struct frame *answer)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	SPF_response_t *ignored = NULL;
	struct spf_answer said;
	struct spf_query query;
	SPF_server_t *server;
	int r = spf_query_read(arena, question, &query);

	(void)shared, (void)message_fd;
	if (r < 0)
		return r;
	server = SPF_server_new_dns(&dns, 0);
	if (server == NULL)
		return -ENOMEM;
	(void)SPF_server_set_rec_dom(server, query.host);
	(void)SPF_server_set_explanation(server, "", &ignored);	/* else it speaks for domains that say nothing */
	if (ignored != NULL)
		SPF_response_free(ignored);
	r = evaluate(arena, server, &query, &said);
	SPF_server_free(server);
	if (r == 0)
		spf_answer_write(answer, &said);
	return r;
}

const struct job_kind job_spf_libspf2 = { .name = "spf_libspf2", .run = run };
