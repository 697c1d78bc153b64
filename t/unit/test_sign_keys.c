/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/sign_keys.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "milter/isolate/job.h"
#include "milter/model/scanner.h"
#include "scanners/sign_settings.h"
#include "t/unit/rows.h"

const struct scanner *const scanners[] = { NULL };
const struct job_kind *const job_kinds[] = { NULL };

#define PEM "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n"

static char directory[] = "/tmp/octroi-keys-XXXXXX";

static void write_file(const char *name, const char *text)
{
	char path[64];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "w");
	assert_non_null(file);
	(void)fputs(text, file);
	(void)fclose(file);
	assert_int_equal(chmod(path, 0600), 0);
}

static int start(void **state)
{
	struct dkim_sign_key *key;
	char path[64];
	FILE *file;

	(void)state;
	if (mkdtemp(directory) == NULL)
		return -1;
	write_file("ed.pem", PEM);
	write_file("rsa.pem", "");
	(void)snprintf(path, sizeof(path), "%s/rsa.pem", directory);
	file = fopen(path, "w");
	assert_int_equal(dkim_sign_key_make(DKIM_KEY_RSA, 1024, &key), 0);
	assert_int_equal(dkim_sign_key_write(key, file), 0);
	(void)fclose(file);
	dkim_sign_key_free(key);
	return 0;
}

static int end(void **state)
{
	static const char *const names[] = { "ed.pem", "rsa.pem", "conf" };
	char path[64];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		(void)unlink(path);
	}
	return rmdir(directory);
}

struct loaded {
	struct conf *conf;
	struct arena *arena;
	struct sign_keys keys;
	char problem[CONF_PROBLEM_MAX];
	int r;
};

/* "$" in text stands for the directory. */
static void load(const char *text, struct loaded *loaded)
{
	static const struct option_section *const sections[] = { &sign_section, &sign_key_section, NULL };
	char path[64], expanded[4096], *out = expanded;
	size_t errors;

	for (; *text != '\0'; text++)
		out = *text == '$' ? stpcpy(out, directory) : (*out = *text, out + 1);
	*out = '\0';
	write_file("conf", expanded);
	(void)snprintf(path, sizeof(path), "%s/conf", directory);
	loaded->conf = conf_load(path, sections);
	(void)conf_errors(loaded->conf, &errors);
	assert_int_equal(errors, 0);
	loaded->arena = arena_new();
	loaded->r = sign_keys_load(loaded->arena, loaded->conf, &loaded->keys, loaded->problem);
}

static void drop(struct loaded *loaded)
{
	arena_free(loaded->arena);
	conf_free(loaded->conf);
}

#define KEYS "sign {\n" \
	"key \"ed._domainkey.ours.example\" { file = \"$/ed.pem\" }\n" \
	"key \"two._domainkey.ours.example\" { file = \"$/rsa.pem\" subdomains = no }\n" \
	"key \"s._domainkey.news.ours.example\" { file = \"$/rsa.pem\" subdomains = no }\n" \
	"key \"s._domainkey.zz.example\" { file = \"$/rsa.pem\" }\n" \
	"key \"s._domainkey.aa.example\" { file = \"$/rsa.pem\" subdomains = no }\n}\n"

struct find_row {
	const char *name;
	const char *domain;
	const char *found;	/* names of the records */
};

static const struct find_row find_rows[] = {
	{ "the domain itself, RSA first", "ours.example", "two._domainkey.ours.example ed._domainkey.ours.example " },
	{ "a name below", "pc.ours.example", "two._domainkey.ours.example ed._domainkey.ours.example " },
	{ "a name far below", "a.b.c.ours.example", "two._domainkey.ours.example ed._domainkey.ours.example " },
	{ "a domain with a key of its own", "news.ours.example", "s._domainkey.news.ours.example " },
	{ "below one that keeps to itself the next above signs", "x.news.ours.example",
	  "two._domainkey.ours.example ed._domainkey.ours.example " },
	{ "below one that keeps to itself with none above", "x.aa.example", "" },
	{ "the last of the list", "zz.example", "s._domainkey.zz.example " },
	{ "the first of the list", "aa.example", "s._domainkey.aa.example " },
	{ "the parent of a domain with a key", "example", "" },
	{ "a name that only ends alike", "notours.example", "" },
	{ "another one", "ext.example", "" },
};

static void check_find(void **state)
{
	const struct find_row *row = *state;
	struct loaded loaded;
	struct sign_keys found;
	char names[512] = "", *out = names;

	load(KEYS, &loaded);
	assert_int_equal(loaded.r, 0);
	found = sign_keys_find(&loaded.keys, row->domain);
	for (size_t i = 0; i < found.len; i++)
		out = stpcpy(stpcpy(out, found.items[i].record.name), " ");
	assert_string_equal(names, row->found);
	drop(&loaded);
}

static void no_key_at_all(void **state)
{
	struct loaded loaded;

	(void)state;
	load("", &loaded);
	assert_int_equal(loaded.r, 0);
	assert_int_equal(sign_keys_find(&loaded.keys, "ours.example").len, 0);
	drop(&loaded);
}

static void a_key_that_cannot_be_read_is_an_error(void **state)
{
	struct loaded loaded;

	(void)state;
	load("sign { key \"s._domainkey.ours.example\" { file = \"$/ed.pem\" } key \"t._domainkey.ours.example\" { file = \"$/none\" } }", &loaded);
	assert_true(loaded.r < 0);
	assert_non_null(strstr(loaded.problem, "/none: No such file"));
	drop(&loaded);
}

static void the_same_record_twice_is_an_error(void **state)
{
	struct loaded loaded;

	(void)state;
	load("sign { key \"s._domainkey.ours.example\" { file = \"$/ed.pem\" } key \"S._domainkey.OURS.example.\" { file = \"$/rsa.pem\" } "
	     "key \"a._domainkey.ours.example\" { file = \"$/rsa.pem\" } }", &loaded);
	assert_true(loaded.r < 0);
	assert_non_null(strstr(loaded.problem, "two keys \"s._domainkey.ours.example\""));
	drop(&loaded);
}

int main(void)
{
	static struct rows rows;
	int failed;

	if (start(NULL) != 0)
		return EXIT_FAILURE;
	rows_add(&rows, find_rows, check_find);
	rows_add_one(&rows, "no key at all", no_key_at_all, NULL);
	rows_add_one(&rows, "a key that cannot be read is an error", a_key_that_cannot_be_read_is_an_error, NULL);
	rows_add_one(&rows, "the same record twice is an error", the_same_record_twice_is_an_error, NULL);
	failed = rows_run(&rows, "sign_keys");
	(void)end(NULL);
	return failed;
}
