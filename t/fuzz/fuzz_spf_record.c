/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whatever the text of a record is: what is read lies in it, is what the grammar allows and expands to bounded names and texts. */
#include <stdint.h>
#include <stdlib.h>

#include "milter/mail/spf_macro.h"
#include "milter/mail/spf_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static struct spf_macro_values values_of(const struct ip *client, struct str anything)
{
	return (struct spf_macro_values){
		.sender = anything, .local = anything, .sender_domain = STR("o.example"), .domain = STR("d.example"), .client = client,
		.validated = STR("p.example"), .helo = anything, .host = STR("r.example"), .now_s = UINT64_MAX,
	};
}

static void check_target(struct str target, const struct spf_macro_values *values)
{
	char name[SPF_NAME_MAX + 1];
	int len;

	if (target.p == NULL)
		return;
	check(spf_macro_is_domain_spec(target) && !spf_macro_uses(target, "crt"));
	len = spf_macro_expand_name(target, values, name);
	check(len < 0 || (len > 0 && spf_name_labels((struct str){ name, (size_t)len }) > 0));
}

static void check_directive(struct str text, const struct spf_directive *directive, const struct spf_macro_values *values)
{
	check(directive->text.p >= text.p && directive->text.p + directive->text.len <= text.p + text.len);
	check(directive->qualifier != '\0' && strchr("+-~?", directive->qualifier) != NULL);
	check(directive->prefix4 <= 32 && directive->prefix6 <= 128);
	check(directive->mechanism != SPF_IP4 || directive->ip.family == IP_V4);
	check(directive->mechanism != SPF_IP6 || directive->ip.family == IP_V6);
	for (size_t i = 0; i < directive->text.len; i++)
		check(directive->text.p[i] > ' ' && directive->text.p[i] <= '~');
	check_target(directive->target, values);
}

static void check_record(struct str text, const struct spf_macro_values *values)
{
	struct spf_record record;
	struct spf_problem problem;
	struct spf_directive directive;
	size_t octets = 0;

	if (!spf_record_is_spf(text) || spf_record_read(text, &record, &problem) < 0)
		return;
	while (spf_record_next(&record.terms, &directive)) {
		check_directive(text, &directive, values);
		octets += directive.text.len + 1;
	}
	check(octets <= text.len);
	check_target(record.redirect, values);
	check_target(record.exp, values);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct str text = { (const char *)data, size };
	struct ip client = { .family = size % 2 == 0 ? IP_V4 : IP_V6 };
	/* The start of the text is the local part, too. */
	const struct spf_macro_values values = values_of(&client, (struct str){ text.p, size < 64 ? size : 64 });
	char explanation[SPF_EXPLANATION_MAX + 1];

	check_record(text, &values);
	if (!spf_macro_is_string(text, SPF_MACRO_EXPLANATION))
		return 0;
	spf_macro_expand_explanation(text, &values, explanation);
	for (const char *p = explanation; *p != '\0'; p++)
		check(*p >= ' ' && *p <= '~');
	return 0;
}
