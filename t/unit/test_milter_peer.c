/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "t/bench/milter_peer.h"

#include <errno.h>
#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>

#include "t/unit/rows.h"

#define BYTES(literal) ((struct str){ literal, sizeof(literal) - 1 })

static void assert_bytes(const struct peer_bytes *bytes, struct str expected)
{
	assert_int_equal(bytes->len, expected.len);
	assert_memory_equal(bytes->p, expected.p, expected.len);
}

static const struct packet_row {
	const char *name;
	struct str in;
	long taken;		/* 0: incomplete; -EPROTO */
	char command;
	struct str data;
} packet_table[] = {
	{ "packet", BYTES("\0\0\0\3cxy??"), 7, 'c', BYTES("xy") },
	{ "packet_without_data", BYTES("\0\0\0\1c"), 5, 'c', BYTES("") },
	{ "packet_of_nothing", BYTES(""), 0, 0, BYTES("") },
	{ "packet_half_a_length", BYTES("\0\0\0"), 0, 0, BYTES("") },
	{ "packet_half", BYTES("\0\0\0\3cx"), 0, 0, BYTES("") },
	{ "packet_of_length_0_MLT_01", BYTES("\0\0\0\0c"), -EPROTO, 0, BYTES("") },
	{ "packet_of_1_MiB", BYTES("\0\20\0\0c"), 0, 0, BYTES("") },
	{ "packet_over_1_MiB_MLT_01", BYTES("\0\20\0\1c"), -EPROTO, 0, BYTES("") },
	{ "packet_of_4_GiB_MLT_01", BYTES("\377\377\377\377c"), -EPROTO, 0, BYTES("") },
};

static void check_packet(void **state)
{
	const struct packet_row *row = *state;
	struct peer_packet packet = { 0 };

	assert_int_equal(peer_packet_next(row->in, &packet), row->taken);
	if (row->taken <= 0)
		return;
	assert_int_equal(packet.command, row->command);
	assert_int_equal(packet.data.len, row->data.len);
	assert_memory_equal(packet.data.p, row->data.p, row->data.len);
}

#define V6 "\0\0\0\6"
#define ALL "\0\0\1\377" "\0\37\377\377"

static const struct agree_row {
	const char *name;
	uint32_t actions, steps;	/* offered */
	struct str data;
	int r;
	const char *mail_list;
} agree_table[] = {
	{ "agree_to_all", PEER_ACTIONS, PEER_STEPS, BYTES(V6 ALL), 0, NULL },
	{ "agree_to_nothing", PEER_ACTIONS, PEER_STEPS, BYTES(V6 "\0\0\0\0\0\0\0\0"), 0, NULL },
	{ "agree_with_list", PEER_ACTIONS, PEER_STEPS, BYTES(V6 ALL "\0\0\0\2i {auth_authen}\0\0\0\0\5i\0"), 0, "i {auth_authen}" },
	{ "agree_with_list_twice", PEER_ACTIONS, PEER_STEPS, BYTES(V6 ALL "\0\0\0\2i\0\0\0\0\2j\0"), 0, "j" },
	{ "list_that_was_not_offered", PEER_ACTIONS & ~SMFIF_SETSYMLIST, PEER_STEPS, BYTES(V6 "\0\0\0\0\0\0\0\0" "\0\0\0\2i\0"), -EPROTO, NULL },
	{ "list_of_unknown_stage", PEER_ACTIONS, PEER_STEPS, BYTES(V6 ALL "\0\0\0\7i\0"), -EPROTO, NULL },
	{ "list_without_nul", PEER_ACTIONS, PEER_STEPS, BYTES(V6 ALL "\0\0\0\2i"), -EPROTO, NULL },
	{ "list_cut_short", PEER_ACTIONS, PEER_STEPS, BYTES(V6 ALL "\0\0"), -EPROTO, NULL },
	{ "action_that_was_not_offered", 0, PEER_STEPS, BYTES(V6 "\0\0\0\1\0\0\0\0"), -EPROTO, NULL },
	{ "step_that_was_not_offered", PEER_ACTIONS, SMFIP_NOBODY, BYTES(V6 "\0\0\0\0\0\10\0\0"), -EPROTO, NULL },
	{ "version_7", PEER_ACTIONS, PEER_STEPS, BYTES("\0\0\0\7" ALL), -EPROTO, NULL },
	{ "version_1", PEER_ACTIONS, PEER_STEPS, BYTES("\0\0\0\1" ALL), -EPROTO, NULL },
	{ "version_2", PEER_ACTIONS, PEER_STEPS, BYTES("\0\0\0\2\0\0\0\0\0\0\0\0"), 0, NULL },
	{ "agreement_cut_short", PEER_ACTIONS, PEER_STEPS, BYTES(V6 "\0\0\0\0"), -EPROTO, NULL },
};

