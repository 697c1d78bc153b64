/* SPDX-License-Identifier: GPL-2.0-or-later */
/* milter.conf(5) in man macros. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "conf/internal.h"

struct man {
	FILE *out;
	const struct option_section *const *sections;
	struct conf *scratch;
};

/* One character of text as roff must have it to show that character. */
static void write_char(FILE *out, char c)
{
	switch (c) {
	case '\\': (void)fputs("\\e", out); break;
	case '-': (void)fputs("\\-", out); break;
	case '\'': (void)fputs("\\(aq", out); break;
	case '`': (void)fputs("\\(ga", out); break;
	case '^': (void)fputs("\\(ha", out); break;
	case '~': (void)fputs("\\(ti", out); break;
	case '"': (void)fputs("\\(dq", out); break;
	default: (void)fputc(c, out); break;
	}
}

static void write_roff(FILE *out, const char *text)
{
	for (; *text != '\0'; text++)
		write_char(out, *text);
}

/* Text that fills lines; an empty line in it begins a paragraph with macro. */
static void write_text(FILE *out, const char *text, const char *macro)
{
	bool line_start = true;

	if (text == NULL || *text == '\0')
		return;
	for (; *text != '\0'; text++) {
		if (text[0] == '\n') {
			bool paragraph = text[1] == '\n';

			text += strspn(text, "\n ") - 1;
			(void)fprintf(out, "\n%s", paragraph ? macro : "");
			line_start = true;
			continue;
		}
		if (line_start && *text == '.')
			(void)fputs("\\&", out);	/* else it were a request */
		write_char(out, *text);
		line_start = false;
	}
	(void)fputc('\n', out);
}

/* A summary is a phrase; here it becomes a sentence. */
static void write_summary(FILE *out, const char *summary)
{
	size_t len = summary == NULL ? 0 : strlen(summary);

	if (len == 0)
		return;
	(void)fputc(toupper((unsigned char)summary[0]), out);
	write_roff(out, summary + 1);
	(void)fprintf(out, "%s\n", strchr(".!?", summary[len - 1]) != NULL ? "" : ".");
}

static void write_example(FILE *out, const char *line)
{
	(void)fputs("\\&", out);
	write_roff(out, line);
	(void)fputc('\n', out);
}

static void write_pair(FILE *out, const char *what, const char *value)
{
	(void)fprintf(out, "%s: \\fB", what);
	write_roff(out, value);
	(void)fputs("\\fR.\n", out);
}

static void write_option(const struct man *man, const struct option *option)
{
	char bounds[CONF_NAME_MAX], words[CONF_PROBLEM_MAX];

	(void)fputs(".TP\n\\fB", man->out);
	write_roff(man->out, option->name);
	(void)fprintf(man->out, "\\fR = \\fI%s\\fR\n", value_type(option));
	write_summary(man->out, option->summary);
	write_text(man->out, option->text, ".IP\n");
	if (*value_words(option, words) != '\0')
		write_pair(man->out, "One of", words);
	if (*value_bounds(option, bounds) != '\0')
		write_pair(man->out, "Values", bounds);
	if (option->required)
		(void)fputs("This option must be set.\n", man->out);
	else if (option->fallback != NULL || option->type == OPTION_LIST || option->type == OPTION_STRING)
		write_pair(man->out, "Default", row_format(man->scratch, option, option->fallback));
	if (option->example != NULL)
		write_pair(man->out, "Example", row_format(man->scratch, option, option->example));
}

static void write_options(const struct man *man, const struct option_section *section)
{
	for (const struct option *option = section->options; option->name != NULL; option++)
		write_option(man, option);
}

/* relay { grant "printer" { ... } } */
static void write_synopsis(const struct man *man, const struct option_section *section)
{
	(void)fputs(".PP\n", man->out);
	if (section->parent != NULL) {
		write_roff(man->out, section->parent);
		(void)fputs(" { ", man->out);
	}
	(void)fputs("\\fB", man->out);
	write_roff(man->out, section->name);
	(void)fputs("\\fR", man->out);
	if (section->titled) {
		(void)fputs(" \\fI\\(dq", man->out);
		write_roff(man->out, section->example_title == NULL ? "NAME" : section->example_title);
		(void)fputs("\\(dq\\fR", man->out);
	}
	(void)fprintf(man->out, " { ... }%s\n", section->parent != NULL ? " }" : "");
}

