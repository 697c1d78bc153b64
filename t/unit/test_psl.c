/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/lookup/psl.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "conf/conf.h"
#include "milter/base/cleanup.h"
#include "milter/mail/domain.h"
#include "t/lib/skip.h"
#include "t/unit/rows.h"

#define DEBIAN_TEXT "/usr/share/publicsuffix/public_suffix_list.dat"
#define DEBIAN_COMPILED "/usr/share/publicsuffix/public_suffix_list.dafsa"

static struct psl *open_list(const char *file)
{
	char problem[CONF_PROBLEM_MAX] = "";
	struct psl *psl = NULL;
	int r = psl_open(file, problem, &psl);

	if (r < 0)
		print_message("# %s\n", problem);
	assert_int_equal(r, 0);
	return psl;
}

/* --- the list's own tests --- */

/* The text between the next two quotes; NULL for the word null. */
static const char *next_argument(char **rest)
{
	char *open = strchr(*rest, '\''), *null = strstr(*rest, "null"), *close;

	if (open == NULL || (null != NULL && null < open)) {
		*rest = null == NULL ? *rest + strlen(*rest) : null + 4;
		return NULL;
	}
	close = strchr(open + 1, '\'');
	assert_non_null(close);
	*close = '\0';
	*rest = close + 1;
	return open + 1;
}

/* As everybody who asks us does: a domain is normalised first. What is none has no organization. */
static const char *organization_of(struct arena *arena, const struct psl *psl, const char *name)
{
	const char *domain;

	if (domain_normalise(arena, str_of(name), &domain) < 0)
		return NULL;
	return psl_org_domain(psl, domain);
}

static bool check_line(struct arena *arena, const struct psl *psl, char *line)
{
	char *rest = strchr(line, '(');
	const char *name = next_argument(&rest), *wanted = next_argument(&rest), *found;

	if (name == NULL)
		return false;		/* there is no null to ask about */
	found = organization_of(arena, psl, name);
	if (wanted != NULL)
		assert_int_equal(domain_normalise(arena, str_of(wanted), &wanted), 0);
	if ((found == NULL) != (wanted == NULL) || (found != NULL && strcmp(found, wanted) != 0))
		fail_msg("%s: %s, not %s", name, found == NULL ? "null" : found, wanted == NULL ? "null" : wanted);
	return true;
}

static const struct suite {
	const char *name, *list;
} suites[] = {
	{ "the_lists_own_tests_with_the_text", DEBIAN_TEXT },
	{ "the_lists_own_tests_with_the_compiled_form", DEBIAN_COMPILED },
	{ "the_lists_own_tests_with_the_default", "" },
};

static FILE *open_vectors(void)
{
	const char *vectors = getenv("OCTROI_VECTORS"), *top = getenv("top_srcdir");
	char path[4096];

	if (vectors != NULL)
		(void)snprintf(path, sizeof(path), "%s/psl/test_psl-debian-20230209.txt", vectors);
	else
		(void)snprintf(path, sizeof(path), "%s/../shared/vectors/psl/test_psl-debian-20230209.txt", top == NULL ? "." : top);
	return fopen(path, "re");
}

static void check_suite(void **state)
{
	const struct suite *row = *state;
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	_cleanup_(fclose_filep) FILE *vectors = open_vectors();
	struct psl *psl;
	char line[512];
	unsigned checked = 0;

	if (vectors == NULL)
		SKIP("the test vectors are not beside the source; OCTROI_VECTORS names their directory");
	if (row->list[0] != '\0' && access(row->list, R_OK) != 0)
		SKIP("package publicsuffix is not installed");
	psl = open_list(row->list);
	while (fgets(line, sizeof(line), vectors) != NULL)
		if (strncmp(line, "checkPublicSuffix(", strlen("checkPublicSuffix(")) == 0)
			checked += check_line(arena, psl, line);
	assert_int_equal(checked, 77);
	psl_close(psl);
}

/* --- what is a suffix --- */

static const struct suffix {
	const char *name, *domain;
	bool is_suffix;
	const char *organization;
} suffixes[] = {
	{ "top_level_domain", "com", true, NULL },
	{ "second_level_suffix", "co.uk", true, NULL },
	{ "name_below_a_suffix", "example.co.uk", false, "example.co.uk" },
	{ "name_far_below_a_suffix", "a.b.c.example.co.uk", false, "example.co.uk" },
	{ "private_suffix", "github.io", true, NULL },
	{ "below_a_private_suffix", "a.example.github.io", false, "example.github.io" },
	{ "unlisted_top_level_domain_is_one", "example", true, NULL },
	{ "below_an_unlisted_one", "a.b.example", false, "b.example" },
	{ "wildcard", "anything.ck", true, NULL },
	{ "exception_of_a_wildcard", "www.ck", false, "www.ck" },
	{ "a_label", "xn--p1ai", true, NULL },
	{ "below_an_a_label", "a.xn--e1afmkfd.xn--p1ai", false, "xn--e1afmkfd.xn--p1ai" },
	{ "underscores", "_x._y.example.com", false, "example.com" },
};

