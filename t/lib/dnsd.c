/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "t/lib/dnsd.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>

#include "milter/base/cleanup.h"
#include "t/lib/dnsd_counts.h"
#include "t/lib/dnsd_queue.h"
#include "t/lib/dnsd_sockets.h"
#include "t/lib/dnsd_streams.h"
#include "t/lib/dnsd_wire.h"

enum {
	EVENTS = 64,
	BATCH = 64,			/* questions by UDP until others get a turn */
};

/* What an event of epoll is about: the kind in the upper half, an index in the lower. */
enum source { SOURCE_UDP, SOURCE_LISTENER, SOURCE_STREAM, SOURCE_STOP };

struct dnsd {
	int epoll, stop;
	struct dnsd_sockets sockets;
	pthread_t thread;
	pthread_mutex_t lock;		/* of zone, counts and outage: the others belong to the thread */
	struct zone *zone;
	struct dnsd_counts counts;
	bool outage;
	int log_fd;
	struct dnsd_queue queue;
	struct dnsd_streams streams;
	uint64_t random;
	uint8_t in[DNSD_MESSAGE_MAX], out[DNSD_MESSAGE_MAX];
};

static void must(bool good, const char *what)
{
	if (good)
		return;
	(void)fprintf(stderr, "dnsd: %s: %s\n", what, strerror(errno));
	abort();
}

/* Not clock.h: a test may have stopped that one. */
static uint64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static uint32_t random_below(struct dnsd *dnsd, uint32_t limit)
{
	dnsd->random ^= dnsd->random << 13;
	dnsd->random ^= dnsd->random >> 7;
	dnsd->random ^= dnsd->random << 17;
	return (uint32_t)(dnsd->random >> 32) % limit;
}

static void watch(struct dnsd *dnsd, int operation, int fd, uint32_t events, enum source source, size_t index)
{
	struct epoll_event event = { .events = events, .data.u64 = (uint64_t)source << 32 | index };

	must(epoll_ctl(dnsd->epoll, operation, fd, &event) == 0, "epoll_ctl");
}

static void stream_watch(struct dnsd *dnsd, size_t place)
{
	const struct dnsd_stream *stream = &dnsd->streams.places[place];

	watch(dnsd, EPOLL_CTL_MOD, stream->fd, EPOLLIN | (stream->out_len > 0 ? (uint32_t)EPOLLOUT : 0U), SOURCE_STREAM, place);
}

static void send_now(struct dnsd *dnsd, const struct dnsd_peer *peer, const uint8_t *octets, size_t len)
{
	struct dnsd_stream *stream = &dnsd->streams.places[peer->connection];

	if (peer->udp_fd >= 0) {
		(void)sendto(peer->udp_fd, octets, len, 0, (const struct sockaddr *)&peer->address, peer->address_len);
	} else if (stream->fd >= 0 && stream->generation == peer->generation) {
		if (dnsd_stream_write(stream, octets, len))
			stream_watch(dnsd, peer->connection);
		else
			dnsd_stream_close(stream);
	}
}

static void send_after(struct dnsd *dnsd, const struct dnsd_peer *peer, const uint8_t *octets, size_t len, uint32_t delay_ms)
{
	if (delay_ms == 0)
		send_now(dnsd, peer, octets, len);
	else
		dnsd_queue_add(&dnsd->queue, now_ms() + delay_ms, peer, octets, len);
}

static void send_due(struct dnsd *dnsd, bool outage)
{
	struct dnsd_packet *packet;

	while ((packet = dnsd_queue_take(&dnsd->queue, now_ms())) != NULL) {
		if (!outage)
			send_now(dnsd, &packet->peer, packet->octets, packet->len);
		free(packet);
	}
}

