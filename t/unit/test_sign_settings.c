/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/sign_settings.h"

#include <stdlib.h>
#include <unistd.h>

#include "milter/isolate/job.h"
#include "milter/model/scanner.h"
#include "t/unit/rows.h"

const struct scanner *const scanners[] = { NULL };
const struct job_kind *const job_kinds[] = { NULL };

static struct conf *load(const char *text)
{
	static const struct option_section *const sections[] = { &sign_section, &sign_key_section, NULL };
	char path[] = "/tmp/octroi-sign-XXXXXX";
	int fd = mkstemp(path);
	struct conf *conf;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	(void)close(fd);
	conf = conf_load(path, sections);
	(void)unlink(path);
	return conf;
}

#define KEY "key \"s._domainkey.ours.example\" { file = \"/k\" }"

struct settings_row {
	const char *name;
	const char *text;
	const char *words;	/* of the error; NULL: it is good */
};

static const struct settings_row settings_rows[] = {
	{ "nothing", "", NULL },
	{ "a key", "sign { " KEY " }", NULL },
	{ "a title that is no record", "sign { key \"ours.example\" { file = \"/k\" } }", "SELECTOR._domainkey.DOMAIN" },
	{ "a title with an underscore too many", "sign { key \"s_1._domainkey.ours.example\" { file = \"/k\" } }", "underscore" },
	{ "a key without a file", "sign { key \"s._domainkey.ours.example\" { } }", "must be set" },
	{ "a file without a whole path", "sign { key \"s._domainkey.ours.example\" { file = \"k.pem\" } }", "no absolute path" },
	{ "another list of fields", "sign { headers = { Subject, X-Mine } oversign = { } }", NULL },
	{ "a field that MTAs add", "sign { headers = { Received } }", "\"Received\" is changed" },
	{ "a field of our own", "sign { headers = { x-octroi-verdict } }", "is changed" },
	{ "a field that MTAs remove", "sign { oversign = { bcc } }", "\"bcc\" is changed" },
	{ "no name of a field", "sign { headers = { \"Subject:\" } }", "no name of a header field" },
	{ "a name that would end h=", "sign { headers = { \"a;b=\" } }", "no name of a header field" },
	{ "an empty name", "sign { headers = { \"\" } }", "no name of a header field" },
	{ "a direction that is none", "sign { directions = { outbound } }", "none of submission" },
	{ "strangers cannot be signed for", "sign { directions = { inbound } }", "none of submission" },
	{ "a signature that expires at once", "sign { expire = 10m }", "below an hour" },
	{ "one that expires in a week", "sign { expire = 7d }", NULL },
};

static void check_settings(void **state)
{
	const struct settings_row *row = *state;
	struct conf *conf = load(row->text);
	size_t len;
	const struct conf_error *errors = conf_errors(conf, &len);

	if (row->words == NULL) {
		assert_int_equal(len, 0);
	} else {
		assert_true(len > 0);
		assert_non_null(strstr(errors[0].text, row->words));
	}
	conf_free(conf);
}

struct names_row {
	const char *name;
	const char *text;
	const char *names;	/* "+" guarded always, "?" when present */
};

static const struct names_row names_rows[] = {
	{ "From is always there", "sign { headers = { } oversign = { } }", "+From " },
	{ "each name once, in any case", "sign { headers = { To, from, TO, Cc } oversign = { cc, FROM } }", "+From To +Cc " },
	{ "what is guarded is signed", "sign { headers = { } oversign = { Subject } }", "+From +Subject " },
	{ "what MTAs add is guarded when it is there", "sign { headers = { } oversign = { Date, message-id, To } }",
	  "+From ?Date ?message-id +To " },
	{ "the default (RFC 6376 5.4.1)", "",
	  "+From +Reply-To +Subject ?Date +To +Cc ?Message-ID +In-Reply-To +References +MIME-Version +Content-Type +Content-Transfer-Encoding "
	  "Sender Content-ID Content-Description Resent-Date Resent-From Resent-To Resent-Cc Resent-Message-ID List-Id List-Help "
	  "List-Unsubscribe List-Unsubscribe-Post List-Subscribe List-Post List-Owner List-Archive " },
};

static void check_names(void **state)
{
	static const char *const marks[] = { "", "?", "+" };
	const struct names_row *row = *state;
	struct conf *conf = load(row->text);
	struct arena *arena = arena_new();
	char text[1024] = "", *out = text;
	size_t len;
	const struct dkim_sign_name *names = sign_settings_names(arena, conf_settings(conf, "sign"), &len);

	for (size_t i = 0; i < len; i++)
		out = stpcpy(stpcpy(stpcpy(out, marks[names[i].oversign]), names[i].name), " ");
	assert_string_equal(text, row->names);
	arena_free(arena);
	conf_free(conf);
}

static void assert_active(const char *text, bool active, bool granted)
{
	struct conf *conf = load(text);

	assert_int_equal(sign_settings_active(conf), active);
	assert_int_equal(sign_settings_in(conf_settings(conf, "sign"), DIRECTION_GRANTED), granted);
	assert_false(sign_settings_in(conf_settings(conf, "sign"), DIRECTION_INBOUND));
	conf_free(conf);
}

static void it_works_when_there_is_something_to_do(void **state)
{
	(void)state;
	assert_active("", false, true);
	assert_active("sign { " KEY " }", true, true);
	assert_active("sign { " KEY " enabled = no }", false, true);
	assert_active("sign { " KEY " directions = { } }", false, false);
	assert_active("sign { " KEY " directions = { local } }", true, false);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, settings_rows, check_settings);
	rows_add(&rows, names_rows, check_names);
	rows_add_one(&rows, "it works when there is something to do", it_works_when_there_is_something_to_do, NULL);
	return rows_run(&rows, "sign_settings");
}
