/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/filename_readings.h"

enum {
	PUSHING_SPACES = 10,		/* behind an ending push the next one out of sight */
	MANY_SPACES = 40,		/* push any ending out of sight */
	CLASS_ID_BYTES = 38,		/* "{00000000-0000-0000-0000-000000000000}" */
};

static bool is_separator(char c)
{
	return c == '/' || c == '\\';
}

/* A file is opened without them. */
static bool is_dropped_at_the_end(char c)
{
	return c == '.' || c == ' ';
}

static struct str without_end(struct str name)
{
	while (name.len > 0 && is_dropped_at_the_end(name.p[name.len - 1]))
		name.len--;
	return name;
}

static struct str file_part(struct str name)
{
	size_t start;

	while (name.len > 0 && (is_separator(name.p[name.len - 1]) || is_dropped_at_the_end(name.p[name.len - 1])))
		name.len--;
	start = name.len;
	while (start > 0 && !is_separator(name.p[start - 1]))
		start--;
	name = (struct str){ name.p + start, name.len - start };
	if (name.len > 2 && ascii_is_alpha(name.p[0]) && name.p[1] == ':')	/* "C:name" */
		name = (struct str){ name.p + 2, name.len - 2 };
	return name;
}

static bool is_extension_char(char c)
{
	return ascii_is_alnum(c) || c == '_' || c == '-';
}

void filename_plain_extension(struct str name, char ret_extension[FILENAME_EXTENSION_MAX + 1])
{
	size_t len = 0;

	ret_extension[0] = '\0';
	while (len < name.len && is_extension_char(name.p[name.len - 1 - len]))
		len++;
	if (len == 0 || len > FILENAME_EXTENSION_MAX || len == name.len || name.p[name.len - 1 - len] != '.')
		return;
	for (size_t i = 0; i < len; i++)
		ret_extension[i] = ascii_lower(name.p[name.len - len + i]);
	ret_extension[len] = '\0';
}

/* Explorer opens "a.{CLSID}" with the program that the class names. */
static bool ends_in_class_id(struct str name)
{
	const char *id = name.p + name.len - CLASS_ID_BYTES;

	if (name.len < CLASS_ID_BYTES + 1 || id[-1] != '.' || id[0] != '{' || id[CLASS_ID_BYTES - 1] != '}')
		return false;
	for (size_t i = 1; i < CLASS_ID_BYTES - 1; i++)
		if (!ascii_is_alnum(id[i]) && id[i] != '-')
			return false;
	return true;
}

static void read_extension(struct str name, char ret_extension[FILENAME_EXTENSION_MAX + 1])
{
	name = without_end(name);
	if (ends_in_class_id(name))
		memcpy(ret_extension, "clsid", 6);
	else
		filename_plain_extension(name, ret_extension);
}

static bool is_pushed(struct str name)
{
	char extension[FILENAME_EXTENSION_MAX + 1];
	size_t run = 0;

	for (size_t i = 0; i < name.len; i++) {
		if (name.p[i] == ' ') {
			run++;
			continue;
		}
		extension[0] = '\0';
		if (run >= PUSHING_SPACES)
			filename_plain_extension((struct str){ name.p, i - run }, extension);
		if (run >= MANY_SPACES || (run >= PUSHING_SPACES && extension[0] != '\0'))
			return true;
		run = 0;
	}
	return false;
}

void filename_ending_read(struct str plain, struct filename_ending *ret_ending)
{
	struct str name = file_part(plain), behind = name;

	*ret_ending = (struct filename_ending){ .is_stream = false };
	read_extension(name, ret_ending->extension);
	ret_ending->is_pushed = is_pushed(without_end(plain));
	if (name.len == 0 || memchr(name.p, ':', name.len) == NULL)
		return;
	read_extension(str_split(&behind, ":"), ret_ending->before_colon);
	ret_ending->is_stream = behind.len > 0 && memmem(behind.p, behind.len, "$data", 5) != NULL;
	if (ret_ending->is_stream)
		memcpy(ret_ending->extension, ret_ending->before_colon, sizeof(ret_ending->extension));
}
