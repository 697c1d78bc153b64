/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Faults in milter.conf, in the system and in the DNS, one in each row: the check must tell it, and no other check may. */
#include <errno.h>

#include "t/unit/doctor_bench.h"

#define PLANT(name_, code)                                \
	static void name_(struct doctor_facts *facts)     \
	{                                                 \
		code;                                     \
	}

#define FILTER facts->filter
#define SYSTEM facts->system
#define NETWORK facts->network

static void nothing(struct doctor_facts *facts)
{
	(void)facts;
}

PLANT(bad_configuration, FILTER.problem = "milter.conf:3: no option \"x\"")
PLANT(config_for_everybody, SYSTEM.config.steps[2].mode = S_IFREG | 0666)
PLANT(config_for_a_group, SYSTEM.config.steps[2].mode = S_IFREG | 0664)
PLANT(config_directory_for_everybody, SYSTEM.config.steps[1].mode = S_IFDIR | 0777)
PLANT(config_of_the_daemon, SYSTEM.config.steps[2].uid = 105)
PLANT(config_not_seen, SYSTEM.config.len = 0)
PLANT(config_not_readable, SYSTEM.config.steps[2].error = EACCES)
PLANT(key_for_everybody, SYSTEM.keys[0].steps[0].mode = S_IFREG | 0644)
PLANT(runs_as_root, SYSTEM.running_as_root = 1)
PLANT(user_is_empty, FILTER.user = "")
PLANT(does_not_run, SYSTEM.running = 0)
PLANT(nobody_knows_whether_it_runs, SYSTEM.running = DOCTOR_UNREAD)
PLANT(dropin_as_root, SYSTEM.dropins = "[Service]\nUser=root\n")
PLANT(dropin_without_cage, SYSTEM.dropins = "[Service]\n NoNewPrivileges = no\n")
PLANT(dropin_with_more_room, SYSTEM.dropins = "[Service]\n# User=root\nLimitNOFILE=100000\nProtectSystem=strict\n")
PLANT(dropins_not_read, SYSTEM.dropins = NULL)
PLANT(few_tasks, SYSTEM.tasks_max = 256)
PLANT(few_processes, SYSTEM.limit_processes = 100)
PLANT(tasks_not_read, SYSTEM.tasks_max = DOCTOR_UNREAD)
PLANT(few_files, SYSTEM.limit_files = 1024)

PLANT(socket_of_another_group, SYSTEM.socket.steps[2].gid = 106)
PLANT(socket_directory_of_another_group, SYSTEM.socket.steps[1].gid = 106)
PLANT(socket_of_a_second_group, SYSTEM.socket.steps[2].gid = 200; SYSTEM.mta.groups[1] = 200; SYSTEM.mta.groups_len = 2)
PLANT(socket_is_not_there, SYSTEM.socket.steps[2].error = ENOENT)
PLANT(socket_not_seen, SYSTEM.socket.steps[2].error = EACCES)
PLANT(no_account, SYSTEM.mta.known = false)
PLANT(socket_mode_for_everybody, FILTER.socket_mode = 0666)
PLANT(socket_directory_for_everybody, SYSTEM.socket.steps[1].mode = S_IFDIR | 0777)
PLANT(socket_refuses, SYSTEM.socket_state = DOCTOR_SOCKET_REFUSES)
PLANT(socket_is_silent, SYSTEM.socket_state = DOCTOR_SOCKET_SILENT)
PLANT(socket_not_asked, SYSTEM.socket_state = DOCTOR_SOCKET_UNREAD)

PLANT(domains_are_empty, FILTER.domains.len = 0)
PLANT(session_for_everybody, doctor_words_add(facts->arena, &FILTER.session_allow, "0.0.0.0/0"))
PLANT(senders_are_anybody, FILTER.account_senders = false)
PLANT(scan_is_smaller, FILTER.antivirus_file_bytes = 1 << 20)
PLANT(scan_takes_long, FILTER.antivirus_timeout_ms = 290000)
PLANT(rcpt_waits_long, FILTER.rcpt_wait_ms = 25000)

