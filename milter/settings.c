/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/settings.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "milter/alert_settings.h"
#include "milter/base/arena.h"
#include "milter/base/ip.h"
#include "milter/base/str.h"
#include "milter/lookup/journal.h"
#include "milter/lookup/names.h"
#include "milter/lookup/resolver.h"
#include "milter/mail/domain.h"
#include "milter/model/scanner.h"
#include "milter/quarantine_settings.h"
#include "milter/state.h"

static const struct option_word log_words[] = {
	{ "auto", LOG_CHOICE_AUTO }, { "stderr", LOG_CHOICE_STDERR }, { "syslog", LOG_CHOICE_SYSLOG }, { NULL, 0 },
};

static const struct option_word phase_words[] = {
	{ "connect", PHASE_CONNECT }, { "helo", PHASE_HELO }, { "mailfrom", PHASE_MAILFROM }, { "rcpt", PHASE_RCPT }, { NULL, 0 },
};

static int listen_check(struct conf *conf, const char *text, struct conf_where where, void *field, char *problem)
{
	struct listen_address address;

	(void)conf, (void)where, (void)field;
	if (listen_address_parse(text, &address) == 0)
		return 0;
	(void)snprintf(problem, CONF_PROBLEM_MAX,
		       "\"%.60s\" is no listening address (unix:/path, at most 107 bytes, or inet:PORT@HOST)", text);
	return -EINVAL;
}

static int mode_parse(struct conf *conf, const char *text, struct conf_where where, void *field, char *problem)
{
	char *end;
	unsigned long mode = strtoul(text, &end, 8);

	(void)conf, (void)where;
	if (*text < '0' || *text > '7' || *end != '\0' || mode > 0777 || (mode & 0002) != 0) {
		(void)snprintf(problem, CONF_PROBLEM_MAX,
			       "\"%.20s\" is no mode for the socket (octal such as 0660; never writable for everybody)", text);
		return -EINVAL;
	}
	*(uint64_t *)field = mode;
	return 0;
}

static int authserv_id_check(struct conf *conf, const char *text, struct conf_where where, void *field, char *problem)
{
	struct arena *arena = arena_new();
	const char *domain;
	int r = text[0] == '\0' ? 0 : domain_normalise(arena, str_of(text), &domain);

	(void)conf, (void)where, (void)field;
	arena_free(arena);
	if (r < 0)
		(void)snprintf(problem, CONF_PROBLEM_MAX, "\"%.60s\" is no host name", text);
	return r;
}

static int subject_check(struct conf *conf, const char *text, struct conf_where where, void *field, char *problem)
{
	(void)conf, (void)where, (void)field;
	for (const char *p = text; *p != '\0'; p++) {
		if (*p >= ' ' && *p <= '~')
			continue;
		(void)snprintf(problem, CONF_PROBLEM_MAX, "a header field may hold only printable ASCII");
		return -EINVAL;
	}
	return 0;
}

static int threshold_parse(const char *text, double *ret, char *problem)
{
	char *end;

	*ret = strtod(text, &end);
	if (*text != '\0' && strspn(text, ".0123456789") == strlen(text) && *end == '\0' && *ret <= 100000)
		return 0;
	(void)snprintf(problem, CONF_PROBLEM_MAX, "\"%.20s\" is no score (a number such as 5 or 7.5; 0 is never)", text);
	return -EINVAL;
}

static int score_parse(struct conf *conf, const char *text, struct conf_where where, void *field, char *problem)
{
	struct score_threshold *threshold = field;

	(void)conf;
	threshold->where = where;
	return threshold_parse(text, &threshold->score, problem);
}

