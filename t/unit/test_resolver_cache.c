/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/lookup/resolver_cache.h"

#include <malloc.h>
#include <stdlib.h>

#include "t/unit/rows.h"

#define NOW_MS 1000000
#define SMALL_BYTES 20000

static const uint64_t secret[2] = { 1, 2 };

static struct resolver_key key_of(const char *name, enum dns_type type)
{
	return (struct resolver_key){ resolver_hash(secret, name, strlen(name), type), type, strlen(name), name };
}

static size_t put(struct resolver_cache *cache, const char *name, enum dns_type type, uint64_t ttl_ms)
{
	struct dns_record record = { str_of(name), type };
	struct dns_answer *answer = dns_answer_new(DNS_FOUND, "", &record, 1);
	struct resolver_key key = key_of(name, type);
	size_t evicted = resolver_cache_put(cache, &key, answer, NOW_MS, NOW_MS + ttl_ms);

	dns_answer_unref(answer);
	return evicted;
}

static bool has(struct resolver_cache *cache, const char *name, enum dns_type type, uint64_t after_ms)
{
	struct resolver_key key = key_of(name, type);
	struct dns_answer *answer = resolver_cache_find(cache, &key, NOW_MS + after_ms);
	bool found = answer != NULL;

	if (found) {
		assert_string_equal(answer->records[0].data.p, name);
		assert_int_equal(answer->records[0].preference, type);
	}
	dns_answer_unref(answer);
	return found;
}

static void names_and_types_are_kept_apart(void **state)
{
	struct resolver_cache *cache = resolver_cache_new(SMALL_BYTES);

	(void)state;
	(void)put(cache, "a.example", DNS_A, 1000);
	(void)put(cache, "a.example", DNS_TXT, 1000);
	(void)put(cache, "b.example", DNS_A, 1000);
	assert_int_equal(resolver_cache_entries(cache), 3);
	assert_true(has(cache, "a.example", DNS_A, 0));
	assert_true(has(cache, "a.example", DNS_TXT, 0));
	assert_true(has(cache, "b.example", DNS_A, 0));
	assert_false(has(cache, "b.example", DNS_TXT, 0));
	assert_false(has(cache, "a.exampl", DNS_A, 0));
	resolver_cache_free(cache);
}

static void keys_that_fall_together_are_kept_apart(void **state)
{
	struct resolver_cache *cache = resolver_cache_new(SMALL_BYTES);
	struct resolver_key a = key_of("a.example", DNS_A), b = key_of("b.example", DNS_A), c = key_of("a.example", DNS_MX);
	struct dns_answer *first = dns_answer_nothing(true), *second = dns_answer_nothing(false), *found;

	(void)state;
	b.hash = c.hash = a.hash;
	(void)resolver_cache_put(cache, &a, first, NOW_MS, NOW_MS + 1);
	(void)resolver_cache_put(cache, &b, second, NOW_MS, NOW_MS + 1);
	found = resolver_cache_find(cache, &a, NOW_MS);
	assert_ptr_equal(found, first);
	dns_answer_unref(found);
	found = resolver_cache_find(cache, &b, NOW_MS);
	assert_ptr_equal(found, second);
	dns_answer_unref(found);
	assert_null(resolver_cache_find(cache, &c, NOW_MS));
	dns_answer_unref(first);
	dns_answer_unref(second);
	resolver_cache_free(cache);
}

static void an_answer_expires_to_the_millisecond(void **state)
{
	struct resolver_cache *cache = resolver_cache_new(SMALL_BYTES);
	size_t empty = resolver_cache_bytes(cache);

	(void)state;
	(void)put(cache, "a.example", DNS_A, 1000);
	assert_true(has(cache, "a.example", DNS_A, 999));
	assert_false(has(cache, "a.example", DNS_A, 1000));
	assert_int_equal(resolver_cache_entries(cache), 0);
	assert_int_equal(resolver_cache_bytes(cache), empty);
	resolver_cache_free(cache);
}

static void a_newer_answer_replaces_the_older(void **state)
{
	struct resolver_cache *cache = resolver_cache_new(SMALL_BYTES);
	struct resolver_key key = key_of("a.example", DNS_A);
	struct dns_answer *nothing = dns_answer_nothing(true), *found;

	(void)state;
	(void)put(cache, "a.example", DNS_A, 1000);
	(void)resolver_cache_put(cache, &key, nothing, NOW_MS, NOW_MS + 5000);
	assert_int_equal(resolver_cache_entries(cache), 1);
	found = resolver_cache_find(cache, &key, NOW_MS + 2000);
	assert_ptr_equal(found, nothing);
	dns_answer_unref(found);
	dns_answer_unref(nothing);
	resolver_cache_free(cache);
}

static void an_answer_that_may_not_be_kept_removes_the_older(void **state)
{
	struct resolver_cache *cache = resolver_cache_new(SMALL_BYTES);

	(void)state;
	(void)put(cache, "a.example", DNS_A, 1000);
	(void)put(cache, "a.example", DNS_A, 0);
	assert_int_equal(resolver_cache_entries(cache), 0);
	resolver_cache_free(cache);
}

static void what_was_asked_for_last_stays(void **state)
{
	struct resolver_cache *cache = resolver_cache_new(SMALL_BYTES);
	size_t evicted = 0;
	char name[32];

	(void)state;
	(void)put(cache, "kept.example", DNS_A, 1000);
	(void)put(cache, "forgotten.example", DNS_A, 1000);
	for (unsigned i = 0; i < 1000; i++) {
		(void)snprintf(name, sizeof(name), "n%u.example", i);
		evicted += put(cache, name, DNS_A, 1000);
		assert_true(has(cache, "kept.example", DNS_A, 0));
	}
	assert_false(has(cache, "forgotten.example", DNS_A, 0));
	assert_int_equal(resolver_cache_entries(cache) + evicted, 1002);
	resolver_cache_free(cache);
}