PLANT(no_antivirus, FILTER.antivirus = false)
PLANT(database_of_three_days, SYSTEM.database_built_at = NOW - 3 * 86400)
PLANT(database_of_eight_days, SYSTEM.database_built_at = NOW - 8 * 86400)
PLANT(database_of_tomorrow, SYSTEM.database_built_at = NOW + 86400)
PLANT(no_database, SYSTEM.database_built_at = 0)
PLANT(database_not_read, SYSTEM.database_built_at = DOCTOR_UNREAD)
PLANT(no_main_database, SYSTEM.database_main = 0)
PLANT(no_freshclam, SYSTEM.freshclam_runs = false)
PLANT(freshclam_by_cron, SYSTEM.freshclam_runs = false; SYSTEM.freshclam_cron = true)

PLANT(clock_is_off, SYSTEM.clock_state = 1)
PLANT(clock_not_told, SYSTEM.clock_state = -1)
PLANT(little_memory, SYSTEM.memory_bytes = 1 << 30)
PLANT(little_queue, SYSTEM.queue_free_bytes = 100 << 20)
PLANT(queue_not_read, SYSTEM.queue_free_bytes = DOCTOR_UNREAD)
PLANT(little_scratch, SYSTEM.scratch_free_bytes = 64 << 20)

PLANT(public_forwarder, FILTER.dnsbl = true; doctor_words_add(facts->arena, &FILTER.forward, "8.8.8.8@53"))
PLANT(forwarder_of_our_own, FILTER.dnsbl = true; doctor_words_add(facts->arena, &FILTER.forward, "127.0.0.1@5353"))
PLANT(forwarder_elsewhere, doctor_words_add(facts->arena, &FILTER.forward, "192.0.2.53"))
PLANT(no_dnssec, FILTER.dnssec = false)
PLANT(no_trust_anchor, FILTER.trust_anchor = NULL)
PLANT(nameless, NETWORK.addresses[0].reverse = ADDRESS_NAMELESS)
PLANT(forged_name, NETWORK.addresses[0].reverse = ADDRESS_FORGED)
PLANT(name_not_told, NETWORK.addresses[0].reverse = ADDRESS_UNKNOWN)
PLANT(private_address, NETWORK.addresses[0].is_private = true)
PLANT(no_spf, NETWORK.domains[0].spf = RECORD_MISSING)
PLANT(two_spf, NETWORK.domains[0].spf = RECORD_SEVERAL)
PLANT(spf_not_told, NETWORK.domains[0].spf = RECORD_UNKNOWN)
PLANT(spf_fails, static const char *results[] = { "fail" }; NETWORK.domains[0].spf_results = results)
PLANT(spf_is_neutral, static const char *results[] = { "neutral" }; NETWORK.domains[0].spf_results = results)
PLANT(spf_temperror, static const char *results[] = { "temperror" }; NETWORK.domains[0].spf_results = results)
PLANT(no_dmarc, NETWORK.domains[0].dmarc = RECORD_MISSING)
PLANT(dmarc_not_told, NETWORK.domains[0].dmarc = RECORD_UNKNOWN)
PLANT(dmarc_is_none, NETWORK.domains[0].dmarc_policy = "none")
PLANT(no_key, FILTER.keys.len = 0)
PLANT(key_not_published, doctor_words_add(facts->arena, &NETWORK.key_advice, "sign.key: the DNS record x is not published"))
PLANT(key_not_told, doctor_words_add(facts->arena, &NETWORK.key_advice, "sign.key: the DNS record x could not be looked up (timeout)"))
PLANT(advice, doctor_words_add(facts->arena, &NETWORK.advice, "dnsbl \"x\" does not list 127.0.0.2"))
PLANT(no_dns, NETWORK.problem = "no resolver")

