/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/dmarc_exempt.h"

#include "milter/lookup/names.h"
#include "milter/lookup/networks.h"
#include "milter/mail/domain.h"

struct dmarc_exemptions {
	const struct names *domains, *lists;
	const struct networks *clients;
};

const struct dmarc_exemptions *dmarc_exemptions_new(struct arena *arena, const struct dmarc_settings *settings)
{
	struct dmarc_exemptions *exemptions = arena_new_of(arena, struct dmarc_exemptions);

	*exemptions = (struct dmarc_exemptions){
		.domains = names_new(arena, &settings->exempt_domains),
		.lists = names_new(arena, &settings->exempt_lists),
		.clients = networks_new(arena, &settings->exempt_clients),
	};
	return exemptions;
}

/* RFC 2919 3: the identifier stands in angle brackets at the end. NULL: there is none, or more than one field. */
static const char *list_id(struct arena *arena, const struct headers *headers)
{
	size_t position = 0;
	const struct header *field = headers_next(headers, "List-Id", &position);
	const char *value, *open, *name;
	size_t len;

	if (field == NULL || headers_next(headers, "List-Id", &position) != NULL)
		return NULL;
	value = header_unfold(arena, field->value);
	open = strrchr(value, '<');
	len = open == NULL ? 0 : strlen(open);
	if (len < 2 || open[len - 1] != '>')
		return NULL;
	return domain_normalise(arena, (struct str){ open + 1, len - 2 }, &name) == 0 ? name : NULL;
}

/* Has the owner of the list's name signed the message, or that of a name above it? */
static bool is_signed_by(const struct message *message, const char *list, const struct psl *psl)
{
	for (size_t i = 0; i < message->identities_len; i++) {
		const struct identity *identity = &message->identities[i];

		if (identity->kind != IDENTITY_DKIM || identity->state != IDENTITY_PASS || psl_is_suffix(psl, identity->domain))
			continue;
		if (strcmp(list, identity->domain) == 0 || domain_is_below(list, identity->domain))
			return true;
	}
	return false;
}

static const char *find_list(struct scan *scan, const struct dmarc_exemptions *exemptions, const struct psl *psl)
{
	const char *list, *entry;

	if (names_empty(exemptions->lists))
		return NULL;
	list = list_id(scan->arena, &scan->message->headers);
	entry = list == NULL ? NULL : names_find_domain(exemptions->lists, list);
	return entry != NULL && is_signed_by(scan->message, list, psl) ? entry : NULL;
}

struct dmarc_exemption dmarc_exemption_find(struct scan *scan, const struct dmarc_exemptions *exemptions, const struct psl *psl)
{
	const struct network *client = networks_find(exemptions->clients, &scan->session->client);
	char text[NETWORK_TEXT_MAX];
	const char *list;

	if (client != NULL)
		return (struct dmarc_exemption){
			"exempt_clients", arena_strdup(scan->arena, network_format(client, text)), "trusted_forwarder" };
	list = find_list(scan, exemptions, psl);
	if (list != NULL)
		return (struct dmarc_exemption){ "exempt_lists", list, "mailing_list" };
	return (struct dmarc_exemption){ NULL, NULL, NULL };
}

struct dmarc_exemption dmarc_exemption_find_domain(const struct dmarc_exemptions *exemptions, const char *author)
{
	const char *entry = names_find_domain(exemptions->domains, author);

	if (entry == NULL)
		return (struct dmarc_exemption){ NULL, NULL, NULL };
	return (struct dmarc_exemption){ "exempt_domains", entry, "local_policy" };
}
