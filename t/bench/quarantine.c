/* SPDX-License-Identifier: GPL-2.0-or-later */
/* quarantine DIRECTORY ITEMS - how long it takes to hold, list and release where so many messages are held; prints, and judges nothing.
 * The directory must be empty and ours; what is made in it stays. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "conf/option.h"
#include "milter/base/clock.h"
#include "milter/base/str.h"
#include "milter/lookup/quarantine.h"

enum { BODY_BYTES = 4000, ROUNDS = 5 };

static void make_id(char id[10], unsigned long number)
{
	static const char letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

	number = number * 2654435761UL % (1UL << 40);	/* as scattered as the real ones */
	for (size_t i = 0; i < 9; i++) {
		id[i] = i == 4 ? '-' : letters[number & 31];
		number = i == 4 ? number : number >> 5;
	}
	id[9] = '\0';
}

static struct quarantine_item item_of(const char *id, int64_t time_ms)
{
	static const char *const recipients[] = { "user@ours.example" };

	return (struct quarantine_item){
		.id = id, .time_ms = time_ms, .held_by = "antivirus:unscannable", .because = "it is encrypted", .client = "192.0.2.7",
		.helo = "mx.ext.example", .login = "", .direction = "inbound", .queue_id = "4Xk2abc", .mailfrom = "a@ext.example",
		.recipients = recipients, .recipients_len = 1, .header_from = "a@ext.example", .subject = "hello",
		.digest = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
	};
}

static void fill(struct quarantine *quarantine, unsigned long items)
{
	uint64_t began_ms = clock_monotonic_ms();
	char body[BODY_BYTES] = "", id[10];
	int fd = memfd_create("body", MFD_CLOEXEC);

	if (fd < 0 || write(fd, body, sizeof(body)) != (ssize_t)sizeof(body))
		exit(EXIT_FAILURE);
	for (unsigned long i = 0; i < items; i++) {
		struct quarantine_item item;

		make_id(id, i);
		item = item_of(id, (int64_t)i * 1000);
		if (quarantine_put(quarantine, &item, "Subject: x\r\n\r\n", 14, fd, 0) < 0)
			exit(EXIT_FAILURE);
	}
	(void)printf("hold: %.3f ms each\n", (double)(clock_monotonic_ms() - began_ms) / (double)items);
	(void)close(fd);
}

static bool count(void *arg, const struct quarantine_item *item)
{
	(void)item;
	++*(unsigned long *)arg;
	return true;
}

static void list(struct quarantine *quarantine, size_t limit)
{
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t began_ms = clock_monotonic_ms();
		unsigned long told = 0;
		int64_t all = quarantine_list(quarantine, limit, count, &told);

		(void)printf("list: %lu of %lld in %llu ms\n", told, (long long)all, (unsigned long long)(clock_monotonic_ms() - began_ms));
	}
}

static void release(struct quarantine *quarantine)
{
	for (unsigned long i = 0; i < ROUNDS; i++) {
		uint64_t began_ms = clock_monotonic_ms();
		char id[10], mark[QUARANTINE_MARK_SIZE];

		make_id(id, i);
		if (quarantine_release_begin(quarantine, id, mark) < 0 || quarantine_release_end(quarantine, id, true) < 0 ||
		    quarantine_mark_spend(quarantine, mark) < 0)
			exit(EXIT_FAILURE);
		(void)printf("release: %llu ms\n", (unsigned long long)(clock_monotonic_ms() - began_ms));
	}
}

int main(int argc, char **argv)
{
	char problem[CONF_PROBLEM_MAX] = "usage: quarantine DIRECTORY ITEMS";
	struct quarantine *quarantine;
	unsigned long long items;

	if (argc != 3 || str_to_u64(str_of(argv[2]), &items) < 0 || items < ROUNDS || quarantine_open(argv[1], &quarantine, problem) < 0) {
		(void)fprintf(stderr, "%s\n", problem);
		return EXIT_FAILURE;
	}
	fill(quarantine, (unsigned long)items);
	list(quarantine, 100);
	list(quarantine, 0);
	release(quarantine);
	quarantine_close(quarantine);
	return EXIT_SUCCESS;
}