static const struct planted {
	const char *name;
	void (*plant)(struct doctor_facts *facts);
	const char *id;
	enum doctor_state state;
	const char *reason;
	bool others;
} planted_table[] = {
	{ "sound", nothing, "running", DOCTOR_OK, "", false },
	{ "bad_configuration", bad_configuration, "configuration", DOCTOR_DANGER, "milter.conf:3", true },
	{ "bad_configuration_makes_others_unknown", bad_configuration, "smtpd_milters", DOCTOR_UNKNOWN, "milter.conf:3", true },
	{ "config_for_everybody_OS_02", config_for_everybody, "config_rights", DOCTOR_DANGER, "everybody", false },
	{ "config_for_a_group_OS_02", config_for_a_group, "config_rights", DOCTOR_WARNING, "group", false },
	{ "config_directory_for_everybody_OS_02", config_directory_for_everybody, "config_rights", DOCTOR_DANGER, "/etc/octroi", false },
	{ "config_of_the_daemon_OS_02", config_of_the_daemon, "config_rights", DOCTOR_WARNING, "belongs to user 105", false },
	{ "config_not_seen", config_not_seen, "config_rights", DOCTOR_UNKNOWN, "not looked at", false },
	{ "config_not_readable", config_not_readable, "config_rights", DOCTOR_UNKNOWN, "Permission", false },
	{ "key_for_everybody_OS_02", key_for_everybody, "key_rights", DOCTOR_DANGER, "s1.pem", false },
	{ "runs_as_root_OS_01", runs_as_root, "not_root", DOCTOR_DANGER, "root", false },
	{ "user_is_empty_and_it_runs_all_the_same", user_is_empty, "not_root", DOCTOR_OK, "", false },
	{ "does_not_run", does_not_run, "running", DOCTOR_DANGER, "does not run", false },
	{ "nobody_knows_whether_it_runs", nobody_knows_whether_it_runs, "running", DOCTOR_UNKNOWN, "/proc", false },
	{ "dropin_as_root", dropin_as_root, "dropins", DOCTOR_WARNING, "User=root", false },
	{ "dropin_without_cage", dropin_without_cage, "dropins", DOCTOR_WARNING, "NoNewPrivileges", false },
	{ "dropin_with_more_room", dropin_with_more_room, "dropins", DOCTOR_OK, "", false },
	{ "dropins_not_read", dropins_not_read, "dropins", DOCTOR_UNKNOWN, "not read", false },
	{ "few_tasks", few_tasks, "tasks", DOCTOR_WARNING, "TasksMax is 256", false },
	{ "few_processes", few_processes, "tasks", DOCTOR_WARNING, "RLIMIT_NPROC is 100", false },
	{ "tasks_not_read", tasks_not_read, "tasks", DOCTOR_UNKNOWN, "TasksMax", false },
	{ "few_files", few_files, "open_files", DOCTOR_WARNING, "1024", false },

	{ "socket_of_another_group", socket_of_another_group, "socket_rights", DOCTOR_DANGER, "may not connect", false },
	{ "socket_directory_of_another_group", socket_directory_of_another_group, "socket_rights", DOCTOR_DANGER, "may not enter", false },
	{ "socket_of_a_second_group", socket_of_a_second_group, "socket_rights", DOCTOR_OK, "", false },
	{ "socket_is_not_there", socket_is_not_there, "socket_rights", DOCTOR_DANGER, "is not there", false },
	{ "socket_not_seen", socket_not_seen, "socket_rights", DOCTOR_UNKNOWN, "Permission", false },
	{ "no_account", no_account, "socket_rights", DOCTOR_UNKNOWN, "no account postfix", false },
	{ "socket_mode_for_everybody_OS_04", socket_mode_for_everybody, "socket_strangers", DOCTOR_DANGER, "0666", false },
	{ "socket_directory_for_everybody_OS_04", socket_directory_for_everybody, "socket_strangers", DOCTOR_DANGER, "everybody", false },
	{ "socket_refuses", socket_refuses, "serves", DOCTOR_DANGER, "nobody answers", false },
	{ "socket_is_silent", socket_is_silent, "serves", DOCTOR_DANGER, "does not answer", false },
	{ "socket_not_asked", socket_not_asked, "serves", DOCTOR_UNKNOWN, "not asked", false },

	{ "domains_are_empty", domains_are_empty, "our_domains", DOCTOR_WARNING, "empty", true },
	{ "session_for_everybody", session_for_everybody, "session_allow", DOCTOR_WARNING, "0.0.0.0/0", false },
	{ "senders_are_anybody_ID_05", senders_are_anybody, "sender_login", DOCTOR_INFO, "anybody", false },
	{ "scan_is_smaller", scan_is_smaller, "scan_size", DOCTOR_WARNING, "unscannable", false },
	{ "scan_takes_long", scan_takes_long, "milter_content_timeout", DOCTOR_WARNING, "may need 345s", false },
	{ "rcpt_waits_long", rcpt_waits_long, "milter_command_timeout", DOCTOR_WARNING, "may need 35s", false },

	{ "no_antivirus", no_antivirus, "antivirus", DOCTOR_WARNING, "viruses pass", false },
	{ "database_of_three_days", database_of_three_days, "clamav_database", DOCTOR_WARNING, "3 days", false },
	{ "database_of_eight_days", database_of_eight_days, "clamav_database", DOCTOR_DANGER, "8 days", false },
	{ "database_of_tomorrow", database_of_tomorrow, "clamav_database", DOCTOR_OK, "", false },
	{ "no_database", no_database, "clamav_database", DOCTOR_DANGER, "no daily", false },
	{ "database_not_read", database_not_read, "clamav_database", DOCTOR_UNKNOWN, "could not be read", false },
	{ "no_main_database", no_main_database, "clamav_main", DOCTOR_DANGER, "no main", false },
	{ "no_freshclam", no_freshclam, "freshclam", DOCTOR_WARNING, "nobody brings", false },
	{ "freshclam_by_cron", freshclam_by_cron, "freshclam", DOCTOR_OK, "", false },

	{ "clock_is_off", clock_is_off, "clock", DOCTOR_WARNING, "not synchronised", false },
	{ "clock_not_told", clock_not_told, "clock", DOCTOR_UNKNOWN, "does not tell", false },
	{ "little_memory", little_memory, "memory_room", DOCTOR_WARNING, "1024 MiB", false },
	{ "little_queue", little_queue, "queue_room", DOCTOR_WARNING, "100 MiB", false },
	{ "queue_not_read", queue_not_read, "queue_room", DOCTOR_UNKNOWN, "was not read", false },
	{ "little_scratch", little_scratch, "scratch_room", DOCTOR_WARNING, "64 MiB", false },

	{ "public_forwarder_DNS_12", public_forwarder, "public_resolver", DOCTOR_WARNING, "8.8.8.8", true },
	{ "forwarder_of_our_own", forwarder_of_our_own, "public_resolver", DOCTOR_OK, "", false },
	{ "forwarder_elsewhere_DNS_17", forwarder_elsewhere, "resolver_local", DOCTOR_INFO, "192.0.2.53", false },
	{ "no_dnssec_DNS_17", no_dnssec, "dnssec", DOCTOR_WARNING, "forged", false },
	{ "no_trust_anchor", no_trust_anchor, "dnssec", DOCTOR_WARNING, "trust_anchor", false },
	{ "nameless", nameless, "reverse_name", DOCTOR_WARNING, "no name", false },
	{ "forged_name", forged_name, "reverse_name", DOCTOR_WARNING, "does not say so", false },
	{ "name_not_told", name_not_told, "reverse_name", DOCTOR_UNKNOWN, "could not be looked up", false },
	{ "private_address", private_address, "reverse_name", DOCTOR_UNKNOWN, "only private", false },
	{ "no_spf", no_spf, "spf_record", DOCTOR_WARNING, "no SPF record", false },
	{ "two_spf", two_spf, "spf_record", DOCTOR_DANGER, "several", false },
	{ "spf_not_told", spf_not_told, "spf_record", DOCTOR_UNKNOWN, "could not be looked up", false },
	{ "spf_fails", spf_fails, "spf_egress", DOCTOR_DANGER, "says fail", false },
	{ "spf_is_neutral", spf_is_neutral, "spf_egress", DOCTOR_WARNING, "says neutral", false },
	{ "spf_temperror", spf_temperror, "spf_egress", DOCTOR_UNKNOWN, "could not be told", false },
	{ "no_dmarc", no_dmarc, "dmarc_record", DOCTOR_WARNING, "no DMARC", false },
	{ "dmarc_not_told", dmarc_not_told, "dmarc_record", DOCTOR_UNKNOWN, "could not be looked up", false },
	{ "dmarc_is_none", dmarc_is_none, "dmarc_record", DOCTOR_INFO, "none", false },
	{ "no_key", no_key, "dkim_records", DOCTOR_INFO, "not signed", false },
	{ "key_not_published", key_not_published, "dkim_records", DOCTOR_DANGER, "not published", false },
	{ "key_not_told", key_not_told, "dkim_records", DOCTOR_UNKNOWN, "could not be looked up", false },
	{ "advice", advice, "dns_advice", DOCTOR_WARNING, "127.0.0.2", false },
	{ "no_dns", no_dns, "spf_record", DOCTOR_UNKNOWN, "no resolver", true },
};

static void check_planted(void **state)
{
	const struct planted *row = *state;
	struct arena *arena = arena_new();
	struct doctor_facts facts;
	struct doctor doctor;

	bench_facts(arena, NULL, NULL, NULL, &facts);
	row->plant(&facts);
	doctor_examine(&doctor, &facts, doctor_tables);
	bench_expect(&doctor, row->id, row->state, row->reason, !row->others);
	arena_free(arena);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, planted_table, check_planted);
	return rows_run(&rows, "doctor_system");
}
