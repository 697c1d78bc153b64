/* SPDX-License-Identifier: GPL-2.0-or-later */
/* journal - what the journal costs, and how quickly it answers.
 *
 *	journal [ENTRIES [DIRECTORY [SIZE_MIB]]]
 *
 * Writes entries (each with 2 recipients, 3 findings, 1 attachment): at 5,000 a second for some seconds, then as fast as they are taken until
 * there are so many, and says processor time for each, of journal_put alone and with its share of the writer's. Then it searches. With
 * SIZE_MIB the oldest have to go meanwhile. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "conf/conf.h"
#include "milter/base/clock.h"
#include "milter/base/digest.h"
#include "milter/lookup/journal_read.h"

#define PACE 5000
#define PACED_SECONDS 8

static struct journal_settings settings = {
	.enabled = true, .keep_ms = UINT64_C(365) * 24 * 3600 * 1000, .size_bytes = UINT64_C(1) << 40,
};

static double seconds(clockid_t id)
{
	struct timespec now;

	(void)clock_gettime(id, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void say(const char *text)
{
	(void)printf("# told: %s\n", text);
}

/* What a gateway sees: few clients and senders that come again and again, ids that never do. */
struct texts {
	char id[16], client[32], login[32], mailfrom[64], message_id[96], queue_id[32], digest[32], recipients[2][64], sha256[DIGEST_TEXT_SIZE];
};

static void fill_texts(struct texts *texts, size_t i)
{
	unsigned char digest[DIGEST_SIZE];
	char all[DIGEST_TEXT_SIZE];

	digest_of(&i, sizeof(i), digest);
	digest_text(digest, all);
	(void)snprintf(texts->id, sizeof(texts->id), "%.4s-%.4s", all, all + 4);
	(void)snprintf(texts->client, sizeof(texts->client), "192.0.%u.%u", digest[4] % 20u, digest[5]);
	(void)snprintf(texts->login, sizeof(texts->login), digest[6] < 64 ? "login%u" : "", digest[7] * 2u);
	(void)snprintf(texts->mailfrom, sizeof(texts->mailfrom), "sender%u@domain%u.example", digest[8], digest[9] * 4u);
	(void)snprintf(texts->message_id, sizeof(texts->message_id), "%.24s.%zu@mail.domain%u.example", all, i, digest[9] * 4u);
	(void)snprintf(texts->queue_id, sizeof(texts->queue_id), "4%.10s", all + 10);
	(void)snprintf(texts->digest, sizeof(texts->digest), "%.16s", all + 20);
	for (size_t r = 0; r < 2; r++)
		(void)snprintf(texts->recipients[r], sizeof(texts->recipients[r]), "user%u@dest%u.example", digest[10 + r] * 4u, digest[12 + r]);
	memcpy(texts->sha256, all, sizeof(all));
}

static void put(struct journal *journal, size_t i)
{
	struct texts texts;
	struct journal_entry entry = journal_nothing;
	const struct journal_recipient recipients[] = {
		{ texts.recipients[0], "domain", "", "", true }, { texts.recipients[1], "domain", "", "", true },
	};
	const struct journal_finding findings[] = {
		{ "spf", "pass", "accept", 0, false, false, "", "192.0.2.1 may send for domain.example", "", 0 },
		{ "dkim", "pass", "accept", 0, false, false, "", "signed by domain.example, selector s1", "", 0 },
		{ "dmarc", "pass", "accept", 0, false, false, "", "domain.example: p=reject, aligned with SPF and DKIM", "", 0 },
	};
	const struct journal_attachment attachments[] = { { "invoice.pdf", "pdf", texts.sha256, 123456 } };

	fill_texts(&texts, i);
	entry.time_ms = (int64_t)clock_wall_ms();
	entry.kind = JOURNAL_MESSAGE;
	entry.id = texts.id;
	entry.configuration = "0123456789abcdef";
	entry.client = entry.network = texts.client;
	entry.client_name = entry.helo = "mail.domain.example";
	entry.mta_host = "gw.example.com";
	entry.tls = "TLSv1.3";
	entry.login = texts.login;
	entry.direction = "inbound";
	entry.mailfrom = entry.header_from = texts.mailfrom;
	entry.message_id = texts.message_id;
	entry.subject_digest = texts.digest;
	entry.queue_id = texts.queue_id;
	entry.verdict = i % 20 == 0 ? "reject" : "accept";
	entry.size_bytes = 5800;
	entry.results = "gw.example.com; spf=pass smtp.mailfrom=domain.example; dkim=pass header.d=domain.example; dmarc=pass header.from=domain.example";
	entry.dmarc = "result=pass disposition=none spf=pass dkim=pass domain=domain.example policy=reject";
	entry.elapsed_ms = 120;
	entry.recipients = recipients;
	entry.recipients_len = 2;
	entry.findings = findings;
	entry.findings_len = 3;
	entry.attachments = attachments;
	entry.attachments_len = 1;
	journal_put(journal, &entry);
}

/* The processor time of making the texts is no part of it. */
static double cost_of_texts(void)
{
	struct texts texts;
	double before = seconds(CLOCK_THREAD_CPUTIME_ID);

	for (size_t i = 0; i < 20000; i++)
		fill_texts(&texts, i);
	return (seconds(CLOCK_THREAD_CPUTIME_ID) - before) / 20000;
}

