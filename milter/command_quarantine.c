/* SPDX-License-Identifier: GPL-2.0-or-later */
/* octroi quarantine: what we hold (quarantine.where = own), and what a person does about it. */
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "milter/base/cleanup.h"
#include "milter/base/clock.h"
#include "milter/commands.h"
#include "milter/entry_json.h"
#include "milter/mail/address.h"
#include "milter/operator.h"
#include "milter/quarantine_print.h"
#include "milter/quarantine_settings.h"
#include "milter/release_send.h"
#include "milter/settings.h"
#include "milter/state.h"

enum { LIMIT_DEFAULT = 100 };

static const char usage[] =
	"usage: octroi quarantine list [--limit N] [--json] [--ascii]     the newest first, 100 unless --limit says otherwise (0: all)\n"
	"       octroi quarantine show ID [--raw | --json]                all about one; --raw: its bytes\n"
	"       octroi quarantine release ID ... [--to ADDRESS]           to its recipients, or to another one; spares it what held it\n"
	"       octroi quarantine delete ID ...\n"
	"       octroi quarantine expire [--older-than 30d]               else what quarantine.keep says\n"
	"       each with [--config FILE]\n";

struct request {
	const char *config, *limit, *to, *older_than;
	bool json, raw;
	const char **ids;
	size_t ids_len;

	struct show show;
	struct conf *conf;
	const char *state;		/* directory */
	const char *operator;
	struct quarantine *quarantine;
};

