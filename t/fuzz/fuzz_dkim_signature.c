/* SPDX-License-Identifier: GPL-2.0-or-later */
/* DKIM-Signature: what is accepted keeps every promise of dkim_signature.h, however the field was written. */
#include <stdint.h>
#include <stdlib.h>

#include "milter/mail/dkim_signature.h"
#include "milter/mail/domain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct arena *arena, const struct dkim_signature *signature)
{
	const char *domain;

	if (domain_normalise(arena, str_of(signature->domain), &domain) < 0 || strcmp(domain, signature->domain) != 0)
		abort();
	if (strpbrk(signature->domain, "_'(@/ ") != NULL || signature->selector[0] == '\0' || strpbrk(signature->selector, "'(@/ ;") != NULL)
		abort();
	if (strcmp(signature->identity_domain, signature->domain) != 0 && !domain_is_below(signature->identity_domain, signature->domain))
		abort();
	if (signature->fields_len > DKIM_FIELDS_MAX || dkim_signature_signs(signature, "from") == 0)
		abort();
	if (signature->b.len == 0 || signature->b.len > DKIM_B_MAX || (signature->bh.len != 32 && signature->bh.len != 20))
		abort();
	if (signature->has_timestamp && signature->has_expiry && signature->expiry <= signature->timestamp)
		abort();
	(void)dkim_signature_untimely(signature, 1795278900);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct dkim_signature signature;
	const char *problem = NULL;
	int r = dkim_signature_parse(arena, (struct str){ (const char *)data, size }, &signature, &problem);

	if (r == 0)
		check(arena, &signature);
	else if (problem == NULL || strchr(problem, '=') != NULL)
		abort();
	arena_free(arena);
	return 0;
}
