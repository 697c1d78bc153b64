/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signatures, clock, room. */
#include <string.h>

#include "milter/doctor.h"

#define DAY_S (UINT64_C(24) * 3600)
#define MIB (UINT64_C(1) << 20)

static unsigned long long days(uint64_t seconds)
{
	return seconds / DAY_S;
}

static void clamav_database(struct doctor *doctor, const struct doctor_facts *facts)
{
	uint64_t built_at = facts->system.database_built_at, age;
	const char *change = "shell: systemctl enable --now clamav-freshclam";

	if (!facts->filter.antivirus)
		return;
	if (built_at == DOCTOR_UNREAD) {
		doctor_say(doctor, DOCTOR_UNKNOWN, NULL, "the age of the signatures in %s could not be read", facts->filter.database);
		return;
	}
	age = built_at > facts->system.now ? 0 : facts->system.now - built_at;
	if (built_at == 0)
		doctor_say(doctor, DOCTOR_DANGER, "shell: apt-get install clamav-freshclam", "there is no daily database of ClamAV in %s",
			   facts->filter.database);
	else if (age > 7 * DAY_S)
		doctor_say(doctor, DOCTOR_DANGER, change, "the signatures in %s are %llu days old", facts->filter.database, days(age));
	else if (age > 2 * DAY_S)
		doctor_say(doctor, DOCTOR_WARNING, change, "the signatures in %s are %llu days old", facts->filter.database, days(age));
}

static void clamav_main(struct doctor *doctor, const struct doctor_facts *facts)
{
	if (!facts->filter.antivirus)
		return;
	if (facts->system.database_main == DOCTOR_UNREAD)
		doctor_say(doctor, DOCTOR_UNKNOWN, NULL, "%s could not be read", facts->filter.database);
	else if (facts->system.database_main == 0)
		doctor_say(doctor, DOCTOR_DANGER, "shell: freshclam", "there is no main database of ClamAV in %s: most signatures are missing",
			   facts->filter.database);
}

static void freshclam(struct doctor *doctor, const struct doctor_facts *facts)
{
	if (facts->filter.antivirus && !facts->system.freshclam_runs && !facts->system.freshclam_cron)
		doctor_say(doctor, DOCTOR_WARNING, "shell: systemctl enable --now clamav-freshclam",
			   "freshclam does not run: nobody brings new signatures");
}

static void antivirus(struct doctor *doctor, const struct doctor_facts *facts)
{
	if (!facts->filter.antivirus)
		doctor_say(doctor, DOCTOR_WARNING, "milter.conf: antivirus { enabled = yes }", "antivirus.enabled is no: viruses pass");
}

static void clock_check(struct doctor *doctor, const struct doctor_facts *facts)
{
	if (facts->system.clock_state < 0)
		doctor_say(doctor, DOCTOR_UNKNOWN, NULL, "the kernel does not tell whether the clock is synchronised");
	else if (facts->system.clock_state > 0)
		doctor_say(doctor, DOCTOR_WARNING, "shell: timedatectl set-ntp true",
			   "the clock is not synchronised: signatures expire, and grants end, at the wrong time");
}

static void memory_room(struct doctor *doctor, const struct doctor_facts *facts)
{
	uint64_t needed = facts->filter.spool_bytes + (facts->filter.antivirus ? 1500 * MIB : 0);

	if (facts->system.memory_bytes == DOCTOR_UNREAD)
		doctor_say(doctor, DOCTOR_UNKNOWN, NULL, "the size of the memory was not read");
	else if (facts->system.memory_bytes < needed)
		doctor_say(doctor, DOCTOR_WARNING, "milter.conf: limits { spool = 256M }",
			   "this host has %llu MiB of memory; limits.spool and the signatures of ClamAV may take %llu MiB",
			   (unsigned long long)(facts->system.memory_bytes / MIB), (unsigned long long)(needed / MIB));
}

static void queue_room(struct doctor *doctor, const struct doctor_facts *facts)
{
	uint64_t needed = facts->filter.message_bytes * 10;

	if (facts->system.queue_free_bytes == DOCTOR_UNREAD)
		doctor_say(doctor, DOCTOR_UNKNOWN, NULL, "the room for the queue in %s was not read", facts->system.queue_directory);
	else if (facts->system.queue_free_bytes < needed)
		doctor_say(doctor, DOCTOR_WARNING, NULL, "%s has room for %llu MiB: ten of the largest messages fill it", facts->system.queue_directory,
			   (unsigned long long)(facts->system.queue_free_bytes / MIB));
}

static void scratch_room(struct doctor *doctor, const struct doctor_facts *facts)
{
	if (!facts->filter.antivirus && !facts->filter.content)
		return;
	if (facts->system.scratch_free_bytes == DOCTOR_UNREAD)
		doctor_say(doctor, DOCTOR_UNKNOWN, NULL, "the room for temporary files in %s was not read", facts->system.scratch_directory);
	else if (facts->system.scratch_free_bytes < facts->filter.scratch_bytes)
		doctor_say(doctor, DOCTOR_WARNING, "milter.conf: examiners { scratch = \"/var/tmp\" }",
			   "%s has room for %llu MiB, and one examiner may need examiners.scratch_size, %llu MiB", facts->system.scratch_directory,
			   (unsigned long long)(facts->system.scratch_free_bytes / MIB), (unsigned long long)(facts->filter.scratch_bytes / MIB));
}

const struct doctor_check doctor_clamav_checks[] = {
	{ "antivirus", "mail is scanned", DOCTOR_FILTER, antivirus, NULL },
	{ "clamav_database", "the signatures are of today", DOCTOR_FILTER | DOCTOR_SYSTEM, clamav_database, NULL },
	{ "clamav_main", "the signatures are complete", DOCTOR_FILTER | DOCTOR_SYSTEM, clamav_main, NULL },
	{ "freshclam", "somebody brings new ones", DOCTOR_FILTER | DOCTOR_SYSTEM, freshclam, NULL },
	{ .id = NULL },
};

const struct doctor_check doctor_system_checks[] = {
	{ "clock", "the clock is right", DOCTOR_SYSTEM, clock_check, NULL },
	{ "memory_room", "there is memory for what may come in", DOCTOR_FILTER | DOCTOR_SYSTEM, memory_room, NULL },
	{ "queue_room", "there is room for the queue", DOCTOR_FILTER | DOCTOR_SYSTEM, queue_room, NULL },
	{ "scratch_room", "there is room for temporary files", DOCTOR_FILTER | DOCTOR_SYSTEM, scratch_room, NULL },
	{ .id = NULL },
};