static void check_suffix(void **state)
{
	const struct suffix *row = *state;
	struct psl *psl = open_list("");
	const char *found = psl_org_domain(psl, row->domain);

	assert_int_equal(psl_is_suffix(psl, row->domain), row->is_suffix);
	if (row->organization == NULL)
		assert_null(found);
	else
		assert_string_equal(found, row->organization);
	psl_close(psl);
}

/* --- files that are no list --- */

static const struct broken {
	const char *name;
	const char *text;	/* the file; NULL: the compiled list up to cut */
	size_t cut;
	const char *path;	/* instead of a file made here */
	int error;
	const char *problem;
} broken_table[] = {
	{ "missing_DNS_15", NULL, 0, "/nonexistent/list.dat", -ENOENT, "cannot be read: No such file" },
	{ "directory_DNS_15", NULL, 0, "/tmp", -EINVAL, "is no public suffix list" },
	{ "empty_DNS_15", "", 0, NULL, -EINVAL, "is no public suffix list" },
	{ "other_text_DNS_15", "root:x:0:0\nhello\n", 0, NULL, -EINVAL, "is no public suffix list" },
	{ "cut_text_DNS_15", "ac\ncom\nco.uk\nxn--p1ai\ngithub.io\n*.ck\n!www.ck\n", 0, NULL, -EINVAL, "or a part of one" },
	{ "text_of_another_list_DNS_15", "com\n// ===END PRIVATE DOMAINS===\n", 0, NULL, -EINVAL, "is no public suffix list" },
	{ "header_of_the_compiled_form_alone_DNS_15", ".DAFSA@PSL_0   \n", 0, NULL, -EINVAL, "is no public suffix list" },
	{ "half_of_the_compiled_form_DNS_15", NULL, 27000, NULL, -EINVAL, "is no public suffix list" },
	{ "compiled_form_but_its_end_DNS_15", NULL, 54000, NULL, -EINVAL, "is no public suffix list" },
};

static void write_broken(const struct broken *row, int fd)
{
	_cleanup_(fclose_filep) FILE *compiled = NULL;
	static char bytes[65536];
	size_t len;

	if (row->text != NULL) {
		assert_int_equal(write(fd, row->text, strlen(row->text)), strlen(row->text));
		return;
	}
	compiled = fopen(DEBIAN_COMPILED, "re");
	assert_non_null(compiled);
	len = fread(bytes, 1, sizeof(bytes), compiled);
	assert_true(len > row->cut);
	assert_int_equal(write(fd, bytes, row->cut), row->cut);
}

static void check_broken(void **state)
{
	const struct broken *row = *state;
	char path[] = "/tmp/octroi-psl-XXXXXX", problem[CONF_PROBLEM_MAX] = "";
	_cleanup_(close_fdp) int fd = -1;
	struct psl *psl = NULL;
	int r;

	if (row->path == NULL && row->text == NULL && access(DEBIAN_COMPILED, R_OK) != 0)
		SKIP("package publicsuffix is not installed");
	if (row->path == NULL) {
		fd = mkstemp(path);
		assert_true(fd >= 0);
		write_broken(row, fd);
	}
	r = psl_open(row->path != NULL ? row->path : path, problem, &psl);
	(void)unlink(path);
	assert_int_equal(r, row->error);
	assert_null(psl);
	assert_non_null(strstr(problem, row->problem));
}

static void newer_list_by_name(void **state)
{
	static const char text[] = "ac\ncom\nco.uk\nxn--p1ai\n*.ck\n!www.ck\n// ===BEGIN PRIVATE DOMAINS===\ngithub.io\nnew.example\n"
		"// ===END PRIVATE DOMAINS===\n";
	char path[] = "/tmp/octroi-psl-XXXXXX";
	_cleanup_(close_fdp) int fd = mkstemp(path);
	struct psl *psl;

	(void)state;
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	psl = open_list(path);
	(void)unlink(path);
	assert_true(psl_is_suffix(psl, "new.example"));
	assert_string_equal(psl_org_domain(psl, "a.b.new.example"), "b.new.example");
	psl_close(psl);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, suites, check_suite);
	rows_add(&rows, suffixes, check_suffix);
	rows_add(&rows, broken_table, check_broken);
	rows_add_one(&rows, "newer_list_by_name", newer_list_by_name, NULL);
	return rows_run(&rows, "psl");
}
