/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/internal.h"

struct chunk {
	struct chunk *next;
	max_align_t data[];
};

void *conf_keep(struct conf *conf, size_t size)
{
	struct chunk *chunk = size > SIZE_MAX - sizeof(*chunk) ? NULL : calloc(1, sizeof(*chunk) + size);

	if (chunk == NULL) {	/* sizes are bounded where text comes in: the machine has no memory left */
		(void)fputs("out of memory while reading the configuration\n", stderr);
		abort();
	}
	chunk->next = conf->chunks;
	conf->chunks = chunk;
	return chunk->data;
}

static void keep_free(struct chunk *chunk)
{
	while (chunk != NULL) {
		struct chunk *next = chunk->next;

		free(chunk);
		chunk = next;
	}
}

void conf_free(struct conf *conf)
{
	if (conf == NULL)
		return;
	keep_free(conf->chunks);
	free(conf);
}

void conf_freep(struct conf **conf)
{
	conf_free(*conf);
	*conf = NULL;
}

char *conf_keep_text(struct conf *conf, const char *text, size_t len)
{
	char *copy = conf_keep(conf, len + 1);

	memcpy(copy, text, len);
	return copy;
}

char *conf_keep_vprintf(struct conf *conf, const char *format, va_list args)
{
	va_list again;
	char *text;
	int len;

	va_copy(again, args);
	len = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (len < 0)
		len = 0;
	text = conf_keep(conf, (size_t)len + 1);
	(void)vsnprintf(text, (size_t)len + 1, format, args);
	return text;
}

char *conf_keep_printf(struct conf *conf, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = conf_keep_vprintf(conf, format, args);
	va_end(args);
	return text;
}

void *conf_grow(struct conf *conf, void *items, size_t len, size_t size)
{
	void *grown;

	if ((len & (len - 1)) != 0)	/* full only at 0 and at the powers of two */
		return items;
	grown = conf_keep(conf, (len == 0 ? 1 : 2 * len) * size);
	if (len > 0)
		memcpy(grown, items, len * size);
	return grown;
}
