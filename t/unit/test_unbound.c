/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The upstream against the scripted name server. Time is never measured: what is to come in time comes before the question is given up, and what
 * would come too late does not come at all. */
#include "milter/lookup/unbound.h"

#include <dirent.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "milter/base/arena.h"
#include "milter/base/clock.h"
#include "t/lib/dnsd.h"
#include "t/lib/skip.h"
#include "t/unit/rows.h"

#define PATIENCE_S 60		/* for what must come; never passes when all is well */
#define TRUST_ANCHOR "/usr/share/dns/root.key"

/* --- a resolver that only waits --- */

struct resolver_question {
	char name[DNS_NAME_TEXT_MAX];
	struct dns_answer *answer;
	unsigned answers;
	uint32_t ttl_s;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t came = PTHREAD_COND_INITIALIZER;

void resolver_answered(struct resolver_question *question, struct dns_answer *answer, uint32_t ttl_s)
{
	(void)pthread_mutex_lock(&lock);
	if (question->answers++ == 0) {
		question->answer = answer;
		question->ttl_s = ttl_s;
	} else {
		dns_answer_unref(answer);
	}
	(void)pthread_cond_broadcast(&came);
	(void)pthread_mutex_unlock(&lock);
}

static void ask(struct dns_upstream *upstream, struct resolver_question *question, const char *name, enum dns_type type)
{
	*question = (struct resolver_question){ .answers = 0 };
	(void)snprintf(question->name, sizeof(question->name), "%s", name);
	upstream->ask(upstream, question->name, type, question);
}

static const struct dns_answer *wait_for(struct resolver_question *question)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += PATIENCE_S;
	(void)pthread_mutex_lock(&lock);
	while (question->answers == 0 && pthread_cond_timedwait(&came, &lock, &until) == 0)
		;
	(void)pthread_mutex_unlock(&lock);
	assert_int_equal(question->answers, 1);
	return question->answer;
}

static void forget(struct resolver_question *question)
{
	dns_answer_unref(question->answer);
	question->answer = NULL;
}

/* The status of the answer to one question. */
static enum dns_status ask_and_wait(struct dns_upstream *upstream, const char *name)
{
	struct resolver_question question;
	enum dns_status status;

	ask(upstream, &question, name, DNS_A);
	status = wait_for(&question)->status;
	forget(&question);
	return status;
}

/* --- upstreams --- */

struct servers {
	char text[4][64];
	struct conf_item items[4];
};

static struct resolver_settings settings_of(struct servers *servers, const uint16_t *ports, size_t ports_len, uint64_t timeout_ms)
{
	for (size_t i = 0; i < ports_len; i++) {
		(void)snprintf(servers->text[i], sizeof(servers->text[i]), "127.0.0.1@%u", ports[i]);
		servers->items[i] = (struct conf_item){ .text = servers->text[i] };
	}
	return (struct resolver_settings){ .forward = { .items = servers->items, .len = ports_len }, .timeout_ms = timeout_ms,
					   .in_flight = 1000, .trust_anchor = "" };
}

static struct dns_upstream *open_upstream(const struct resolver_settings *settings)
{
	char problem[UNBOUND_PROBLEM_MAX] = "";
	struct dns_upstream *upstream = unbound_new(settings, problem);

	assert_string_equal(problem, "");
	assert_non_null(upstream);
	return upstream;
}

/* A dnsd and an upstream that forwards to it. */
struct rig {
	struct dnsd *dnsd;
	struct servers servers;
	struct resolver_settings settings;
	struct dns_upstream *upstream;
};

static void rig_start(struct rig *rig, const char *zone, uint64_t timeout_ms)
{
	uint16_t port;

	rig->dnsd = dnsd_start(zone);
	port = dnsd_port(rig->dnsd);
	rig->settings = settings_of(&rig->servers, &port, 1, timeout_ms);
	rig->upstream = open_upstream(&rig->settings);
}

static void rig_end(struct rig *rig)
{
	rig->upstream->free(rig->upstream);
	dnsd_stop(rig->dnsd);
}

/* --- what comes of one question: all rows are asked at once --- */

#define TEXT_62000 "62000 octets; written by the_zone"