static const struct option settings_options[] = {
	{ "listen", OPTION_STRING, offsetof(struct settings, listen), .parse = listen_check,
	  .fallback = "unix:/var/spool/postfix/octroi/octroi.sock",
	  .summary = "where the MTA reaches the filter",
	  .text = "unix:/PATH or inet:PORT@HOST. Debian's Postfix runs in /var/spool/postfix, so the socket lies there and main.cf says "
		  "smtpd_milters = unix:octroi/octroi.sock. systemd may hand the socket over instead." },
	{ "allow_remote", OPTION_BOOL, offsetof(struct settings, allow_remote), .fallback = "no",
	  .summary = "may listen be an address that other hosts can reach",
	  .text = "Whoever reaches it can claim any client address and any login: protect it with a firewall." },
	{ "socket_group", OPTION_STRING, offsetof(struct settings, socket_group), .fallback = "",
	  .summary = "group of the unix socket, that of the MTA", .example = "postfix" },
	{ "socket_mode", OPTION_CUSTOM, offsetof(struct settings, socket_mode), .fallback = "0660", .parse = mode_parse,
	  .summary = "mode of the unix socket" },
	{ "user", OPTION_STRING, offsetof(struct settings, user), .fallback = "",
	  .summary = "user to become when started as root",
	  .text = "Required then: the program does not run as root.", .example = "octroi" },
	{ "authserv_id", OPTION_STRING, offsetof(struct settings, authserv_id), .fallback = "", .parse = authserv_id_check,
	  .summary = "name of this gateway in header fields (RFC 8601 2.5)",
	  .text = "Empty: the host name. Authentication-Results fields that arrive with this name are forged and removed.",
	  .example = "gw.example.com" },
	{ "domains", OPTION_LIST, offsetof(struct settings, domains), .parse = domains_check,
	  .summary = "our domains: mail for these is inbound and needs no other ground",
	  .text = "example.com is that domain alone, .example.com every name below it.",
	  .example = "{ \"example.com\", \"file:/etc/octroi/domains\" }" },
	{ "refuse_at", OPTION_WORD, offsetof(struct settings, refuse_at), .fallback = "rcpt", .words = phase_words,
	  .summary = "when a client hears that it is refused: connect, helo, mailfrom or rcpt",
	  .text = "At rcpt the refusal and the log can name sender and recipient, and postmaster and abuse can always be reached." },
	{ "log", OPTION_WORD, offsetof(struct settings, log), .fallback = "auto", .words = log_words,
	  .summary = "where lines go: syslog (facility mail), stderr, or auto",
	  .text = "auto is standard error, which systemd gives to the journal, and syslog when that is closed or /dev/null." },
	{ "drain_time", OPTION_DURATION, offsetof(struct settings, drain_ms), .fallback = "330s", .min = 1000, .max = 3600000,
	  .summary = "how long sessions of an old configuration may go on after a reload" },
	{ "stop_time", OPTION_DURATION, offsetof(struct settings, stop_ms), .fallback = "30s", .min = 0, .max = 3600000,
	  .summary = "how long sessions may go on after SIGTERM" },
	OPTION_END
};

static const struct option_section settings_section = {
	.name = "",
	.options = settings_options,
	.settings_size = sizeof(struct settings),
	.summary = "the gateway",
};

static const struct option examiners_options[] = {
	{ "spare", OPTION_COUNT, offsetof(struct examiner_settings, spare), .fallback = "4", .min = 1, .max = 256,
	  .summary = "examiners that are kept ready" },
	{ "max", OPTION_COUNT, offsetof(struct examiner_settings, max), .fallback = "200", .min = 1, .max = 1000,
	  .summary = "examiners at the most",
	  .text = "One message each at a time; no message waits behind a slow one while there are fewer than this. The signatures are in "
		  "memory once, however many there are." },
	{ "jobs_each", OPTION_COUNT, offsetof(struct examiner_settings, jobs_each), .fallback = "500", .min = 1, .max = 1000000,
	  .summary = "messages after which an examiner is replaced by a fresh one" },
	{ "scratch", OPTION_STRING, offsetof(struct examiner_settings, scratch), .fallback = "",
	  .summary = "directory for temporary files where the kernel gives no private one",
	  .text = "Empty: $RUNTIME_DIRECTORY, /dev/shm or /tmp, whichever can be used." },
	{ "scratch_size", OPTION_SIZE, offsetof(struct examiner_settings, scratch_bytes), .fallback = "512M", .min = 1048576,
	  .max = 1099511627776, .summary = "room for the temporary files of one examiner" },
	{ "memory", OPTION_SIZE, offsetof(struct examiner_settings, memory_bytes), .fallback = "2G", .min = 67108864,
	  .max = 1099511627776, .summary = "memory one examiner may take beyond what it shares" },
	OPTION_END
};

