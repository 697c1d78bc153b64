/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes letters as GMime composes them. Standard input has one record for each field, ended by NUL: OUT, FROM, TO, SUBJECT, CHARSET,
 * ENCODING, TEXT, HTML ("" for none), then for each attachment PATH, NAME, TYPE, and an empty PATH at the end. All in UTF-8. */
#include <gmime/gmime.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *record(void)
{
	static char *buffer;
	static size_t size;
	ssize_t len = getdelim(&buffer, &size, '\0', stdin);

	return len <= 0 ? NULL : g_strndup(buffer, (gsize)len);
}

static GMimeObject *text_part(const char *subtype, const char *charset, const char *encoding, const char *text)
{
	GMimeTextPart *part = g_mime_text_part_new_with_subtype(subtype);

	g_mime_text_part_set_charset(part, charset);
	g_mime_text_part_set_text(part, text);
	if (*encoding != '\0')
		g_mime_part_set_content_encoding(GMIME_PART(part), g_mime_content_encoding_from_string(encoding));
	return GMIME_OBJECT(part);
}

static GMimeObject *file_part(const char *path, const char *name, const char *type)
{
	GMimeContentType *content_type = g_mime_content_type_parse(NULL, type);
	GMimePart *part = g_mime_part_new_with_type(g_mime_content_type_get_media_type(content_type),
						    g_mime_content_type_get_media_subtype(content_type));
	GMimeStream *stream = g_mime_stream_file_open(path, "rb", NULL);
	GMimeDataWrapper *content = g_mime_data_wrapper_new_with_stream(stream, GMIME_CONTENT_ENCODING_DEFAULT);

	g_mime_part_set_content(part, content);
	g_mime_part_set_content_encoding(part, GMIME_CONTENT_ENCODING_BASE64);
	g_mime_object_set_disposition(GMIME_OBJECT(part), "attachment");
	g_mime_part_set_filename(part, name);
	g_object_unref(content);
	g_object_unref(stream);
	g_object_unref(content_type);
	return GMIME_OBJECT(part);
}

static GMimeMultipart *add_two(const char *subtype, GMimeObject *first, GMimeObject *second)
{
	GMimeMultipart *multipart = g_mime_multipart_new_with_subtype(subtype);

	g_mime_multipart_add(multipart, first);
	g_mime_multipart_add(multipart, second);
	return multipart;
}

static GMimeObject *add_attachments(GMimeObject *body)
{
	GMimeMultipart *mixed = NULL;

	for (char *path = record(); path != NULL && *path != '\0'; path = record()) {
		char *name = record(), *type = record();
		GMimeObject *part = file_part(path, name, type);

		if (mixed == NULL)
			mixed = add_two("mixed", body, part);
		else
			g_mime_multipart_add(mixed, part);
	}
	return mixed == NULL ? body : GMIME_OBJECT(mixed);
}

int main(void)
{
	g_mime_init();
	for (char *out = record(); out != NULL; out = record()) {
		char *from = record(), *to = record(), *subject = record(), *charset = record(), *encoding = record();
		char *text = record(), *html = record();
		GMimeMessage *message = g_mime_message_new(TRUE);
		GMimeObject *body = text_part("plain", charset, encoding, text);
		FILE *file = fopen(out, "wb");
		GMimeStream *stream = file == NULL ? NULL : g_mime_stream_file_new(file);

		if (stream == NULL)
			return 1;
		g_mime_message_add_mailbox(message, GMIME_ADDRESS_TYPE_FROM, "Alice Example", from);
		g_mime_message_add_mailbox(message, GMIME_ADDRESS_TYPE_TO, NULL, to);
		g_mime_message_set_subject(message, subject, charset);
		if (*html != '\0')
			body = GMIME_OBJECT(add_two("alternative", body, text_part("html", charset, encoding, html)));
		g_mime_message_set_mime_part(message, add_attachments(body));
		g_mime_object_write_to_stream(GMIME_OBJECT(message), NULL, stream);
		g_object_unref(stream);
		g_object_unref(message);
	}
	return 0;
}