static const struct row {
	const char *name;
	const char *asked;
	enum dns_type type;
	enum dns_status status;
	const char *why;		/* of DNS_UNKNOWN */
	const char *data;		/* of the first record; NULL: not looked at */
	size_t data_len;
	size_t records;
} table[] = {
#define FOUND(literal, count) DNS_FOUND, "", literal, sizeof(literal) - 1, count
#define NOTHING DNS_NOTHING, "", NULL, 0, 0
#define UNKNOWN(why) DNS_UNKNOWN, why, NULL, 0, 0
	{ "an_address", "www.example", DNS_A, FOUND("\300\0\2\1", 2) },
	{ "an_address_of_ipv6", "www.example", DNS_AAAA, FOUND("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 1) },
	{ "names_have_no_case", "WWW.Example.", DNS_A, FOUND("\300\0\2\1", 2) },
	{ "mx", "mail.example", DNS_MX, FOUND("mx1.example", 1) },
	{ "ptr", "1.2.0.192.in-addr.arpa", DNS_PTR, FOUND("host.example", 1) },
	{ "no_such_name", "nowhere.example", DNS_A, NOTHING },
	{ "no_such_data", "mail.example", DNS_A, NOTHING },
	{ "the_root_has_no_address", "", DNS_A, NOTHING },
	{ "a_name_with_an_escape", "a\\046b.example", DNS_A, FOUND("\300\0\2\11", 1) },

	{ "silent_is_unknown_DNS_01", "silent.example", DNS_A, UNKNOWN("timeout") },
	{ "an_answer_after_1_s_is_found_DNS_01", "late1.example", DNS_A, FOUND("\300\0\2\2", 1) },
	{ "an_answer_after_4_s_is_found_DNS_01", "late4.example", DNS_A, FOUND("\300\0\2\3", 1) },
	{ "an_answer_after_29_s_is_unknown_DNS_01", "late29.example", DNS_A, UNKNOWN("timeout") },
	{ "servfail_is_unknown_DNS_01", "servfail.example", DNS_A, UNKNOWN("SERVFAIL") },
	{ "refused_is_unknown_DNS_01", "refused.example", DNS_A, UNKNOWN("SERVFAIL") },
	{ "formerr_is_unknown_DNS_01", "formerr.example", DNS_A, UNKNOWN("SERVFAIL") },
	{ "notimp_is_unknown_DNS_01", "notimp.example", DNS_A, UNKNOWN("SERVFAIL") },
	{ "truncated_is_asked_by_tcp_DNS_01", "cut.example", DNS_A, FOUND("\300\0\2\4", 1) },
	{ "truncated_without_tcp_is_unknown_DNS_01", "no-tcp.example", DNS_A, UNKNOWN("SERVFAIL") },
	{ "garbage_is_unknown_DNS_01", "garbage.example", DNS_A, UNKNOWN("") },

	{ "many_records_DNS_03", "many.example", DNS_TXT, DNS_FOUND, "", NULL, 0, 200 },
	{ "a_txt_of_62000_octets_DNS_03", "long.example", DNS_TXT, FOUND(TEXT_62000, 1) },
	{ "nul_8bit_quote_and_backslash_DNS_03", "odd.example", DNS_TXT, FOUND("a\0\377\"\\b", 1) },

	{ "a_chain_of_8_is_followed_DNS_04", "chain8.example", DNS_A, FOUND("\300\0\2\5", 1) },
	{ "a_cname_loop_is_unknown_DNS_04", "loop.example", DNS_A, UNKNOWN("") },
	{ "a_chain_of_50_is_unknown_DNS_04", "chain50.example", DNS_A, UNKNOWN("") },
	{ "mx_to_itself_DNS_04", "self.example", DNS_MX, FOUND("self.example", 1) },
	{ "ptr_to_itself_DNS_04", "9.2.0.192.in-addr.arpa", DNS_PTR, FOUND("9.2.0.192.in-addr.arpa", 1) },

	{ "a_hijacker_s_wildcard_is_handed_on_as_it_is_DNS_11", "any.hijacked.example", DNS_A, FOUND("\313\0\161\7", 1) },
	{ "an_odd_ptr_is_escaped_DNS_16", "7.2.0.192.in-addr.arpa", DNS_PTR, FOUND("a\\000\\013\\059\\195.example", 1) },
	{ "another_id_is_no_answer_DNS_17", "wrong.example", DNS_A, UNKNOWN("timeout") },
	{ "another_id_does_not_hinder_the_right_one_DNS_17", "right.example", DNS_A, FOUND("\300\0\2\6", 1) },
	{ "a_spoofer_s_answer_itself_is_found_DNS_17", "spoof.example", DNS_A, FOUND("\300\0\2\7", 1) },
};

#define ROWS (sizeof(table) / sizeof(table[0]))

static const char zone_head[] =
	"www.example 60 A 192.0.2.1\nwww.example 60 A 192.0.2.10\nwww.example AAAA 2001:db8::1\n"
	"mail.example MX 10 MX1.example\n1.2.0.192.in-addr.arpa PTR Host.example\na\\046b.example A 192.0.2.9\n"
	"silent.example A 192.0.2.1\nsilent.example !silent\n"
	"late1.example A 192.0.2.2\nlate1.example !delay 1000\n"
	"late4.example A 192.0.2.3\nlate4.example !delay 4000\n"
	"late29.example A 192.0.2.3\nlate29.example !delay 29000\n"
	"servfail.example !servfail\nrefused.example !refused\nformerr.example !formerr\nnotimp.example !notimp\ngarbage.example !garbage\n"
	"cut.example A 192.0.2.4\ncut.example !truncate\nno-tcp.example A 192.0.2.4\nno-tcp.example !tcp-refused\n"
	"many.example !huge 200\n"
	"odd.example TXT \"a\\000\\255\\034\\092b\"\n"
	"chain8.example A 192.0.2.5\nchain8.example !chain 8\nloop.example !loop\nchain50.example A 192.0.2.5\nchain50.example !chain 50\n"
	"self.example MX 1 self.example\n9.2.0.192.in-addr.arpa PTR 9.2.0.192.in-addr.arpa\n"
	"*.hijacked.example A 203.0.113.7\n7.2.0.192.in-addr.arpa PTR a\\000\\013\\059\\195.example\n"
	"wrong.example A 192.0.2.6\nwrong.example !wrong-id\nright.example A 192.0.2.6\nright.example !wrong-id 100\n"
	"spoof.example A 192.0.2.7\nspoof.example !spoof\nspoofed.example A 192.0.2.8\nvictim.example A 192.0.2.8\n"
	"long.example TXT \"";

static struct {
	struct rig rig;
	bool asked;
	struct resolver_question questions[ROWS];
} all;

static char *the_zone(void)
{
	char *zone = xcalloc(1, sizeof(zone_head) + 62000 + 3);

	memcpy(zone, zone_head, sizeof(zone_head) - 1);
	memset(zone + sizeof(zone_head) - 1, 'x', 62000);
	memcpy(zone + sizeof(zone_head) - 1 + 62000, "\"\n", 2);
	return zone;
}

static void ask_all(void)
{
	char *zone = the_zone();

	rig_start(&all.rig, zone, 8000);
	free(zone);
	for (size_t i = 0; i < ROWS; i++)
		ask(all.rig.upstream, &all.questions[i], table[i].asked, table[i].type);
	all.asked = true;
}

static void check_data(const struct row *row, struct str data)
{
	if (strcmp(row->data, TEXT_62000) != 0) {
		assert_int_equal(data.len, row->data_len);
		assert_memory_equal(data.p, row->data, row->data_len);
		return;
	}
	assert_int_equal(data.len, 62000);
	for (size_t i = 0; i < data.len; i++)
		assert_int_equal(data.p[i], 'x');
}

static void check_row(void **state)
{
	const struct row *row = *state;
	struct resolver_question *question;
	const struct dns_answer *answer;

	if (!all.asked)
		ask_all();
	question = &all.questions[row - table];
	answer = wait_for(question);
	assert_int_equal(answer->status, row->status);
	if (row->status != DNS_UNKNOWN || row->why[0] != '\0')
		assert_string_equal(answer->why, row->why);
	assert_int_equal(answer->len, row->records);
	assert_false(answer->secure);
	assert_true(question->ttl_s <= 300 && (question->ttl_s == 0 || row->status != DNS_UNKNOWN));
	if (row->data != NULL)
		check_data(row, answer->records[0].data);
	forget(question);
}

/* Runs after the rows: what the spoofer said about others was not believed, neither in the same context nor in another. */
static void what_a_spoofer_adds_is_not_believed_DNS_17(void **state)
{
	static const char *const names[] = { "spoofed.example", "victim.example" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct resolver_question question;

		ask(all.rig.upstream, &question, names[i], DNS_A);
		assert_int_equal(wait_for(&question)->status, DNS_FOUND);
		assert_memory_equal(question.answer->records[0].data.p, "\300\0\2\10", 4);
		forget(&question);
	}
}

static void the_ttl_is_that_of_the_record(void **state)
{
	struct resolver_question question;

	(void)state;
	ask(all.rig.upstream, &question, "www.example", DNS_A);
	(void)wait_for(&question);
	assert_in_range(question.ttl_s, 1, 60);
	forget(&question);
}

/* Nothing is answered after the end, what is open included. */
static void the_end_with_open_questions(void **state)
{
	static struct resolver_question questions[20];

	(void)state;
	for (size_t i = 0; i < 20; i++)
		ask(all.rig.upstream, &questions[i], i % 2 == 0 ? "late4.example" : "silent.example", DNS_MX);
	rig_end(&all.rig);
	for (size_t i = 0; i < 20; i++)
		assert_int_equal(questions[i].answers, 0);
}

/* --- loss and outages --- */

/* Waits until dnsd has been asked so often. */
static void wait_until_asked(struct dnsd *dnsd, uint64_t count)
{
	for (int i = 0; i < PATIENCE_S * 1000 && dnsd_asked_total(dnsd) < count; i++)
		(void)usleep(1000);
	assert_true(dnsd_asked_total(dnsd) >= count);
}

static void a_lost_packet_is_sent_again(void **state)
{
	struct rig rig;
	struct resolver_question question;

	(void)state;
	rig_start(&rig, "www.example A 192.0.2.1\n", 5000);
	dnsd_set_outage(rig.dnsd, true);
	ask(rig.upstream, &question, "www.example", DNS_A);
	wait_until_asked(rig.dnsd, 1);
	dnsd_set_outage(rig.dnsd, false);
	assert_int_equal(wait_for(&question)->status, DNS_FOUND);
	assert_in_range(dnsd_asked_total(rig.dnsd), 2, 4);
	forget(&question);
	rig_end(&rig);
}

static void a_quick_answer_is_asked_for_once(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, "*.example A 192.0.2.1\n", 30000);
	for (int i = 0; i < 20; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "w%d.example", i);
		assert_int_equal(ask_and_wait(rig.upstream, name), DNS_FOUND);
		assert_int_equal(dnsd_asked(rig.dnsd, name, 0), 1);
	}
	rig_end(&rig);
}

