/* SPDX-License-Identifier: GPL-2.0-or-later */
/* octroi dkim-key: makes a key pair to sign mail with, keeps the private half where only the filter can read it, and says what to
 * publish. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "milter/base/arena.h"
#include "milter/base/cleanup.h"
#include "milter/commands.h"
#include "milter/mail/dkim_sign_key.h"
#include "milter/mail/dkim_sign_name.h"
#include "milter/privilege.h"
#include "milter/settings.h"

#define STRING_MAX 255	/* RFC 1035 3.3: of one string in a TXT record */

struct dkim_key_options {
	const char *config, *domain, *selector, *type, *bits, *directory;
};

static const char usage[] =
	"usage: octroi dkim-key --domain DOMAIN --selector SELECTOR [--type rsa|ed25519] [--bits N] [--directory DIR] [--config FILE]\n";

static const char **option_value(struct dkim_key_options *options, const char *name)
{
	if (strcmp(name, "--config") == 0)
		return &options->config;
	if (strcmp(name, "--domain") == 0)
		return &options->domain;
	if (strcmp(name, "--selector") == 0)
		return &options->selector;
	if (strcmp(name, "--type") == 0)
		return &options->type;
	if (strcmp(name, "--bits") == 0)
		return &options->bits;
	return strcmp(name, "--directory") == 0 ? &options->directory : NULL;
}

static int complain(const char *what, const char *text)
{
	(void)fprintf(stderr, "octroi dkim-key: %s %s\n%s", text, what, usage);
	return -EINVAL;
}

static int read_arguments(int argc, char **argv, struct dkim_key_options *options)
{
	for (int i = 1; i < argc; i++) {
		const char **value = i + 1 < argc ? option_value(options, argv[i]) : NULL;

		if (value == NULL)
			return complain("is not understood, or needs a value", argv[i]);
		*value = argv[++i];
	}
	if (options->domain == NULL || options->selector == NULL)
		return complain("are needed", "--domain and --selector");
	return 0;
}

static int make_key(const struct dkim_key_options *options, struct dkim_sign_key **ret_key)
{
	unsigned long long bits = DKIM_SIGN_BITS_WISE;

	if (strcmp(options->type, "ed25519") == 0)
		return dkim_sign_key_make(DKIM_KEY_ED25519, 0, ret_key);
	if (strcmp(options->type, "rsa") != 0)
		return complain("is neither rsa nor ed25519", options->type);
	if (options->bits != NULL && (str_to_u64(str_of(options->bits), &bits) < 0 || bits > DKIM_SIGN_BITS_MAX))
		bits = 0;
	if (dkim_sign_key_make(DKIM_KEY_RSA, (unsigned)bits, ret_key) < 0)
		return complain("is no size of an RSA key for DKIM: 2048 is usual, 1024 to 4096 are possible (RFC 8301)", options->bits);
	return 0;
}

/* The filter is going to read the key as this account: when we are root it can be given to it. */
static int find_owner(const char *config, struct run_as *ret_owner)
{
	struct conf *conf = settings_load(config);
	char problem[CONF_PROBLEM_MAX];
	size_t errors;
	int r = -ENOENT;

	(void)conf_errors(conf, &errors);
	if (errors == 0 && geteuid() == 0)
		r = run_as_find(settings_of(conf)->user, "", ret_owner, problem);
	conf_free(conf);
	return r;
}

/* Made when it is missing: the account may enter it, and only root may exchange what is in it. */
static int make_directory(const char *directory, const struct run_as *owner)
{
	if (mkdir(directory, 0750) < 0)
		return errno == EEXIST ? 0 : -errno;
	return owner != NULL && chown(directory, (uid_t)-1, owner->gid) < 0 ? -errno : 0;
}

/* Takes over fd. */
static int write_file(int fd, const struct dkim_sign_key *key, const struct run_as *owner)
{
	FILE *file;
	int r;

	if (owner != NULL && fchown(fd, owner->uid, owner->gid) < 0) {
		r = -errno;
		(void)close_fd(fd);
		return r;
	}
	file = fdopen(fd, "w");
	if (file == NULL) {
		(void)close_fd(fd);
		return -ENOMEM;
	}
	r = dkim_sign_key_write(key, file);
	if (r == 0 && (fflush(file) != 0 || fsync(fd) < 0))
		r = -errno;
	return fclose(file) != 0 && r == 0 ? -EIO : r;
}