static void write_paced(struct journal *journal, double texts_s)
{
	struct journal_stats stats;
	double all = seconds(CLOCK_PROCESS_CPUTIME_ID), own = seconds(CLOCK_THREAD_CPUTIME_ID);
	size_t len = PACE * PACED_SECONDS;
	struct timespec wake;

	(void)clock_gettime(CLOCK_MONOTONIC, &wake);
	for (size_t i = 0; i < len; i++) {
		put(journal, i);
		if (i % 50 != 49)
			continue;
		wake.tv_nsec += 50 * (1000000000 / PACE);
		wake.tv_sec += wake.tv_nsec / 1000000000;
		wake.tv_nsec %= 1000000000;
		(void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &wake, NULL);
	}
	journal_flush(journal, 10000);
	all = (seconds(CLOCK_PROCESS_CPUTIME_ID) - all) / (double)len - texts_s;
	own = (seconds(CLOCK_THREAD_CPUTIME_ID) - own) / (double)len - texts_s;
	journal_read_stats(journal, &stats);
	(void)printf("%d a second: %.1f us of processor time for each, %.1f of them in journal_put; %llu written, %llu dropped, %llu batches\n",
		     PACE, all * 1e6, own * 1e6, (unsigned long long)stats.written, (unsigned long long)stats.dropped,
		     (unsigned long long)stats.batches);
}

static void write_flat_out(struct journal *journal, size_t len, double texts_s)
{
	struct journal_stats stats;
	double all = seconds(CLOCK_PROCESS_CPUTIME_ID), begin = seconds(CLOCK_MONOTONIC);

	for (size_t i = PACE * PACED_SECONDS; i < len; i++) {
		put(journal, i);
		journal_read_stats(journal, &stats);
		if (stats.waiting > 4000)
			journal_flush(journal, 60000);
	}
	journal_flush(journal, 60000);
	if (len <= PACE * PACED_SECONDS)
		return;
	all = (seconds(CLOCK_PROCESS_CPUTIME_ID) - all) / (double)(len - PACE * PACED_SECONDS) - texts_s;
	begin = seconds(CLOCK_MONOTONIC) - begin;
	journal_read_stats(journal, &stats);
	(void)printf("flat out: %.0f a second, %.1f us of processor time for each; %llu written, %llu dropped\n",
		     (double)(len - PACE * PACED_SECONDS) / begin, all * 1e6, (unsigned long long)stats.written, (unsigned long long)stats.dropped);
}

static bool count(void *arg, int64_t n, const struct journal_entry *entry)
{
	(void)n, (void)entry;
	++*(size_t *)arg;
	return true;
}

static void search(struct journal_reader *reader, const char *name, const struct journal_query *query)
{
	size_t found = 0;
	double begin = seconds(CLOCK_MONOTONIC);
	int64_t r = journal_search(reader, query, count, &found);

	(void)printf("search by %-24s %8zu found in %6.0f ms%s\n", name, found, (seconds(CLOCK_MONOTONIC) - begin) * 1e3, r < 0 ? ", FAILED" : "");
}

static void search_all(const char *directory, size_t len)
{
	struct journal_reader *reader;
	char problem[CONF_PROBLEM_MAX];
	struct texts texts;

	if (journal_reader_open(directory, &reader, problem) < 0) {
		(void)printf("%s\n", problem);
		return;
	}
	fill_texts(&texts, len / 3);
	search(reader, "id", &(struct journal_query){ .id = texts.id });
	search(reader, "queue id", &(struct journal_query){ .queue_id = texts.queue_id });
	search(reader, "message id", &(struct journal_query){ .message_id = texts.message_id });
	search(reader, "sha256", &(struct journal_query){ .sha256 = texts.sha256 });
	search(reader, "login", &(struct journal_query){ .login = "login100" });
	search(reader, "login, the newest 100", &(struct journal_query){ .login = "login100", .limit = 100 });
	search(reader, "a login that never was", &(struct journal_query){ .login = "nobody" });
	search(reader, "client", &(struct journal_query){ .client = texts.client });
	search(reader, "recipient", &(struct journal_query){ .recipient = texts.recipients[0] });
	search(reader, "recipients' domain", &(struct journal_query){ .domain = "dest7.example" });
	search(reader, "scanner, newest 100", &(struct journal_query){ .scanner = "spf", .limit = 100 });
	search(reader, "verdict", &(struct journal_query){ .verdict = "reject" });
	search(reader, "time: the newest 100", &(struct journal_query){ .since_ms = 1, .limit = 100 });
	search(reader, "nothing: all of them", &(struct journal_query){ .id = NULL });
	journal_reader_close(reader);
}

int main(int argc, char **argv)
{
	size_t len = argc > 1 ? strtoul(argv[1], NULL, 10) : 200000;
	char made[] = "/tmp/octroi-journal-XXXXXX", problem[CONF_PROBLEM_MAX], path[4096];
	const char *directory = argc > 2 ? argv[2] : mkdtemp(made);
	double texts_s = cost_of_texts();
	struct journal *journal;
	struct stat st;

	if (argc > 3)
		settings.size_bytes = strtoul(argv[3], NULL, 10) << 20;
	if (directory == NULL || journal_open(directory, &settings, say, &journal, problem) < 0) {
		(void)fprintf(stderr, "%s\n", directory == NULL ? strerror(errno) : problem);
		return 1;
	}
	write_paced(journal, texts_s);
	write_flat_out(journal, len, texts_s);
	(void)snprintf(path, sizeof(path), "%s/journal.db", directory);
	if (stat(path, &st) == 0)
		(void)printf("%.0f octets for each entry\n", (double)st.st_size / (double)len);
	search_all(directory, len);
	journal_close(journal);
	if (argc > 2)
		return 0;
	(void)unlink(path);
	return rmdir(directory) < 0;
}