static void log_query(const struct dnsd *dnsd, const struct dnsd_query *query)
{
	char name[DNS_NAME_TEXT_MAX];
	static const struct { unsigned type; const char *name; } names[] = {
		{ DNS_A, "A" }, { ZONE_NS, "NS" }, { ZONE_CNAME, "CNAME" }, { ZONE_SOA, "SOA" }, { DNS_PTR, "PTR" }, { DNS_MX, "MX" },
		{ DNS_TXT, "TXT" }, { DNS_AAAA, "AAAA" },
	};

	(void)zone_name_format(zone_name_str(&query->name), name);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].type == query->type) {
			(void)dprintf(dnsd->log_fd, "%s %s\n", names[i].name, name);
			return;
		}
	(void)dprintf(dnsd->log_fd, "TYPE%u %s\n", query->type, name);
}

static const struct { enum zone_behaviour_kind kind; enum dnsd_rcode rcode; } errors[] = {
	{ ZONE_SERVFAIL, DNSD_SERVFAIL }, { ZONE_REFUSED, DNSD_REFUSED }, { ZONE_FORMERR, DNSD_FORMERR }, { ZONE_NOTIMP, DNSD_NOTIMP },
};

static size_t write_answer(struct dnsd *dnsd, const struct zone_behaviour *behaviours, const struct dnsd_query *query, bool tcp)
{
	size_t max = tcp ? DNSD_MESSAGE_MAX : query->udp_max;

	if (zone_behaviour_of(behaviours, ZONE_GARBAGE, query->type) != NULL)
		return dnsd_wire_garbage(query, dnsd->out, max);
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (zone_behaviour_of(behaviours, errors[i].kind, query->type) != NULL)
			return dnsd_wire_code(query, errors[i].rcode, false, dnsd->out, max);
	if (!tcp && (zone_behaviour_of(behaviours, ZONE_TRUNCATE, query->type) != NULL ||
		     zone_behaviour_of(behaviours, ZONE_TCP_REFUSED, query->type) != NULL))
		return dnsd_wire_code(query, DNSD_NOERROR, true, dnsd->out, max);
	return dnsd_wire_answer(dnsd->zone, query, tcp, zone_behaviour_of(behaviours, ZONE_SPOOF, query->type) != NULL, dnsd->out, max);
}

static uint32_t delay_of(struct dnsd *dnsd, const struct zone_behaviour *behaviours, unsigned type)
{
	const struct zone_behaviour *delay = zone_behaviour_of(behaviours, ZONE_DELAY, type);
	const struct zone_behaviour *shuffle = zone_behaviour_of(behaviours, ZONE_SHUFFLE, type);

	return (delay == NULL ? 0 : delay->argument) + (shuffle == NULL ? 0 : random_below(dnsd, shuffle->argument + 1));
}

/* Returns false when the connection is to be closed. */
static bool answer_query(struct dnsd *dnsd, const struct dnsd_query *query, const struct dnsd_peer *peer)
{
	const struct zone_behaviour *behaviours = zone_behaviours(dnsd->zone, zone_name_str(&query->name));
	const struct zone_behaviour *wrong_id = zone_behaviour_of(behaviours, ZONE_WRONG_ID, query->type);
	uint32_t delay_ms = delay_of(dnsd, behaviours, query->type);
	bool tcp = peer->udp_fd < 0;
	size_t len;

	if (zone_behaviour_of(behaviours, ZONE_SILENT, query->type) != NULL)
		return true;
	if (tcp && zone_behaviour_of(behaviours, ZONE_TCP_REFUSED, query->type) != NULL)
		return false;
	if (wrong_id != NULL) {
		len = dnsd_wire_forged(query, dnsd->out, tcp ? DNSD_MESSAGE_MAX : query->udp_max);
		send_after(dnsd, peer, dnsd->out, len, delay_ms);
		if (!wrong_id->has_argument)
			return true;
		delay_ms += wrong_id->argument;
	}
	len = write_answer(dnsd, behaviours, query, tcp);
	send_after(dnsd, peer, dnsd->out, len, delay_ms);
	return true;
}

