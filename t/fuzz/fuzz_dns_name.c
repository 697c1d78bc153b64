/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names as strangers write them: one form for all spellings, and never more than its buffer. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "milter/lookup/dns.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *name = malloc(size + 1), *text = malloc(DNS_NAME_TEXT_MAX), *again = malloc(DNS_NAME_TEXT_MAX);
	int len;

	if (name == NULL || text == NULL || again == NULL)
		abort();
	memcpy(name, data, size);
	name[size] = '\0';
	len = dns_name_normalise(name, text);
	if (len >= 0 && (strlen(text) != (size_t)len || dns_name_normalise(text, again) != len || strcmp(text, again) != 0))
		abort();
	free(again);
	free(text);
	free(name);
	return 0;
}