static void ask_many(struct dns_upstream *upstream, struct resolver_question *questions, size_t len, const char *format)
{
	for (size_t i = 0; i < len; i++) {
		char name[64];

		(void)snprintf(name, sizeof(name), "%s%zu.example", format, i);
		ask(upstream, &questions[i], name, DNS_A);
	}
}

static unsigned count_found(struct resolver_question *questions, size_t len)
{
	unsigned found = 0;

	for (size_t i = 0; i < len; i++) {
		found += wait_for(&questions[i])->status == DNS_FOUND;
		forget(&questions[i]);
	}
	return found;
}

enum { MANY = 1000 };
static struct resolver_question many[MANY];

static void thousand_answers_in_random_order_DNS_19(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, "*.example A 192.0.2.1\n*.example !shuffle 500\n", 5000);
	ask_many(rig.upstream, many, MANY, "r");
	assert_int_equal(count_found(many, MANY), MANY);
	/* no herd: four contexts, but a question goes to the next one only when it must */
	assert_in_range(dnsd_asked_total(rig.dnsd), MANY, 3 * MANY);
	rig_end(&rig);
}

/* Those asked in an outage of 3 s are answered, too: each has a try that comes after it. */
static void an_outage_of_3_s_is_survived_DNS_19(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, "*.example A 192.0.2.1\n", 5000);
	assert_int_equal(ask_and_wait(rig.upstream, "before.example"), DNS_FOUND);
	dnsd_set_outage(rig.dnsd, true);
	ask_many(rig.upstream, many, 100, "o");
	(void)usleep(3000 * 1000);
	dnsd_set_outage(rig.dnsd, false);
	assert_int_equal(count_found(many, 100), 100);
	rig_end(&rig);
}