static bool take_message(struct dnsd *dnsd, struct str message, const struct dnsd_peer *peer)
{
	struct dnsd_query query;
	enum dnsd_rcode rcode;
	enum dnsd_reading reading = dnsd_wire_read(message, &query, &rcode);
	bool keep = true;

	if (reading == DNSD_IGNORED)
		return true;
	(void)pthread_mutex_lock(&dnsd->lock);
	if (reading == DNSD_QUERY)
		dnsd_counts_add(&dnsd->counts, zone_name_str(&query.name), query.type);
	if (reading == DNSD_QUERY && dnsd->log_fd >= 0)
		log_query(dnsd, &query);
	if (!dnsd->outage && reading == DNSD_QUERY)
		keep = answer_query(dnsd, &query, peer);
	else if (!dnsd->outage)
		send_now(dnsd, peer, dnsd->out, dnsd_wire_code(&query, rcode, false, dnsd->out, UINT16_MAX));
	(void)pthread_mutex_unlock(&dnsd->lock);
	return keep;
}

static void on_udp(struct dnsd *dnsd, size_t index)
{
	for (unsigned i = 0; i < BATCH; i++) {
		struct dnsd_peer peer = { .udp_fd = dnsd->sockets.udp[index], .address_len = sizeof(peer.address) };
		ssize_t len = recvfrom(peer.udp_fd, dnsd->in, sizeof(dnsd->in), MSG_DONTWAIT, (struct sockaddr *)&peer.address, &peer.address_len);

		if (len < 0)
			return;
		(void)take_message(dnsd, (struct str){ (const char *)dnsd->in, (size_t)len }, &peer);
	}
}

static void on_listener(struct dnsd *dnsd, size_t index)
{
	int place, fd = accept4(dnsd->sockets.tcp[index], NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	place = dnsd_stream_open(&dnsd->streams, fd);
	if (place >= 0)
		watch(dnsd, EPOLL_CTL_ADD, fd, EPOLLIN, SOURCE_STREAM, (size_t)place);
}

static void on_stream(struct dnsd *dnsd, size_t place, uint32_t events)
{
	struct dnsd_stream *stream = &dnsd->streams.places[place];
	struct dnsd_peer peer = { .udp_fd = -1, .connection = place, .generation = stream->generation };
	struct str message;
	bool keep;

	if (stream->fd < 0)
		return;
	keep = dnsd_stream_flush(stream) && ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) == 0 || dnsd_stream_read(stream));
	while (keep && dnsd_stream_next(stream, &message)) {
		/* a copy: sending may close the stream */
		memcpy(dnsd->in, message.p, message.len);
		keep = take_message(dnsd, (struct str){ (const char *)dnsd->in, message.len }, &peer);
		dnsd_stream_taken(stream, message.len);
	}
	if (!keep)
		dnsd_stream_close(stream);
	else if (stream->fd >= 0)
		stream_watch(dnsd, place);
}

/* Returns false at the end. */
static bool on_event(struct dnsd *dnsd, const struct epoll_event *event)
{
	size_t index = (uint32_t)event->data.u64;

	switch ((enum source)(event->data.u64 >> 32)) {
	case SOURCE_UDP:
		on_udp(dnsd, index);
		return true;
	case SOURCE_LISTENER:
		on_listener(dnsd, index);
		return true;
	case SOURCE_STREAM:
		on_stream(dnsd, index, event->events);
		return true;
	case SOURCE_STOP:
		break;
	}
	return false;
}

static bool has_outage(struct dnsd *dnsd)
{
	bool outage;

	(void)pthread_mutex_lock(&dnsd->lock);
	outage = dnsd->outage;
	(void)pthread_mutex_unlock(&dnsd->lock);
	return outage;
}

static void *serve(void *arg)
{
	struct dnsd *dnsd = arg;
	struct epoll_event events[EVENTS];
	bool running = true;

	while (running) {
		int n = epoll_wait(dnsd->epoll, events, EVENTS, dnsd_queue_wait_ms(&dnsd->queue, now_ms()));

		must(n >= 0 || errno == EINTR, "epoll_wait");
		for (int i = 0; i < n; i++)
			running = on_event(dnsd, &events[i]) && running;
		send_due(dnsd, has_outage(dnsd));
	}
	return NULL;
}

