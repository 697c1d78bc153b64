/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/dnsbl_zone.h"

#include <pthread.h>
#include <stdlib.h>

#include "milter/base/clock.h"

#define TEST_QUESTIONS 2
#define UNANSWERED_MAX 3	/* tests in a row that could not tell, before the administrator hears of it */
#define TOLD_MAX 400

struct dnsbl_zone {
	const struct services *services;
	struct dnsbl_zone_options options;
	char listed_point[DNS_REVERSE_MAX], unlisted_point[DNS_REVERSE_MAX];

	pthread_mutex_t lock;	/* over what follows; nobody asks the resolver while he holds it */
	struct dnsbl_state state;
	uint64_t due_ms, tested_ms;
	bool starting, running;	/* the two ends of a test: its pursuit may be dropped when both are over */
	unsigned unanswered;
	struct pursuit *test;
	uint64_t quiet_until_ms;
	bool window[DNSBL_WINDOW];
	size_t window_at, window_len, window_listed;
};

static void __attribute__((format(printf, 2, 3))) tell(const struct dnsbl_zone *zone, const char *format, ...)
{
	char text[TOLD_MAX];
	va_list args;
	int len;

	if (zone->services->tell == NULL)
		return;
	len = snprintf(text, sizeof(text), "dnsbl \"%.100s\"%s: ", zone->options.title, zone->options.kind == DNSBL_V6 ? " for IPv6" : "");
	va_start(args, format);
	(void)vsnprintf(text + len, sizeof(text) - (size_t)len, format, args);
	va_end(args);
	zone->services->tell(text);
}

/* ::ffff:7f00:2 is asked as an IPv6 address here, which is the one place where it is not 127.0.0.2 (RFC 5782 section 5). */
static struct ip test_address(enum dnsbl_kind kind, uint8_t last)
{
	if (kind == DNSBL_V4)
		return (struct ip){ IP_V4, { 127, 0, 0, last } };
	return (struct ip){ IP_V6, { [10] = 0xff, 0xff, 127, 0, 0, last } };
}

static void write_points(struct dnsbl_zone *zone)
{
	const char *name = zone->options.name;
	struct ip listed = test_address(zone->options.kind, 2), unlisted = test_address(zone->options.kind, 1);

	if (zone->options.kind == DNSBL_DOMAIN) {
		(void)snprintf(zone->listed_point, sizeof(zone->listed_point), "test.%s", name);
		(void)snprintf(zone->unlisted_point, sizeof(zone->unlisted_point), "invalid.%s", name);
		return;
	}
	(void)dns_reverse_name(&listed, name, zone->listed_point);
	(void)dns_reverse_name(&unlisted, name, zone->unlisted_point);
}

struct dnsbl_zone *dnsbl_zone_new(const struct services *services, const struct dnsbl_zone_options *options)
{
	struct dnsbl_zone *zone = xcalloc(1, sizeof(*zone));

	zone->services = services;
	zone->options = *options;
	zone->state.why = "";
	zone->state.health = options->self_test ? DNSBL_UNTESTED : DNSBL_GOOD;
	zone->due_ms = options->self_test ? 0 : UINT64_MAX;
	(void)pthread_mutex_init(&zone->lock, NULL);
	write_points(zone);
	dnsbl_zone_test(zone);
	return zone;
}

void dnsbl_zone_free(struct dnsbl_zone *zone)
{
	pursuit_drop(zone->test);
	(void)pthread_mutex_destroy(&zone->lock);
	free(zone);
}

struct dnsbl_state dnsbl_zone_state(struct dnsbl_zone *zone)
{
	struct dnsbl_state state;

	(void)pthread_mutex_lock(&zone->lock);
	state = zone->state;
	(void)pthread_mutex_unlock(&zone->lock);
	return state;
}

static struct dnsbl_reading read_any(const struct dnsbl_zone *zone, const struct dns_answer *answer)
{
	const struct dnsbl_filter filter = { .refusals = zone->options.refusals };

	return dnsbl_read(answer, &filter);
}

/* Does a list without its test entry tell anything? Many that have IPv6 addresses lack that one. */
static bool needs_listed_point(const struct dnsbl_zone *zone)
{
	return zone->options.self_test && zone->options.kind != DNSBL_V6;
}

static struct dnsbl_state judge(const struct dnsbl_zone *zone, struct dnsbl_reading listed, struct dnsbl_reading unlisted)
{
	bool domain = zone->options.kind == DNSBL_DOMAIN;

	if (unlisted.meaning == DNSBL_LISTED)
		return (struct dnsbl_state){ DNSBL_OFF, domain ? "it lists the name invalid, and so everything"
							       : "it lists 127.0.0.1, and so everything" };
	if (unlisted.refused || listed.refused)
		return (struct dnsbl_state){ DNSBL_OFF, unlisted.refused ? unlisted.why : listed.why };
	if (unlisted.meaning == DNSBL_ERROR || (listed.meaning == DNSBL_ERROR && needs_listed_point(zone)))
		return (struct dnsbl_state){ DNSBL_UNTESTED, unlisted.meaning == DNSBL_ERROR ? unlisted.why : listed.why };
	if (listed.meaning != DNSBL_LISTED && needs_listed_point(zone))
		return (struct dnsbl_state){ DNSBL_OFF, domain ? "it does not list its test entry, the name test"
							       : "it does not list its test entry, 127.0.0.2" };
	return (struct dnsbl_state){ DNSBL_GOOD, "" };
}

