/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/ole2_internal.h"

#include "milter/unpack/handlers.h"
#include "milter/unpack/octets.h"
#include "milter/unpack/ole1.h"

#define HEAD_LOOKED_AT 512		/* of a stream of no known name */

static bool has_stream(const struct ole2_file *file, const char *name)
{
	return ole2_find(file, name, OLE2_NONE) != NULL;
}

/* MS-CFB says nothing of it: programs look for a stream that only theirs has, at the top. Class ids are often missing or of another kind. */
static enum filetype kind_of(const struct ole2_file *file)
{
	static const struct {
		const char *name;
		enum filetype type;
	} streams[] = {
		{ "WordDocument", FILETYPE_DOC }, { "Workbook", FILETYPE_XLS }, { "Book", FILETYPE_XLS }, { "PowerPoint Document", FILETYPE_PPT },
		{ "__properties_version1.0", FILETYPE_MSG }, { "Quill", FILETYPE_PUB },
	};

	for (size_t i = 0; i < sizeof(streams) / sizeof(streams[0]); i++) {
		if (ole2_find(file, streams[i].name, 0) != NULL)
			return streams[i].type;
	}
	return FILETYPE_UNKNOWN;
}

/* Modules are below a storage VBA; "_VBA_PROJECT" and "dir" beside them. Whether source or compiled code is left makes no difference (ATT-08). */
static bool has_vba(const struct ole2_file *file)
{
	const struct ole2_entry *vba = ole2_find(file, "VBA", OLE2_NONE);

	return has_stream(file, "_VBA_PROJECT") || has_stream(file, "_VBA_PROJECT_CUR") || has_stream(file, "PROJECTwm") ||
		(vba != NULL && vba->kind == OLE2_STORAGE) || (has_stream(file, "Macros") && has_stream(file, "dir"));
}

static bool has_class(const struct ole2_file *file, const char id[16])
{
	for (size_t i = 0; i < file->entries_len; i++) {
		if (file->entries[i].kind != OLE2_UNUSED && file->entries[i].kind != OLE2_STREAM && memcmp(file->entries[i].clsid, id, 16) == 0)
			return true;
	}
	return false;
}

/* The old equation editor, by its class; or its data, when no MathType, which names its own the same, says that they are its. */
static bool is_equation_3(const struct ole2_file *file)
{
	return has_class(file, "\x02\xce\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46") ||
		(has_stream(file, "Equation Native") && !has_class(file, "\x03\xce\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46"));
}

static void show(struct unpack *unpack, const struct item *item, struct str bytes)
{
	struct item inner = { .parent = item, .kind = ITEM_EMBEDDED, .bytes = bytes, .is_attachment = true };

	(void)unpack_found(unpack, &inner);
}

/* "\1Ole10Native": a length, then the packager's data, or data of another program. */
static void native_stream(struct ole2_file *file, const struct item *item, const struct ole2_entry *entry)
{
	size_t size;
	struct str bytes = ole2_read_all(file, entry, &size);

	if (bytes.p == NULL)
		return;
	unpack_mark(file->unpack, item, MARK_OBJECT);
	if (!ole1_package(file->unpack, item, octets_from(bytes, 4)) && !ole1_package(file->unpack, item, bytes) && bytes.len > 4)
		show(file->unpack, item, octets_from(bytes, 4));
	unpack_give(file->unpack, (void *)(uintptr_t)bytes.p, size);
}

/* Files that lie in a stream as they are: of installers, of objects in Office ("Package", "CONTENTS"). */
static bool is_worth_showing(enum filetype type)
{
	unsigned groups = filetype_groups(type);

	return (groups & (FILEGROUP_PROGRAMS | FILEGROUP_SCRIPTS | FILEGROUP_SHORTCUTS | FILEGROUP_DISK_IMAGES | FILEGROUP_ARCHIVES | FILEGROUP_MACROS)) != 0 ||
		((groups & FILEGROUP_DOCUMENTS) != 0 && (groups & FILEGROUP_TEXT) == 0);
}

static void other_stream(struct ole2_file *file, const struct item *item, const struct ole2_entry *entry)
{
	char head[HEAD_LOOKED_AT];
	struct filetype_set also;
	size_t size, len = ole2_read(file, entry, head, sizeof(head));
	struct str bytes;

	if (len < 16 || !is_worth_showing(filetype_sniff((struct str){ head, len }, &also)))
		return;
	bytes = ole2_read_all(file, entry, &size);
	if (bytes.p == NULL)
		return;
	show(file->unpack, item, bytes);
	unpack_give(file->unpack, (void *)(uintptr_t)bytes.p, size);
}

static void stream(struct ole2_file *file, const struct item *item, const struct ole2_entry *entry)
{
	if (ascii_equal(entry->name, "\1Ole10Native"))
		native_stream(file, item, entry);
	else if (ascii_equal(entry->name, "EncryptedPackage") || ascii_equal(entry->name, "EncryptionInfo"))
		unpack_mark(file->unpack, item, MARK_ENCRYPTED);
	else if (ascii_equal(entry->name, "WordDocument"))
		ole2_word(file, item, entry);
	else if (ascii_equal(entry->name, "Workbook") || ascii_equal(entry->name, "Book"))
		ole2_excel(file, item, entry);
	else if (ascii_equal(entry->name, "PowerPoint Document"))
		ole2_powerpoint(file, item, entry);
	else if (strncmp(entry->name, "__substg1.0_", 12) == 0)
		ole2_property(file, item, entry);
	else
		other_stream(file, item, entry);
}

static void look_into(struct ole2_file *file, const struct item *item)
{
	enum filetype kind = kind_of(file);

	if (kind != FILETYPE_UNKNOWN && content_type(item->content) != FILETYPE_MSI)
		unpack_retype(file->unpack, item, kind);
	if (has_vba(file))
		unpack_mark(file->unpack, item, MARK_MACROS);
	if (is_equation_3(file))
		unpack_mark(file->unpack, item, MARK_OBJECT);
	for (size_t i = 0; i < file->entries_len && !unpack_stopped(file->unpack); i++) {
		if (file->entries[i].kind == OLE2_STREAM)
			stream(file, item, &file->entries[i]);
	}
}

void ole2_unpack(struct unpack *unpack, const struct item *item)
{
	struct ole2_file file;

	if (ole2_open(unpack, item->bytes, &file))
		look_into(&file, item);
	/* under the name of such a document there may be quite another file: nothing is broken then */
	if (file.is_broken)
		unpack_mark(unpack, item, MARK_UNREADABLE);
	ole2_close(&file);
}
