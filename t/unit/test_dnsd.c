/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "t/lib/dnsd.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "t/lib/dnsd_counts.h"
#include "t/lib/dnsd_queue.h"
#include "t/lib/dnsd_wire.h"
#include "t/lib/zone_name.h"
#include "t/unit/rows.h"

#define PATIENCE_MS 20000	/* for what must come; never passes when all is well */

static const char text[] =
	"www.example A 192.0.2.1\n"
	"www.example 60 A 192.0.2.2\n"
	"www.example AAAA 2001:db8::1\n"
	"mail.example MX 10 mx1.example\n"
	"ptr.example PTR host.example\n"
	"txt.example TXT \"v=spf1 \" \"-all\"\n"
	"zone.example NS ns1.zone.example\n"
	"ns1.zone.example A 127.0.0.1\n"
	"*.wild.example A 192.0.2.3\n"
	"alias.example CNAME www.example\n"
	"lost.example CNAME nowhere.zone.example\n"
	"to-slow.example CNAME refused.example\n"
	"self.example !loop\n"
	"ping.example CNAME pong.example\npong.example CNAME ping.example\n"
	"two.example A 192.0.2.4\ntwo.example !chain 2\n"
	"huge.example !huge 20\n"
	"enormous.example !huge 10000\n"
	"silent.example A 192.0.2.5\nsilent.example !silent\n"
	"late.example A 192.0.2.6\nlate.example !delay 400\n"
	"servfail.example !servfail\nrefused.example !refused\nformerr.example !formerr\nnotimp.example !notimp\n"
	"half.example A 192.0.2.7\nhalf.example TXT !servfail\n"
	"cut.example A 192.0.2.8\ncut.example !truncate\n"
	"no-tcp.example A 192.0.2.9\nno-tcp.example !tcp-refused\n"
	"wrong.example A 192.0.2.10\nwrong.example !wrong-id\n"
	"right.example A 192.0.2.11\nright.example !wrong-id 1\n"
	"spoof.example A 192.0.2.12\nspoof.example !spoof\n"
	"garbage.example !garbage\n"
	"*.mixed.example A 192.0.2.13\n*.mixed.example !shuffle 300\n";

static struct dnsd *dnsd;

/* A client, as simple as can be. */

static int dial(int type)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(dnsd_port(dnsd)), .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void append_u16(uint8_t *message, size_t *len, unsigned number)
{
	message[(*len)++] = (uint8_t)(number >> 8);
	message[(*len)++] = (uint8_t)number;
}

/* edns: the size that it offers; 0: none. Returns the length. */
static size_t write_query(uint8_t *message, unsigned id, const char *asked, unsigned type, unsigned edns)
{
	struct zone_name name;
	size_t len = 0;

	assert_int_equal(zone_name_read(str_of(asked), &name), 0);
	append_u16(message, &len, id);
	for (size_t i = 0; i < 5; i++)
		append_u16(message, &len, ((const unsigned[]){ 0x0100, 1, 0, 0, edns != 0 })[i]);
	memcpy(message + len, name.octets, name.len);
	len += name.len;
	append_u16(message, &len, type);
	append_u16(message, &len, 1);
	if (edns == 0)
		return len;
	message[len++] = 0;
	append_u16(message, &len, 41);
	append_u16(message, &len, edns);
	memset(message + len, 0, 6);
	return len + 6;
}

static void ask(int fd, bool tcp, unsigned id, const char *asked, unsigned type, unsigned edns)
{
	uint8_t message[600];
	size_t at = 0, len = write_query(message + 2, id, asked, type, edns);

	append_u16(message, &at, (unsigned)len);
	assert_int_equal(send(fd, message + (tcp ? 0 : 2), len + (tcp ? 2 : 0), MSG_NOSIGNAL), len + (tcp ? 2 : 0));
}

static bool wait_readable(int fd, int timeout_ms)
{
	return poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, timeout_ms) == 1;
}

static bool read_whole(int fd, uint8_t *octets, size_t len)
{
	for (size_t at = 0; at < len;) {
		ssize_t n = wait_readable(fd, PATIENCE_MS) ? recv(fd, octets + at, len - at, 0) : -1;

		if (n <= 0)
			return false;
		at += (size_t)n;
	}
	return true;
}

