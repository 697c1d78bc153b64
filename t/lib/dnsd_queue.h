/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dnsd_queue.h - answers that are not due yet, the earliest first; those due at the same time in the order in which they came. */
#ifndef OCTROI_T_DNSD_QUEUE_H
#define OCTROI_T_DNSD_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* Whom an answer goes to: a client of a UDP socket, or a TCP connection. */
struct dnsd_peer {
	int udp_fd;				/* -1: by TCP */
	size_t connection;			/* its place, */
	uint64_t generation;			/* and which of those that were in this place */
	socklen_t address_len;
	struct sockaddr_storage address;
};

struct dnsd_packet {
	uint64_t due_ms, number;
	struct dnsd_peer peer;
	size_t len;
	uint8_t octets[];
};

#define DNSD_QUEUE_MAX 200000	/* what is more is lost, as on a network */

/* Zeroed memory is an empty queue. */
struct dnsd_queue {
	struct dnsd_packet **heap;
	size_t len, size;
	uint64_t number;
};

void dnsd_queue_add(struct dnsd_queue *queue, uint64_t due_ms, const struct dnsd_peer *peer, const uint8_t *octets, size_t len);

/* The first one, if it is due; the caller frees it. */
struct dnsd_packet *dnsd_queue_take(struct dnsd_queue *queue, uint64_t now_ms);

/* For epoll_wait: milliseconds until the first one is due, -1 when there is none. */
int dnsd_queue_wait_ms(const struct dnsd_queue *queue, uint64_t now_ms);

void dnsd_queue_release(struct dnsd_queue *queue);

#endif
