/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/isolate/frame.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "milter/base/cleanup.h"
#include "milter/base/clock.h"

enum {
	KIND_BYTES = 4,
	SNDBUF_BYTES = 2 * FRAME_MAX,	/* the kernel counts its own overhead, too */
};

union control {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(sizeof(int) * FRAME_FDS_MAX)];
};

static void put_little_endian(uint8_t *p, uint64_t value, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		p[i] = (uint8_t)(value >> (8 * i));
}

static uint64_t get_little_endian(const uint8_t *p, size_t bytes)
{
	uint64_t value = 0;

	for (size_t i = 0; i < bytes; i++)
		value |= (uint64_t)p[i] << (8 * i);
	return value;
}

/* Only the head: clearing 64 KiB for each frame would cost more than sending it. */
struct frame *frame_new(void)
{
	struct frame *frame = malloc(sizeof(*frame));	/* 64 KiB of zeros for each question are felt */

	if (frame == NULL)
		abort();
	frame_start(frame, 0);
	return frame;
}

void frame_freep(struct frame **frame)
{
	free(*frame);
}

void frame_start(struct frame *frame, uint32_t kind)
{
	frame->kind = kind;
	frame->len = 0;
	frame->at = 0;
	frame->bad = false;
}

/* Room for bytes more at the end, or NULL and a bad frame. */
static uint8_t *frame_grow(struct frame *frame, size_t bytes)
{
	uint8_t *p = frame->data + frame->len;

	if (frame->bad || bytes > FRAME_MAX - frame->len) {
		frame->bad = true;
		return NULL;
	}
	frame->len += bytes;
	return p;
}

void frame_put_u64(struct frame *frame, uint64_t value)
{
	uint8_t *p = frame_grow(frame, 8);

	if (p != NULL)
		put_little_endian(p, value, 8);
}

void frame_put_str(struct frame *frame, struct str value)
{
	uint8_t *p;

	if (value.len > FRAME_MAX - 4) {
		frame->bad = true;
		return;
	}
	p = frame_grow(frame, 4 + value.len);
	if (p == NULL)
		return;
	put_little_endian(p, value.len, 4);
	if (value.len != 0)
		memcpy(p + 4, value.p, value.len);
}

/* The next bytes of data, or NULL and a bad frame. */
static const uint8_t *frame_take(struct frame *frame, size_t bytes)
{
	const uint8_t *p = frame->data + frame->at;

	if (frame->bad || bytes > frame->len - frame->at) {
		frame->bad = true;
		return NULL;
	}
	frame->at += bytes;
	return p;
}

uint64_t frame_get_u64(struct frame *frame)
{
	const uint8_t *p = frame_take(frame, 8);

	return p == NULL ? 0 : get_little_endian(p, 8);
}

struct str frame_get_str(struct frame *frame)
{
	const uint8_t *p = frame_take(frame, 4);
	size_t len;

	if (p == NULL)
		return STR("");
	len = (size_t)get_little_endian(p, 4);
	p = frame_take(frame, len);
	return p == NULL ? STR("") : (struct str){ (const char *)p, len };
}

bool frame_done(const struct frame *frame)
{
	return !frame->bad && frame->at == frame->len;
}

int frame_socketpair(int ret_sockets[2])
{
	const int size = SNDBUF_BYTES;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ret_sockets) < 0)
		return -errno;
	for (int i = 0; i < 2; i++) {
		int now = 0;
		socklen_t len = sizeof(now);

		/* The usual default is larger: never make it smaller. */
		if (getsockopt(ret_sockets[i], SOL_SOCKET, SO_SNDBUF, &now, &len) == 0 && now < 2 * size)
			(void)setsockopt(ret_sockets[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	}
	return 0;
}

/* Returns 0 when the socket is ready (or gone: the next call tells), or -ETIMEDOUT. */
static int wait_for(int socket, short events, uint64_t deadline_ms)
{
	struct pollfd pollfd = { .fd = socket, .events = events };

	for (;;) {
		int left_ms = deadline_ms == UINT64_MAX ? -1 : clock_left_ms(deadline_ms);
		int r = poll(&pollfd, 1, left_ms);

		if (r > 0)
			return 0;
		if (r < 0 && errno != EINTR)
			return -errno;
		if (r == 0 && clock_left_ms(deadline_ms) == 0)
			return -ETIMEDOUT;
	}
}

static void attach_fds(struct msghdr *message, union control *control, const int *fds, size_t fds_len)
{
	struct cmsghdr *header = &control->align;

	memset(control, 0, sizeof(*control));
	message->msg_control = control->bytes;
	message->msg_controllen = CMSG_SPACE(sizeof(int) * fds_len);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int) * fds_len);
	memcpy(CMSG_DATA(header), fds, sizeof(int) * fds_len);
}

