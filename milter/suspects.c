/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/suspects.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "conf/option.h"

/* A client outside is a stranger who may be out of line; whose mail left through us is ours. The text is that of the newest. */
static const char sql[] =
	"SELECT about, count(*), min(time_ms), max(time_ms), substr(max(printf('%020d', time_ms) || why), 21) FROM ("
	"SELECT CASE WHEN e.login <> '' THEN 'login:' || e.login ELSE 'client:' || e.client END AS about, e.time_ms AS time_ms, "
	"f.scanner || ':' || f.outcome || ': ' || f.text AS why FROM entry e JOIN finding f ON f.n = e.n "
	"WHERE e.time_ms >= CAST(?1 AS INTEGER) AND e.time_ms < CAST(?2 AS INTEGER) AND e.direction IN ('submission', 'granted', 'local') "
	"AND ((f.scanner = 'behaviour' AND f.outcome <> 'bounce') OR f.scanner = 'rate' "
	"OR (f.scanner = 'antivirus' AND f.outcome = 'infected')) "
	"UNION ALL "
	"SELECT subject_of, time_ms, event || ': ' || note FROM entry WHERE time_ms >= CAST(?1 AS INTEGER) AND time_ms < CAST(?2 AS INTEGER) "
	"AND event IN ('alert', 'hold') AND operator = 'octroi' AND (subject_of LIKE 'login:%' OR subject_of LIKE 'client:%')) "
	"WHERE about <> 'client:' GROUP BY about ORDER BY 2 DESC, about LIMIT 20";

struct gathered {
	struct arena *arena;
	struct suspect *items;
	size_t len;
};

static bool take(void *arg, const char *const *columns, size_t columns_len)
{
	struct gathered *gathered = arg;
	struct suspect *suspect;

	if (columns_len < 5)
		return false;
	suspect = arena_push(gathered->arena, (void **)&gathered->items, &gathered->len, sizeof(*suspect));
	*suspect = (struct suspect){
		.about = arena_strdup(gathered->arena, columns[0]),
		.messages = strtoull(columns[1], NULL, 10),
		.first_ms = strtoll(columns[2], NULL, 10),
		.last_ms = strtoll(columns[3], NULL, 10),
		.why = arena_strdup(gathered->arena, columns[4]),
	};
	return true;
}

int suspects_find(struct journal_reader *reader, struct arena *arena, int64_t since_ms, int64_t until_ms, struct suspect **ret_suspects)
{
	struct gathered gathered = { .arena = arena };
	const char *const params[] = { arena_printf(arena, "%lld", (long long)since_ms), arena_printf(arena, "%lld", (long long)until_ms) };
	int64_t rows = journal_select(reader, sql, params, 2, take, &gathered);

	*ret_suspects = gathered.items;
	return rows < 0 ? (int)rows : (int)gathered.len;
}

static const char *clock_text(struct arena *arena, int64_t time_ms)
{
	time_t seconds = (time_t)(time_ms / 1000);
	struct tm utc;

	if (gmtime_r(&seconds, &utc) == NULL)
		return "?";
	return arena_printf(arena, "%02d:%02d", utc.tm_hour, utc.tm_min);
}

static const char *lines(struct arena *arena, const struct suspect *suspects, int len)
{
	const char *text = "Out of line in the hours before (times in UTC):\n";

	for (int i = 0; i < len; i++)
		text = arena_printf(arena, "%s  %s (%" PRIu64 " %s, %s to %s)\n    %.300s\n", text, suspects[i].about, suspects[i].messages,
				    suspects[i].messages == 1 ? "time" : "times", clock_text(arena, suspects[i].first_ms), clock_text(arena, suspects[i].last_ms), suspects[i].why);
	return text;
}

const char *suspects_text(struct arena *arena, const char *directory, int64_t since_ms, int64_t until_ms)
{
	struct journal_reader *reader = NULL;
	char problem[CONF_PROBLEM_MAX];
	struct suspect *suspects;
	int len = directory == NULL ? -ENOENT : journal_reader_open(directory, &reader, problem);

	if (len < 0)
		return "There is no journal to see in who was out of line before.\n";
	len = suspects_find(reader, arena, since_ms, until_ms, &suspects);
	journal_reader_close(reader);
	if (len < 0)
		return "The journal could not be read to see who was out of line before.\n";
	return len == 0 ? "No login or host of ours was out of line in the hours before, as far as the journal knows.\n" : lines(arena, suspects, len);
}