/* 20 times the timeout, with questions all the time: contexts grow stale and are replaced. With a timeout of 300 ms an answer that would take
 * longer than that to be had again would not be had. */
static void after_a_long_outage_the_first_question_is_answered_DNS_19(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, "*.example A 192.0.2.1\n", 300);
	dnsd_set_outage(rig.dnsd, true);
	ask_many(rig.upstream, many, MANY / 2, "early");
	(void)usleep(1000 * 1000);
	for (size_t i = 0; i < MANY / 2; i++) {
		char name[64];

		(void)snprintf(name, sizeof(name), "later%zu.example", i);
		ask(rig.upstream, &many[MANY / 2 + i], name, DNS_A);
		(void)usleep(10 * 1000);
	}
	dnsd_set_outage(rig.dnsd, false);
	assert_int_equal(ask_and_wait(rig.upstream, "after.example"), DNS_FOUND);
	assert_true(count_found(many, MANY) < MANY);
	rig_end(&rig);
}

static void slow_names_do_not_hold_up_quick_ones(void **state)
{
	static struct resolver_question slow[200];
	struct rig rig;

	(void)state;
	rig_start(&rig, "*.slow.example !silent\n*.example A 192.0.2.1\n", 30000);
	ask_many(rig.upstream, slow, 200, "x.slow");	/* x.slow0.example and so on: quick; the zone's are below */
	assert_int_equal(count_found(slow, 200), 200);
	for (size_t i = 0; i < 200; i++) {
		char name[64];

		(void)snprintf(name, sizeof(name), "n%zu.slow.example", i);
		ask(rig.upstream, &slow[i], name, DNS_A);
	}
	ask_many(rig.upstream, many, 200, "quick");
	assert_int_equal(count_found(many, 200), 200);
	for (size_t i = 0; i < 200; i++)
		assert_int_equal(slow[i].answers, 0);
	rig_end(&rig);
}