/* Returns the length of the answer, 0 when the connection was closed. */
static size_t hear(int fd, bool tcp, uint8_t message[DNSD_MESSAGE_MAX])
{
	uint8_t len[2];
	ssize_t n;

	if (tcp)
		return read_whole(fd, len, 2) && read_whole(fd, message, (size_t)len[0] << 8 | len[1]) ? (size_t)len[0] << 8 | len[1] : 0;
	assert_true(wait_readable(fd, PATIENCE_MS));
	n = recv(fd, message, DNSD_MESSAGE_MAX, 0);
	assert_true(n >= 0);
	return (size_t)n;
}

/* Answers as a line of text. */

struct view {
	const uint8_t *message;
	size_t at, len;
	char line[4000];
};

__attribute__((format(printf, 2, 3))) static void put(struct view *view, const char *format, ...)
{
	size_t len = strlen(view->line);
	va_list args;

	va_start(args, format);
	(void)vsnprintf(view->line + len, sizeof(view->line) - len, format, args);
	va_end(args);
}

static unsigned take_u16(struct view *view)
{
	assert_true(view->at + 2 <= view->len);
	view->at += 2;
	return (unsigned)view->message[view->at - 2] << 8 | view->message[view->at - 1];
}

/* A name at *at, one pointer at the most in it; *at is then behind it. */
static void put_name(struct view *view, size_t *at)
{
	struct zone_name name = { 0 };
	char formatted[DNS_NAME_TEXT_MAX];
	size_t from = *at;
	bool jumped = false;

	while (view->message[from] != 0) {
		size_t label = view->message[from];

		if (label >= 0xc0) {
			assert_false(jumped);
			*at = from + 2;
			jumped = true;
			from = (label & 0x3f) << 8 | view->message[from + 1];
			continue;
		}
		assert_true(from + 1 + label < view->len && name.len + 1 + label < ZONE_NAME_MAX);
		memcpy(name.octets + name.len, view->message + from, label + 1);
		name.len += label + 1;
		from += label + 1;
	}
	if (!jumped)
		*at = from + 1;
	name.octets[name.len++] = 0;
	put(view, "%s", name.len == 1 ? "." : zone_name_format(zone_name_str(&name), formatted));
}

static void put_rdata(struct view *view, unsigned type, size_t len)
{
	char address[INET6_ADDRSTRLEN];
	size_t at = view->at;

	if (type == DNS_A || type == DNS_AAAA) {
		put(view, "%s", inet_ntop(type == DNS_A ? AF_INET : AF_INET6, view->message + at, address, sizeof(address)));
	} else if (type == DNS_TXT) {
		for (; at < view->at + len; at += 1U + view->message[at]) {
			char string[256] = "";

			memcpy(string, view->message + at + 1, view->message[at]);
			put(view, "%s", string);
			put(view, "|");
		}
	} else if (type == DNS_MX) {
		put(view, "%u ", (unsigned)view->message[at] << 8 | view->message[at + 1]);
		at += 2;
		put_name(view, &at);
	} else {
		put_name(view, &at);
	}
	view->at += len;
}

static void put_record(struct view *view)
{
	static const char *const names[] = { [DNS_A] = "A", [ZONE_NS] = "NS", [ZONE_CNAME] = "CNAME", [ZONE_SOA] = "SOA",
					     [DNS_PTR] = "PTR", [DNS_MX] = "MX", [DNS_TXT] = "TXT", [DNS_AAAA] = "AAAA" };
	unsigned type, size, ttl_s, len;

	put(view, " ");
	put_name(view, &view->at);
	type = take_u16(view);
	size = take_u16(view);
	(void)take_u16(view);
	ttl_s = take_u16(view);
	len = take_u16(view);
	if (type == 41)
		return put(view, " OPT %u", size);
	put(view, " %u ", ttl_s);
	put(view, "%s", names[type]);
	put(view, " ");
	put_rdata(view, type, len);
	put(view, ";");
}

static void put_section(struct view *view, const char *name, unsigned count)
{
	size_t shown = strlen(view->line);

	if (count > 0)
		put(view, "%s", name);
	for (unsigned i = 0; i < count; i++)
		put_record(view);
	if (count > 5) {
		view->line[shown] = '\0';
		put(view, " %u records", count);
	}
}

