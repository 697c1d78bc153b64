/* SPDX-License-Identifier: GPL-2.0-or-later */
/* milter_peer.h - the MTA's side of the milter protocol, version 6: packets out, packets in, and what was agreed.
 *
 * No RFC describes it: it is what libmilter's mfdef.h names and what Postfix sends. A packet is a length of 32 bits in
 * network order, a command byte, and length - 1 bytes of data. There is no I/O here: the caller moves the bytes. */
#ifndef OCTROI_BENCH_MILTER_PEER_H
#define OCTROI_BENCH_MILTER_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "milter/base/ip.h"
#include "milter/base/str.h"

/* Bytes that wait to be sent, or that have arrived. Zeroed memory is an empty buffer. Growing never fails: it aborts. */
struct peer_bytes {
	char *p;
	size_t len;
	size_t size;
};

void peer_bytes_append(struct peer_bytes *bytes, const void *p, size_t len);

/* Forgets the first len bytes. */
void peer_bytes_drop(struct peer_bytes *bytes, size_t len);
void peer_bytes_release(struct peer_bytes *bytes);

/* The largest packet that is taken from a filter: libmilter's own limit is 64 KiB, a body of 1 MiB can be negotiated. */
#define PEER_PACKET_MAX (1024 * 1024)

/* A body goes out in chunks of this size (MILTER_CHUNK_SIZE), as Postfix and Sendmail send it. */
#define PEER_CHUNK_BYTES 65535

struct peer_packet {
	char command;		/* SMFIC_* to the filter, SMFIR_* from it */
	struct str data;	/* points into what was read */
};

/* Reads the packet at the start of in. Returns the bytes that it took, 0 when it is not complete yet,
 * -EPROTO for a length of zero or over PEER_PACKET_MAX. */
long peer_packet_next(struct str in, struct peer_packet *ret_packet);

/* CONNECT, HELO, MAIL, RCPT, DATA, EOM, EOH: SMFIM_*. */
#define PEER_STAGES 7

/* What one connection has agreed upon. Zeroed memory is a connection before its negotiation. */
struct peer {
	uint32_t offered_actions, offered_steps;
	uint32_t version;
	uint32_t actions;		/* SMFIF_*: what the filter may do */
	uint32_t steps;			/* SMFIP_*: what is not sent, what gets no reply */
	char *symlist[PEER_STAGES];	/* the macros the filter asked for, separated by spaces; NULL: the MTA's own list */
};

/* Everything protocol 6 knows; what Postfix offers is the same. */
#define PEER_VERSION 6U
#define PEER_ACTIONS 0x000001FFU
#define PEER_STEPS 0x001FFFFFU

/* Appends the SMFIC_OPTNEG packet and remembers the offer. */
void peer_offer(struct peer *peer, struct peer_bytes *out, uint32_t version, uint32_t actions, uint32_t steps);

/* Takes the filter's SMFIC_OPTNEG data. Returns 0; -EPROTO when it is malformed, or asks for what was not offered. */
int peer_agree(struct peer *peer, struct str data);
void peer_release(struct peer *peer);

/* Does this filter want the command, and does it answer it? */
bool peer_sends(const struct peer *peer, char command);
bool peer_awaits(const struct peer *peer, char command);

/* An SMFIC_MACRO packet for the command: those of macros that its stage lists and that have a value. A macro's
 * name stands as it goes over the wire: "i", "{auth_authen}". Postfix sends one before each command, header and
 * chunk, even for a step that the filter does not want; so does this. */
struct peer_macro {
	const char *name;
	const char *value;	/* NULL or "": not defined now */
};

void peer_write_macros(const struct peer *peer, struct peer_bytes *out, char command, const struct peer_macro *macros, size_t len);

void peer_write(struct peer_bytes *out, char command, struct str data);

/* Strings with their NUL, one after the other: HELO (one), MAIL and RCPT (the path and its ESMTP arguments). */
void peer_write_strings(struct peer_bytes *out, char command, const char *const *strings, size_t len);

/* IP_NONE is a client of unknown family: name alone is sent. */
void peer_write_connect(struct peer_bytes *out, const char *name, const struct ip *client, uint16_t port);

/* value begins right after the colon; its first space goes along only where SMFIP_HDR_LEADSPC is agreed. */
void peer_write_header(const struct peer *peer, struct peer_bytes *out, const char *name, const char *value);

enum peer_answer {
	PEER_CONTINUE,
	PEER_ACCEPT,
	PEER_DISCARD,
	PEER_REJECT,
	PEER_TEMPFAIL,
	PEER_SHUTDOWN,		/* 421: the session ends */
	PEER_SKIP,		/* no more of this kind of command in this message */
	PEER_PROGRESS,		/* the real answer is still to come */
	PEER_EDIT		/* so it is here: a change to the message */
};

struct peer_reply {
	enum peer_answer answer;
	char edit;		/* PEER_EDIT: SMFIR_ADDHEADER, SMFIR_QUARANTINE and so on */
	uint32_t index;		/* of SMFIR_INSHEADER (0: on top) and SMFIR_CHGHEADER (1: the first of its name) */
	struct str name;	/* header name, or address */
	struct str value;	/* header value, ESMTP arguments, reason, body, or the text of an SMTP reply */
};

/* Reads a packet that came while command was awaited.
 * Returns 0; -EPROTO for a packet that does not belong there or is malformed, an edit that was not agreed, or an
 * SMTP reply whose enhanced status is of another class than its code (Postfix then drops the filter). */
int peer_reply_read(const struct peer *peer, char command, struct peer_packet packet, struct peer_reply *ret_reply);

#endif
