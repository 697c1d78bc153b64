/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A message as GMime 3 reads it: a reading that many mail programs share, beside those of mime.c. It is only scanned; what GMime shows and no reading
 * of ours had is hidden content. */
#include <errno.h>
#include <gmime/gmime.h>
#include <iconv.h>

#include "milter/unpack/handlers.h"
#include "milter/unpack/prepare.h"

/* GMime reads an entity in an entity by calling itself, compares each line with "--" in front to the boundary of each level, and makes objects of every
 * field. A message with more of these than this is read by mime.c alone, up to its limits. */
#define CONTAINERS_MAX 200
#define LINES_PER_PART 8
#define FIELDS_MAX 20000
#define FIELD_NAME_MAX 40

/* GMime decodes names while it parses. These converters stay loaded; another cannot be loaded in the cage, and GMime then leaves the name as it is
 * (charset.c decodes names, too, with converters of its own choice). */
static const char *const charsets[] = { "ISO-8859-1", "ISO-8859-15", "WINDOWS-1252", "KOI8-R", "SJIS", "EUC-JP", "ISO-2022-JP", "EUC-KR", "BIG5", "GB2312", "GBK",
	"GB18030", "UTF-16", "UTF-16LE", "UTF-16BE", "UTF-32", "UTF-7", "ISO-2022-CN", "ISO-2022-KR", "TIS-620", "WINDOWS-1251", "WINDOWS-1250", "ISO-8859-2" };
static iconv_t converters[sizeof(charsets) / sizeof(charsets[0])];

static void load_converters(void)
{
	for (size_t i = 0; i < sizeof(charsets) / sizeof(charsets[0]); i++)
		converters[i] = iconv_open("UTF-8", charsets[i]);
}

int gmime_prepare(char problem[UNPACK_PROBLEM_MAX])
{
	static bool is_done;

	(void)problem;		/* g_mime_init cannot fail but by ending the process */
	if (!is_done) {
		g_mime_init();
		load_converters();
	}
	is_done = true;
	return 0;
}

static bool ends_with(struct str bytes, size_t end, struct str word)
{
	return end >= word.len && str_equal_nocase((struct str){ bytes.p + end - word.len, word.len }, word);
}

/* No more than that many "multipart/" and "message/", in whatever place they stand. */
static bool has_few_containers(struct str bytes)
{
	size_t containers = 0;

	for (const char *p = bytes.p; (p = memchr(p, '/', bytes.len - (size_t)(p - bytes.p))) != NULL; p++) {
		size_t at = (size_t)(p - bytes.p);

		if ((ends_with(bytes, at, STR("multipart")) || ends_with(bytes, at, STR("message"))) && ++containers > CONTAINERS_MAX)
			return false;
	}
	return true;
}

/* Of lines that could be delimiters, and of lines that could be fields. */
static bool has_few_lines(struct str bytes, uint64_t delimiters_max)
{
	uint64_t delimiters = 0, fields = 0;

	for (struct str rest = bytes; rest.len > 0;) {
		const char *lf = memchr(rest.p, '\n', rest.len);
		size_t len = lf == NULL ? rest.len : (size_t)(lf - rest.p) + 1;

		delimiters += len > 2 && rest.p[0] == '-' && rest.p[1] == '-';
		fields += memchr(rest.p, ':', len < FIELD_NAME_MAX ? len : FIELD_NAME_MAX) != NULL;
		if (delimiters > delimiters_max || fields > FIELDS_MAX)
			return false;
		rest = (struct str){ rest.p + len, rest.len - len };
	}
	return true;
}

struct reading {
	struct unpack *unpack;
	const struct item *item;
	struct str bytes;
};

static const char *media_type_of(const struct reading *reading, GMimePart *part)
{
	GMimeContentType *type = g_mime_object_get_content_type(GMIME_OBJECT(part));
	char *text = type == NULL ? NULL : g_mime_content_type_get_mime_type(type), *lower = text == NULL ? NULL : g_ascii_strdown(text, -1);
	const char *copy = lower == NULL ? "" : arena_strdup(unpack_arena(reading->unpack), lower);

	g_free(text);
	g_free(lower);
	return copy;
}

static void found(const struct reading *reading, GMimePart *part, struct str bytes)
{
	const char *filename = g_mime_part_get_filename(part), *charset = NULL;
	const struct str name = filename == NULL ? STR("") : str_of(filename);
	struct item item = { .parent = reading->item, .kind = ITEM_SALVAGED, .bytes = bytes, .names = &name, .names_len = name.len > 0,
			     .is_attachment = name.len > 0, .media_type = str_of(media_type_of(reading, part)) };
	const struct content *content;

	charset = g_mime_object_get_content_type_parameter(GMIME_OBJECT(part), "charset");
	item.charset = charset == NULL ? STR("") : str_of(charset);
	content = unpack_found(reading->unpack, &item);
	if (content != NULL && content_is_salvaged_only(content) && !content_is_text(content) && content_type(content) != FILETYPE_UNKNOWN)
		unpack_ambiguous(reading->unpack, AMBIGUITY_HIDDEN, "GMime finds content in a part where we do not");
}