/* "RCODE flags an: records ns: records ar: records"; QR and the question are checked. */
static const char *show(struct view *view, const uint8_t *message, size_t len, const char *asked)
{
	static const char *const rcodes[16] = { "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED" };
	unsigned counts[4], flags;
	struct zone_name name;

	*view = (struct view){ .message = message, .at = 2, .len = len };
	flags = take_u16(view);
	for (size_t i = 0; i < 4; i++)
		counts[i] = take_u16(view);
	assert_int_equal(flags & 0x8000, 0x8000);
	put(view, "%s", rcodes[flags & 0xf] == NULL ? "?" : rcodes[flags & 0xf]);
	put(view, "%s", flags & 0x0400 ? " aa" : "");
	put(view, "%s", flags & 0x0200 ? " tc" : "");
	put(view, "%s", flags & 0x0100 ? " rd" : "");
	put(view, "%s", flags & 0x0080 ? " ra" : "");
	assert_int_equal(counts[0], asked != NULL);
	if (asked != NULL) {
		assert_int_equal(zone_name_read(str_of(asked), &name), 0);
		assert_memory_equal(message + view->at, name.octets, name.len);	/* in the very spelling of the question */
		view->at += name.len + 4;
	}
	put_section(view, " an:", counts[1]);
	put_section(view, " ns:", counts[2]);
	put_section(view, " ar:", counts[3]);
	assert_int_equal(view->at, len);
	return view->line;
}

#define OK "NOERROR aa rd ra"
#define ROOT_SOA " ns: . 60 SOA a.dnsd-root;"