static void an_answer_that_fills_the_cache_pushes_nobody_out(void **state)
{
	struct resolver_cache *cache = resolver_cache_new(SMALL_BYTES);
	static char text[SMALL_BYTES];
	struct dns_record record = { { text, sizeof(text) }, 0 };
	struct dns_answer *large = dns_answer_new(DNS_FOUND, "", &record, 1);
	struct resolver_key key = key_of("large.example", DNS_TXT);

	(void)state;
	(void)put(cache, "a.example", DNS_A, 1000);
	assert_int_equal(resolver_cache_put(cache, &key, large, NOW_MS, NOW_MS + 1000), 0);
	assert_null(resolver_cache_find(cache, &key, NOW_MS));
	assert_true(has(cache, "a.example", DNS_A, 0));
	dns_answer_unref(large);
	resolver_cache_free(cache);
}

static void an_answer_outlives_its_place_in_the_cache(void **state)
{
	struct resolver_cache *cache = resolver_cache_new(SMALL_BYTES);
	struct resolver_key key = key_of("a.example", DNS_A);
	struct dns_answer *answer;

	(void)state;
	(void)put(cache, "a.example", DNS_A, 1000);
	answer = resolver_cache_find(cache, &key, NOW_MS);
	resolver_cache_free(cache);
	assert_string_equal(answer->records[0].data.p, "a.example");
	dns_answer_unref(answer);
}

static void fifty_thousand_names_stay_within_the_bound(void **state)
{
	const size_t bound = 1 << 20;
	struct resolver_cache *cache = resolver_cache_new(bound);
	char name[64];

	(void)state;
	for (unsigned i = 0; i < 50000; i++) {
		(void)snprintf(name, sizeof(name), "%u.%.*s.example", i, (int)(i % 40), "0123456789012345678901234567890123456789");
		(void)put(cache, name, DNS_A, 100000);
		assert_true(resolver_cache_bytes(cache) <= bound);
	}
	assert_true(resolver_cache_bytes(cache) > bound * 9 / 10);
	assert_true(resolver_cache_entries(cache) > 3000);
	resolver_cache_free(cache);
}

/* Else the bound would be one on paper. */
static void the_bytes_are_those_that_malloc_takes(void **state)
{
	struct resolver_cache *cache = resolver_cache_new(64 << 20);
	size_t before = mallinfo2().uordblks, counted = resolver_cache_bytes(cache), taken;
	char name[64];

	(void)state;
	for (unsigned i = 0; i < 10000; i++) {
		(void)snprintf(name, sizeof(name), "%u.%.*s.example", i, (int)(i % 40), "0123456789012345678901234567890123456789");
		(void)put(cache, name, DNS_A, 100000);
	}
	taken = mallinfo2().uordblks - before;
	counted = resolver_cache_bytes(cache) - counted;
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)	/* they have a malloc of their own */
	assert_true(taken <= counted + counted / 100 && counted <= taken + taken / 20);
#endif
	assert_true(counted > 0 && taken <= counted * 2);
	resolver_cache_free(cache);
}

/* The key is what a stranger does not know. */
static void the_hash_depends_on_every_part(void **state)
{
	const uint64_t other[2] = { 1, 3 }, another[2] = { 3, 2 };
	uint64_t hash = resolver_hash(secret, "12345678.example", 16, DNS_A);

	(void)state;
	assert_true(hash == resolver_hash(secret, "12345678.example", 16, DNS_A));
	assert_true(hash != resolver_hash(other, "12345678.example", 16, DNS_A));
	assert_true(hash != resolver_hash(another, "12345678.example", 16, DNS_A));
	assert_true(hash != resolver_hash(secret, "12345678.example", 16, DNS_TXT));
	assert_true(hash != resolver_hash(secret, "12345678.example", 15, DNS_A));
	assert_true(hash != resolver_hash(secret, "22345678.example", 16, DNS_A));
	assert_true(hash != resolver_hash(secret, "12345678.examplf", 16, DNS_A));
}

static void the_hash_spreads_names_that_differ_in_little(void **state)
{
	unsigned counts[64] = { 0 };
	char name[32];

	(void)state;
	for (unsigned i = 0; i < 64000; i++) {
		int len = snprintf(name, sizeof(name), "%u.in-addr.arpa", i);

		counts[resolver_hash(secret, name, (size_t)len, DNS_PTR) % 64]++;
	}
	for (size_t i = 0; i < 64; i++)
		assert_in_range(counts[i], 800, 1200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_types_are_kept_apart),
		cmocka_unit_test(keys_that_fall_together_are_kept_apart),
		cmocka_unit_test(an_answer_expires_to_the_millisecond),
		cmocka_unit_test(a_newer_answer_replaces_the_older),
		cmocka_unit_test(an_answer_that_may_not_be_kept_removes_the_older),
		cmocka_unit_test(what_was_asked_for_last_stays),
		cmocka_unit_test(an_answer_that_fills_the_cache_pushes_nobody_out),
		cmocka_unit_test(an_answer_outlives_its_place_in_the_cache),
		cmocka_unit_test(fifty_thousand_names_stay_within_the_bound),
		cmocka_unit_test(the_bytes_are_those_that_malloc_takes),
		cmocka_unit_test(the_hash_depends_on_every_part),
		cmocka_unit_test(the_hash_spreads_names_that_differ_in_little),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("resolver_cache", tests, NULL, NULL);
}
