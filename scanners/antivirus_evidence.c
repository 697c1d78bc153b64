/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/antivirus_evidence.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

void evidence_note(struct evidence *evidence, enum antivirus_outcome outcome, const char *format, ...)
{
	char line[2 * ANTIVIRUS_TEXT_MAX], *text = evidence->texts[outcome];
	va_list args;

	if (text[0] != '\0')
		return;
	va_start(args, format);
	/* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): va_start stands two lines above */
	(void)vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	antivirus_text_copy(text, str_of(line));
	if (text[0] == '\0')
		antivirus_text_copy(text, STR("unknown"));
}

/* Every alert that is not about something unscanned is a virus: the heuristics for phishing, broken files and personal data
 * are not switched on, and what is left of "Heuristics." recognises exploits. */
void evidence_note_alert(struct evidence *evidence, const char *name)
{
	struct str alert = str_of(name == NULL ? "unknown" : name);

	if (str_has_prefix(alert, STR("Heuristics.Limits.Exceeded")))
		evidence_note(evidence, ANTIVIRUS_UNSCANNABLE, "limits: %s", alert.p);
	else if (str_has_prefix(alert, STR("Heuristics.Encrypted.")))
		evidence_note(evidence, ANTIVIRUS_UNSCANNABLE, "encrypted: %s", alert.p);
	else
		evidence_note(evidence, ANTIVIRUS_INFECTED, "%s", alert.p);
}

void evidence_note_shortage(struct evidence *evidence, int error)
{
	static const int shortages[] = { EMFILE, ENFILE, ENOSPC, EDQUOT, EFBIG, EROFS, EIO, ENOMEM };

	for (size_t i = 0; i < sizeof(shortages) / sizeof(shortages[0]); i++) {
		if (error == shortages[i])
			evidence_note(evidence, ANTIVIRUS_ERROR, "in mid-scan: %s", strerror(error));
	}
}

bool evidence_has(const struct evidence *evidence, enum antivirus_outcome outcome)
{
	return evidence->texts[outcome][0] != '\0';
}

/* A virus is a virus whatever else went wrong. An error ranks above a limit: an operator may let the unscannable pass and
 * means what is encrypted or too large by that, not what was lost on the way. */
enum antivirus_outcome evidence_outcome(const struct evidence *evidence, const char **ret_text)
{
	static const enum antivirus_outcome ranks[] = { ANTIVIRUS_INFECTED, ANTIVIRUS_ERROR, ANTIVIRUS_UNSCANNABLE };

	for (size_t i = 0; i < sizeof(ranks) / sizeof(ranks[0]); i++) {
		if (evidence_has(evidence, ranks[i])) {
			*ret_text = evidence->texts[ranks[i]];
			return ranks[i];
		}
	}
	*ret_text = "";
	return ANTIVIRUS_CLEAN;
}
