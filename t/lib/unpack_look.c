/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The content job without a cage: reads messages and prints one JSON line about what is in each.
 *
 *	unpack_look --database DIR [--truncate | --unpack-only | --scan-only] FILE... (or their names on standard input)
 *
 * --truncate looks at every beginning of each message instead, and prints nothing: for sanitizers. --unpack-only does without
 * libclamav, --scan-only with libclamav alone, to see what each costs and finds. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "conf/conf.h"
#include "milter/base/arena.h"
#include "milter/base/cleanup.h"
#include "scanners/antivirus_settings.h"
#include "scanners/content_answer.h"
#include "scanners/content_job.h"
#include "scanners/content_settings.h"

#define MESSAGE_MAX (64 << 20)
#define SCAN_TIMEOUT_MS 60000

struct look {
	void *shared;
	struct content_question question;
	char top[64], scratch[80];
};

static int fail(const char *what, const char *why)
{
	(void)fprintf(stderr, "unpack_look: %s: %s\n", what, why);
	return -1;
}

static int settings_read(const char *database, struct look *look, struct conf **ret_conf)
{
	static const struct option_section *const sections[] = { &antivirus_section, &content_section, NULL };
	char path[80];
	FILE *file;
	size_t errors;

	(void)snprintf(path, sizeof(path), "%s/milter.conf", look->top);
	file = fopen(path, "w");
	if (file == NULL)
		return fail(path, strerror(errno));
	(void)fprintf(file, "antivirus { database = \"%s\" }\n", database);
	(void)fclose(file);
	*ret_conf = conf_load(path, sections);
	(void)unlink(path);
	(void)conf_errors(*ret_conf, &errors);
	return errors == 0 ? 0 : fail("settings", "not understood");
}

static int look_open(struct look *look, const char *database)
{
	const struct content_settings *settings;
	struct conf *conf = NULL;
	char status[JOB_STATUS_MAX] = "";
	int r;

	(void)snprintf(look->top, sizeof(look->top), "/tmp/octroi-look-XXXXXX");
	if (mkdtemp(look->top) == NULL)
		return fail("directory", strerror(errno));
	(void)snprintf(look->scratch, sizeof(look->scratch), "%.60s/scratch", look->top);
	if (mkdir(look->scratch, 0700) < 0 || settings_read(database, look, &conf) < 0)
		return -1;
	settings = conf_settings(conf, "content");
	look->question = (struct content_question){ .unpack = true, .limits = settings->limits, .scan_timeout_ms = SCAN_TIMEOUT_MS };
	r = job_content.prepare(conf, &look->shared, status);
	conf_free(conf);
	if (r < 0 || job_content.warm(look->shared, look->scratch) < 0)
		return fail("content", status);
	return 0;
}

static void look_close(const struct look *look)
{
	content_job_free(look->shared);
	(void)rmdir(look->scratch);
	(void)rmdir(look->top);
}

/* The message with the line that the filter puts before it. */
static int message_fd(const char *bytes, size_t len)
{
	static const char line[] = "From x\n";
	int fd = memfd_create("message", MFD_CLOEXEC);

	if (fd < 0 || write(fd, line, sizeof(line) - 1) != (ssize_t)sizeof(line) - 1 || write(fd, bytes, len) != (ssize_t)len)
		exit(fail("memfd", strerror(errno)));
	(void)lseek(fd, 0, SEEK_SET);
	return fd;
}

static int ask(const struct look *look, const char *bytes, size_t len, struct arena *arena, struct content_answer *ret_answer)
{
	_cleanup_(frame_freep) struct frame *question = frame_new();
	_cleanup_(frame_freep) struct frame *answer = frame_new();
	int fd = message_fd(bytes, len);
	int r;

	frame_start(question, 0);
	content_question_write(question, &look->question);
	frame_start(answer, 0);
	r = job_content.run(look->shared, question, fd, answer);
	(void)close(fd);
	if (r == 0)
		r = content_answer_read(arena, answer, ret_answer);
	return r;
}

static json_t *marks_of(unsigned marks)
{
	json_t *list = json_array();

	for (unsigned mark = 0; mark < MARKS; mark++)
		if ((marks & 1u << mark) != 0)
			json_array_append_new(list, json_string(mark_name((enum mark)mark)));
	return list;
}

static json_t *types_of(const struct inventory_entry *entry)
{
	json_t *list = json_pack("[s]", filetype_name(entry->type));

	for (unsigned type = 0; type < FILETYPES; type++)
		if (filetype_set_has(&entry->also, (enum filetype)type))
			json_array_append_new(list, json_string(filetype_name((enum filetype)type)));
	return list;
}

static bool deceives(const struct inventory_entry *entry)
{
	bool found = filetype_deceives(entry->declared, entry->type);

	for (size_t i = 0; i < entry->extensions_len; i++)
		found |= filetype_deceives(filetype_of_extension(entry->extensions[i]), entry->type);
	return found;
}

