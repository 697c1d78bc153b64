/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/content_settings.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define KIB UINT64_C(1024)
#define MIB (UINT64_C(1) << 20)
#define CPU_TIME_MAX_MS 10000	/* with the longest virus scan and the wait for an examiner still below the 300 seconds of Postfix */

static int ambiguity_find(const char *text)
{
	for (int i = 0; i < AMBIGUITIES; i++)
		if (strcmp(ambiguity_name((enum ambiguity)i), text) == 0)
			return i;
	return -1;
}

static int ambiguity_check(struct conf *conf, const char *text, struct conf_where where, void *field, char *problem)
{
	int len;

	(void)conf, (void)where, (void)field;
	if (ambiguity_find(text) >= 0)
		return 0;
	len = snprintf(problem, CONF_PROBLEM_MAX, "\"%.30s\" is no ambiguity (", text);
	for (int i = 0; i < AMBIGUITIES && len < CONF_PROBLEM_MAX; i++)
		len += snprintf(problem + len, CONF_PROBLEM_MAX - (size_t)len, "%s%s", ambiguity_name((enum ambiguity)i),
				i == AMBIGUITIES - 1 ? ")" : " ");
	return -EINVAL;
}

uint64_t content_settings_allowed(const struct content_settings *settings)
{
	uint64_t allowed = 0;

	for (size_t i = 0; i < settings->ambiguities_allowed.len; i++) {
		int ambiguity = ambiguity_find(settings->ambiguities_allowed.items[i].text);

		if (ambiguity >= 0)
			allowed |= UINT64_C(1) << ambiguity;
	}
	return allowed;
}

#define FIELD(name) offsetof(struct content_settings, name)
#define ON_LIMIT(name_, limit, ...) \
	{ name_, OPTION_CUSTOM, FIELD(on_limit[limit]), .fallback = "quarantine", .parse = rule_parse_held, __VA_ARGS__ }

