/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The walk: each distinct content is typed, shown and handed on once; each place where it was found is kept. */
#include "milter/unpack/unpack.h"

#include <assert.h>
#include <stdlib.h>

#include "milter/unpack/magic.h"
#include "milter/unpack/unpack_internal.h"

struct arena *unpack_arena(struct unpack *unpack)
{
	return unpack->arena;
}

void unpack_mark(struct unpack *unpack, const struct item *item, enum mark mark)
{
	(void)unpack;
	item->content->marks |= 1u << mark;
}

void unpack_retype(struct unpack *unpack, const struct item *item, enum filetype type)
{
	(void)unpack;
	item->content->type = type;
}

void unpack_also(struct unpack *unpack, const struct item *item, enum filetype type)
{
	(void)unpack;
	filetype_set_add(&item->content->also, type);
}

bool unpack_wants_links(const struct unpack *unpack)
{
	return unpack->settings->links;
}

static bool host_is_known(const struct inventory *inventory, struct str host, struct str shown)
{
	for (size_t i = 0; i < inventory->hosts_len; i++) {
		const struct inventory_host *known = &inventory->hosts[i];

		if (str_equal_nocase(str_of(known->host), host) && str_equal_nocase(str_of(known->shown), shown))
			return true;
	}
	return false;
}

void unpack_link(struct unpack *unpack, struct str host, struct str shown)
{
	struct inventory *inventory = unpack->inventory;
	struct inventory_host *link;

	if (!unpack->settings->links || inventory->hosts_len >= INVENTORY_HOSTS_MAX || host_is_known(inventory, host, shown))
		return;
	link = arena_push(unpack->arena, (void **)&inventory->hosts, &inventory->hosts_len, sizeof(*link));
	link->host = arena_strndup(unpack->arena, host.p, host.len);
	link->shown = arena_strndup(unpack->arena, shown.p, shown.len);
}

static void content_fill(struct unpack *unpack, struct content *content, const struct item *item)
{
	content->size_bytes = item->bytes.len;
	content->is_salvaged_only = true;	/* until content_found_as says otherwise */
	content->type = filetype_sniff(item->bytes, &content->also);
	if (content->type == FILETYPE_UNKNOWN)
		content->type = magic_look(item->bytes);
	if (unpack->settings->visit != NULL)
		unpack->settings->visit(unpack->settings->visit_arg, item->bytes, content->type, content->digest);
}

static void content_found_as(struct content *content, const struct item *item)
{
	bool from_salvage = item->kind == ITEM_SALVAGED || (item->parent != NULL && item->parent->content->is_salvaged_only);

	content->marks |= item->marks;
	if (!from_salvage)
		content->is_salvaged_only = false;
}

static void names_read(struct unpack *unpack, const struct item *item, struct filename *ret_filename)
{
	size_t len = 0;

	while (len < item->names_len && unpack_count(unpack, UNPACK_NAMES))
		len++;
	filename_read(unpack->arena, item->names, len, ret_filename);
	if (ret_filename->extensions_lost)
		unpack_limit(unpack, UNPACK_NAMES, "a file with more than %d endings", FILENAME_EXTENSIONS_MAX);
	if (ret_filename->is_ambiguous)
		unpack_ambiguous(unpack, AMBIGUITY_NAME, "the name \"%s\" can be read with different endings", ret_filename->shown);
}

/* What programs might open it as: by its bytes, by the type that its part declares, by each ending of its names. */
static struct filetype_set plausible_types(const struct content *content, enum filetype declared, const struct filename *filename)
{
	struct filetype_set types = content->also;

	filetype_set_add(&types, content->type);
	filetype_set_add(&types, declared);
	for (size_t i = 0; i < filename->extensions_len; i++)
		filetype_set_add(&types, filetype_of_extension(filename->extensions[i]));
	return types;
}

static enum filetype declared_type(struct unpack *unpack, struct str media_type)
{
	return media_type.len == 0 ? FILETYPE_UNKNOWN : filetype_of_media_type(arena_strndup(unpack->arena, media_type.p, media_type.len));
}

/* Things that come without a part or member of their own are counted here. */
static bool is_counted(struct unpack *unpack, const struct item *item)
{
	return item->kind == ITEM_PART || item->kind == ITEM_MEMBER || item->parent == NULL || unpack_count(unpack, UNPACK_MEMBERS);
}

static void look_into(struct unpack *unpack, const struct item *item, const struct filetype_set *types)
{
	if (item->depth >= unpack->settings->limits.depth) {
		if (handlers_want(item, types))
			unpack_limit(unpack, UNPACK_DEPTH, "more than %llu levels", (unsigned long long)unpack->settings->limits.depth);
		return;
	}
	handlers_run(unpack, item, types);
}

const struct content *unpack_found(struct unpack *unpack, const struct item *found)
{
	struct item item = *found;
	unsigned char digest[DIGEST_SIZE];
	struct filename filename;
	struct filetype_set types;
	enum filetype declared;

	if (unpack_stopped(unpack) || !is_counted(unpack, found))
		return NULL;
	digest_of(item.bytes.p, item.bytes.len, digest);
	item.content = contents_find(unpack, digest);
	if (item.content->size_bytes == UINT64_MAX)
		content_fill(unpack, item.content, &item);
	content_found_as(item.content, &item);
	item.depth = item.parent == NULL ? 0 : item.parent->depth + 1;
	item.in_archive = item.kind == ITEM_MEMBER || (item.parent != NULL && item.parent->in_archive);
	if (item.parent != NULL && item.parent->content != item.content)
		item.parent->content->has_inside = true;
	names_read(unpack, &item, &filename);
	declared = declared_type(unpack, item.media_type);
	occurrence_add(unpack, &item, &filename, declared);
	about_note(unpack, &item);
	types = plausible_types(item.content, declared, &filename);
	look_into(unpack, &item, &types);
	return item.content;
}

void unpack_message(const struct unpack_settings *settings, struct arena *arena, struct str message, struct inventory *ret_inventory)
{
	struct unpack unpack = { .settings = settings, .arena = arena, .inventory = ret_inventory };
	const struct item item = { .kind = ITEM_MESSAGE, .bytes = message, .media_type = STR("message/rfc822") };

	*ret_inventory = (struct inventory){ 0 };
	for (size_t i = 0; i < UNPACK_LIMITS; i++)
		ret_inventory->limit_details[i] = "";
	for (size_t i = 0; i < AMBIGUITIES; i++)
		ret_inventory->ambiguity_details[i] = "";
	budget_start(&unpack, message.len);
	(void)unpack_found(&unpack, &item);
	occurrences_to_inventory(&unpack);
	free(unpack.covered);
	free(unpack.covered_ends);
	assert(unpack.memory_bytes == 0);	/* each handler gives back what it took */
}
