/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/attachment_rules.h"

#include "milter/lookup/names.h"
#include "scanners/attachment_settings.h"

struct rule_entry {
	struct attachment_policy policy;
	unsigned directions;
	const struct names *recipients, *senders;
};

struct attachment_rules {
	struct attachment_policy base;
	struct rule_entry *items;
	size_t len;
};

static bool is_written(const struct conf_list *list)
{
	return list->where.file != NULL;
}

static struct attachment_pair pair_new(struct arena *arena, const struct conf_list *deny, const struct conf_list *allow)
{
	return (struct attachment_pair){ attachment_words_new(arena, deny), attachment_words_new(arena, allow) };
}

/* The list that holds in archives when none is written for them. */
static const struct conf_list *inner(const struct conf_list *inside, const struct conf_list *outside)
{
	return is_written(inside) ? inside : outside;
}

/* The list of a rule: its own, or that of the section. */
static const struct conf_list *own(const struct conf_list *list, const struct conf_list *base)
{
	return is_written(list) ? list : base;
}

static const struct conf_list *own_inner(const struct conf_list *inside, const struct conf_list *outside, const struct conf_list *base)
{
	return is_written(inside) || is_written(outside) ? inner(inside, outside) : base;
}

static void rule_read(struct arena *arena, const struct attachment_rule_settings *settings, const struct attachment_lists *base,
		      struct rule_entry *entry)
{
	const struct attachment_lists *lists = &settings->lists;

	*entry = (struct rule_entry){
		.policy = {
			.title = settings->title,
			.outside = pair_new(arena, own(&lists->deny, &base->deny), own(&lists->allow, &base->allow)),
			.inside = pair_new(arena,
					   own_inner(&lists->deny_in_archives, &lists->deny, inner(&base->deny_in_archives, &base->deny)),
					   own_inner(&lists->allow_in_archives, &lists->allow, inner(&base->allow_in_archives, &base->allow))),
		},
		.directions = attachment_settings_directions(&settings->directions),
		.recipients = names_new(arena, &settings->recipients),
		.senders = names_new(arena, &settings->senders),
	};
}

struct attachment_rules *attachment_rules_new(struct arena *arena, const struct conf *conf)
{
	const struct attachment_settings *settings = conf_settings(conf, "attachment");
	const struct attachment_lists *lists = &settings->lists;
	struct attachment_rules *rules = arena_new_of(arena, struct attachment_rules);

	rules->base = (struct attachment_policy){
		.title = "",
		.outside = pair_new(arena, &lists->deny, &lists->allow),
		.inside = pair_new(arena, inner(&lists->deny_in_archives, &lists->deny), inner(&lists->allow_in_archives, &lists->allow)),
	};
	rules->len = conf_count(conf, "attachment.rule");
	rules->items = arena_array(arena, rules->len, sizeof(*rules->items));
	for (size_t i = 0; i < rules->len; i++)
		rule_read(arena, conf_settings_at(conf, "attachment.rule", i), lists, &rules->items[i]);
	return rules;
}

static bool names_fit(const struct names *names, const struct address *address)
{
	return names_empty(names) || (address != NULL && names_find_address(names, address) != NULL);
}

static const struct attachment_policy *policy_for(const struct attachment_rules *rules, const struct message *message,
						  const struct address *recipient)
{
	const struct address *sender = message->mailfrom_problem == NULL ? &message->mailfrom : NULL;

	for (size_t i = 0; i < rules->len; i++) {
		const struct rule_entry *entry = &rules->items[i];

		if ((entry->directions & 1u << message->direction) != 0 && names_fit(entry->senders, sender) &&
		    names_fit(entry->recipients, recipient))
			return &entry->policy;
	}
	return &rules->base;
}

static void add_once(const struct attachment_policy **policies, size_t *len, const struct attachment_policy *policy)
{
	for (size_t i = 0; i < *len; i++)
		if (policies[i] == policy)
			return;
	policies[(*len)++] = policy;
}

size_t attachment_rules_for(const struct attachment_rules *rules, const struct message *message, struct arena *arena,
			    const struct attachment_policy ***ret_policies)
{
	const struct attachment_policy **policies = arena_array(arena, rules->len + 1, sizeof(const struct attachment_policy *));
	size_t len = 0;

	if (rules->len == 0 || message->recipients_len == 0) {
		policies[len++] = &rules->base;		/* `octroi try` knows no recipients unless it is told */
	}
	for (size_t i = 0; rules->len > 0 && i < message->recipients_len; i++) {
		const struct recipient *recipient = &message->recipients[i];

		add_once(policies, &len, policy_for(rules, message, recipient->problem == NULL ? &recipient->address : NULL));
	}
	*ret_policies = policies;
	return len;
}