bool dnsbl_zone_ask_test(const struct dnsbl_zone *zone, struct pursuit *pursuit, struct dnsbl_state *ret_state)
{
	const struct dns_answer *must = pursuit_ask(pursuit, zone->listed_point, DNS_A);
	const struct dns_answer *must_not = pursuit_ask(pursuit, zone->unlisted_point, DNS_A);

	if (must == NULL || must_not == NULL)
		return false;
	*ret_state = judge(zone, read_any(zone, must), read_any(zone, must_not));
	return true;
}

/* What the administrator should hear, with the lock held. */
enum news { NEWS_NONE, NEWS_OFF, NEWS_BACK, NEWS_UNANSWERED };

static enum news settle(struct dnsbl_zone *zone, struct dnsbl_state state)
{
	enum dnsbl_health before = zone->state.health;

	zone->tested_ms = clock_monotonic_ms();
	zone->running = false;
	if (state.health == DNSBL_UNTESTED) {	/* what was known before holds */
		zone->due_ms = zone->tested_ms + DNSBL_SOON_MS;
		return ++zone->unanswered == UNANSWERED_MAX ? NEWS_UNANSWERED : NEWS_NONE;
	}
	zone->unanswered = 0;
	zone->state = state;
	zone->window_len = zone->window_listed = zone->window_at = 0;
	zone->due_ms = zone->tested_ms + (state.health == DNSBL_OFF ? DNSBL_RETRY_MS : DNSBL_HOUR_MS);
	if (state.health == DNSBL_GOOD && !zone->options.self_test)
		zone->due_ms = UINT64_MAX;
	if (state.health == DNSBL_OFF)
		return before == DNSBL_OFF ? NEWS_NONE : NEWS_OFF;
	return before == DNSBL_OFF ? NEWS_BACK : NEWS_NONE;
}

static bool test_step(struct pursuit *pursuit, void *state)
{
	struct dnsbl_zone *zone = state;
	struct dnsbl_state found;
	enum news news;

	if (!dnsbl_zone_ask_test(zone, pursuit, &found))
		return false;
	(void)pthread_mutex_lock(&zone->lock);
	news = settle(zone, found);
	(void)pthread_mutex_unlock(&zone->lock);
	if (news == NEWS_OFF)
		tell(zone, "switched off until a later self-test is good: %s", found.why);
	if (news == NEWS_BACK)
		tell(zone, "its self-test is good: it is asked again");
	if (news == NEWS_UNANSWERED)
		tell(zone, "its self-test got no answer %d times in a row: %s", UNANSWERED_MAX, found.why);
	return true;
}

/* Is it for this thread to start a test? The pursuit of the one before is then his to drop. */
static bool take_test(struct dnsbl_zone *zone, struct pursuit **ret_old)
{
	bool mine;

	(void)pthread_mutex_lock(&zone->lock);
	mine = !zone->starting && !zone->running && clock_monotonic_ms() >= zone->due_ms;
	if (mine) {
		zone->starting = zone->running = true;
		*ret_old = zone->test;
		zone->test = NULL;
	}
	(void)pthread_mutex_unlock(&zone->lock);
	return mine;
}

void dnsbl_zone_test(struct dnsbl_zone *zone)
{
	struct resolver *resolver = zone->services->resolver;
	struct pursuit *old, *test;

	if (resolver == NULL || !take_test(zone, &old))
		return;
	pursuit_drop(old);
	test = pursuit_new(resolver, clock_monotonic_ms() + resolver_settings_of(resolver)->timeout_ms, TEST_QUESTIONS);
	pursuit_start(test, test_step, zone);
	(void)pthread_mutex_lock(&zone->lock);
	zone->test = test;
	zone->starting = false;
	(void)pthread_mutex_unlock(&zone->lock);
}

static void slide_window(struct dnsbl_zone *zone, bool listed)
{
	if (zone->window_len == DNSBL_WINDOW)
		zone->window_listed -= zone->window[zone->window_at];
	else
		zone->window_len++;
	zone->window[zone->window_at] = listed;
	zone->window_listed += listed;
	zone->window_at = (zone->window_at + 1) % DNSBL_WINDOW;
	if (zone->window_len < DNSBL_WINDOW || zone->window_listed * 100 <= zone->options.max_listed_percent * DNSBL_WINDOW)
		return;
	zone->due_ms = 0;
	zone->window_len = zone->window_listed = zone->window_at = 0;
}

/* Has the administrator not heard of an error for an hour? It calls for a test, too: what spoils one answer may spoil all. */
static bool note_error(struct dnsbl_zone *zone)
{
	uint64_t now_ms = clock_monotonic_ms();
	bool heard = now_ms < zone->quiet_until_ms;

	if (zone->options.self_test && zone->due_ms > zone->tested_ms + DNSBL_SOON_MS)
		zone->due_ms = zone->tested_ms + DNSBL_SOON_MS;
	if (!heard)
		zone->quiet_until_ms = now_ms + DNSBL_HOUR_MS;
	return !heard;
}

void dnsbl_zone_note(struct dnsbl_zone *zone, const struct dns_answer *answer)
{
	struct dnsbl_reading reading = read_any(zone, answer);
	char address[DNSBL_ADDRESS_MAX];
	bool news = false;

	if (reading.meaning == DNSBL_ERROR && !reading.refused)
		return;		/* no answer of the list */
	(void)pthread_mutex_lock(&zone->lock);
	if (reading.refused)
		news = note_error(zone);
	else
		slide_window(zone, reading.meaning == DNSBL_LISTED);
	(void)pthread_mutex_unlock(&zone->lock);
	if (news)
		tell(zone, "it answers %s: %s", dnsbl_address_format(reading.address, address), reading.why);
}