/* --- forwarders --- */

/* A port of loopback where nobody listens. */
static uint16_t dead_port(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	(void)close(fd);
	return ntohs(address.sin_port);
}

static void nobody_listens_at_the_forwarder_DNS_18(void **state)
{
	struct servers servers;
	uint16_t port = dead_port();
	struct resolver_settings settings = settings_of(&servers, &port, 1, 300);
	struct dns_upstream *upstream = open_upstream(&settings);

	(void)state;
	for (int i = 0; i < 5; i++)
		assert_int_equal(ask_and_wait(upstream, "www.example"), DNS_UNKNOWN);
	upstream->free(upstream);
}

static void the_second_forwarder_answers_for_a_dead_first(void **state)
{
	struct dnsd *dead = dnsd_start(""), *dnsd = dnsd_start("*.example A 192.0.2.1\n");
	struct servers servers;
	uint16_t ports[] = { dnsd_port(dead), dnsd_port(dnsd) };
	struct resolver_settings settings = settings_of(&servers, ports, 2, 5000);
	struct dns_upstream *upstream = open_upstream(&settings);

	(void)state;
	dnsd_set_outage(dead, true);
	for (int i = 0; i < 20; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "w%d.example", i);
		assert_int_equal(ask_and_wait(upstream, name), DNS_FOUND);
	}
	/* the one that answers is asked first from then on */
	assert_in_range(dnsd_asked_total(dead), 1, 10);
	upstream->free(upstream);
	dnsd_stop(dead);
	dnsd_stop(dnsd);
}

/* 400 questions that nobody answers want more sockets than in_flight 20 gives a context. */
static void questions_given_up_hold_no_sockets(void **state)
{
	static struct resolver_question silent[400];
	struct dnsd *dnsd = dnsd_start("*.silent.example !silent\nwww.example A 192.0.2.1\n");
	struct servers servers;
	uint16_t port = dnsd_port(dnsd);
	struct resolver_settings settings = settings_of(&servers, &port, 1, 300);
	struct dns_upstream *upstream;

	(void)state;
	settings.in_flight = 20;
	upstream = open_upstream(&settings);
	for (size_t i = 0; i < 400; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "w%zu.silent.example", i);
		ask(upstream, &silent[i], name, DNS_A);
	}
	assert_int_equal(count_found(silent, 400), 0);
	assert_int_equal(ask_and_wait(upstream, "www.example"), DNS_FOUND);
	upstream->free(upstream);
	dnsd_stop(dnsd);
}

static void the_second_forwarder_answers_for_one_that_refuses(void **state)
{
	struct dnsd *refuser = dnsd_start("!default refused\n"), *dnsd = dnsd_start("*.example A 192.0.2.1\n");
	struct servers servers;
	uint16_t ports[] = { dnsd_port(refuser), dnsd_port(dnsd), dnsd_port(refuser) };
	struct resolver_settings settings = settings_of(&servers, ports, 3, 30000);
	struct dns_upstream *upstream = open_upstream(&settings);

	(void)state;
	assert_int_equal(ask_and_wait(upstream, "one.example"), DNS_FOUND);
	upstream->free(upstream);
	dnsd_stop(refuser);
	dnsd_stop(dnsd);
}