static void write_section(const struct man *man, const struct option_section *section)
{
	char name[CONF_NAME_MAX];

	(void)fputs(".SS ", man->out);
	write_roff(man->out, section_name(section, name));
	(void)fputc('\n', man->out);
	write_summary(man->out, section->summary);
	write_text(man->out, section->text, ".PP\n");
	write_synopsis(man, section);
	if (section->titled)
		(void)fputs("This section may be there any number of times, each time with a title of its own.\n", man->out);
	write_options(man, section);
}

static void write_syntax(FILE *out)
{
	static const char *const example[] = {
		"# a remark: from # to the end of the line", "option = value", "list   = { \"a\", \"file:names\" }",
		"section {", "    option = \"a value\"", "}", "section \"title\" {", "    option = 5m", "}",
		"include(\"more.conf\")", NULL,
	};

	(void)fputs(".SH SYNTAX\n.EX\n", out);
	for (const char *const *line = example; *line != NULL; line++)
		write_example(out, *line);
	(void)fputs(".EE\n", out);
	write_text(out, "\n\nA value must stand in quotes when it has other bytes than letters, digits and . - / _ : @. "
			"Between double quotes \\\" is a quote, \\\\ a backslash and \\$ a dollar sign; between single "
			"quotes everything but \\' and \\\\ stands for itself. A quote ends on the line where it begins.\n\n"
			"An option may be set once. In a list, += adds to what is there, be it the default or an earlier =. "
			"A section without a title may be opened again.\n\n"
			"Names of files that do not begin with / are relative to the directory of milter.conf. The "
			"file and what it includes must belong to root or to the user who runs octroi, and nobody else may "
			"write to them.", ".PP\n");
}

static void write_type(FILE *out, const char *type, const char *text)
{
	(void)fprintf(out, ".TP\n.I %s\n", type);
	write_text(out, text, ".IP\n");
}

static void write_types(FILE *out)
{
	(void)fputs(".SH VALUES\n", out);
	write_type(out, "yes or no", "yes, true, on; or no, false, off.");
	write_type(out, "number", "Decimal digits.");
	write_type(out, "size", "Bytes, or a number with one of K, M and G (1024 bytes and its powers): 4096, 256K, 10M.");
	write_type(out, "duration", "A number with one of ms, s, m, h and d: 500ms, 30s, 5m, 1h, 2d.");
	write_type(out, "word", "One of the words that the option lists.");
	write_type(out, "list",
		   "Any number of values between braces, with commas between them; a single value needs no braces. An entry "
		   "file:NAME stands for the entries of that file: one on each line, without quotes. Empty lines do not "
		   "count, nor does what follows a # at the start of a line or behind white space. Not everybody may "
		   "have the right to write that file.");
}

static void write_head(FILE *out)
{
	(void)fputs(".\\\" Made from the tables of options; do not edit.\n"
		    ".TH MILTER.CONF 5 \"\" Octroi \"File Formats\"\n"
		    ".SH NAME\nmilter.conf \\- configuration of the mail filter octroi\n"
		    ".SH DESCRIPTION\n", out);
	write_text(out, "milter.conf says who may open a session, who may relay, what is looked for in a message and "
			"what follows from what is found. octroi check reads it and says everything that is wrong with it, with "
			"file and line; octroi check --changed shows what differs from the defaults. A running filter "
			"that is told to read a file with errors keeps the configuration it has.", ".PP\n");
}

static void write_tail(FILE *out)
{
	(void)fputs(".SH SEE ALSO\n.BR octroi (8)\n", out);
}

void conf_write_man(FILE *out, const struct option_section *const *sections)
{
	struct man man = { .out = out, .sections = sections, .scratch = conf_scratch() };

	write_head(out);
	write_syntax(out);
	write_types(out);
	(void)fputs(".SH OPTIONS OUTSIDE OF SECTIONS\n", out);
	for (const struct option_section *const *section = sections; *section != NULL; section++)
		if (section_is_top(*section))
			write_options(&man, *section);
	(void)fputs(".SH SECTIONS\n", out);
	for (const struct option_section *const *section = sections; *section != NULL; section++)
		if (!section_is_top(*section))
			write_section(&man, *section);
	write_tail(out);
	conf_freep(&man.scratch);
}