static int send_message(int socket, const struct msghdr *message, uint64_t deadline_ms)
{
	while (sendmsg(socket, message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
		int r = 0;

		if (errno == EAGAIN)
			r = wait_for(socket, POLLOUT, deadline_ms);
		else if (errno == ECONNRESET || errno == ENOTCONN)
			r = -EPIPE;
		else if (errno != EINTR)
			r = -errno;
		if (r < 0)
			return r;
	}
	return 0;
}

int frame_send_as(int socket, uint32_t kind, const struct frame *frame, const int *fds, size_t fds_len,
		  uint64_t deadline_ms)
{
	uint8_t head[KIND_BYTES];
	struct iovec iov[2] = {
		{ .iov_base = head, .iov_len = sizeof(head) },
		{ .iov_base = (void *)(uintptr_t)frame->data, .iov_len = frame->len },
	};
	struct msghdr message = { .msg_iov = iov, .msg_iovlen = 2 };
	union control control;

	if (frame->bad || frame->len > FRAME_MAX || fds_len > FRAME_FDS_MAX)
		return -EMSGSIZE;
	put_little_endian(head, kind, KIND_BYTES);
	if (fds_len != 0)
		attach_fds(&message, &control, fds, fds_len);
	return send_message(socket, &message, deadline_ms);
}

int frame_send(int socket, const struct frame *frame, const int *fds, size_t fds_len, uint64_t deadline_ms)
{
	return frame_send_as(socket, frame->kind, frame, fds, fds_len, deadline_ms);
}

/* Moves the descriptors of one control message to ret_fds from *at on; what has no place is closed. */
static void keep_fds(const struct cmsghdr *header, int *ret_fds, size_t fds_len, size_t *at)
{
	size_t len = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);

	for (size_t i = 0; i < len; i++) {
		int fd;

		memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof(fd));
		if (*at < fds_len)
			ret_fds[(*at)++] = fd;
		else
			(void)close_fd(fd);
	}
}

static void take_fds(struct msghdr *message, int *ret_fds, size_t fds_len)
{
	size_t at = 0;

	for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header != NULL; header = CMSG_NXTHDR(message, header)) {
		if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
			keep_fds(header, ret_fds, fds_len, &at);
	}
}

/* One packet into message. Without a deadline the wait is recvmsg's own: a call less for an idle examiner. */
static ssize_t receive_message(int socket, struct msghdr *message, uint64_t deadline_ms)
{
	bool wait = deadline_ms != UINT64_MAX;

	for (;;) {
		int r = wait ? wait_for(socket, POLLIN, deadline_ms) : 0;
		ssize_t len;

		if (r < 0)
			return r;
		len = recvmsg(socket, message, MSG_CMSG_CLOEXEC | (wait ? MSG_DONTWAIT : 0));
		if (len >= 0)
			return len;
		if (errno == EAGAIN)
			wait = true;
		else if (errno != EINTR)
			return errno == ECONNRESET || errno == ENOTCONN ? -EPIPE : -errno;
	}
}

static void forget_fds(int *fds, size_t fds_len)
{
	for (size_t i = 0; i < fds_len; i++)
		fds[i] = close_fd(fds[i]);
}

int frame_receive(int socket, struct frame *ret_frame, int *ret_fds, size_t fds_len, uint64_t deadline_ms)
{
	uint8_t head[KIND_BYTES];
	struct iovec iov[2] = {
		{ .iov_base = head, .iov_len = sizeof(head) },
		{ .iov_base = ret_frame->data, .iov_len = FRAME_MAX },
	};
	union control control;
	struct msghdr message = { .msg_iov = iov, .msg_iovlen = 2, .msg_control = control.bytes,
				  .msg_controllen = sizeof(control.bytes) };
	ssize_t len;

	for (size_t i = 0; i < fds_len; i++)
		ret_fds[i] = -1;
	frame_start(ret_frame, 0);
	ret_frame->bad = true;
	len = receive_message(socket, &message, deadline_ms);
	if (len < 0)
		return (int)len;
	take_fds(&message, ret_fds, fds_len);
	if (len >= KIND_BYTES && (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0) {
		frame_start(ret_frame, (uint32_t)get_little_endian(head, KIND_BYTES));
		ret_frame->len = (size_t)len - KIND_BYTES;
		return 0;
	}
	forget_fds(ret_fds, fds_len);
	return len == 0 ? -EPIPE : -EBADMSG;	/* an empty packet looks like the end, and is as good as one */
}
