/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/sign_advise.h"

#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "milter/base/clock.h"
#include "milter/isolate/job.h"
#include "milter/model/scanner.h"
#include "scanners/sign_settings.h"
#include "t/lib/zone.h"
#include "t/unit/rows.h"

const struct scanner *const scanners[] = { NULL };
const struct job_kind *const job_kinds[] = { NULL };

#define PEM "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n"
#define P "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
#define OTHER_P "2iqYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
#define NAME "s._domainkey.ours.example"

struct advice {
	char text[4096];
	size_t count;
};

static void __attribute__((format(printf, 2, 3))) say(void *arg, const char *format, ...)
{
	struct advice *advice = arg;
	va_list args;
	size_t len = strlen(advice->text);

	va_start(args, format);
	(void)vsnprintf(advice->text + len, sizeof(advice->text) - len, format, args);
	va_end(args);
	advice->count++;
}

static char directory[] = "/tmp/octroi-advise-XXXXXX";
static char key_file[64], weak_file[64];

static struct conf *load(const char *rest)
{
	static const struct option_section *const sections[] = { &sign_section, &sign_key_section, &resolver_section, NULL };
	char path[64];
	FILE *file;
	struct conf *conf;
	size_t errors;

	(void)snprintf(path, sizeof(path), "%s/conf", directory);
	file = fopen(path, "w");
	assert_non_null(file);
	(void)fprintf(file, "resolver { timeout = 2s }\nsign { key \"" NAME "\" { file = \"%s\" } %s }\n", key_file, rest);
	(void)fclose(file);
	conf = conf_load(path, sections);
	(void)conf_errors(conf, &errors);
	assert_int_equal(errors, 0);
	(void)unlink(path);
	return conf;
}

struct dns_row {
	const char *name;
	const char *zone;
	const char *words;	/* NULL: nothing is said */
};

static const struct dns_row dns_rows[] = {
	{ "the record is the key's", NAME " TXT \"v=DKIM1; k=ed25519; p=" P "\"", NULL },
	{ "in two strings and with white space",
	  NAME " TXT \"v=DKIM1; k=ed25519; p=11qYAYKxCrfV\" \" S/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\"", NULL },
	{ "another TXT record beside it", NAME " TXT \"hello\"\n" NAME " TXT \"v=DKIM1; k=ed25519; p=" P "\"", NULL },
	{ "another key", NAME " TXT \"v=DKIM1; k=ed25519; p=" OTHER_P "\"",
	  "holds another key: signatures will not verify; it should be: v=DKIM1; k=ed25519; p=" P },
	{ "no such name", "x.example A 192.0.2.1", "is not published" },
	{ "some other record", NAME " TXT \"hello\"", "is not published" },
	{ "revoked (DNS-10)", NAME " TXT \"v=DKIM1; k=ed25519; p=\"", "verifiers refuse" },
	{ "broken (DNS-10)", NAME " TXT \"v=DKIM1; k=ed25519; p=AAAA\"", "verifiers refuse" },
	{ "two keys (DNS-10)", NAME " TXT \"v=DKIM1; k=ed25519; p=" P "\"\n" NAME " TXT \"v=DKIM1; k=ed25519; p=" OTHER_P "\"",
	  "more than one" },
	{ "only for tests", NAME " TXT \"v=DKIM1; k=ed25519; t=y; p=" P "\"", "t=y" },
	{ "not with SHA-256 (DNS-10)", NAME " TXT \"v=DKIM1; k=ed25519; h=sha1; p=" P "\"", "SHA-256" },
	{ "the DNS does not work: nobody can tell", NAME " !servfail", "could not be looked up (SERVFAIL)" },
	{ "the DNS does not answer: nobody can tell", NAME " !silent", "could not be looked up (" },
};

static void check_dns(void **state)
{
	const struct dns_row *row = *state;
	struct conf *conf = load("");
	struct zone *zone = zone_new(row->zone);
	struct resolver *resolver = resolver_new(conf_settings(conf, "resolver"), zone_upstream_new(zone));
	struct advice advice = { .text = "" };

	sign_advise_dns(conf, resolver, clock_monotonic_ms() + 500, say, &advice);
	if (row->words == NULL) {
		assert_string_equal(advice.text, "");
	} else {
		assert_int_equal(advice.count, 1);
		assert_non_null(strstr(advice.text, "record " NAME " "));
		assert_non_null(strstr(advice.text, row->words));
	}
	resolver_free(resolver);
	zone_free(zone);
	conf_free(conf);
}

struct conf_row {
	const char *name;
	const char *rest;
	const char *words;
};

static const struct conf_row conf_rows[] = {
	{ "good keys need no words", "", NULL },
	{ "switched off with keys", "enabled = no", "sign.enabled is no" },
	{ "no direction", "directions = { }", "sign.directions is empty" },
	{ "a weak key", "key \"weak._domainkey.ours.example\" { file = \"%k\" }",
	  "\"weak._domainkey.ours.example\": an RSA key of 1024 bits is weak" },
};

static void check_conf(void **state)
{
	const struct conf_row *row = *state;
	char rest[256];
	const char *at = strstr(row->rest, "%k");
	struct advice advice = { .text = "" };
	struct conf *conf;

	(void)snprintf(rest, sizeof(rest), "%.*s%s%s", at == NULL ? (int)strlen(row->rest) : (int)(at - row->rest), row->rest,
		       at == NULL ? "" : weak_file, at == NULL ? "" : at + 2);
	conf = load(rest);
	sign_advise(conf, say, &advice);
	assert_int_equal(advice.count, row->words == NULL ? 0 : 1);
	if (row->words != NULL)
		assert_non_null(strstr(advice.text, row->words));
	conf_free(conf);
}

static void write_keys(void)
{
	struct dkim_sign_key *key;
	FILE *file;

	if (mkdtemp(directory) == NULL || dkim_sign_key_make(DKIM_KEY_RSA, 1024, &key) < 0)
		abort();
	(void)umask(077);
	(void)snprintf(key_file, sizeof(key_file), "%s/key.pem", directory);
	(void)snprintf(weak_file, sizeof(weak_file), "%s/weak.pem", directory);
	file = fopen(key_file, "w");
	if (file == NULL || fputs(PEM, file) < 0 || fclose(file) != 0)
		abort();
	file = fopen(weak_file, "w");
	if (file == NULL || dkim_sign_key_write(key, file) < 0 || fclose(file) != 0)
		abort();
	dkim_sign_key_free(key);
}

int main(void)
{
	static struct rows rows;
	int failed;

	write_keys();
	rows_add(&rows, dns_rows, check_dns);
	rows_add(&rows, conf_rows, check_conf);
	failed = rows_run(&rows, "sign_advise");
	(void)unlink(key_file);
	(void)unlink(weak_file);
	(void)rmdir(directory);
	return failed;
}