static void check_agree(void **state)
{
	const struct agree_row *row = *state;
	struct peer peer = { 0 };
	struct peer_bytes out = { 0 };

	peer_offer(&peer, &out, PEER_VERSION, row->actions, row->steps);
	assert_int_equal(out.len, 17);
	assert_int_equal(peer_agree(&peer, row->data), row->r);
	if (row->mail_list != NULL)
		assert_string_equal(peer.symlist[SMFIM_ENVFROM], row->mail_list);
	peer_release(&peer);
	peer_bytes_release(&out);
}

static const struct step_row {
	const char *name;
	char command;
	uint32_t steps;
	bool sends, awaits;
} step_table[] = {
	{ "negotiation_is_answered", SMFIC_OPTNEG, PEER_STEPS, true, true },
	{ "end_is_always_answered", SMFIC_BODYEOB, PEER_STEPS, true, true },
	{ "abort_is_not_answered", SMFIC_ABORT, 0, true, false },
	{ "quit_is_not_answered", SMFIC_QUIT, 0, true, false },
	{ "connect", SMFIC_CONNECT, 0, true, true },
	{ "connect_unwanted", SMFIC_CONNECT, SMFIP_NOCONNECT, false, false },
	{ "connect_unanswered", SMFIC_CONNECT, SMFIP_NR_CONN, true, false },
	{ "helo_unanswered", SMFIC_HELO, SMFIP_NR_HELO, true, false },
	{ "mail_unanswered", SMFIC_MAIL, SMFIP_NR_MAIL, true, false },
	{ "rcpt_unanswered", SMFIC_RCPT, SMFIP_NR_RCPT, true, false },
	{ "data_unanswered", SMFIC_DATA, SMFIP_NR_DATA, true, false },
	{ "header_unanswered", SMFIC_HEADER, SMFIP_NR_HDR, true, false },
	{ "eoh_unwanted", SMFIC_EOH, SMFIP_NOEOH | SMFIP_NR_EOH, false, false },
	{ "body_answered_while_headers_are_not", SMFIC_BODY, SMFIP_NR_HDR | SMFIP_NR_EOH, true, true },
};

static void check_step(void **state)
{
	const struct step_row *row = *state;
	struct peer peer = { .steps = row->steps };

	assert_int_equal(peer_sends(&peer, row->command), row->sends);
	assert_int_equal(peer_awaits(&peer, row->command), row->awaits);
}