static void complain(const struct request *request, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void complain(const struct request *request, const char *format, ...)
{
	const char *text;
	va_list args;

	va_start(args, format);
	text = show_text(&request->show, arena_vprintf(request->show.arena, format, args));
	va_end(args);
	(void)fprintf(stderr, "octroi quarantine: %s\n", text);
}

static const char *reason(int error)
{
	switch (error) {
	case -ENOENT:
		return "no such message is held";
	case -EALREADY:
		return "it is being released, or was";
	case -EBADMSG:
		return "it is damaged";
	default:
		return strerror(-error);
	}
}

static void record(const struct request *request, const char *event, const char *id, const char *note)
{
	struct journal_entry entry = journal_nothing;
	char problem[CONF_PROBLEM_MAX];

	entry.event = event;
	entry.id = id;
	entry.subject_of = arena_printf(request->show.arena, "quarantine:%s", id);
	entry.operator = request->operator;
	entry.note = note;
	if (operator_record(request->conf, request->state, &entry, problem) < 0)
		complain(request, "%s: warning: %s", id, problem);
}

static bool print_one(void *arg, const struct quarantine_item *item)
{
	struct request *request = arg;
	struct arena_mark before = arena_mark(request->show.arena);

	if (request->json)
		entry_json_line(stdout, quarantine_item_json(item));
	else
		quarantine_print_line(stdout, &request->show, item);
	arena_rewind(request->show.arena, before);
	return ferror(stdout) == 0;
}

static int list(struct request *request)
{
	unsigned long long limit = LIMIT_DEFAULT;
	int64_t found;

	if (request->limit != NULL && str_to_u64(str_of(request->limit), &limit) < 0) {
		complain(request, "--limit %s is no number", request->limit);
		return EXIT_USAGE;
	}
	if (!request->json)
		quarantine_print_heading(stdout, &request->show);
	found = quarantine_list(request->quarantine, (size_t)limit, print_one, request);
	if (found < 0) {
		complain(request, "%s", strerror((int)-found));
		return EXIT_WRONG;
	}
	if (!request->json && limit > 0 && (unsigned long long)found > limit)
		complain(request, "these are the newest %llu of %lld (--limit)", limit, (long long)found);
	return EXIT_GOOD;
}

static int copy_out(int fd)
{
	char bytes[BUFSIZ];
	ssize_t n;

	while ((n = read(fd, bytes, sizeof(bytes))) > 0)
		if (fwrite(bytes, 1, (size_t)n, stdout) != (size_t)n)
			return -EIO;
	return n < 0 ? -errno : 0;
}

static int show_item(struct request *request, const char *id)
{
	_cleanup_(close_fdp) int fd = -1;
	struct quarantine_item item;
	int r = quarantine_get(request->quarantine, request->show.arena, id, &item, &fd);

	if (r == 0 && request->raw)
		r = copy_out(fd);
	else if (r == 0 && request->json)
		entry_json_page(stdout, quarantine_item_json(&item));
	else if (r == 0)
		quarantine_print_item(stdout, &request->show, &item, fd);
	return r;
}

static int show_one(struct request *request, const char *id)
{
	int r = show_item(request, id);

	if (r < 0)
		complain(request, "%s: %s", id, reason(r));
	return r;
}

/* One who is named with --to was not asked about at RCPT: the address must be one. */
static int recipients_of(const struct request *request, const struct quarantine_item *item, const char *const **ret, size_t *ret_len)
{
	struct address address;
	const char *problem, **one = arena_array(request->show.arena, 1, sizeof(*one));

	*ret = item->recipients;
	*ret_len = item->recipients_len;
	if (request->to == NULL)
		return 0;
	if (address_parse(request->show.arena, str_of(request->to), ADDRESS_RECIPIENT, &address, &problem) < 0) {
		complain(request, "--to %s: %s", request->to, problem);
		return -EINVAL;
	}
	one[0] = address.text;
	*ret = one;
	*ret_len = 1;
	return 0;
}

/* Returns 0, or -1 when it has said why not. */
static int send_item(struct request *request, const char *id, const char *mark, const char **ret_note)
{
	_cleanup_(close_fdp) int fd = -1;
	char problem[CONF_PROBLEM_MAX];
	const char *const *recipients;
	struct quarantine_item item;
	size_t len;
	int r = quarantine_get(request->quarantine, request->show.arena, id, &item, &fd);

	if (r < 0) {
		complain(request, "%s: %s", id, reason(r));
		return -1;
	}
	if (recipients_of(request, &item, &recipients, &len) < 0)
		return -1;
	if (release_send(quarantine_settings_of(request->conf)->sendmail, &item, recipients, len, mark, fd, problem) < 0) {
		complain(request, "%s: it stays: %s", id, problem);
		return -1;
	}
	*ret_note = request->to == NULL ? item.held_by : arena_printf(request->show.arena, "%s; to %s", item.held_by, recipients[0]);
	return 0;
}

static int release_one(struct request *request, const char *id)
{
	char mark[QUARANTINE_MARK_SIZE];
	const char *note = "";
	int r = quarantine_release_begin(request->quarantine, id, mark), sent;

	if (r < 0) {
		complain(request, "%s: %s", id, reason(r));
		return r;
	}
	sent = send_item(request, id, mark, &note);
	r = quarantine_release_end(request->quarantine, id, sent == 0);
	if (sent < 0)
		return sent;
	if (r < 0)
		complain(request, "%s: the MTA has it, but its file cannot be removed: %s", id, strerror(-r));
	record(request, "released", id, note);
	(void)printf("%s: released\n", id);
	return r;
}

static int delete_one(struct request *request, const char *id)
{
	int r = quarantine_delete(request->quarantine, id);

	if (r < 0) {
		complain(request, "%s: %s", id, reason(r));
		return r;
	}
	record(request, "deleted", id, "");
	(void)printf("%s: deleted\n", id);
	return 0;
}

static void tell_expired(void *arg, const char *id)
{
	(void)arg;
	(void)printf("%s: expired\n", id);
}

/* One entry for all: thousands may go at once. */
static int expire(struct request *request)
{
	uint64_t age_ms = quarantine_settings_of(request->conf)->keep_ms;
	int64_t gone;

	if (request->older_than != NULL && conf_parse_duration(request->older_than, &age_ms) < 0) {
		complain(request, "--older-than %s is no length of time (such as 30d)", request->older_than);
		return EXIT_USAGE;
	}
	gone = quarantine_expire(request->quarantine, (int64_t)clock_wall_ms() - (int64_t)age_ms, tell_expired, NULL);
	if (gone < 0)
		complain(request, "not all of it could be removed: %s", strerror((int)-gone));
	if (gone > 0)
		record(request, "deleted", "", arena_printf(request->show.arena, "%s held for longer than %llu hours",
							    show_count(&request->show, (uint64_t)gone, "message", "messages"),
							    (unsigned long long)(age_ms / 3600000)));
	return gone < 0 ? EXIT_WRONG : EXIT_GOOD;
}

static int for_each(struct request *request, int (*fn)(struct request *request, const char *id))
{
	int status = EXIT_GOOD;

	for (size_t i = 0; i < request->ids_len; i++)
		if (fn(request, request->ids[i]) < 0)
			status = EXIT_WRONG;
	return status;
}

/* Root sees the spool as its owner does, and can still be himself again: sendmail(1) is to be called by him. */
static int become_owner(const char *directory)
{
	struct stat st;

	if (stat(directory, &st) < 0)
		return -errno;
	if (geteuid() != 0 || st.st_uid == 0)
		return 0;
	return setegid(st.st_gid) < 0 || seteuid(st.st_uid) < 0 ? -errno : 0;
}

static int open_spool(struct request *request)
{
	const char *file = request->config == NULL ? OCTROI_CONF : request->config, *directory;
	char problem[CONF_PROBLEM_MAX] = "";
	int r;

	request->conf = settings_load(file);
	if (commands_print_errors(request->conf, file) > 0)
		return -EINVAL;
	request->state = settings_state(request->conf);
	directory = state_path(request->show.arena, request->state, "quarantine");
	r = become_owner(directory);
	if (r == 0)
		r = quarantine_open(directory, &request->quarantine, problem);
	if (r < 0)
		complain(request, "%s%s", problem[0] == '\0' ? arena_printf(request->show.arena, "%s: %s", directory, strerror(-r)) : problem,
			 r == -ENOENT ? ": nothing was ever held here (quarantine.where = own)" : "");
	return r;
}

static const char **value_of(struct request *request, const char *word)
{
	const struct {
		const char *name;
		const char **value;
	} options[] = {
		{ "--config", &request->config }, { "--limit", &request->limit }, { "--to", &request->to },
		{ "--older-than", &request->older_than },
	};

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (strcmp(word, options[i].name) == 0)
			return options[i].value;
	return NULL;
}

static bool *flag_of(struct request *request, const char *word)
{
	if (strcmp(word, "--json") == 0)
		return &request->json;
	if (strcmp(word, "--ascii") == 0)
		return &request->show.ascii;
	return strcmp(word, "--raw") == 0 ? &request->raw : NULL;
}

/* As people copy it: in the brackets of a reply, in small letters. */
static const char *bare_id(struct arena *arena, const char *word)
{
	struct str s = str_trim(str_of(word));
	char *id;

	if (s.len >= 2 && s.p[0] == '[' && s.p[s.len - 1] == ']')
		s = (struct str){ s.p + 1, s.len - 2 };
	id = arena_strndup(arena, s.p, s.len);
	for (char *p = id; *p != '\0'; p++)
		if (*p >= 'a' && *p <= 'z')
			*p = (char)(*p - 'a' + 'A');
	return id;
}

static int read_arguments(struct request *request, int argc, char **argv)
{
	request->ids = arena_array(request->show.arena, (size_t)argc + 1, sizeof(*request->ids));
	for (int i = 2; i < argc; i++) {
		const char **value = value_of(request, argv[i]);
		bool *flag = flag_of(request, argv[i]);

		if (value != NULL && i + 1 < argc) {
			*value = argv[++i];
		} else if (flag != NULL) {
			*flag = true;
		} else if (argv[i][0] != '-') {
			request->ids[request->ids_len++] = bare_id(request->show.arena, argv[i]);
		} else {
			complain(request, "\"%s\" is not understood", argv[i]);
			return -1;
		}
	}
	return 0;
}

static const struct action {
	const char *name;
	int (*all)(struct request *request);
	int (*one)(struct request *request, const char *id);	/* for each id; there must be one */
} actions[] = {
	{ "list", list, NULL }, { "show", NULL, show_one }, { "release", NULL, release_one }, { "delete", NULL, delete_one },
	{ "expire", expire, NULL },
};

static const struct action *find_action(const char *name)
{
	for (size_t i = 0; name != NULL && i < sizeof(actions) / sizeof(actions[0]); i++)
		if (strcmp(actions[i].name, name) == 0)
			return &actions[i];
	return NULL;
}

int command_quarantine(int argc, char **argv)
{
	const struct action *action = find_action(argc < 2 ? NULL : argv[1]);
	struct request request = { .show = { .arena = arena_new(), .columns = show_columns() } };
	int status = EXIT_USAGE;

	request.operator = operator_name(request.show.arena);
	if (action == NULL || read_arguments(&request, argc, argv) < 0 || (action->one != NULL) != (request.ids_len > 0))
		(void)fputs(usage, stderr);
	else if (open_spool(&request) == 0)
		status = action->all != NULL ? action->all(&request) : for_each(&request, action->one);
	quarantine_close(request.quarantine);
	conf_free(request.conf);
	arena_free(request.show.arena);
	return status;
}