static const struct exchange {
	const char *name, *asked;
	unsigned type;
	bool tcp;
	unsigned edns;
	const char *expected;
} exchanges[] = {
	{ "addresses", "www.example", DNS_A, false, 0, OK " an: www.example 300 A 192.0.2.1; www.example 60 A 192.0.2.2;" },
	{ "addresses_by_tcp", "www.example", DNS_A, true, 0, OK " an: www.example 300 A 192.0.2.1; www.example 60 A 192.0.2.2;" },
	{ "the_question_is_given_back_in_its_own_case_DNS_17", "wWw.eXAMPLE", DNS_AAAA, false, 0, OK " an: www.example 300 AAAA 2001:db8::1;" },
	{ "mx", "mail.example", DNS_MX, false, 0, OK " an: mail.example 300 MX 10 mx1.example;" },
	{ "ptr", "ptr.example", DNS_PTR, false, 0, OK " an: ptr.example 300 PTR host.example;" },
	{ "txt", "txt.example", DNS_TXT, false, 0, OK " an: txt.example 300 TXT v=spf1 |-all|;" },
	{ "edns", "txt.example", DNS_TXT, false, 1232, OK " an: txt.example 300 TXT v=spf1 |-all|; ar: . OPT 4096" },
	{ "no_such_name", "nowhere.example", DNS_A, false, 0, "NXDOMAIN aa rd ra" ROOT_SOA },
	{ "no_such_name_with_edns", "nowhere.example", DNS_A, false, 512, "NXDOMAIN aa rd ra" ROOT_SOA " ar: . OPT 4096" },
	{ "no_such_data", "www.example", DNS_MX, false, 0, OK ROOT_SOA },
	{ "a_type_nobody_knows", "www.example", 65280, false, 0, OK ROOT_SOA },
	{ "a_name_between_others", "example", DNS_A, false, 0, OK ROOT_SOA },
	{ "no_such_name_in_a_zone_of_its_own", "x.zone.example", DNS_A, false, 0, "NXDOMAIN aa rd ra ns: zone.example 60 SOA a.dnsd-root;" },
	{ "soa_of_a_zone", "zone.example", ZONE_SOA, false, 0, OK " an: zone.example 60 SOA a.dnsd-root;" },
	{ "ns_of_a_zone", "zone.example", ZONE_NS, false, 0, OK " an: zone.example 300 NS ns1.zone.example;" },
	{ "soa_of_the_root", ".", ZONE_SOA, false, 0, OK " an: . 60 SOA a.dnsd-root;" },
	{ "ns_of_the_root", ".", ZONE_NS, false, 0, OK " an: . 300 NS a.dnsd-root;" },
	{ "address_of_the_roots_server", "a.dnsd-root", DNS_A, false, 0, OK " an: a.dnsd-root 300 A 127.0.0.1;" },
	{ "wildcard", "x.y.wild.example", DNS_A, false, 0, OK " an: x.y.wild.example 300 A 192.0.2.3;" },
	{ "cname", "alias.example", DNS_AAAA, false, 0, OK " an: alias.example 300 CNAME www.example; www.example 300 AAAA 2001:db8::1;" },
	{ "cname_itself", "alias.example", ZONE_CNAME, false, 0, OK " an: alias.example 300 CNAME www.example;" },
	{ "cname_without_such_data", "alias.example", DNS_MX, false, 0, OK " an: alias.example 300 CNAME www.example;" ROOT_SOA },
	{ "cname_to_nowhere", "lost.example", DNS_A, false, 0,
	  "NXDOMAIN aa rd ra an: lost.example 300 CNAME nowhere.zone.example; ns: zone.example 60 SOA a.dnsd-root;" },
	{ "cname_to_a_name_with_a_behaviour_is_asked_again", "to-slow.example", DNS_A, false, 0, OK " an: to-slow.example 300 CNAME refused.example;" },
	{ "cname_to_itself_DNS_04", "self.example", DNS_A, false, 0, OK " an: self.example 300 CNAME self.example;" },
	{ "cnames_in_a_circle_end_DNS_04", "ping.example", DNS_A, false, 4096, OK " 64 records ar: . OPT 4096" },
	{ "chain_DNS_04", "two.example", DNS_A, false, 0,
	  OK " an: two.example 300 CNAME chain-1.two.example; chain-1.two.example 300 CNAME chain-2.two.example; "
	     "chain-2.two.example 300 A 192.0.2.4;" },
	{ "a_size_under_512_is_512", "two.example", DNS_A, false, 50,
	  OK " an: two.example 300 CNAME chain-1.two.example; chain-1.two.example 300 CNAME chain-2.two.example; "
	     "chain-2.two.example 300 A 192.0.2.4; ar: . OPT 4096" },
	{ "too_large_for_udp_DNS_03", "huge.example", DNS_TXT, false, 0, "NOERROR aa tc rd ra" },
	{ "too_large_for_udp_with_edns_DNS_03", "huge.example", DNS_TXT, false, 4096, "NOERROR aa tc rd ra ar: . OPT 4096" },
	{ "whole_by_tcp_DNS_03", "huge.example", DNS_TXT, true, 0, OK " 20 records" },
	{ "enormous_by_tcp_DNS_03", "enormous.example", DNS_TXT, true, 1232, OK " 248 records ar: . OPT 4096" },
	{ "servfail_DNS_01", "servfail.example", DNS_A, false, 0, "SERVFAIL aa rd ra" },
	{ "refused_DNS_01", "refused.example", DNS_A, false, 1232, "REFUSED aa rd ra ar: . OPT 4096" },
	{ "formerr_DNS_01", "formerr.example", DNS_A, false, 0, "FORMERR aa rd ra" },
	{ "notimp_DNS_01", "notimp.example", DNS_A, false, 0, "NOTIMP aa rd ra" },
	{ "servfail_by_tcp_DNS_01", "servfail.example", DNS_A, true, 0, "SERVFAIL aa rd ra" },
	{ "a_behaviour_of_one_type", "half.example", DNS_TXT, false, 0, "SERVFAIL aa rd ra" },
	{ "which_spares_the_others", "half.example", DNS_A, false, 0, OK " an: half.example 300 A 192.0.2.7;" },
	{ "truncated_DNS_01", "cut.example", DNS_A, false, 0, "NOERROR aa tc rd ra" },
	{ "truncated_and_whole_by_tcp_DNS_01", "cut.example", DNS_A, true, 0, OK " an: cut.example 300 A 192.0.2.8;" },
	{ "truncated_and_no_tcp_DNS_01", "no-tcp.example", DNS_A, false, 0, "NOERROR aa tc rd ra" },
	{ "no_tcp_DNS_01", "no-tcp.example", DNS_A, true, 0, "closed" },
	{ "spoof_DNS_17", "spoof.example", DNS_A, false, 0,
	  OK " an: spoof.example 300 A 192.0.2.12; ar: spoofed.example 3600 A 203.0.113.66; spoofed.example 3600 TXT v=spf1 +all|; "
	     "victim.example 3600 A 203.0.113.66; victim.example 3600 TXT v=spf1 +all|;" },
};

static void check_exchange(void **state)
{
	const struct exchange *row = *state;
	static uint8_t message[DNSD_MESSAGE_MAX];
	static struct view view;
	int fd = dial(row->tcp ? SOCK_STREAM : SOCK_DGRAM);
	size_t len;

	ask(fd, row->tcp, 0x1234, row->asked, row->type, row->edns);
	len = hear(fd, row->tcp, message);
	(void)close(fd);
	if (len == 0) {
		assert_string_equal(row->expected, "closed");
		return;
	}
	assert_true(len >= 12 && len <= (row->tcp ? DNSD_MESSAGE_MAX : row->edns < 512 ? 512 : row->edns));
	assert_int_equal((unsigned)message[0] << 8 | message[1], 0x1234);
	assert_string_equal(show(&view, message, len, row->asked), row->expected);
}