static const struct option_section examiners_section = {
	.name = "examiners",
	.options = examiners_options,
	.settings_size = sizeof(struct examiner_settings),
	.summary = "the caged processes that read the inside of messages",
};

static const struct option score_options[] = {
	{ "tag", OPTION_CUSTOM, offsetof(struct score_settings, tag), .fallback = "5", .parse = score_parse,
	  .summary = "score from which a message is tagged" },
	{ "quarantine", OPTION_CUSTOM, offsetof(struct score_settings, quarantine), .fallback = "10", .parse = score_parse,
	  .summary = "score from which it is quarantined" },
	{ "reject", OPTION_CUSTOM, offsetof(struct score_settings, reject), .fallback = "15", .parse = score_parse,
	  .summary = "score from which it is rejected" },
	OPTION_END
};

static const struct option_section score_section = {
	.name = "score",
	.options = score_options,
	.settings_size = sizeof(struct score_settings),
	.summary = "what the sum of the weights leads to; 0: never",
	.text = "Where an action is a number, it is the weight of that outcome.",
};

static const struct option tag_options[] = {
	{ "subject", OPTION_STRING, offsetof(struct tag_settings, subject), .fallback = "", .parse = subject_check,
	  .summary = "put in front of the subject of tagged mail", .text = "Empty: the subject stays. X-Spam-Flag: YES is added in any case.",
	  .example = "[SUSPECT] " },
	OPTION_END
};

static const struct option_section tag_section = {
	.name = "tag",
	.options = tag_options,
	.settings_size = sizeof(struct tag_settings),
	.summary = "how mail is tagged",
};

enum { SECTIONS_MAX = 64 };

const struct option_section *const *settings_sections(void)
{
	static const struct option_section *all[SECTIONS_MAX] = {
		&settings_section, &resolver_section, &examiners_section, &score_section, &tag_section,
		&state_section, &journal_section, &quarantine_section, &alert_section,
	};
	size_t len = 9;

	if (all[len] != NULL)
		return all;
	for (size_t i = 0; scanners[i] != NULL; i++)
		for (size_t j = 0; scanners[i]->sections[j] != NULL; j++) {
			assert(len + 1 < SECTIONS_MAX);
			all[len++] = scanners[i]->sections[j];
		}
	return all;
}

static void check_listen(struct conf *conf, const struct settings *settings)
{
	struct listen_address address;
	struct ip ip;

	if (listen_address_parse(settings->listen, &address) < 0 || address.family == LISTEN_UNIX || settings->allow_remote)
		return;
	if (strcmp(address.host, "localhost") == 0 || (ip_parse(address.host, &ip) == 0 && ip_is_loopback(&ip)))
		return;
	conf_add_error(conf, conf_where(conf, "", 0, "listen"),
		       "listen: \"%s\" can be reached from other hosts; use a loopback address, or say allow_remote = yes", settings->listen);
}

static void check_scratch(struct conf *conf)
{
	const struct examiner_settings *examiners = settings_examiners(conf);

	for (size_t i = 0; scanners[i] != NULL; i++) {
		uint64_t needed = scanners[i]->scratch_bytes == NULL ? 0 : scanners[i]->scratch_bytes(conf);

		if (needed > examiners->scratch_bytes)
			conf_add_error(conf, conf_where(conf, "examiners", 0, "scratch_size"),
				       "examiners.scratch_size is too small: %s may need %llu bytes for one message", scanners[i]->name,
				       (unsigned long long)needed);
	}
}

