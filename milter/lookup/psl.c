/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/lookup/psl.h"

#include <errno.h>
#include <libpsl.h>
#include <stdio.h>

#include "conf/conf.h"
#include "milter/base/arena.h"
#include "milter/base/cleanup.h"
#include "milter/base/str.h"

struct psl {
	psl_ctx_t *loaded;		/* NULL: list is the one in libpsl */
	const psl_ctx_t *list;
};

/* libpsl takes any file for a list, /etc/passwd, too: only one that knows these is one. They stand far apart, in both sections. */
static bool is_list(const psl_ctx_t *list)
{
	static const char *const suffixes[] = { "ac", "com", "co.uk", "xn--p1ai", "github.io" };
	static const char *const domains[] = { "example.com", "www.ck" };

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
		if (!psl_is_public_suffix2(list, suffixes[i], PSL_TYPE_ANY | PSL_TYPE_NO_STAR_RULE))
			return false;
	for (size_t i = 0; i < sizeof(domains) / sizeof(domains[0]); i++)
		if (psl_is_public_suffix(list, domains[i]))
			return false;
	return true;
}

/* The text ends with this line; of the compiled form a part is no list at all, by is_list. */
static bool is_whole(FILE *file)
{
	static const char last[] = "// ===END PRIVATE DOMAINS===";
	char line[512];
	bool compiled = false, whole = false;

	for (unsigned n = 0; !whole && !compiled && fgets(line, sizeof(line), file) != NULL; n++) {
		compiled = n == 0 && str_has_prefix(str_of(line), STR(".DAFSA@PSL_"));
		whole = str_has_prefix(str_of(line), STR(last));
	}
	rewind(file);
	return whole || compiled;
}

static int load(const char *path, char *problem, psl_ctx_t **ret_loaded)
{
	_cleanup_(fclose_filep) FILE *file = fopen(path, "re");
	psl_ctx_t *loaded;

	if (file == NULL) {
		const int error = errno;

		(void)snprintf(problem, CONF_PROBLEM_MAX, "the public suffix list %.150s cannot be read: %s", path, strerror(error));
		return -error;
	}
	loaded = is_whole(file) ? psl_load_fp(file) : NULL;
	if (loaded == NULL || !is_list(loaded)) {
		psl_free(loaded);
		(void)snprintf(problem, CONF_PROBLEM_MAX, "%.150s is no public suffix list, or a part of one", path);
		return -EINVAL;
	}
	*ret_loaded = loaded;
	return 0;
}

int psl_open(const char *file, char *problem, struct psl **ret_psl)
{
	const char *path = file[0] != '\0' ? file : psl_dist_filename();
	psl_ctx_t *loaded = NULL;
	int r = load(path, problem, &loaded);
	const psl_ctx_t *list = loaded;

	if (r == -ENOENT && file[0] == '\0') {
		list = psl_builtin();
		r = list != NULL && is_list(list) ? 0 : -ENOENT;
	}
	if (r < 0)
		return r;
	*ret_psl = xcalloc(1, sizeof(**ret_psl));
	**ret_psl = (struct psl){ loaded, list };
	return 0;
}

void psl_close(struct psl *psl)
{
	if (psl == NULL)
		return;
	psl_free(psl->loaded);
	free(psl);
}

bool psl_is_suffix(const struct psl *psl, const char *domain)
{
	return psl_is_public_suffix(psl->list, domain) != 0;
}

const char *psl_org_domain(const struct psl *psl, const char *domain)
{
	return psl_registrable_domain(psl->list, domain);
}