static size_t read_all(GMimeStream *stream, char *out, size_t size)
{
	size_t len = 0;

	while (len < size) {
		ssize_t n = g_mime_stream_read(stream, out + len, size - len);

		if (n <= 0)
			break;
		len += (size_t)n;
	}
	return len;
}

static size_t decode(GMimeStream *raw, GMimeContentEncoding encoding, char *out, size_t size)
{
	GMimeStream *filtered = g_mime_stream_filter_new(raw);
	GMimeFilter *filter = g_mime_filter_basic_new(encoding, FALSE);
	size_t len;

	(void)g_mime_stream_filter_add(GMIME_STREAM_FILTER(filtered), filter);
	g_object_unref(filter);
	(void)g_mime_stream_reset(raw);
	len = read_all(filtered, out, size);
	g_object_unref(filtered);
	return len;
}

static bool is_encoded(GMimeContentEncoding encoding)
{
	return encoding == GMIME_CONTENT_ENCODING_BASE64 || encoding == GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE ||
	       encoding == GMIME_CONTENT_ENCODING_UUENCODE;
}

/* The part's body as a piece of the message, which the parser's streams are windows on. */
static bool range_of(const struct reading *reading, GMimeStream *stream, struct str *ret_range)
{
	gint64 start = stream->bound_start, end = stream->bound_end;

	if (end < 0 || (guint64)end > reading->bytes.len)
		end = (gint64)reading->bytes.len;
	if (start < 0 || start > end)
		return false;
	*ret_range = (struct str){ reading->bytes.p + start, (size_t)(end - start) };
	return true;
}

static void part_read(const struct reading *reading, GMimePart *part)
{
	GMimeDataWrapper *wrapper = g_mime_part_get_content(part);
	GMimeStream *stream = wrapper == NULL ? NULL : g_mime_data_wrapper_get_stream(wrapper);
	GMimeContentEncoding encoding = wrapper == NULL ? GMIME_CONTENT_ENCODING_DEFAULT : g_mime_data_wrapper_get_encoding(wrapper);
	struct str range;
	char *out;
	size_t len;

	if (stream == NULL || !range_of(reading, stream, &range))
		return;
	if (!is_encoded(encoding)) {
		found(reading, part, range);
		return;
	}
	if (unpack_covered(reading->unpack, range))
		return;		/* decoded in the only way there is */
	out = unpack_take(reading->unpack, range.len);
	if (out == NULL)
		return;
	len = decode(stream, encoding, out, range.len);
	found(reading, part, (struct str){ out, len });
	unpack_give_unused(reading->unpack, out, range.len, len);
}

static void parts_read(const struct reading *reading, GMimeMessage *message)
{
	GMimePartIter *iter = g_mime_part_iter_new(GMIME_OBJECT(message));
	bool more = g_mime_part_iter_is_valid(iter) != FALSE;

	while (more && !unpack_stopped(reading->unpack)) {
		GMimeObject *object = g_mime_part_iter_get_current(iter);

		if (GMIME_IS_PART(object))
			part_read(reading, GMIME_PART(object));
		more = g_mime_part_iter_next(iter) != FALSE;
	}
	g_mime_part_iter_free(iter);
}

void gmime_unpack(struct unpack *unpack, const struct item *item)
{
	const struct reading reading = { .unpack = unpack, .item = item, .bytes = item->bytes };
	GByteArray window = { .data = (guint8 *)(uintptr_t)item->bytes.p, .len = (guint)item->bytes.len };	/* only read from */
	GMimeStream *stream;
	GMimeParser *parser;
	GMimeMessage *message;

	if (item->bytes.len == 0 || item->bytes.len > G_MAXINT || !has_few_containers(item->bytes) ||
	    !has_few_lines(item->bytes, LINES_PER_PART * unpack_limits_of(unpack)->parts))
		return;
	stream = g_mime_stream_mem_new_with_byte_array(&window);
	g_mime_stream_mem_set_owner(GMIME_STREAM_MEM(stream), FALSE);
	parser = g_mime_parser_new_with_stream(stream);
	g_mime_parser_set_format(parser, str_has_prefix(item->bytes, STR("From ")) ? GMIME_FORMAT_MBOX : GMIME_FORMAT_MESSAGE);
	g_mime_parser_set_persist_stream(parser, TRUE);
	message = g_mime_parser_construct_message(parser, NULL);
	if (message != NULL) {
		parts_read(&reading, message);
		g_object_unref(message);
	}
	g_object_unref(parser);
	g_object_unref(stream);
}