static unsigned hear_id(int fd)
{
	static uint8_t message[DNSD_MESSAGE_MAX];

	assert_true(hear(fd, false, message) >= 2);
	return (unsigned)message[0] << 8 | message[1];
}

/* Questions of one client are read in order: when the later is answered, the earlier would have been. */
static void silent_names_get_no_answer_DNS_01(void **state)
{
	int fd = dial(SOCK_DGRAM);

	(void)state;
	ask(fd, false, 1, "silent.example", DNS_A, 0);
	ask(fd, false, 2, "www.example", DNS_A, 0);
	assert_int_equal(hear_id(fd), 2);
	assert_false(wait_readable(fd, 0));
	(void)close(fd);
}

static void late_answers_do_not_hold_up_others_DNS_01(void **state)
{
	int fd = dial(SOCK_DGRAM);

	(void)state;
	ask(fd, false, 1, "late.example", DNS_A, 0);
	ask(fd, false, 2, "www.example", DNS_A, 0);
	assert_int_equal(hear_id(fd), 2);
	assert_int_equal(hear_id(fd), 1);
	(void)close(fd);
}

static void late_answers_come_by_tcp_too(void **state)
{
	static uint8_t message[DNSD_MESSAGE_MAX];
	int fd = dial(SOCK_STREAM);

	(void)state;
	ask(fd, true, 1, "late.example", DNS_A, 0);
	ask(fd, true, 2, "www.example", DNS_A, 0);
	assert_true(hear(fd, true, message) > 0);
	assert_int_equal(message[1], 2);
	assert_true(hear(fd, true, message) > 0);
	assert_int_equal(message[1], 1);
	(void)close(fd);
}

static void a_late_answer_to_a_connection_that_has_gone_is_dropped(void **state)
{
	static uint8_t message[DNSD_MESSAGE_MAX];
	int fd = dial(SOCK_STREAM), other;

	(void)state;
	ask(fd, true, 1, "late.example", DNS_A, 0);
	ask(fd, true, 2, "www.example", DNS_A, 0);
	assert_true(hear(fd, true, message) > 0);
	(void)close(fd);
	other = dial(SOCK_STREAM);	/* takes the place of the first */
	ask(other, true, 3, "late.example", DNS_A, 0);
	assert_true(hear(other, true, message) > 0);
	assert_int_equal(message[1], 3);
	(void)close(other);
}

static void wrong_id_comes_first_and_lies_DNS_17(void **state)
{
	static uint8_t message[DNSD_MESSAGE_MAX];
	static struct view view;
	int fd = dial(SOCK_DGRAM);
	size_t len;

	(void)state;
	ask(fd, false, 0x0101, "right.example", DNS_A, 0);
	len = hear(fd, false, message);
	assert_int_not_equal((unsigned)message[0] << 8 | message[1], 0x0101);
	assert_string_equal(show(&view, message, len, "right.example"), OK " an: right.example 3600 A 203.0.113.66;");
	len = hear(fd, false, message);
	assert_int_equal((unsigned)message[0] << 8 | message[1], 0x0101);
	assert_string_equal(show(&view, message, len, "right.example"), OK " an: right.example 300 A 192.0.2.11;");
	(void)close(fd);
}

static void wrong_id_alone_DNS_17(void **state)
{
	int fd = dial(SOCK_DGRAM);

	(void)state;
	ask(fd, false, 1, "wrong.example", DNS_A, 0);
	ask(fd, false, 2, "www.example", DNS_A, 0);
	assert_int_not_equal(hear_id(fd), 1);
	assert_int_equal(hear_id(fd), 2);
	assert_false(wait_readable(fd, 0));
	(void)close(fd);
}

static void garbage_has_the_right_id(void **state)
{
	static uint8_t message[DNSD_MESSAGE_MAX];
	int fd = dial(SOCK_DGRAM);

	(void)state;
	ask(fd, false, 0x4242, "garbage.example", DNS_A, 0);
	assert_true(hear(fd, false, message) > 12);
	assert_int_equal((unsigned)message[0] << 8 | message[1], 0x4242);
	assert_true(((unsigned)message[4] << 8 | message[5]) > 1);
	(void)close(fd);
}