static const struct bad {
	const char *name;
	const char *forward[5];
	const char *trust_anchor;
	const char *problem;
} bad_table[] = {
	{ "a_forwarder_by_name", { "ns.example" }, "", "\"ns.example\" is no forwarder: an address, or address@port" },
	{ "a_forwarder_with_a_port_too_large", { "127.0.0.1@65536" }, "", "\"127.0.0.1@65536\" is no forwarder: an address, or address@port" },
	{ "a_forwarder_with_port_0", { "127.0.0.1@0" }, "", "\"127.0.0.1@0\" is no forwarder: an address, or address@port" },
	{ "a_forwarder_without_a_port", { "127.0.0.1@" }, "", "\"127.0.0.1@\" is no forwarder: an address, or address@port" },
	{ "an_empty_forwarder", { "" }, "", "\"\" is no forwarder: an address, or address@port" },
	{ "a_bad_one_behind_good_ones", { "127.0.0.1", "::1@53", "2001:db8::1", "x" }, "", "\"x\" is no forwarder: an address, or address@port" },
	{ "too_many_forwarders", { "127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5" }, "", "5 forwarders are too many: 4 at the most" },
	{ "a_trust_anchor_that_is_not_there", { NULL }, "/nonexistent/root.key",
	  "cannot read the trust anchor /nonexistent/root.key: No such file or directory" },
	{ "a_trust_anchor_that_is_none", { NULL }, "/dev/null/x", "cannot read the trust anchor /dev/null/x: Not a directory" },
};

static void check_bad(void **state)
{
	const struct bad *row = *state;
	struct conf_item items[5];
	struct resolver_settings settings = { .forward = { .items = items }, .timeout_ms = 1000, .in_flight = 10, .dnssec = true,
					      .trust_anchor = row->trust_anchor };
	char problem[UNBOUND_PROBLEM_MAX] = "";

	for (size_t i = 0; i < 5 && row->forward[i] != NULL; i++)
		items[settings.forward.len++] = (struct conf_item){ .text = row->forward[i] };
	assert_null(unbound_new(&settings, problem));
	assert_string_equal(problem, row->problem);
}

/* --- threads --- */

static bool blocks_all_signals(const char *task)
{
	char path[300], line[256];
	unsigned long long blocked = 0;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/self/task/%s/status", task);
	file = fopen(path, "re");
	if (file == NULL)
		return true;		/* it has ended */
	while (fgets(line, sizeof(line), file) != NULL)
		(void)sscanf(line, "SigBlk: %llx", &blocked);
	(void)fclose(file);
	/* SIGHUP SIGINT SIGUSR1 SIGTERM SIGCHLD: what a process is told by */
	return (blocked & 0x14203) == 0x14203;
}

/* A thread of a sanitizer is not ours to judge: only those that came since. */
static void every_thread_blocks_the_signals(void **state)
{
	DIR *tasks;
	const struct dirent *entry;
	struct rig rig;
	unsigned threads = 0;
	char before[64][32];
	size_t before_len = 0;

	(void)state;
	tasks = opendir("/proc/self/task");
	assert_non_null(tasks);
	while ((entry = readdir(tasks)) != NULL && before_len < 64)
		(void)snprintf(before[before_len++], sizeof(before[0]), "%.31s", entry->d_name);
	(void)closedir(tasks);
	rig_start(&rig, "*.example A 192.0.2.1\n", 1000);
	assert_int_equal(ask_and_wait(rig.upstream, "www.example"), DNS_FOUND);
	tasks = opendir("/proc/self/task");
	assert_non_null(tasks);
	while ((entry = readdir(tasks)) != NULL) {
		bool old = false;

		for (size_t i = 0; i < before_len; i++)
			old |= strcmp(before[i], entry->d_name) == 0;
		if (old)
			continue;
		threads++;
		assert_true(blocks_all_signals(entry->d_name));
	}
	(void)closedir(tasks);
	assert_in_range(threads, 2, 16);
	rig_end(&rig);
}

/* --- from the root: in a network of its own, with a root server of ours on the addresses of the real ones --- */

enum recursion {
	RECURSION_UNTRUSTED = 0,	/* exit codes of the child: dns_status; */
	NO_NAMESPACE = 100, NO_ADDRESSES, BROKEN,
};

