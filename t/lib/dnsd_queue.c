/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "t/lib/dnsd_queue.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "milter/base/arena.h"

static bool is_before(const struct dnsd_packet *a, const struct dnsd_packet *b)
{
	return a->due_ms != b->due_ms ? a->due_ms < b->due_ms : a->number < b->number;
}

static void swap(struct dnsd_packet **a, struct dnsd_packet **b)
{
	struct dnsd_packet *kept = *a;

	*a = *b;
	*b = kept;
}

static void grow(struct dnsd_queue *queue)
{
	struct dnsd_packet **larger;

	if (queue->len < queue->size)
		return;
	queue->size = queue->size == 0 ? 64 : queue->size * 2;
	larger = xcalloc(queue->size, sizeof(struct dnsd_packet *));
	if (queue->len > 0)
		memcpy(larger, queue->heap, queue->len * sizeof(struct dnsd_packet *));
	free(queue->heap);
	queue->heap = larger;
}

void dnsd_queue_add(struct dnsd_queue *queue, uint64_t due_ms, const struct dnsd_peer *peer, const uint8_t *octets, size_t len)
{
	struct dnsd_packet *packet;
	size_t at = queue->len;

	if (queue->len >= DNSD_QUEUE_MAX)
		return;
	grow(queue);
	packet = xcalloc(1, sizeof(*packet) + len);
	*packet = (struct dnsd_packet){ .due_ms = due_ms, .number = queue->number++, .peer = *peer, .len = len };
	memcpy(packet->octets, octets, len);
	queue->heap[queue->len++] = packet;
	for (; at > 0 && is_before(queue->heap[at], queue->heap[(at - 1) / 2]); at = (at - 1) / 2)
		swap(&queue->heap[at], &queue->heap[(at - 1) / 2]);
}

static void sift_down(struct dnsd_queue *queue)
{
	size_t at = 0, least = 0;

	do {
		swap(&queue->heap[at], &queue->heap[least]);
		at = least;
		for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < queue->len; child++)
			if (is_before(queue->heap[child], queue->heap[least]))
				least = child;
	} while (least != at);
}

struct dnsd_packet *dnsd_queue_take(struct dnsd_queue *queue, uint64_t now_ms)
{
	struct dnsd_packet *packet;

	if (queue->len == 0 || queue->heap[0]->due_ms > now_ms)
		return NULL;
	packet = queue->heap[0];
	queue->heap[0] = queue->heap[--queue->len];
	if (queue->len > 0)
		sift_down(queue);
	return packet;
}

int dnsd_queue_wait_ms(const struct dnsd_queue *queue, uint64_t now_ms)
{
	uint64_t due_ms;

	if (queue->len == 0)
		return -1;
	due_ms = queue->heap[0]->due_ms;
	if (due_ms <= now_ms)
		return 0;
	return due_ms - now_ms > INT_MAX ? INT_MAX : (int)(due_ms - now_ms);
}

void dnsd_queue_release(struct dnsd_queue *queue)
{
	for (size_t i = 0; i < queue->len; i++)
		free(queue->heap[i]);
	free(queue->heap);
	*queue = (struct dnsd_queue){ 0 };
}
