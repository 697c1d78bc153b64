/* SPDX-License-Identifier: GPL-2.0-or-later */
/* frame.h - what the filter and a cage say to each other, one SOCK_SEQPACKET packet each.
 *
 * A packet is the kind (32 bits, little endian) and the data. A frame from a cage is hostile input: the reader never
 * goes past its end and a bad frame stays bad. */
#ifndef OCTROI_ISOLATE_FRAME_H
#define OCTROI_ISOLATE_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "milter/base/str.h"

#define FRAME_MAX 65536
#define FRAME_FDS_MAX 3

struct frame {
	uint32_t kind;
	size_t len;		/* bytes of data in use */
	bool bad;		/* writing: it did not fit; reading: something was wrong */
	size_t at;		/* reading: what was taken */
	uint8_t data[FRAME_MAX];
};

/* One on the heap, for those who run on small stacks; its data is not zeroed. Never NULL. */
struct frame *frame_new(void);
void frame_freep(struct frame **frame);

void frame_start(struct frame *frame, uint32_t kind);
void frame_put_u64(struct frame *frame, uint64_t value);
void frame_put_str(struct frame *frame, struct str value);

/* Each returns zero or an empty string when the frame is or becomes bad. The string points into the frame. */
uint64_t frame_get_u64(struct frame *frame);
struct str frame_get_str(struct frame *frame);

/* Was everything read, and nothing bad? */
bool frame_done(const struct frame *frame);

/* The two ends of a connection that carries the largest frame; close-on-exec. Returns 0 or a negative errno. */
int frame_socketpair(int ret_sockets[2]);

/* Both wait until deadline_ms (monotonic; UINT64_MAX: for ever). Descriptors are passed along (SCM_RIGHTS); those received are
 * close-on-exec and belong to the caller, -1 where none came. More than asked for are closed.
 * Return 0, -EPIPE when the other side is gone, -ETIMEDOUT, -EBADMSG for what is no frame, or another negative errno.
 * Sending a bad frame or more than FRAME_FDS_MAX descriptors is -EMSGSIZE. */
int frame_send(int socket, const struct frame *frame, const int *fds, size_t fds_len, uint64_t deadline_ms);
int frame_receive(int socket, struct frame *ret_frame, int *ret_fds, size_t fds_len, uint64_t deadline_ms);

/* As frame_send, with this kind instead of the frame's own. */
int frame_send_as(int socket, uint32_t kind, const struct frame *frame, const int *fds, size_t fds_len,
		  uint64_t deadline_ms);

#endif
