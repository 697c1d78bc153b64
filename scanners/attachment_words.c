/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/attachment_words.h"

#include <string.h>

/* How exactly a word fits. */
enum { FITS_NOT, FITS_GROUP, FITS_EXACTLY };

/* One thing about an entry that may be denied. */
struct aspect {
	enum filetype type;
	const char *extension;		/* of a name; NULL: it is about the bytes */
	unsigned groups;
};

struct attachment_words attachment_words_new(struct arena *arena, const struct conf_list *list)
{
	struct filetype_word *items = arena_array(arena, list->len, sizeof(*items));
	const char **texts = arena_array(arena, list->len, sizeof(*texts));
	size_t len = 0;

	for (size_t i = 0; i < list->len; i++) {
		if (!filetype_read_word(list->items[i].text, &items[len]))
			continue;
		texts[len++] = list->items[i].text;
	}
	return (struct attachment_words){ items, texts, len };
}

static int word_fits(const struct filetype_word *word, const struct aspect *aspect)
{
	bool says_nothing = aspect->extension != NULL && aspect->type == FILETYPE_UNKNOWN;	/* an ending that nobody knows */

	if (word->is_type && word->type == aspect->type && !says_nothing)
		return FITS_EXACTLY;
	if (aspect->extension != NULL && word->extension[0] != '\0' && strcmp(word->extension, aspect->extension) == 0)
		return FITS_EXACTLY;
	return word->is_group && (word->group & aspect->groups) != 0 ? FITS_GROUP : FITS_NOT;
}

static int words_fit(const struct attachment_words *words, const struct aspect *aspect, size_t *ret_index)
{
	int best = FITS_NOT;

	for (size_t i = 0; i < words->len && best < FITS_EXACTLY; i++) {
		int fits = word_fits(&words->items[i], aspect);

		if (fits <= best)
			continue;
		best = fits;
		*ret_index = i;
	}
	return best;
}

/* Whoever allows an ending allows the bytes it stands for, in a file with that ending. */
static bool ending_stands_for(const char *extension, enum filetype type)
{
	enum filetype claimed = filetype_of_extension(extension);

	return claimed == type || (type == FILETYPE_EXE && (filetype_groups(claimed) & FILEGROUP_PROGRAMS) != 0);
}

static bool bytes_allowed_by_ending(const struct attachment_words *allow, const struct inventory_entry *entry, enum filetype type)
{
	for (size_t i = 0; i < allow->len; i++) {
		const char *extension = allow->items[i].extension;

		if (extension[0] == '\0' || !ending_stands_for(extension, type))
			continue;
		for (size_t k = 0; k < entry->extensions_len; k++)
			if (strcmp(entry->extensions[k], extension) == 0)
				return true;
	}
	return false;
}

static int allowed_how(const struct attachment_words *allow, const struct inventory_entry *entry, const struct aspect *aspect)
{
	size_t index;
	int fits = words_fit(allow, aspect, &index);

	if (fits < FITS_EXACTLY && aspect->extension == NULL && aspect->type != FILETYPE_UNKNOWN &&
	    bytes_allowed_by_ending(allow, entry, aspect->type))
		fits = FITS_EXACTLY;
	return fits;
}

/* In one pair the more exact word wins; of two that are alike the one that denies. */
static bool aspect_denied(const struct attachment_pair *pair, const struct inventory_entry *entry, const struct aspect *aspect,
			  struct attachment_denial *denial)
{
	size_t index;
	int denied = words_fit(&pair->deny, aspect, &index);

	if (denied == FITS_NOT || allowed_how(&pair->allow, entry, aspect) > denied)
		return false;
	denial->word = pair->deny.texts[index];
	denial->is_group = denied == FITS_GROUP;
	denial->reason = aspect->extension == NULL ? ATTACHMENT_TYPE : ATTACHMENT_ENDING;
	denial->type = aspect->type;
	denial->extension = aspect->extension;
	return true;
}

bool attachment_is_wordy(enum filetype type)
{
	static const enum filetype wordy[] = {
		FILETYPE_COM, FILETYPE_JS, FILETYPE_VBS, FILETYPE_ENCODED_SCRIPT, FILETYPE_WSF, FILETYPE_HTA, FILETYPE_BAT, FILETYPE_PS1,
		FILETYPE_SCT, FILETYPE_REG, FILETYPE_INF, FILETYPE_SHELL, FILETYPE_AUTOIT, FILETYPE_APPLESCRIPT, FILETYPE_MSC,
		FILETYPE_SETTINGCONTENT, FILETYPE_DIAGCAB, FILETYPE_PYTHON, FILETYPE_URL, FILETYPE_WEBLOC, FILETYPE_SCF, FILETYPE_SEARCH_MS,
		FILETYPE_LIBRARY_MS, FILETYPE_DESKTOP, FILETYPE_RDP, FILETYPE_THEME, FILETYPE_IQY, FILETYPE_APPREF, FILETYPE_HTML,
		FILETYPE_MHTML, FILETYPE_SVG, FILETYPE_XML, FILETYPE_SLK, FILETYPE_CSV, FILETYPE_TEXT, FILETYPE_JSON, FILETYPE_ICAL,
		FILETYPE_VCARD, FILETYPE_MAIL, FILETYPE_UUENCODE, FILETYPE_YENC, FILETYPE_BINHEX, FILETYPE_PS, FILETYPE_RTF,
		FILETYPE_EMPTY, FILETYPE_UNKNOWN,
	};

	for (size_t i = 0; i < sizeof(wordy) / sizeof(wordy[0]); i++)
		if (wordy[i] == type)
			return true;
	return false;
}