/* In libunbound's own hints, and for a long time. */
static const char *const root_servers[] = { "198.41.0.4", "192.33.4.12", "199.7.91.13", "192.203.230.10", "192.5.5.241", "192.112.36.4",
					    "198.97.190.53", "192.36.148.17" };

static int add_address(int fd, unsigned number, const char *text)
{
	struct ifreq request = { .ifr_flags = 0 };
	struct sockaddr_in address = { .sin_family = AF_INET };
	struct ip ip;

	assert_int_equal(ip_parse(text, &ip), 0);
	memcpy(&address.sin_addr, ip.bytes, 4);
	(void)snprintf(request.ifr_name, sizeof(request.ifr_name), "lo:%u", number);
	memcpy(&request.ifr_addr, &address, sizeof(address));
	return ioctl(fd, SIOCSIFADDR, &request);
}

static int set_up_loopback(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int error = fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0 ? -1 : 0;

	for (unsigned i = 0; error == 0 && i < sizeof(root_servers) / sizeof(root_servers[0]); i++)
		error = add_address(fd, i, root_servers[i]);
	if (fd >= 0)
		(void)close(fd);
	return error;
}

static int recurse(bool dnssec)
{
	struct dnsd_settings server = { .port = 53, .log_fd = -1,
					.zone = ". NS a.root-servers.net\na.root-servers.net A 198.41.0.4\nwww.mail.example A 192.0.2.1\n" };
	struct resolver_settings settings = { .timeout_ms = 5000, .in_flight = 100, .dnssec = dnssec, .trust_anchor = TRUST_ANCHOR };
	struct dns_upstream *upstream;
	enum dns_status status;

	if (unshare(CLONE_NEWNET) < 0)
		return NO_NAMESPACE;
	if (set_up_loopback() < 0)
		return NO_ADDRESSES;
	memcpy(server.addresses, root_servers, sizeof(root_servers));
	(void)dnsd_start_with(&server);
	upstream = open_upstream(&settings);
	status = ask_and_wait(upstream, "www.mail.example");
	upstream->free(upstream);
	return (int)status;
}

/* Before the first thread of this process. */
static int recurse_in_child(bool dnssec)
{
	int status = 0;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(recurse(dnssec));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : BROKEN;
}

static void from_the_root_without_dnssec(void **state)
{
	int result = recurse_in_child(false);

	(void)state;
	if (result == NO_NAMESPACE || result == NO_ADDRESSES)
		SKIP("no network namespace to be had here");
	assert_int_equal(result, DNS_FOUND);
}

/* The root server of ours cannot sign: with the real key of the root nothing that it says is believed. */
static void from_a_false_root_with_dnssec_is_unknown(void **state)
{
	int result;

	(void)state;
	if (access(TRUST_ANCHOR, R_OK) < 0)
		SKIP("no " TRUST_ANCHOR " (package dns-root-data)");
	result = recurse_in_child(true);
	if (result == NO_NAMESPACE || result == NO_ADDRESSES)
		SKIP("no network namespace to be had here");
	assert_int_equal(result, DNS_UNKNOWN);
}

#define ADD(test) rows_add_one(&rows, #test, test, NULL)

int main(void)
{
	static struct rows rows;

	ADD(from_the_root_without_dnssec);
	ADD(from_a_false_root_with_dnssec_is_unknown);
	ADD(every_thread_blocks_the_signals);
	rows_add(&rows, bad_table, check_bad);
	rows_add(&rows, table, check_row);
	ADD(what_a_spoofer_adds_is_not_believed_DNS_17);
	ADD(the_ttl_is_that_of_the_record);
	ADD(the_end_with_open_questions);
	ADD(a_lost_packet_is_sent_again);
	ADD(a_quick_answer_is_asked_for_once);
	ADD(thousand_answers_in_random_order_DNS_19);
	ADD(an_outage_of_3_s_is_survived_DNS_19);
	ADD(after_a_long_outage_the_first_question_is_answered_DNS_19);
	ADD(slow_names_do_not_hold_up_quick_ones);
	ADD(nobody_listens_at_the_forwarder_DNS_18);
	ADD(the_second_forwarder_answers_for_a_dead_first);
	ADD(the_second_forwarder_answers_for_one_that_refuses);
	ADD(questions_given_up_hold_no_sockets);
	return rows_run(&rows, "unbound");
}