static const struct reply_row {
	const char *name;
	char command;
	struct peer_packet packet;
	int r;
	struct peer_reply reply;
} reply_table[] = {
	{ "continue", SMFIC_MAIL, { SMFIR_CONTINUE, BYTES("") }, 0, { .answer = PEER_CONTINUE } },
	{ "continue_with_data", SMFIC_MAIL, { SMFIR_CONTINUE, BYTES("x") }, -EPROTO, { 0 } },
	{ "accept", SMFIC_MAIL, { SMFIR_ACCEPT, BYTES("") }, 0, { .answer = PEER_ACCEPT } },
	{ "reject", SMFIC_RCPT, { SMFIR_REJECT, BYTES("") }, 0, { .answer = PEER_REJECT } },
	{ "tempfail", SMFIC_RCPT, { SMFIR_TEMPFAIL, BYTES("") }, 0, { .answer = PEER_TEMPFAIL } },
	{ "discard", SMFIC_BODYEOB, { SMFIR_DISCARD, BYTES("") }, 0, { .answer = PEER_DISCARD } },
	{ "connection_failure", SMFIC_BODYEOB, { SMFIR_CONN_FAIL, BYTES("") }, 0, { .answer = PEER_SHUTDOWN } },
	{ "skip", SMFIC_BODY, { SMFIR_SKIP, BYTES("") }, 0, { .answer = PEER_SKIP } },
	{ "progress_at_the_end", SMFIC_BODYEOB, { SMFIR_PROGRESS, BYTES("") }, 0, { .answer = PEER_PROGRESS } },
	{ "progress_before_the_end", SMFIC_MAIL, { SMFIR_PROGRESS, BYTES("") }, -EPROTO, { 0 } },
	{ "unknown_answer", SMFIC_MAIL, { '?', BYTES("") }, -EPROTO, { 0 } },
	{ "symlist_outside_the_negotiation", SMFIC_MAIL, { SMFIR_SETSYMLIST, BYTES("\0\0\0\2i\0") }, -EPROTO, { 0 } },
	{ "reply_550", SMFIC_MAIL, { SMFIR_REPLYCODE, BYTES("550 5.7.1 no\0") }, 0, { .answer = PEER_REJECT, .value = BYTES("550 5.7.1 no") } },
	{ "reply_451", SMFIC_MAIL, { SMFIR_REPLYCODE, BYTES("451 4.7.1 later\0") }, 0, { .answer = PEER_TEMPFAIL, .value = BYTES("451 4.7.1 later") } },
	{ "reply_421", SMFIC_MAIL, { SMFIR_REPLYCODE, BYTES("421 4.7.0 bye\0") }, 0, { .answer = PEER_SHUTDOWN, .value = BYTES("421 4.7.0 bye") } },
	{ "reply_of_many_lines", SMFIC_MAIL, { SMFIR_REPLYCODE, BYTES("550-5.7.1 a\r\n550 5.7.1 b\0") }, 0,
	  { .answer = PEER_REJECT, .value = BYTES("550-5.7.1 a\r\n550 5.7.1 b") } },
	{ "reply_without_status", SMFIC_MAIL, { SMFIR_REPLYCODE, BYTES("550 no\0") }, 0, { .answer = PEER_REJECT, .value = BYTES("550 no") } },
	{ "reply_of_two_classes", SMFIC_MAIL, { SMFIR_REPLYCODE, BYTES("550 4.7.1 no\0") }, -EPROTO, { 0 } },
	{ "reply_250", SMFIC_MAIL, { SMFIR_REPLYCODE, BYTES("250 2.0.0 ok\0") }, -EPROTO, { 0 } },
	{ "reply_without_nul", SMFIC_MAIL, { SMFIR_REPLYCODE, BYTES("550 5.7.1 no") }, -EPROTO, { 0 } },
	{ "reply_with_data_behind_its_nul", SMFIC_MAIL, { SMFIR_REPLYCODE, BYTES("550 5.7.1 no\0x") }, -EPROTO, { 0 } },
	{ "reply_of_a_code_alone", SMFIC_MAIL, { SMFIR_REPLYCODE, BYTES("550\0") }, -EPROTO, { 0 } },
	{ "add_header", SMFIC_BODYEOB, { SMFIR_ADDHEADER, BYTES("X-A\0 v\0") }, 0,
	  { .answer = PEER_EDIT, .edit = SMFIR_ADDHEADER, .name = BYTES("X-A"), .value = BYTES(" v") } },
	{ "insert_header", SMFIC_BODYEOB, { SMFIR_INSHEADER, BYTES("\0\0\0\1X-A\0v\0") }, 0,
	  { .answer = PEER_EDIT, .edit = SMFIR_INSHEADER, .index = 1, .name = BYTES("X-A"), .value = BYTES("v") } },
	{ "delete_header", SMFIC_BODYEOB, { SMFIR_CHGHEADER, BYTES("\0\0\0\2X-A\0\0") }, 0,
	  { .answer = PEER_EDIT, .edit = SMFIR_CHGHEADER, .index = 2, .name = BYTES("X-A"), .value = BYTES("") } },
	{ "header_without_name", SMFIC_BODYEOB, { SMFIR_ADDHEADER, BYTES("\0v\0") }, -EPROTO, { 0 } },
	{ "header_without_value", SMFIC_BODYEOB, { SMFIR_ADDHEADER, BYTES("X-A\0") }, -EPROTO, { 0 } },
	{ "header_with_three_strings", SMFIC_BODYEOB, { SMFIR_ADDHEADER, BYTES("X-A\0v\0w\0") }, -EPROTO, { 0 } },
	{ "insert_cut_in_its_index", SMFIC_BODYEOB, { SMFIR_INSHEADER, BYTES("\0\0") }, -EPROTO, { 0 } },
	{ "edit_before_the_end", SMFIC_EOH, { SMFIR_ADDHEADER, BYTES("X-A\0v\0") }, -EPROTO, { 0 } },
	{ "quarantine", SMFIC_BODYEOB, { SMFIR_QUARANTINE, BYTES("why\0") }, 0,
	  { .answer = PEER_EDIT, .edit = SMFIR_QUARANTINE, .value = BYTES("why") } },
	{ "quarantine_without_nul", SMFIC_BODYEOB, { SMFIR_QUARANTINE, BYTES("why") }, -EPROTO, { 0 } },
	{ "add_recipient", SMFIC_BODYEOB, { SMFIR_ADDRCPT, BYTES("<a@b>\0") }, 0,
	  { .answer = PEER_EDIT, .edit = SMFIR_ADDRCPT, .name = BYTES("<a@b>") } },
	{ "add_recipient_with_arguments", SMFIC_BODYEOB, { SMFIR_ADDRCPT_PAR, BYTES("<a@b>\0NOTIFY=NEVER\0") }, 0,
	  { .answer = PEER_EDIT, .edit = SMFIR_ADDRCPT_PAR, .name = BYTES("<a@b>"), .value = BYTES("NOTIFY=NEVER") } },
	{ "change_sender_without_arguments", SMFIC_BODYEOB, { SMFIR_CHGFROM, BYTES("<a@b>\0") }, 0,
	  { .answer = PEER_EDIT, .edit = SMFIR_CHGFROM, .name = BYTES("<a@b>") } },
	{ "replace_body_with_nul", SMFIC_BODYEOB, { SMFIR_REPLBODY, BYTES("a\0b") }, 0,
	  { .answer = PEER_EDIT, .edit = SMFIR_REPLBODY, .value = BYTES("a\0b") } },
};