static void check_scores(struct conf *conf)
{
	const struct score_settings *score = conf_settings(conf, "score");
	double last = 0;
	const struct score_threshold *all[] = { &score->tag, &score->quarantine, &score->reject };

	for (size_t i = 0; i < 3; i++) {
		if (all[i]->score == 0)
			continue;
		if (all[i]->score < last)
			conf_add_error(conf, all[i]->where, "score: tag, quarantine and reject must not get smaller in that order");
		last = all[i]->score;
	}
}

struct conf *settings_load(const char *file)
{
	struct conf *conf = conf_load(file, settings_sections());
	size_t errors;

	(void)conf_errors(conf, &errors);
	if (errors > 0)
		return conf;
	check_listen(conf, settings_of(conf));
	check_scores(conf);
	check_scratch(conf);
	quarantine_settings_check(conf);
	return conf;
}

const struct settings *settings_of(const struct conf *conf)
{
	return conf_settings(conf, "");
}

const struct examiner_settings *settings_examiners(const struct conf *conf)
{
	return conf_settings(conf, "examiners");
}

const char *settings_state(const struct conf *conf)
{
	const struct state_settings *state = conf_settings(conf, "state");

	return state->directory;
}

const char *settings_authserv_id(const struct conf *conf)
{
	static char host[256];
	const char *name = settings_of(conf)->authserv_id;

	if (name[0] != '\0')
		return name;
	if (gethostname(host, sizeof(host) - 1) < 0 || host[0] == '\0')
		(void)snprintf(host, sizeof(host), "localhost");
	return host;
}

bool settings_need_cage(const struct conf *conf)
{
	for (size_t i = 0; scanners[i] != NULL; i++)
		if (scanners[i]->needs_cage != NULL && scanners[i]->needs_cage(conf, NULL))
			return true;
	return false;
}

bool settings_need_body(const struct conf *conf)
{
	if (quarantine_settings_of(conf)->where == QUARANTINE_OWN)
		return true;
	for (size_t i = 0; scanners[i] != NULL; i++)
		if (scanners[i]->needs_body != NULL && scanners[i]->needs_body(conf))
			return true;
	return settings_need_cage(conf);
}

const char *settings_watched_directory(const struct conf *conf)
{
	const char *directory = NULL;

	for (size_t i = 0; scanners[i] != NULL; i++)
		if (scanners[i]->needs_cage != NULL && scanners[i]->needs_cage(conf, &directory) && directory != NULL)
			return directory;
	return NULL;
}

static int parse_inet(struct str rest, struct listen_address *address)
{
	struct str port = str_split(&rest, "@");
	unsigned long long number;

	if (str_to_u64(port, &number) < 0 || number == 0 || number > 65535)
		return -EINVAL;
	if (rest.p != NULL && (rest.len == 0 || rest.len >= sizeof(address->host)))
		return -EINVAL;
	if (rest.p != NULL)
		memcpy(address->host, rest.p, rest.len);
	address->port = (unsigned)number;
	return 0;
}

static int parse_unix(struct str path, struct listen_address *address)
{
	if (path.len == 0 || path.p[0] != '/' || path.len >= sizeof(address->path))
		return -EINVAL;
	memcpy(address->path, path.p, path.len);
	return 0;
}

int listen_address_parse(const char *text, struct listen_address *ret_address)
{
	struct str rest = str_of(text), family = str_split(&rest, ":");

	*ret_address = (struct listen_address){ .family = LISTEN_UNIX };
	if (text[0] == '/')
		return parse_unix(str_of(text), ret_address);
	if (str_equal(family, STR("unix")) || str_equal(family, STR("local")))
		return parse_unix(rest, ret_address);
	if (rest.p == NULL || (!str_equal(family, STR("inet")) && !str_equal(family, STR("inet6"))))
		return -EINVAL;
	ret_address->family = family.len == 4 ? LISTEN_INET : LISTEN_INET6;
	return parse_inet(rest, ret_address);
}