/* 64 answers, each up to 300 ms late: the order of the questions is one of 64! */
static void answers_come_in_random_order_DNS_19(void **state)
{
	int fd = dial(SOCK_DGRAM);
	bool heard[64] = { false }, in_order = true;

	(void)state;
	for (unsigned i = 0; i < 64; i++) {
		char asked[40];

		(void)snprintf(asked, sizeof(asked), "n%u.mixed.example", i);
		ask(fd, false, i, asked, DNS_A, 0);
	}
	for (unsigned i = 0; i < 64; i++) {
		unsigned id = hear_id(fd);

		assert_true(id < 64 && !heard[id]);
		heard[id] = true;
		in_order = in_order && id == i;
	}
	assert_false(in_order);
	(void)close(fd);
}

static void wait_until_asked(uint64_t total)
{
	while (dnsd_asked_total(dnsd) < total)
		(void)poll(NULL, 0, 1);
}

static void an_outage_answers_nothing_and_ends_DNS_19(void **state)
{
	int fd = dial(SOCK_DGRAM);
	uint64_t before = dnsd_asked_total(dnsd);

	(void)state;
	dnsd_set_outage(dnsd, true);
	ask(fd, false, 1, "www.example", DNS_A, 0);
	wait_until_asked(before + 1);
	dnsd_set_outage(dnsd, false);
	ask(fd, false, 2, "www.example", DNS_A, 0);
	assert_int_equal(hear_id(fd), 2);
	assert_false(wait_readable(fd, 0));
	(void)close(fd);
}

/* A question that is counted during the outage, after the late answer was due, shows that the server has been past it. */
static void what_was_due_in_an_outage_is_lost(void **state)
{
	int fd = dial(SOCK_DGRAM);
	uint64_t before = dnsd_asked_total(dnsd);

	(void)state;
	ask(fd, false, 1, "late.example", DNS_A, 0);
	wait_until_asked(before + 1);
	dnsd_set_outage(dnsd, true);
	(void)poll(NULL, 0, 500);
	ask(fd, false, 2, "www.example", DNS_A, 0);
	wait_until_asked(before + 2);
	(void)poll(NULL, 0, 50);
	dnsd_set_outage(dnsd, false);
	ask(fd, false, 3, "www.example", DNS_A, 0);
	assert_int_equal(hear_id(fd), 3);
	assert_false(wait_readable(fd, 0));
	(void)close(fd);
}

static void the_zone_can_be_replaced(void **state)
{
	static uint8_t message[DNSD_MESSAGE_MAX];
	static struct view view;
	int fd = dial(SOCK_DGRAM);
	size_t len;

	(void)state;
	dnsd_set_zone(dnsd, "new.example A 192.0.2.99\n");
	ask(fd, false, 1, "new.example", DNS_A, 0);
	len = hear(fd, false, message);
	dnsd_set_zone(dnsd, text);
	assert_string_equal(show(&view, message, len, "new.example"), OK " an: new.example 300 A 192.0.2.99;");
	(void)close(fd);
}

static void questions_are_counted_by_name_and_type(void **state)
{
	int fd = dial(SOCK_DGRAM);
	uint64_t before = dnsd_asked_total(dnsd);

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		ask(fd, false, i, "Counted.example", i == 0 ? DNS_A : DNS_TXT, 0);
		(void)hear_id(fd);
	}
	assert_int_equal(dnsd_asked(dnsd, "counted.example", DNS_A), 1);
	assert_int_equal(dnsd_asked(dnsd, "COUNTED.example.", DNS_TXT), 2);
	assert_int_equal(dnsd_asked(dnsd, "counted.example", 0), 3);
	assert_int_equal(dnsd_asked(dnsd, "counted.example", DNS_MX), 0);
	assert_int_equal(dnsd_asked(dnsd, "never.example", 0), 0);
	assert_int_equal(dnsd_asked_total(dnsd) - before, 3);
	(void)close(fd);
}

static void counts_have_an_end(void **state)
{
	struct dnsd_counts counts = { 0 };
	char name[20];

	(void)state;
	for (unsigned i = 0; i < 300000; i++) {
		int len = snprintf(name, sizeof(name), "%u", i);

		dnsd_counts_add(&counts, (struct str){ name, (size_t)len }, DNS_A);
	}
	assert_int_equal(counts.size, DNSD_COUNTS_MAX);
	assert_true(counts.used <= counts.size / 4 * 3);
	assert_int_equal(counts.total, 300000);
	assert_int_equal(dnsd_counts_of(&counts, STR("90000"), DNS_A), 1);
	assert_int_equal(dnsd_counts_of(&counts, STR("299999"), DNS_A), 0);
	dnsd_counts_release(&counts);
}

