/* SPDX-License-Identifier: GPL-2.0-or-later */
/* doctor_bench.h - facts of a gateway on which nothing is to be mended, as postconf tells of contrib/postfix; a test plants what it likes. */
#ifndef OCTROI_UNIT_DOCTOR_BENCH_H
#define OCTROI_UNIT_DOCTOR_BENCH_H

#include "milter/doctor.h"
#include "milter/isolate/job.h"
#include "milter/model/scanner.h"
#include "t/unit/rows.h"

/* no scanner: what checks look at is in the facts */
const struct scanner *const scanners[] = { NULL };
const struct job_kind *const job_kinds[] = { NULL };

#define NOW 1700000000

static const char sound_main[] =
	"allow_percent_hack = no\nallow_untrusted_routing = no\ncleanup_replace_stray_cr_lf = yes\ncontent_filter =\nheader_checks =\n"
	"inet_interfaces = all\nmail_owner = postfix\nmail_version = 3.7.11\nmessage_size_limit = 50000000\nmilter_command_timeout = 30s\n"
	"milter_connect_timeout = 30s\nmilter_content_timeout = 300s\nmilter_default_action = tempfail\nmilter_end_of_data_macros = i\n"
	"milter_header_checks =\nmilter_macro_daemon_name = gw.example.com\nmilter_macro_defaults =\n"
	"milter_mail_macros = i {auth_type} {auth_authen} {auth_author} {mail_addr} {mail_host} {mail_mailer}\nmilter_protocol = 6\n"
	"milter_rcpt_macros = i {rcpt_addr} {rcpt_host} {rcpt_mailer}\nmydestination = gw.example.com\nmydomain = example.com\n"
	"myhostname = gw.example.com\nmynetworks = 127.0.0.0/8 [::1]/128\nmynetworks_style = host\n"
	"non_smtpd_milters = unix:octroi/octroi.sock\npostscreen_dnsbl_sites =\npostscreen_upstream_proxy_protocol =\nproxy_interfaces =\n"
	"queue_directory = /var/spool/postfix\nreceive_override_options =\nrelay_clientcerts =\nrelay_domains = example.com\nrelayhost =\n"
	"resolve_dequoted_address = yes\nsmtp_bind_address =\nsmtpd_authorized_xclient_hosts =\nsmtpd_authorized_xforward_hosts =\n"
	"smtpd_client_restrictions =\nsmtpd_data_restrictions =\nsmtpd_enforce_tls = no\nsmtpd_forbid_bare_newline = normalize\n"
	"smtpd_forbid_bare_newline_exclusions =\nsmtpd_forbid_unauth_pipelining = yes\nsmtpd_helo_restrictions =\nsmtpd_milter_maps =\n"
	"smtpd_milters = unix:octroi/octroi.sock\nsmtpd_proxy_filter =\n"
	"smtpd_recipient_restrictions = check_recipient_access inline:{ {example.com = reject_unverified_recipient} }\n"
	"smtpd_relay_restrictions = permit_sasl_authenticated, check_client_access cidr:{ {192.0.2.10 OK} }, reject_unauth_destination\n"
	"smtpd_restriction_classes =\nsmtpd_sasl_auth_enable = no\nsmtpd_sasl_security_options = noanonymous\n"
	"smtpd_sasl_tls_security_options = noanonymous\nsmtpd_sender_login_maps =\nsmtpd_sender_restrictions =\nsmtpd_tls_auth_only = yes\n"
	"smtpd_tls_security_level = may\nsmtpd_tls_wrappermode = no\nsmtpd_upstream_proxy_protocol =\nswap_bangpath = no\n"
	"virtual_alias_domains = inline:{ {postmaster@gw.example.com = postmaster@example.com} }\nvirtual_mailbox_domains =\n";

static const char sound_services[] =
	"smtp       inet  n       -       y       -       -       smtpd -o smtpd_sasl_auth_enable=no\n"
	"submission inet  n       -       y       -       -       smtpd -o syslog_name=postfix/submission -o smtpd_tls_security_level=encrypt\n"
	"submissions inet n       -       y       -       -       smtpd\n"
	"pickup     unix  n       -       y       60      1       pickup\n"
	"cleanup    unix  n       -       y       -       0       cleanup\n"
	"smtp       unix  -       -       y       -       -       smtp\n"
	"maildrop   unix  -       n       n       -       -       pipe flags=DRXhu user=vmail argv=/usr/bin/maildrop -d ${recipient}\n";

static const char sound_overrides[] =
	"smtp/inet/milter_macro_daemon_name = mx\nsmtp/inet/smtpd_sasl_auth_enable = no\n"
	"submission/inet/milter_macro_daemon_name = submission\nsubmission/inet/smtpd_sasl_auth_enable = yes\n"
	"submission/inet/smtpd_relay_restrictions = permit_sasl_authenticated,reject\nsubmission/inet/smtpd_tls_security_level = encrypt\n"
	"submissions/inet/milter_macro_daemon_name = submissions\nsubmissions/inet/smtpd_sasl_auth_enable = yes\n"
	"submissions/inet/smtpd_relay_restrictions = permit_sasl_authenticated,reject\nsubmissions/inet/smtpd_tls_wrappermode = yes\n";

