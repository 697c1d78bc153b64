/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/antivirus_settings.h"

#include <errno.h>
#include <stdio.h>

#define MIB (UINT64_C(1) << 20)

const struct option antivirus_options[] = {
	{ "enabled", OPTION_BOOL, offsetof(struct antivirus_settings, enabled), .fallback = "yes",
	  .summary = "scan every message with ClamAV" },
	{ "database", OPTION_STRING, offsetof(struct antivirus_settings, database), .fallback = "/var/lib/clamav",
	  .summary = "directory of the signatures",
	  .text = "Kept fresh by freshclam (package clamav-freshclam). While it is missing, empty or does not find the EICAR "
		  "test file, mail is answered as on_error says, never passed." },
	{ "official_only", OPTION_BOOL, offsetof(struct antivirus_settings, official_only), .fallback = "no",
	  .summary = "load only signatures that ClamAV's makers have signed" },
	{ "timeout", OPTION_DURATION, offsetof(struct antivirus_settings, timeout_ms), .fallback = "60s",
	  .min = 1000, .max = 240000,
	  .summary = "time for the scan of one message",
	  .text = "What is not scanned by then is unscannable. The bound is below the 300 seconds that Postfix waits for the "
		  "answer at the end of a message (milter_content_timeout)." },
	{ "max_scan_size", OPTION_SIZE, offsetof(struct antivirus_settings, max_scan_bytes), .fallback = "256M",
	  .min = MIB / 16, .max = 2047 * MIB,
	  .summary = "bytes scanned for one message, with all that is unpacked from it",
	  .text = "A message that holds more is unscannable. The same bytes count once as the message, once decoded and once "
		  "more in each archive around them: allow about four times the size of the largest message." },
	{ "max_file_size", OPTION_SIZE, offsetof(struct antivirus_settings, max_file_bytes), .fallback = "100M",
	  .min = MIB / 16, .max = 2047 * MIB,
	  .summary = "size of the largest single file, the message itself included",
	  .text = "A message that is, or holds, a larger one is unscannable. Not more than max_scan_size." },
	{ "max_html_size", OPTION_SIZE, offsetof(struct antivirus_settings, max_html_bytes), .fallback = "1M",
	  .min = MIB / 16, .max = 40 * MIB,
	  .summary = "size of the largest HTML document that is also scanned in normalised form",
	  .text = "Normalising takes time that grows faster than the document, and no limit of ClamAV's stops it. A larger "
		  "document is unscannable, although its bytes as they are have been scanned." },
	{ "max_recursion", OPTION_COUNT, offsetof(struct antivirus_settings, max_recursion), .fallback = "17",
	  .min = 4, .max = 100,
	  .summary = "how deep things may be packed into one another",
	  .text = "The message is the first level. What lies deeper makes it unscannable." },
	{ "max_files", OPTION_COUNT, offsetof(struct antivirus_settings, max_files), .fallback = "10000",
	  .min = 8, .max = 1000000,
	  .summary = "how many files may be in one message",
	  .text = "A message that holds more is unscannable." },
	{ "on_infected", OPTION_CUSTOM, offsetof(struct antivirus_settings, on_infected), .fallback = "reject", .parse = rule_parse,
	  .summary = "what happens to a message in which a virus was found" },
	{ "on_unscannable", OPTION_CUSTOM, offsetof(struct antivirus_settings, on_unscannable), .fallback = "quarantine",
	  .parse = rule_parse_held,
	  .summary = "what happens to a message that cannot be scanned as a whole",
	  .text = "A limit was reached, or something is encrypted or malformed: a retry would end the same way. Where an encrypted file is "
		  "all, and attachment is enabled and has seen it, attachment.on_encrypted decides instead." },
	{ "on_error", OPTION_CUSTOM, offsetof(struct antivirus_settings, on_error), .fallback = "defer", .parse = rule_parse_held,
	  .summary = "what happens to a message whose scan did not work",
	  .text = "No signatures, a crash or a scan that took too long: nothing is known about the message. Nothing is let in unscanned: "
		  "only quarantine, defer, reject and discard may stand here, as for the two others." },
	{ "on_poison", OPTION_CUSTOM, offsetof(struct antivirus_settings, on_poison), .fallback = "quarantine", .parse = rule_parse_held,
	  .summary = "what happens to a message whose scan has crashed or hung three times",
	  .text = "The same message (by a digest of its header and body without Received) within five days." },
	OPTION_END
};

static int antivirus_settings_check(const void *settings, char *problem)
{
	const struct antivirus_settings *antivirus = settings;

	if (antivirus->max_file_bytes <= antivirus->max_scan_bytes)
		return 0;
	(void)snprintf(problem, CONF_PROBLEM_MAX,
		       "max_file_size is over max_scan_size: files between the two could never be scanned");
	return -EINVAL;
}

const struct option_section antivirus_section = {
	.name = "antivirus",
	.options = antivirus_options,
	.settings_size = sizeof(struct antivirus_settings),
	.summary = "viruses, with ClamAV",
	.text = "Messages are scanned in a cage. The outcomes are clean, infected, unscannable (a limit was reached, or "
		"something is encrypted or malformed) and error (the scan did not work).",
	.check = antivirus_settings_check,
};
