/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text and HTML of strangers: every host that is found is one that can be asked for. The first byte says how it is read. */
#include <stdlib.h>
#include <string.h>

#include "milter/base/ip.h"
#include "milter/mail/domain.h"
#include "milter/unpack/charset.h"
#include "milter/unpack/handlers.h"
#include "milter/unpack/url_host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In the place of unpack.c and charset.c. */
static unsigned links;

bool unpack_wants_links(const struct unpack *unpack)
{
	(void)unpack;
	return true;
}

bool unpack_stopped(const struct unpack *unpack)
{
	(void)unpack;
	return false;
}

enum filetype content_type(const struct content *content)
{
	(void)content;
	return FILETYPE_TEXT;
}

bool charset_hides_ascii(struct str charset)
{
	(void)charset;
	return false;
}

bool charset_to_utf8(struct arena *arena, struct str charset, struct str in, size_t max_bytes, struct str *ret_text)
{
	(void)arena, (void)charset, (void)in, (void)max_bytes, (void)ret_text;
	return false;
}

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void check_host(const char *host)
{
	struct arena *arena = arena_new();
	const char *domain;
	struct ip ip;

	check(strlen(host) <= DOMAIN_MAX && strchr(host, '<') == NULL);
	check(ip_parse(host, &ip) == 0 || (domain_normalise(arena, str_of(host), &domain) == 0 && strcmp(domain, host) == 0));
	arena_free(arena);
}

void unpack_link(struct unpack *unpack, struct str host, struct str shown)
{
	(void)unpack;
	links++;
	check(host.len > 0 && host.p[host.len] == '\0' && shown.p[shown.len] == '\0');
	check_host(host.p);
	if (shown.len > 0)
		check_host(shown.p);
	check(!str_equal(host, shown));
}

/* Wherever a URL stands, its host is that of the URL alone. */
static void check_same_everywhere(struct str text)
{
	struct arena *arena = arena_new();
	size_t used;
	const char *host = url_host(arena, URL_TEXT, text, &used), *alone;

	check(used <= text.len);
	if (host != NULL) {
		check_host(host);
		alone = url_host(arena, URL_TEXT, str_of(arena_printf(arena, "https://%s/", strchr(host, ':') == NULL ? host : arena_printf(arena, "[%s]", host))),
				 NULL);
		check(alone != NULL && strcmp(alone, host) == 0);
	}
	arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct item item = { .charset = { "", 0 } };

	if (size < 1)
		return 0;
	item.bytes = (struct str){ (const char *)data + 1, size - 1 };
	item.media_type = (data[0] & 1) != 0 ? STR("text/html") : STR("text/plain");
	links = 0;
	links_unpack(NULL, &item);
	check(links <= 5000 && links <= size);
	check_same_everywhere(item.bytes);
	return 0;
}