static inline void bench_filter(struct arena *arena, struct filter_facts *filter)
{
	*filter = (struct filter_facts){
		.file = "/etc/octroi/milter.conf", .listen = "unix:/var/spool/postfix/octroi/octroi.sock", .user = "octroi", .socket_mode = 0660,
		.message_bytes = 50 << 20, .spool_bytes = 1 << 30, .examiners_max = 200, .scratch_bytes = 512 << 20,
		.resolver_timeout_ms = 5000, .spf_timeout_ms = 20000, .antivirus = true, .content = true, .account_senders = true, .dnssec = true,
		.antivirus_timeout_ms = 60000, .antivirus_file_bytes = 100 << 20, .content_cpu_ms = 5000, .database = "/var/lib/clamav",
		.trust_anchor = "/usr/share/dns/root.key",
	};
	doctor_words_add(arena, &filter->domains, "example.com");
	doctor_words_add(arena, &filter->grant_clients, "192.0.2.10");
	doctor_words_add(arena, &filter->keys, "/etc/octroi/keys/s1.pem");
}

static inline void bench_step(struct arena *arena, struct path_facts *path, const char *name, mode_t mode, uid_t uid, gid_t gid)
{
	*(struct path_step *)arena_push(arena, (void **)&path->steps, &path->len, sizeof(struct path_step)) =
		(struct path_step){ name, 0, mode, uid, gid };
}

/* octroi is 105:106, postfix 101:102. */
static inline void bench_system(struct arena *arena, struct system_facts *system)
{
	*system = (struct system_facts){
		.mta = { true, 101, 102, { 102 }, 1 }, .socket_state = DOCTOR_SOCKET_SERVES, .socket_problem = "", .running = 6, .limit_files = 65536,
		.limit_processes = DOCTOR_NO_LIMIT, .tasks_max = 4096, .database_built_at = NOW - 3600, .database_main = NOW - 10000000,
		.freshclam_runs = true, .now = NOW, .memory_bytes = UINT64_C(4) << 30, .queue_free_bytes = UINT64_C(20) << 30,
		.scratch_free_bytes = UINT64_C(2) << 30, .queue_directory = "/var/spool/postfix", .scratch_directory = "/dev/shm", .dropins = "",
	};
	doctor_words_add(arena, &system->nameservers, "127.0.0.1");
	bench_step(arena, &system->config, "/", S_IFDIR | 0755, 0, 0);
	bench_step(arena, &system->config, "/etc/octroi", S_IFDIR | 0755, 0, 0);
	bench_step(arena, &system->config, "/etc/octroi/milter.conf", S_IFREG | 0644, 0, 0);
	bench_step(arena, &system->socket, "/", S_IFDIR | 0755, 0, 0);
	bench_step(arena, &system->socket, "/var/spool/postfix/octroi", S_IFDIR | 0750, 105, 102);
	bench_step(arena, &system->socket, "/var/spool/postfix/octroi/octroi.sock", S_IFSOCK | 0660, 105, 102);
	system->keys = arena_array(arena, 1, sizeof(*system->keys));
	bench_step(arena, &system->keys[0], "/etc/octroi/keys/s1.pem", S_IFREG | 0640, 0, 106);
}

static inline void bench_network(struct arena *arena, struct network_facts *network)
{
	static const char *results[] = { "pass" };

	*network = (struct network_facts){ .asked = true, .addresses_len = 1, .domains_len = 1 };
	network->addresses = arena_array(arena, 1, sizeof(*network->addresses));
	network->addresses[0] = (struct address_facts){ "203.0.113.25", false, ADDRESS_CONFIRMED, "gw.example.com" };
	network->domains = arena_array(arena, 1, sizeof(*network->domains));
	network->domains[0] = (struct domain_facts){ .name = "example.com", .dmarc_policy = "reject", .spf_why = "", .dmarc_why = "",
						     .spf_results = results };
}

/* With lines that come after those of the shipped configuration, and so have the say; each may be NULL. */
static inline void bench_facts(struct arena *arena, const char *main, const char *services, const char *overrides, struct doctor_facts *facts)
{
	*facts = (struct doctor_facts){ .arena = arena };
	postfix_read(arena, arena_printf(arena, "%s%s", sound_main, main == NULL ? "" : main), "mynetworks = 127.0.0.0/8 [::1]/128\n",
		     services == NULL ? sound_services : arena_printf(arena, "%s%s", sound_services, services),
		     arena_printf(arena, "%s%s", sound_overrides, overrides == NULL ? "" : overrides), &facts->postfix);
	bench_filter(arena, &facts->filter);
	bench_system(arena, &facts->system);
	bench_network(arena, &facts->network);
}

static inline const struct doctor_finding *bench_find(const struct doctor *doctor, const char *id, const char *reason)
{
	for (size_t i = 0; i < doctor->len; i++)
		if (strcmp(doctor->findings[i].check->id, id) == 0 && strstr(doctor->findings[i].reason, reason) != NULL)
			return &doctor->findings[i];
	return NULL;
}

/* Only check id may have found something, and it did, in that state, with that in its reason. DOCTOR_OK: nobody found anything. */
static inline void bench_expect(const struct doctor *doctor, const char *id, enum doctor_state state, const char *reason, bool alone)
{
	const struct doctor_finding *found = bench_find(doctor, id, reason);

	for (size_t i = 0; alone && i < doctor->len; i++)
		if (doctor->findings[i].state != DOCTOR_OK && strcmp(doctor->findings[i].check->id, id) != 0)
			fail_msg("%s: %s", doctor->findings[i].check->id, doctor->findings[i].reason);
	if (found == NULL)
		fail_msg("no finding of %s with \"%s\"", id, reason);
	assert_string_equal(doctor_state_name(found->state), doctor_state_name(state));
}

#endif