static const struct option content_options[] = {
	{ "enabled", OPTION_BOOL, FIELD(enabled), .fallback = "yes",
	  .summary = "look into every message: its parts, attachments and archives",
	  .text = "In every way in which a mail program could read it. attachment and links rest on it: with no here they see nothing. "
		  "antivirus then scans the message as ClamAV alone reads it." },
	{ "depth", OPTION_COUNT, FIELD(limits.depth), .fallback = "30", .min = 4, .max = 100,
	  .summary = "how deep things may be packed into one another",
	  .text = "The message is the first level, each attached message, archive or document with something in it one more." },
	{ "parts", OPTION_COUNT, FIELD(limits.parts), .fallback = "1000", .min = 10, .max = 100000,
	  .summary = "how many MIME parts a message may have",
	  .text = "Those of attached messages included; a part that can be read in two ways counts twice." },
	{ "members", OPTION_COUNT, FIELD(limits.members), .fallback = "10000", .min = 10, .max = 1000000,
	  .summary = "how many files there may be in all archives of a message" },
	{ "names", OPTION_COUNT, FIELD(limits.names), .fallback = "50000", .min = 10, .max = 10000000,
	  .summary = "how many names of files are looked at in a message",
	  .text = "A file in an archive can have several, and all of them count." },
	{ "header_size", OPTION_SIZE, FIELD(limits.header_bytes), .fallback = "256K", .min = KIB, .max = 16 * MIB,
	  .summary = "bytes of the header of one part",
	  .text = "limits.header_size is about the header of the message itself." },
	{ "decoded_size", OPTION_SIZE, FIELD(limits.decoded_bytes), .fallback = "256M", .min = MIB, .max = 4096 * MIB,
	  .summary = "bytes that are decoded and unpacked from one message",
	  .text = "All layers together: an attachment counts once decoded, and what is in it once more." },
	{ "member_size", OPTION_SIZE, FIELD(limits.member_bytes), .fallback = "100M", .min = MIB / 16, .max = 2047 * MIB,
	  .summary = "size of the largest single file in an archive" },
	{ "ratio", OPTION_COUNT, FIELD(limits.ratio), .fallback = "200", .min = 10, .max = 100000,
	  .summary = "how many times its own size may come out of an archive, or of the message",
	  .text = "The first 16 MiB are free. Documents grow 5 to 20 times, logs and tables of numbers up to 100 times." },
	{ "memory", OPTION_SIZE, FIELD(limits.memory_bytes), .fallback = "48M", .min = 16 * MIB, .max = 4096 * MIB,
	  .summary = "memory for what is being looked at, at any one time",
	  .text = "Twice the size of the message comes on top. A file in an archive and everything around it are held at the same time: a "
		  "small archive with a file in it that is larger than this counts as too large. examiners.memory must leave room for it "
		  "and for the virus scan." },
	{ "cpu_time", OPTION_DURATION, FIELD(limits.cpu_ms), .fallback = "5s", .min = 100, .max = CPU_TIME_MAX_MS,
	  .summary = "processor time for looking into one message, without the virus scan",
	  .text = "Ordinary mail takes less than a millisecond. An examiner that is not done after three times as much by the clock (and "
		  "antivirus.timeout) is killed, which is an error." },
	{ "ambiguities_allowed", OPTION_LIST, FIELD(ambiguities_allowed), .parse = ambiguity_check,
	  .summary = "ambiguities that do not count",
	  .text = "For a sender whose software is odd and will stay so: the finding ambiguous names the word to write here. Everything is "
		  "scanned all the same, in every reading. The words are content-type, transfer-encoding, boundary, header, separator, "
		  "delimiter, outside, base64, quoted-printable, text-encoding, charset, nul, line-end, name, zip, archive, tnef and hidden.",
	  .example = "{ \"outside\" }" },
	{ "on_ambiguous", OPTION_CUSTOM, FIELD(on_ambiguous), .fallback = "quarantine", .parse = rule_parse,
	  .summary = "what happens to a message that two mail programs would read differently",
	  .text = "Broken in a way that hides content from one program and shows it to another: so attacks are made, and at most one in a "
		  "thousand messages of honest software. All readings were scanned, and rules for attachments hold for all of them." },
	ON_LIMIT("on_too_deep", UNPACK_DEPTH, .summary = "what happens to a message with more levels than depth",
		 .text = "What is beyond a limit was not looked at. Nothing is let in unexamined: only quarantine, defer, reject and "
			 "discard may stand here and at the other limits."),
	ON_LIMIT("on_too_many_parts", UNPACK_PARTS, .summary = "what happens to a message with more than parts MIME parts"),
	ON_LIMIT("on_too_many_members", UNPACK_MEMBERS, .summary = "what happens to a message with more than members files in archives"),
	ON_LIMIT("on_too_many_names", UNPACK_NAMES, .summary = "what happens to a message with more than names names",
		 .text = "Also when there are more different kinds of things in it than can be told."),
	ON_LIMIT("on_header_too_large", UNPACK_HEADER, .summary = "what happens when the header of a part is over header_size"),
	ON_LIMIT("on_too_large", UNPACK_SIZE, .summary = "what happens when decoded_size, member_size or memory do not suffice"),
	ON_LIMIT("on_bomb", UNPACK_RATIO, .summary = "what happens when an archive grows beyond ratio",
		 .text = "Made to fill disks and memory, with next to no exception."),
	ON_LIMIT("on_too_slow", UNPACK_TIME, .summary = "what happens when cpu_time does not suffice"),
	{ "on_error", OPTION_CUSTOM, FIELD(on_error), .fallback = "defer", .parse = rule_parse_held,
	  .summary = "what happens when looking into a message did not work",
	  .text = "No examiner, a crash, or one that took too long: nothing is known about the message." },
	{ "on_poison", OPTION_CUSTOM, FIELD(on_poison), .fallback = "quarantine", .parse = rule_parse_held,
	  .summary = "what happens to a message that has crashed or hung examiners three times",
	  .text = "The same message (by a digest of its header and body without Received) within five days." },
	OPTION_END
};

static int content_settings_check(const void *settings, char *problem)
{
	const struct content_settings *content = settings;

	if (content->limits.member_bytes <= content->limits.decoded_bytes)
		return 0;
	(void)snprintf(problem, CONF_PROBLEM_MAX, "member_size is over decoded_size: such files could never be looked at");
	return -EINVAL;
}

const struct option_section content_section = {
	.name = "content",
	.options = content_options,
	.settings_size = sizeof(struct content_settings),
	.summary = "what is inside a message, in every reading",
	.text = "Messages are taken apart in a cage. Where mail programs could read a message in different ways, each reading is followed, and "
		"all that is found is scanned and judged. The outcomes are ambiguous, one for each limit, error and poison.",
	.check = content_settings_check,
};
