/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf/option.h"
#include "milter/lookup/journal.h"

#define HOUR_MS (UINT64_C(3600) * 1000)
#define MIB (UINT64_C(1) << 20)

static const struct option journal_options[] = {
	{ "enabled", OPTION_BOOL, offsetof(struct journal_settings, enabled), .fallback = "yes",
	  .summary = "keep a journal in state.directory",
	  .text = "One entry for each message, refused recipient and refused session, for octroi explain, search, who and report. Mail never "
		  "waits for it: what cannot be written at once, because the disk is full or slow, is missing there, which is told and "
		  "counted." },
	{ "subjects", OPTION_BOOL, offsetof(struct journal_settings, subjects), .fallback = "no",
	  .summary = "keep the text of the Subject field, too",
	  .text = "Without it a digest is kept, by which messages of the same subject can be found but not what it was." },
	{ "keep", OPTION_DURATION, offsetof(struct journal_settings, keep_ms), .fallback = "90d", .min = HOUR_MS, .max = HOUR_MS * 24 * 36500,
	  .summary = "how long an entry is kept",
	  .text = "Entries name senders and recipients: the law may say how long they may, or must, be kept." },
	{ "size", OPTION_SIZE, offsetof(struct journal_settings, size_bytes), .fallback = "1G", .min = 16 * MIB, .max = MIB * 1024 * 4096,
	  .summary = "how large the journal may become; the oldest entries go first",
	  .text = "A message takes 1 to 2 KiB. A log lies beside it while the filter runs, of 16 MiB as a rule and never more than 256 MiB." },
	OPTION_END
};

const struct option_section journal_section = {
	.name = "journal",
	.options = journal_options,
	.settings_size = sizeof(struct journal_settings),
	.summary = "what is remembered of each message",
	.text = "A filter that was killed has lost what it had recorded within the last 200 ms at the most; a host that lost its power, the last "
		"seconds to minutes.",
};
