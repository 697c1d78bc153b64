/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sample file. "#" directly before a name is an option or a section that is switched off; "# " is a remark. */
#include <stdio.h>
#include <string.h>

#include "conf/internal.h"

enum { SAMPLE_WIDTH = 78, SAMPLE_PREFIX_MAX = 64, TAB_WIDTH = 8 };

struct sample {
	FILE *out;
	const struct option_section *const *sections;
	struct conf *scratch;
};

static size_t prefix_width(const char *prefix)
{
	size_t width = 0;

	for (; *prefix != '\0'; prefix++)
		width = *prefix == '\t' ? (width / TAB_WIDTH + 1) * TAB_WIDTH : width + 1;
	return width;
}

/* One paragraph of remarks. */
static void write_paragraph(FILE *out, const char *prefix, const char *text, size_t text_len)
{
	size_t start = prefix_width(prefix) + 1, width = 0;
	const char *end = text + text_len;

	while (text < end) {
		size_t len;

		text += strspn(text, " \n");
		len = strcspn(text, " \n");
		if (text + len > end || len == 0)
			break;
		if (width != 0 && width + 1 + len > SAMPLE_WIDTH) {
			(void)fputc('\n', out);
			width = 0;
		}
		if (width == 0) {
			(void)fprintf(out, "%s#", prefix);
			width = start;
		}
		(void)fprintf(out, " %.*s", (int)len, text);
		width += 1 + len;
		text += len;
	}
	if (width != 0)
		(void)fputc('\n', out);
}

static void write_remark(FILE *out, const char *prefix, const char *text)
{
	while (text != NULL && *text != '\0') {
		const char *end = strstr(text, "\n\n");

		if (end == NULL)
			end = text + strlen(text);
		write_paragraph(out, prefix, text, (size_t)(end - text));
		text = end + strspn(end, "\n");
		if (*text != '\0')
			(void)fprintf(out, "%s#\n", prefix);
	}
}

static void write_values(const struct sample *sample, const char *prefix, const struct option *option)
{
	char bounds[CONF_NAME_MAX], words[CONF_PROBLEM_MAX], remark[2 * CONF_PROBLEM_MAX];

	if (*value_bounds(option, bounds) != '\0') {
		(void)snprintf(remark, sizeof(remark), "Values: %s.", bounds);
		write_remark(sample->out, prefix, remark);
	}
	if (*value_words(option, words) != '\0') {
		(void)snprintf(remark, sizeof(remark), "Values: %s.", words);
		write_remark(sample->out, prefix, remark);
	}
	if (option->example != NULL && option->fallback != NULL)
		write_remark(sample->out, prefix, conf_keep_printf(sample->scratch, "Default: %s.",
								   row_format(sample->scratch, option, option->fallback)));
}

/* An empty line, with the # of what is switched off. */
static void write_gap(FILE *out, const char *prefix)
{
	const char *hash = strrchr(prefix, '#');

	(void)fprintf(out, "%.*s\n", hash == NULL ? 0 : (int)(hash + 1 - prefix), prefix);
}

static void write_option(const struct sample *sample, const char *prefix, const struct option *option)
{
	const char *value = option->example != NULL ? option->example : option->fallback;

	write_remark(sample->out, prefix, option->summary);
	write_remark(sample->out, prefix, option->text);
	write_values(sample, prefix, option);
	if (value == NULL && option->type != OPTION_STRING && option->type != OPTION_LIST)
		(void)fprintf(sample->out, "%s# %s =\n", prefix, option->name);
	else
		(void)fprintf(sample->out, "%s%s%s = %s\n", prefix, option->required ? "" : "#", option->name,
			      row_format(sample->scratch, option, value));
}

static void write_section(const struct sample *sample, const struct option_section *section, const char *prefix);

static void write_body(const struct sample *sample, const struct option_section *section, const char *prefix)
{
	for (const struct option *option = section->options; option->name != NULL; option++) {
		if (option != section->options || section_is_top(section))
			write_gap(sample->out, prefix);
		write_option(sample, prefix, option);
	}
	for (const struct option_section *const *child = sample->sections; *child != NULL; child++)
		if (section_is_child(*child, section))
			write_section(sample, *child, prefix);
}

/* A section with a title is an example as a whole, so all of its lines are switched off. */
static void write_section(const struct sample *sample, const struct option_section *section, const char *prefix)
{
	const char *off = section->titled ? "#" : "";
	char inner[SAMPLE_PREFIX_MAX];

	(void)snprintf(inner, sizeof(inner), "%s%s\t", prefix, off);
	write_gap(sample->out, prefix);
	write_remark(sample->out, prefix, section->summary);
	write_remark(sample->out, prefix, section->text);
	(void)fprintf(sample->out, "%s%s%s ", prefix, off, section->name);
	if (section->titled)
		(void)fprintf(sample->out, "\"%s\" ", section->example_title == NULL ? "NAME" : section->example_title);
	(void)fputs("{\n", sample->out);
	write_body(sample, section, inner);
	(void)fprintf(sample->out, "%s%s}\n", prefix, off);
}

void conf_write_sample(FILE *out, const struct option_section *const *sections)
{
	struct sample sample = { .out = out, .sections = sections, .scratch = conf_scratch() };

	write_remark(out, "", "milter.conf - the configuration of Octroi; milter.conf(5) says more.");
	(void)fputs("#\n", out);
	write_remark(out, "", "Each option is shown with its default, or with an example, and switched off by the # before "
			      "its name. \"octroi check\" says what is wrong in this file and \"octroi check --changed\" "
			      "what differs from the defaults.");
	for (; *sections != NULL; sections++) {
		if (section_is_top(*sections))
			write_body(&sample, *sections, "");
	}
	conf_freep(&sample.scratch);
}