static void assert_str_equal(struct str a, struct str b)
{
	assert_int_equal(a.len, b.len);
	if (a.len > 0)
		assert_memory_equal(a.p, b.p, a.len);
}

static void check_reply(void **state)
{
	const struct reply_row *row = *state;
	const struct peer peer = { .actions = PEER_ACTIONS, .steps = PEER_STEPS };
	struct peer_reply reply;

	assert_int_equal(peer_reply_read(&peer, row->command, row->packet, &reply), row->r);
	if (row->r < 0)
		return;
	assert_int_equal(reply.answer, row->reply.answer);
	assert_int_equal(reply.edit, row->reply.edit);
	assert_int_equal(reply.index, row->reply.index);
	assert_str_equal(reply.name, row->reply.name);
	assert_str_equal(reply.value, row->reply.value);
}

static void what_was_not_agreed_is_refused(void **state)
{
	const struct peer peer = { .actions = SMFIF_ADDHDRS };
	struct peer_reply reply;

	(void)state;
	assert_int_equal(peer_reply_read(&peer, SMFIC_BODYEOB, (struct peer_packet){ SMFIR_QUARANTINE, BYTES("x\0") }, &reply), -EPROTO);
	assert_int_equal(peer_reply_read(&peer, SMFIC_BODY, (struct peer_packet){ SMFIR_SKIP, BYTES("") }, &reply), -EPROTO);
	assert_int_equal(peer_reply_read(&peer, SMFIC_BODYEOB, (struct peer_packet){ SMFIR_ADDHEADER, BYTES("a\0b\0") }, &reply), 0);
}

static const struct connect_row {
	const char *name;
	const char *client;	/* NULL: unknown family */
	struct str packet;
} connect_table[] = {
	{ "connect_ipv4", "192.0.2.9", BYTES("\0\0\0\20Cx\0" "4" "\0\31" "192.0.2.9\0") },
	{ "connect_ipv6", "2001:db8::1", BYTES("\0\0\0\22Cx\0" "6" "\0\31" "2001:db8::1\0") },
	{ "connect_unknown", NULL, BYTES("\0\0\0\4Cx\0" "U") },
};