static bool type_denied(const struct attachment_pair *pair, const struct inventory_entry *entry, enum filetype type,
			struct attachment_denial *denial)
{
	const struct aspect aspect = { .type = type, .groups = filetype_groups(type) };

	if (!entry->is_attachment && attachment_is_wordy(type))
		return false;
	return aspect_denied(pair, entry, &aspect, denial);
}

static bool bytes_denied(const struct attachment_pair *pair, const struct inventory_entry *entry, struct attachment_denial *denial)
{
	if (type_denied(pair, entry, entry->type, denial))
		return true;
	for (unsigned type = 0; type < FILETYPES; type++)
		if (filetype_set_has(&entry->also, (enum filetype)type) && type_denied(pair, entry, (enum filetype)type, denial))
			return true;
	/* A part without a name gets one from the mail program, by its media type. */
	return entry->extensions_len == 0 && entry->declared != FILETYPE_UNKNOWN && entry->declared != entry->type &&
	       type_denied(pair, entry, entry->declared, denial);
}

/* A forwarded message has its subject as its name: "your order at shop.com" is no program. */
static bool is_subject(const struct inventory_entry *entry, const char *extension)
{
	static const char *const domains[] = { "com", "pl", "py", "sh", "run", "app", "ps" };

	if (entry->type != FILETYPE_MAIL || entry->declared != FILETYPE_MAIL)
		return false;
	for (size_t i = 0; i < sizeof(domains) / sizeof(domains[0]); i++)
		if (strcmp(domains[i], extension) == 0)
			return true;
	return false;
}

static bool endings_denied(const struct attachment_pair *pair, const struct inventory_entry *entry, struct attachment_denial *denial)
{
	for (size_t i = 0; i < entry->extensions_len; i++) {
		enum filetype type = filetype_of_extension(entry->extensions[i]);
		const struct aspect aspect = { .type = type, .extension = entry->extensions[i], .groups = filetype_groups(type) };

		if (!is_subject(entry, entry->extensions[i]) && aspect_denied(pair, entry, &aspect, denial))
			return true;
	}
	return false;
}

static const char *group_word(const struct attachment_words *words, unsigned group)
{
	for (size_t i = 0; i < words->len; i++)
		if (words->items[i].is_group && words->items[i].group == group)
			return words->texts[i];
	return NULL;
}

/* What is in it belongs to a group, too; a type of that very group may be allowed all the same. */
static bool mark_denied(const struct attachment_pair *pair, const struct inventory_entry *entry, enum mark mark, unsigned group,
			struct attachment_denial *denial)
{
	const struct aspect bytes = { .type = entry->type, .groups = filetype_groups(entry->type) };
	const char *word = group_word(&pair->deny, group);

	if ((entry->marks & 1u << mark) == 0 || word == NULL)
		return false;
	if ((bytes.groups & group) != 0 && allowed_how(&pair->allow, entry, &bytes) == FITS_EXACTLY)
		return false;
	*denial = (struct attachment_denial){
		.word = word, .is_group = true, .reason = ATTACHMENT_MARK, .type = entry->type, .mark = mark };
	return true;
}

bool attachment_denied(const struct attachment_pair *pair, const struct inventory_entry *entry, struct attachment_denial *ret_denial)
{
	*ret_denial = (struct attachment_denial){ .word = "" };
	return bytes_denied(pair, entry, ret_denial) || endings_denied(pair, entry, ret_denial) ||
	       mark_denied(pair, entry, MARK_MACROS, FILEGROUP_MACROS, ret_denial) ||
	       mark_denied(pair, entry, MARK_ENCRYPTED, FILEGROUP_ENCRYPTED, ret_denial);
}

bool attachment_allowed(const struct attachment_words *allow, const struct inventory_entry *entry)
{
	const struct aspect bytes = { .type = entry->type, .groups = filetype_groups(entry->type) };

	return allowed_how(allow, entry, &bytes) != FITS_NOT;
}