static const struct hostile {
	const char *name;
	struct str octets;
	const char *expected;	/* NULL: no answer */
} hostiles[] = {
	{ "nothing_at_all", STR(""), NULL },
	{ "half_a_header", STR("\0\1\1\0\0\1\0\0\0\0\0"), NULL },
	{ "an_answer", STR("\0\1\x81\0\0\1\0\0\0\0\0\0\1a\0\0\1\0\1"), NULL },
	{ "no_question", STR("\0\1\1\0\0\0\0\0\0\0\0\0"), "FORMERR aa rd ra" },
	{ "a_header_alone", STR("\0\1\1\0\0\1\0\0\0\0\0\0"), "FORMERR aa rd ra" },
	{ "two_questions", STR("\0\1\1\0\0\2\0\0\0\0\0\0\1a\0\0\1\0\1\1a\0\0\1\0\1"), "FORMERR aa rd ra" },
	{ "a_label_beyond_the_end", STR("\0\1\1\0\0\1\0\0\0\0\0\0\x3f" "a"), "FORMERR aa rd ra" },
	{ "no_type", STR("\0\1\1\0\0\1\0\0\0\0\0\0\1a\0\0\1"), "FORMERR aa rd ra" },
	{ "a_pointer_to_itself", STR("\0\1\1\0\0\1\0\0\0\0\0\0\xc0\x0c\0\1\0\1"), "FORMERR aa rd ra" },
	{ "a_short_opt", STR("\0\1\1\0\0\1\0\0\0\0\0\1\1a\0\0\1\0\1\0\0\x29\4"), "FORMERR aa rd ra" },
	{ "an_opt_that_says_too_much", STR("\0\1\1\0\0\1\0\0\0\0\0\1\0\0\1\0\1\0\0\x29\4\0\0\0\0\0\0\x09"), "FORMERR aa rd ra" },
	{ "another_opcode", STR("\0\1\x29\0\0\1\0\0\0\0\0\0\1a\0\0\1\0\1"), "NOTIMP aa rd ra" },
};

static void check_hostile(void **state)
{
	const struct hostile *row = *state;
	static uint8_t message[DNSD_MESSAGE_MAX];
	static struct view view;
	int fd = dial(SOCK_DGRAM);

	assert_int_equal(send(fd, row->octets.p, row->octets.len, 0), row->octets.len);
	if (row->expected == NULL) {
		ask(fd, false, 2, "www.example", DNS_A, 0);
		assert_int_equal(hear_id(fd), 2);
		(void)close(fd);
		return;
	}
	assert_true(hear(fd, false, message) >= 12);
	(void)close(fd);
	memset(message + 4, 0, 8);	/* the question comes back only where it could be read */
	assert_string_equal(show(&view, message, 12, NULL), row->expected);
}

static void another_class_is_refused(void **state)
{
	static const char chaos[] = "\0\1\1\0\0\1\0\0\0\0\0\0\1a\0\0\1\0\3";
	static uint8_t message[DNSD_MESSAGE_MAX];
	int fd = dial(SOCK_DGRAM);

	(void)state;
	assert_int_equal(send(fd, chaos, sizeof(chaos) - 1, 0), sizeof(chaos) - 1);
	assert_true(hear(fd, false, message) >= 12);
	assert_int_equal(message[3] & 0xf, DNSD_REFUSED);
	(void)close(fd);
}

static void tcp_takes_messages_in_pieces_and_in_heaps(void **state)
{
	static uint8_t message[DNSD_MESSAGE_MAX], heap[4096];
	int fd = dial(SOCK_STREAM);
	size_t at = 0, len = 0;

	(void)state;
	for (unsigned id = 0; id < 50; id++) {
		append_u16(heap, &len, 29);
		assert_int_equal(write_query(heap + len, id, "www.example", DNS_A, 0), 29);
		len += 29;
	}
	for (; at < 40; at++) {
		assert_int_equal(send(fd, heap + at, 1, MSG_NOSIGNAL), 1);
		(void)poll(NULL, 0, 1);
	}
	assert_int_equal(send(fd, heap + at, len - at, MSG_NOSIGNAL), len - at);
	for (unsigned id = 0; id < 50; id++) {
		assert_true(hear(fd, true, message) > 0);
		assert_int_equal(message[1], id);
	}
	(void)close(fd);
}