static void watch_all(struct dnsd *dnsd)
{
	dnsd->epoll = epoll_create1(EPOLL_CLOEXEC);
	must(dnsd->epoll >= 0, "epoll_create1");
	dnsd->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	must(dnsd->stop >= 0, "eventfd");
	watch(dnsd, EPOLL_CTL_ADD, dnsd->stop, EPOLLIN, SOURCE_STOP, 0);
	for (size_t i = 0; i < dnsd->sockets.len; i++) {
		watch(dnsd, EPOLL_CTL_ADD, dnsd->sockets.udp[i], EPOLLIN, SOURCE_UDP, i);
		watch(dnsd, EPOLL_CTL_ADD, dnsd->sockets.tcp[i], EPOLLIN, SOURCE_LISTENER, i);
	}
}

static void start_thread(struct dnsd *dnsd)
{
	sigset_t all, before;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	errno = pthread_create(&dnsd->thread, NULL, serve, dnsd);
	must(errno == 0, "pthread_create");
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

struct dnsd *dnsd_start_with(const struct dnsd_settings *settings)
{
	struct dnsd *dnsd = xcalloc(1, sizeof(*dnsd));

	dnsd->zone = zone_new(settings->zone);
	dnsd->log_fd = settings->log_fd;
	dnsd->random = now_ms() | 1;
	dnsd_streams_init(&dnsd->streams);
	(void)pthread_mutex_init(&dnsd->lock, NULL);
	dnsd->sockets = dnsd_sockets_open(settings->port, settings->addresses);
	watch_all(dnsd);
	start_thread(dnsd);
	return dnsd;
}

struct dnsd *dnsd_start(const char *zone_text)
{
	return dnsd_start_with(&(struct dnsd_settings){ .zone = zone_text, .log_fd = -1 });
}

void dnsd_stop(struct dnsd *dnsd)
{
	if (dnsd == NULL)
		return;
	must(write(dnsd->stop, &(uint64_t){ 1 }, sizeof(uint64_t)) == sizeof(uint64_t), "eventfd");
	(void)pthread_join(dnsd->thread, NULL);
	dnsd_sockets_close(&dnsd->sockets);
	(void)close(dnsd->epoll);
	(void)close(dnsd->stop);
	dnsd_streams_release(&dnsd->streams);
	dnsd_queue_release(&dnsd->queue);
	dnsd_counts_release(&dnsd->counts);
	zone_free(dnsd->zone);
	(void)pthread_mutex_destroy(&dnsd->lock);
	free(dnsd);
}

uint16_t dnsd_port(const struct dnsd *dnsd)
{
	return dnsd->sockets.port;
}

void dnsd_set_outage(struct dnsd *dnsd, bool outage)
{
	(void)pthread_mutex_lock(&dnsd->lock);
	dnsd->outage = outage;
	(void)pthread_mutex_unlock(&dnsd->lock);
}

void dnsd_set_zone(struct dnsd *dnsd, const char *zone_text)
{
	struct zone *old, *zone = zone_new(zone_text);

	(void)pthread_mutex_lock(&dnsd->lock);
	old = dnsd->zone;
	dnsd->zone = zone;
	(void)pthread_mutex_unlock(&dnsd->lock);
	zone_free(old);
}

unsigned dnsd_asked(struct dnsd *dnsd, const char *name, enum dns_type type)
{
	struct zone_name wire;
	unsigned asked;

	if (zone_name_read(str_of(name), &wire) != 0)
		return 0;
	zone_name_lower(&wire);
	(void)pthread_mutex_lock(&dnsd->lock);
	asked = dnsd_counts_of(&dnsd->counts, zone_name_str(&wire), type);
	(void)pthread_mutex_unlock(&dnsd->lock);
	return asked;
}

uint64_t dnsd_asked_total(struct dnsd *dnsd)
{
	uint64_t total;

	(void)pthread_mutex_lock(&dnsd->lock);
	total = dnsd->counts.total;
	(void)pthread_mutex_unlock(&dnsd->lock);
	return total;
}