static void check_connect(void **state)
{
	const struct connect_row *row = *state;
	struct peer_bytes out = { 0 };
	struct ip client = { .family = IP_NONE };

	if (row->client != NULL)
		assert_int_equal(ip_parse(row->client, &client), 0);
	peer_write_connect(&out, "x", &client, 25);
	assert_bytes(&out, row->packet);
	peer_bytes_release(&out);
}

static const struct header_row {
	const char *name;
	uint32_t steps;
	const char *value;
	struct str packet;
} header_table[] = {
	{ "leading_space_is_kept_where_agreed", SMFIP_HDR_LEADSPC, " v", BYTES("\0\0\0\6La\0 v\0") },
	{ "leading_space_is_eaten", 0, " v", BYTES("\0\0\0\5La\0v\0") },
	{ "one_space_is_eaten", 0, "  v", BYTES("\0\0\0\6La\0 v\0") },
	{ "tab_is_not_eaten", 0, "\tv", BYTES("\0\0\0\6La\0\tv\0") },
	{ "empty_value", 0, "", BYTES("\0\0\0\4La\0\0") },
};

static void check_header(void **state)
{
	const struct header_row *row = *state;
	const struct peer peer = { .steps = row->steps };
	struct peer_bytes out = { 0 };

	peer_write_header(&peer, &out, "a", row->value);
	assert_bytes(&out, row->packet);
	peer_bytes_release(&out);
}

static const struct macro_row {
	const char *name;
	char command;
	const char *mail_list;	/* NULL: the default list */
	struct str packet;
} macro_table[] = {
	{ "macros_of_the_default_list", SMFIC_MAIL, NULL, BYTES("\0\0\0\30DM{auth_authen}\0bob\0i\0" "4" "\0") },
	{ "macros_the_filter_asked_for", SMFIC_MAIL, "x i,{none}", BYTES("\0\0\0\6DMi\0" "4" "\0") },
	{ "macros_of_another_stage", SMFIC_HELO, "i", BYTES("\0\0\0\2DH") },
	{ "macros_of_an_empty_list", SMFIC_MAIL, "", BYTES("\0\0\0\2DM") },
	{ "header_has_the_macros_of_eoh", SMFIC_HEADER, NULL, BYTES("\0\0\0\6DLi\0" "4" "\0") },
	{ "quit_has_no_macros", SMFIC_QUIT, NULL, BYTES("") },
};

static void check_macros(void **state)
{
	static const struct peer_macro macros[] = {
		{ "{auth_authen}", "bob" }, { "i", "4" }, { "{auth_type}", "" }, { "{auth_author}", NULL },
	};
	const struct macro_row *row = *state;
	struct peer peer = { .symlist = { [SMFIM_ENVFROM] = (char *)(uintptr_t)row->mail_list } };
	struct peer_bytes out = { 0 };

	peer_write_macros(&peer, &out, row->command, macros, sizeof(macros) / sizeof(macros[0]));
	assert_bytes(&out, row->packet);
	peer_bytes_release(&out);
}

static void what_is_dropped_is_the_front(void **state)
{
	struct peer_bytes bytes = { 0 };

	(void)state;
	peer_bytes_append(&bytes, "abc", 3);
	for (int i = 0; i < 1000; i++)
		peer_bytes_append(&bytes, "0123456789", 10);
	peer_bytes_drop(&bytes, 9993);
	assert_bytes(&bytes, BYTES("0123456789"));
	peer_bytes_drop(&bytes, 10);
	assert_int_equal(bytes.len, 0);
	peer_bytes_release(&bytes);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, packet_table, check_packet);
	rows_add(&rows, agree_table, check_agree);
	rows_add(&rows, step_table, check_step);
	rows_add(&rows, reply_table, check_reply);
	rows_add(&rows, connect_table, check_connect);
	rows_add(&rows, header_table, check_header);
	rows_add(&rows, macro_table, check_macros);
	rows_add_one(&rows, "what_was_not_agreed_is_refused", what_was_not_agreed_is_refused, NULL);
	rows_add_one(&rows, "what_is_dropped_is_the_front", what_is_dropped_is_the_front, NULL);
	return rows_run(&rows, "milter_peer");
}
