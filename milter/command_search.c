/* SPDX-License-Identifier: GPL-2.0-or-later */
/* octroi search: entries of the journal by any fact. */
#include <string.h>

#include "milter/base/str.h"
#include "milter/commands.h"
#include "milter/entry_json.h"
#include "milter/entry_line.h"
#include "milter/lookback.h"

enum { LIMIT_DEFAULT = 200 };

static const char usage[] =
	"usage: octroi search [--config FILE | --state DIR] [--json] [--ascii] [--since WHEN] [--until WHEN] [--limit N] [FIELD=VALUE | --FIELD VALUE ...]\n"
	"       FIELD: from rcpt domain header-from client network login subject message-id sha256 attachment verdict scanner outcome direction\n"
	"              id queue-id event about refused=yes\n"
	"       WHEN: 3d, 2h, today, yesterday, monday, 2026-11-20, \"2026-11-20 14:00\"\n"
	"       The newest first, 200 unless --limit says otherwise (0: all)\n";

struct search_words {
	const char *limit, *refused;
	struct journal_query query;
};

static int parse_limit(const struct lookback *lookback, struct search_words *words)
{
	unsigned long long limit = LIMIT_DEFAULT;

	if (words->limit != NULL && str_to_u64(str_of(words->limit), &limit) < 0) {
		lookback_complain(lookback, "--limit %s is no number", words->limit);
		return -1;
	}
	words->query.limit = (size_t)limit;
	return 0;
}

/* As people copy them: <a@b.example>, [7K3F-QX2M], sha256:... */
static const char *bare(struct arena *arena, const char *value)
{
	struct str s = value == NULL ? (struct str){ NULL, 0 } : str_trim(str_of(value));

	if (value == NULL)
		return NULL;
	if (s.len >= 2 && ((s.p[0] == '<' && s.p[s.len - 1] == '>') || (s.p[0] == '[' && s.p[s.len - 1] == ']')))
		s = (struct str){ s.p + 1, s.len - 2 };
	if (str_has_prefix(s, STR("sha256:")))
		s = (struct str){ s.p + 7, s.len - 7 };
	return arena_strndup(arena, s.p, s.len);
}

static void complete(const struct lookback *lookback, struct search_words *words)
{
	struct journal_query *query = &words->query;
	const char **const copied[] = { &query->mailfrom, &query->recipient, &query->header_from, &query->message_id, &query->sha256, &query->id };

	for (size_t i = 0; i < sizeof(copied) / sizeof(copied[0]); i++)
		*copied[i] = bare(lookback->show.arena, *copied[i]);
	query->since_ms = lookback->since_ms;
	query->until_ms = lookback->until_ms;
	query->refused_only = words->refused != NULL && !ascii_equal(words->refused, "no");
	query->events = query->event != NULL || query->subject_of != NULL || query->id != NULL;
}

static bool print_json(void *arg, int64_t n, const struct journal_entry *entry)
{
	(void)arg, (void)n;
	entry_json_line(stdout, entry_json(entry));
	return ferror(stdout) == 0;
}

static bool print_line(void *arg, int64_t n, const struct journal_entry *entry)
{
	struct show show = *(const struct show *)arg;

	(void)n;
	show.arena = arena_new();
	(void)printf("%s\n", entry_line(&show, entry));
	arena_free(show.arena);
	return ferror(stdout) == 0;
}

static int run(struct lookback *lookback, const struct search_words *words)
{
	int64_t found;

	if (!lookback->json)
		(void)printf("%s\n", entry_line_heading(&lookback->show));
	found = journal_search(lookback->reader, &words->query, lookback->json ? print_json : print_line, &lookback->show);
	if (found < 0)
		lookback_complain(lookback, "the journal cannot be read: %s", strerror((int)-found));
	else if (found == 0)
		lookback_complain(lookback, "nothing found");
	else if (!lookback->json && words->limit == NULL && found == LIMIT_DEFAULT)
		lookback_complain(lookback, "these are the newest %d; there may be more (--limit)", LIMIT_DEFAULT);
	return found < 0 ? EXIT_USAGE : found == 0 ? EXIT_WRONG : EXIT_GOOD;
}

int command_search(int argc, char **argv)
{
	struct lookback lookback = { .command = "search", .usage = usage };
	struct search_words words = { .limit = NULL };
	struct journal_query *query = &words.query;
	const struct lookback_option options[] = {
		{ "from", &query->mailfrom }, { "rcpt", &query->recipient }, { "domain", &query->domain }, { "header-from", &query->header_from },
		{ "client", &query->client }, { "network", &query->network }, { "login", &query->login }, { "subject", &query->subject },
		{ "message-id", &query->message_id }, { "sha256", &query->sha256 }, { "attachment", &query->attachment },
		{ "verdict", &query->verdict }, { "scanner", &query->scanner }, { "outcome", &query->outcome }, { "direction", &query->direction },
		{ "id", &query->id }, { "queue-id", &query->queue_id }, { "event", &query->event }, { "about", &query->subject_of },
		{ "limit", &words.limit }, { "refused", &words.refused }, { NULL, NULL },
	};
	int status = EXIT_USAGE;

	if (lookback_arguments(&lookback, argc, argv, options) == 0) {
		complete(&lookback, &words);
		if (lookback.words_len > 0)
			(void)fputs(usage, stderr);
		else if (parse_limit(&lookback, &words) == 0 && lookback_open(&lookback) == 0)
			status = run(&lookback, &words);
	}
	lookback_close(&lookback);
	return status;
}