static json_t *entry_print(const struct inventory_entry *entry)
{
	json_t *endings = json_array();

	for (size_t i = 0; i < entry->extensions_len; i++)
		json_array_append_new(endings, json_string(entry->extensions[i]));
	return json_pack("{s:s, s:s, s:o, s:o, s:s, s:o, s:b, s:b, s:b, s:I, s:I}",
			 "name", entry->name, "container", entry->container, "types", types_of(entry), "endings", endings,
			 "declared", filetype_name(entry->declared), "marks", marks_of(entry->marks),
			 "in_archive", entry->in_archive, "is_attachment", entry->is_attachment, "mismatch", deceives(entry),
			 "size", (json_int_t)entry->size_bytes, "count", (json_int_t)entry->count);
}

static json_t *ambiguities_print(const struct inventory *inventory)
{
	json_t *object = json_object();

	for (unsigned i = 0; i < AMBIGUITIES; i++)
		if ((inventory->ambiguities & UINT64_C(1) << i) != 0)
			json_object_set_new(object, ambiguity_name((enum ambiguity)i), json_string(inventory->ambiguity_details[i]));
	return object;
}

static json_t *limits_print(const struct inventory *inventory)
{
	json_t *object = json_object();

	for (unsigned i = 0; i < UNPACK_LIMITS; i++)
		if ((inventory->limits & 1u << i) != 0)
			json_object_set_new(object, unpack_limit_name((enum unpack_limit)i), json_string(inventory->limit_details[i]));
	return object;
}

static void answer_print(const char *path, const struct content_answer *answer, double cpu_ms)
{
	static const char *const outcomes[] = { "clean", "infected", "unscannable", "error" };
	const struct inventory *inventory = &answer->inventory;
	json_t *entries = json_array();
	json_t *line;

	for (size_t i = 0; i < inventory->entries_len; i++)
		json_array_append_new(entries, entry_print(&inventory->entries[i]));
	line = json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:I, s:I, s:I, s:f}",
			 "file", path, "antivirus", outcomes[answer->antivirus.outcome], "text", answer->antivirus.text,
			 "entries", entries, "ambiguities", ambiguities_print(inventory), "limits", limits_print(inventory),
			 "parts", (json_int_t)inventory->parts, "members", (json_int_t)inventory->members,
			 "contents", (json_int_t)inventory->contents, "cpu_ms", cpu_ms);
	if (line == NULL)
		exit(fail(path, "a text that is no UTF-8"));
	(void)json_dumpf(line, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
	(void)putchar('\n');
	json_decref(line);
}

static double cpu_now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int look_at(const struct look *look, const char *path, const char *bytes, size_t len, bool is_quiet)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct content_answer answer = { 0 };
	double start_ms = cpu_now_ms();
	int r = ask(look, bytes, len, arena, &answer);

	if (r < 0)
		return fail(path, strerror(-r));
	if (!is_quiet)
		answer_print(path, &answer, cpu_now_ms() - start_ms);
	return 0;
}

static int look_at_file(const struct look *look, const char *path, bool truncate)
{
	_cleanup_(fclose_filep) FILE *file = fopen(path, "rb");
	_cleanup_(free_charp) char *bytes = xcalloc(1, MESSAGE_MAX);
	size_t len;
	int r = 0;

	if (file == NULL)
		return fail(path, strerror(errno));
	len = fread(bytes, 1, MESSAGE_MAX, file);
	if (!truncate)
		return look_at(look, path, bytes, len, false);
	for (size_t i = 0; i <= len && r == 0; i++)
		r = look_at(look, path, bytes, i, true);
	return r;
}

static int look_at_names(const struct look *look, bool truncate)
{
	char path[4096];
	int r = 0;

	while (fgets(path, sizeof(path), stdin) != NULL) {
		path[strcspn(path, "\n")] = '\0';
		r |= look_at_file(look, path, truncate);
	}
	return r;
}

int main(int argc, char **argv)
{
	struct look look = { 0 };
	const char *mode = argc > 3 && strncmp(argv[3], "--", 2) == 0 ? argv[3] : "";
	bool truncate = strcmp(mode, "--truncate") == 0;
	int first = *mode != '\0' ? 4 : 3;
	int r;

	if (argc < 3 || strcmp(argv[1], "--database") != 0) {
		(void)fprintf(stderr, "usage: unpack_look --database DIR [--truncate | --unpack-only | --scan-only] [FILE...]\n");
		return 2;
	}
	r = look_open(&look, argv[2]);
	if (strcmp(mode, "--unpack-only") == 0)
		look.question.scan_timeout_ms = 0;
	look.question.unpack = strcmp(mode, "--scan-only") != 0;
	for (int i = first; i < argc && r == 0; i++)
		r |= look_at_file(&look, argv[i], truncate);
	if (r == 0 && first >= argc)
		r = look_at_names(&look, truncate);
	look_close(&look);
	return r == 0 ? 0 : 1;
}