static void more_connections_than_there_is_room_for(void **state)
{
	static uint8_t message[DNSD_MESSAGE_MAX];
	int fds[300], fd;

	(void)state;
	for (size_t i = 0; i < 300; i++)
		fds[i] = dial(SOCK_STREAM);
	for (size_t i = 0; i < 300; i++)
		(void)close(fds[i]);
	do {	/* those that have gone are noticed sooner or later */
		fd = dial(SOCK_STREAM);
		ask(fd, true, 1, "www.example", DNS_A, 0);
	} while (hear(fd, true, message) == 0 && close(fd) == 0);
	(void)close(fd);
}

static void it_listens_to_other_loopback_addresses(void **state)
{
	struct dnsd *kept = dnsd;
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK + 1) } };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)state;
	dnsd = dnsd_start_with(&(struct dnsd_settings){ .zone = text, .addresses = { "127.0.0.2" }, .log_fd = -1 });
	address.sin_port = htons(dnsd_port(dnsd));
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	ask(fd, false, 7, "www.example", DNS_A, 0);
	assert_int_equal(hear_id(fd), 7);
	(void)close(fd);
	dnsd_stop(dnsd);
	dnsd = kept;
}

static void each_question_is_a_line_of_the_log(void **state)
{
	struct dnsd *kept = dnsd;
	char log[200] = "";
	int fd, ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	dnsd = dnsd_start_with(&(struct dnsd_settings){ .zone = text, .log_fd = ends[1] });
	fd = dial(SOCK_DGRAM);
	ask(fd, false, 1, "WWW.example", DNS_A, 0);
	ask(fd, false, 2, "a\\032b.example", 257, 0);
	(void)hear_id(fd);
	(void)hear_id(fd);
	assert_true(read(ends[0], log, sizeof(log) - 1) > 0);
	assert_string_equal(log, "A www.example\nTYPE257 a\\032b.example\n");
	for (size_t i = 0; i < 3; i++)
		(void)close(((const int[]){ fd, ends[0], ends[1] })[i]);
	dnsd_stop(dnsd);
	dnsd = kept;
}

static void the_queue_gives_the_earliest_first(void **state)
{
	struct dnsd_queue queue = { 0 };
	struct dnsd_peer peer = { .udp_fd = -1 };
	uint64_t last_due_ms = 0;
	uint32_t random = 1, taken = 0;

	(void)state;
	assert_int_equal(dnsd_queue_wait_ms(&queue, 0), -1);
	for (unsigned i = 0; i < 1000; i++) {
		random = random * 1103515245 + 12345;
		dnsd_queue_add(&queue, 100 + (random >> 16) % 50, &peer, (const uint8_t *)"x", 1);
	}
	assert_int_equal(dnsd_queue_wait_ms(&queue, 90), 10);
	assert_null(dnsd_queue_take(&queue, 99));
	for (uint64_t last_number = 0; queue.len > 0; taken++) {
		struct dnsd_packet *packet = dnsd_queue_take(&queue, 1000);

		assert_non_null(packet);
		assert_true(packet->due_ms > last_due_ms || (packet->due_ms == last_due_ms && packet->number > last_number));
		last_due_ms = packet->due_ms;
		last_number = packet->number;
		free(packet);
	}
	assert_int_equal(taken, 1000);
	dnsd_queue_release(&queue);
}

#define ADD(test) rows_add_one(&rows, #test, test, NULL)

int main(void)
{
	static struct rows rows;
	int failed;

	dnsd = dnsd_start(text);
	rows_add(&rows, exchanges, check_exchange);
	rows_add(&rows, hostiles, check_hostile);
	ADD(another_class_is_refused);
	ADD(silent_names_get_no_answer_DNS_01);
	ADD(late_answers_do_not_hold_up_others_DNS_01);
	ADD(late_answers_come_by_tcp_too);
	ADD(a_late_answer_to_a_connection_that_has_gone_is_dropped);
	ADD(wrong_id_comes_first_and_lies_DNS_17);
	ADD(wrong_id_alone_DNS_17);
	ADD(garbage_has_the_right_id);
	ADD(answers_come_in_random_order_DNS_19);
	ADD(an_outage_answers_nothing_and_ends_DNS_19);
	ADD(what_was_due_in_an_outage_is_lost);
	ADD(the_zone_can_be_replaced);
	ADD(questions_are_counted_by_name_and_type);
	ADD(counts_have_an_end);
	ADD(tcp_takes_messages_in_pieces_and_in_heaps);
	ADD(more_connections_than_there_is_room_for);
	ADD(it_listens_to_other_loopback_addresses);
	ADD(each_question_is_a_line_of_the_log);
	ADD(the_queue_gives_the_earliest_first);
	failed = rows_run(&rows, "dnsd");
	dnsd_stop(dnsd);
	return failed;
}
