/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sign_messages - thousands of messages through the whole engine, in one process: what a client with a login submits, and what would be
 * delivered.
 *
 *	sign_messages CONF LOGIN DIRECTORY
 *
 * For each file NAME.eml in DIRECTORY there is then NAME.out: the message with the edits of its verdict, lines ended with CRLF as on the
 * wire. The sender is LOGIN itself. On standard output a line for each that was not let in. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "milter/base/cleanup.h"
#include "milter/rawmessage.h"
#include "milter/seal.h"
#include "milter/settings.h"
#include "milter/trial.h"

#define ENDING ".eml"

struct signing {
	struct engine *engine;
	const char *login, *directory;
};

static char *read_file(const char *path, size_t *ret_len)
{
	FILE *file = fopen(path, "re");
	struct stat st;
	char *bytes;

	if (file == NULL || fstat(fileno(file), &st) < 0)
		abort();
	bytes = xcalloc(1, (size_t)st.st_size + 1);
	*ret_len = fread(bytes, 1, (size_t)st.st_size, file);
	(void)fclose(file);
	return bytes;
}

/* Any line end becomes CRLF, and the last line gets one. */
static void put_lines(FILE *out, struct str text)
{
	char last = '\n';

	for (size_t i = 0; i < text.len; i++) {
		if (text.p[i] == '\n' && last != '\r')
			(void)putc('\r', out);
		(void)putc(text.p[i], out);
		last = text.p[i];
	}
	if (last != '\n')
		(void)fputs("\r\n", out);
}

/* The fields as they leave are those of seal.h, the seals themselves being edits like others by now. */
static void write_message(const char *path, const struct message *message, const struct edits *edits, struct str body)
{
	_cleanup_(fclose_filep) FILE *out = fopen(path, "we");
	struct headers headers = seal_header(message, edits);

	if (out == NULL)
		abort();
	for (size_t i = 0; i < headers.len; i++) {
		(void)fprintf(out, "%s:", headers.items[i].name);
		put_lines(out, str_of(headers.items[i].value));
		if (headers.items[i].value[0] == '\0')
			(void)fputs("\r\n", out);
	}
	(void)fputs("\r\n", out);
	put_lines(out, body);
}

static void sign_file(const struct signing *signing, const char *name)
{
	_cleanup_(free_charp) char *bytes = NULL;
	char path[4096], sender[256];
	const char *const rcpt = "<u@ext.example>";
	struct trial trial = { .client_name = "", .helo = "client.example", .login = signing->login, .mailfrom = sender, .rcpts = &rcpt,
			       .rcpts_len = 1 };
	struct headers fields = { .len = 0 };
	struct str body;

	(void)snprintf(path, sizeof(path), "%s/%s", signing->directory, name);
	(void)snprintf(sender, sizeof(sender), "<%s>", signing->login);
	(void)ip_parse("203.0.113.7", &trial.client);
	bytes = read_file(path, &trial.message.len);
	trial.message.p = bytes;
	trial_run(signing->engine, &trial);
	if (trial.verdict.reply.code != 0) {
		(void)printf("%s: %u %s\n", name, trial.verdict.reply.code, trial.verdict.reply.text);
	} else {
		rawmessage_split(trial.session->arena, trial.message, &fields, &body);
		(void)snprintf(path, sizeof(path), "%s/%.*s.out", signing->directory, (int)(strlen(name) - strlen(ENDING)), name);
		write_message(path, trial.session->message, &trial.edits, body);
	}
	engine_session_end(signing->engine, trial.session);
}

static void sign_all(const struct signing *signing)
{
	DIR *entries = opendir(signing->directory);
	const struct dirent *entry;

	if (entries == NULL)
		abort();
	while ((entry = readdir(entries)) != NULL) {
		const char *dot = strrchr(entry->d_name, '.');

		if (dot != NULL && strcmp(dot, ENDING) == 0)
			sign_file(signing, entry->d_name);
	}
	(void)closedir(entries);
}

int main(int argc, char **argv)
{
	struct conf *conf = argc == 4 ? settings_load(argv[1]) : NULL;
	struct store *store = store_new(16);
	char problem[CONF_PROBLEM_MAX] = "usage: sign_messages CONF LOGIN DIRECTORY";
	size_t errors = 1;
	struct signing signing = { .engine = NULL };

	if (conf != NULL)
		(void)conf_errors(conf, &errors);
	if (errors == 0)
		signing.engine = engine_new(conf, &(struct services){ .store = store }, problem);
	if (signing.engine == NULL) {
		(void)fprintf(stderr, "%s\n", problem);
		return EXIT_FAILURE;
	}
	signing.login = argv[2];
	signing.directory = argv[3];
	sign_all(&signing);
	engine_free(signing.engine);
	store_free(store);
	conf_free(conf);
	return EXIT_SUCCESS;
}
