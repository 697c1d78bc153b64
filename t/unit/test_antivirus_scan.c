/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages that unpack to far more than their size, with the limits of a default configuration: scanned in part, and to their end on demand (ATT-04). */
#include "t/unit/rows.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/conf.h"
#include "scanners/antivirus_engine.h"
#include "scanners/antivirus_settings.h"
#include "t/lib/antivirus_bench.h"

#define MIB ((size_t)1 << 20)
#define LARGE (40 * MIB)	/* within max_file_size, beyond what is modest */

static char top[] = "/tmp/octroi-test-XXXXXX";
static struct antivirus_engine *engine;

static struct pack letter_of(struct pack file)
{
	struct pack letter = pack_letter_of("application/zip", file);

	pack_free(&file);
	return letter;
}

/* Each of its own, so that none is known from an earlier row. */
static struct pack large(const char *text)
{
	static char fill = 'a';

	return pack_padded(LARGE, fill++, text);
}

static struct pack zip_with(const char *text)
{
	struct pack file = large(text), zip = pack_zip_of(file);

	pack_free(&file);
	return zip;
}

static struct pack letter_small(void) { return letter_of(pack_of("small")); }
static struct pack letter_large(void) { return letter_of(zip_with("")); }
static struct pack letter_large_infected(void) { return letter_of(zip_with(pack_eicar())); }
static struct pack letter_large_bare_cr(void) { struct pack letter = letter_large(); letter.data[letter.len - 1] = '\r'; return letter; }

static struct pack content_none(void) { return pack_of(""); }
static struct pack content_small_infected(void) { return pack_of(pack_eicar()); }
static struct pack content_large(void) { return large(""); }
static struct pack content_large_infected(void) { return large(pack_eicar()); }

enum rest { WITHOUT_REST, WITH_REST };

static const struct row {
	const char *name;
	struct pack (*letter)(void), (*content)(void);
	enum rest rest;
	bool again;		/* all contents are wanted again */
	enum antivirus_outcome outcome;
} rows[] = {
	{ "a_small_message_has_no_rest", letter_small, content_none, WITH_REST, false, ANTIVIRUS_CLEAN },
	{ "a_small_message_is_clean_without_its_rest", letter_small, content_none, WITHOUT_REST, false, ANTIVIRUS_CLEAN },
	{ "a_large_content_of_a_small_message_is_scanned", letter_small, content_large_infected, WITHOUT_REST, false, ANTIVIRUS_INFECTED },
	{ "a_large_message_is_unscannable_without_its_rest", letter_large, content_none, WITHOUT_REST, false, ANTIVIRUS_UNSCANNABLE },
	{ "a_large_message_is_clean_with_its_rest", letter_large, content_none, WITH_REST, false, ANTIVIRUS_CLEAN },
	{ "a_virus_in_the_rest_is_found", letter_large_infected, content_none, WITH_REST, false, ANTIVIRUS_INFECTED },
	{ "a_virus_in_the_rest_is_not_clean_without_it", letter_large_infected, content_none, WITHOUT_REST, false, ANTIVIRUS_UNSCANNABLE },
	{ "bare_cr_a_large_message_is_clean_with_its_rest", letter_large_bare_cr, content_none, WITH_REST, false, ANTIVIRUS_CLEAN },
	{ "a_small_content_of_a_large_message_is_scanned", letter_large, content_small_infected, WITHOUT_REST, false, ANTIVIRUS_INFECTED },
	{ "a_large_content_of_a_large_message_is_wanted_again", letter_large, content_large, WITH_REST, true, ANTIVIRUS_CLEAN },
	{ "a_virus_in_a_content_that_is_wanted_again_is_found", letter_large, content_large_infected, WITH_REST, true, ANTIVIRUS_INFECTED },
	{ "a_large_content_of_a_large_message_is_not_clean_without_the_rest", letter_large, content_large_infected, WITHOUT_REST, false,
	  ANTIVIRUS_UNSCANNABLE },
};

static void check_row(void **state)
{
	const struct row *row = *state;
	struct pack letter = row->letter(), content = row->content();
	struct str message = { letter.data, letter.len };
	struct antivirus_scan *scan;
	struct antivirus_answer answer;
	bool again = false;

	scan = antivirus_scan_begin(engine, 60000);
	antivirus_scan_message(scan, message);
	antivirus_bench_show(scan, content, false);
	if (row->rest == WITH_REST)
		again = antivirus_scan_rest(scan, message);
	if (again)
		antivirus_bench_show(scan, content, false);
	antivirus_scan_end(scan, &answer);
	pack_free(&letter);
	pack_free(&content);
	assert_int_equal(again, row->again);
	if (answer.outcome != row->outcome)
		fail_msg("outcome %d \"%s\"", (int)answer.outcome, answer.text);
}

static bool start(const char *scratch)
{
	static const struct option_section *const sections[] = { &antivirus_section, NULL };
	char path[64], status[JOB_STATUS_MAX];
	struct conf *conf;
	FILE *file;
	int r;

	(void)snprintf(path, sizeof(path), "%s/milter.conf", top);
	file = fopen(path, "w");
	if (file == NULL)
		return false;
	(void)fprintf(file, "antivirus {\n\tdatabase = \"%s\"\n}\n", antivirus_bench_database());
	(void)fclose(file);
	conf = conf_load(path, sections);
	(void)unlink(path);
	r = antivirus_engine_prepare(conf, &engine, status);
	conf_free(conf);
	return r == 0 && antivirus_engine_warm(engine, scratch) == 0;
}

int main(void)
{
	static struct rows tests;
	char scratch[sizeof(top) + 16];
	int r;

	if (mkdtemp(top) == NULL)
		return 1;
	(void)snprintf(scratch, sizeof(scratch), "%s/scratch", top);
	if (mkdir(scratch, 0700) < 0 || !start(scratch))
		return 1;
	rows_add(&tests, rows, check_row);
	r = rows_run(&tests, "antivirus_scan");
	antivirus_engine_free(engine);
	return rmdir(scratch) < 0 || rmdir(top) < 0 ? 1 : r;
}