/* Never over another key: it may be in use, and its record published. */
static int keep(const char *path, const struct dkim_sign_key *key, const struct run_as *owner)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600), r;

	if (fd < 0)
		return -errno;
	r = write_file(fd, key, owner);
	if (r < 0)
		(void)unlink(path);
	return r;
}

/* In strings of at most STRING_MAX octets, on one line. */
static void print_zone_line(const char *name, const char *record)
{
	size_t len = strlen(record);

	(void)printf("%s. IN TXT (", name);
	for (size_t i = 0; i < len; i += STRING_MAX)
		(void)printf(" \"%.*s\"", (int)(len - i < STRING_MAX ? len - i : STRING_MAX), record + i);
	(void)printf(" )\n");
}

static void print_key(struct arena *arena, const struct dkim_sign_key *key, const struct dkim_sign_record_name *name,
		      const char *path)
{
	const char *record = dkim_sign_key_record(arena, key);

	(void)printf("# Publish this first. For a zone file:\n");
	print_zone_line(name->name, record);
	(void)printf("\n# For a form that wants name and value of a TXT record:\n# %s\n# %s\n", name->name, record);
	(void)printf("\n# Then, in milter.conf (octroi check says whether the record can be seen):\n");
	(void)printf("sign {\n\tkey \"%s\" {\n\t\tfile = \"%s\"\n\t}\n}\n", name->name, path);
}

/* "/etc/octroi/dkim" beside milter.conf, as an absolute path that milter.conf can name. NULL when there is none. */
static char *absolute_directory(struct arena *arena, const struct dkim_key_options *options)
{
	const char *slash = strrchr(options->config, '/');
	const char *directory = options->directory;
	char *here, *absolute;

	if (directory == NULL && slash != NULL)
		directory = arena_printf(arena, "%.*s/dkim", (int)(slash - options->config), options->config);
	if (directory == NULL)
		directory = "dkim";
	if (directory[0] == '/')
		return arena_strdup(arena, directory);
	here = getcwd(NULL, 0);
	absolute = here == NULL ? NULL : arena_printf(arena, "%s/%s", here, directory);
	free(here);
	return absolute;
}

static int store_and_print(struct arena *arena, const struct dkim_key_options *options, const struct dkim_sign_record_name *name,
			   const struct dkim_sign_key *key)
{
	const char *directory = absolute_directory(arena, options), *path;
	struct run_as owner;
	bool owned = find_owner(options->config, &owner) == 0;
	int r = directory == NULL ? -errno : make_directory(directory, owned ? &owner : NULL);

	if (r < 0) {
		(void)fprintf(stderr, "octroi dkim-key: %s: %s\n", directory == NULL ? "." : directory, strerror(-r));
		return EXIT_WRONG;
	}
	path = arena_printf(arena, "%s/%s.pem", directory, name->name);
	r = keep(path, key, owned ? &owner : NULL);
	if (r < 0) {
		(void)fprintf(stderr, "octroi dkim-key: %s: %s%s\n", path, strerror(-r),
			      r == -EEXIST ? "; a key is not overwritten: choose another selector" : "");
		return EXIT_WRONG;
	}
	print_key(arena, key, name, path);
	if (!owned)
		(void)fprintf(stderr, "octroi dkim-key: the filter must be able to read %s: give it to the account that \"user\" in "
			      "milter.conf names (chown)\n", path);
	return EXIT_GOOD;
}

static int run(struct arena *arena, const struct dkim_key_options *options)
{
	const char *written = arena_printf(arena, "%s._domainkey.%s", options->selector, options->domain), *problem;
	struct dkim_sign_record_name name;
	struct dkim_sign_key *key;
	int status;

	if (dkim_sign_name_parse(arena, str_of(written), &name, &problem) < 0) {
		(void)complain(problem, written);
		return EXIT_USAGE;
	}
	if (make_key(options, &key) < 0)
		return EXIT_USAGE;
	status = store_and_print(arena, options, &name, key);
	dkim_sign_key_free(key);
	return status;
}

int command_dkim_key(int argc, char **argv)
{
	struct dkim_key_options options = { .config = OCTROI_CONF, .type = "rsa" };
	struct arena *arena;
	int status;

	if (read_arguments(argc, argv, &options) < 0)
		return EXIT_USAGE;
	arena = arena_new();
	status = run(arena, &options);
	arena_free(arena);
	return status;
}
