/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The facts of the system. */
#include <arpa/inet.h>
#include <errno.h>
#include <glob.h>
#include <grp.h>
#include <netinet/in.h>
#include <poll.h>
#include <pwd.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <sys/timex.h>
#include <sys/un.h>
#include <unistd.h>

#include "milter/base/clock.h"
#include "milter/doctor_database.h"
#include "milter/doctor_output.h"
#include "milter/doctor_path.h"
#include "milter/doctor_processes.h"
#include "milter/selftest.h"
#include "milter/settings.h"

#define ANSWER_MS 5000

static uint64_t free_bytes(const char *directory)
{
	struct statvfs vfs;

	return directory == NULL || statvfs(directory, &vfs) < 0 ? DOCTOR_UNREAD : (uint64_t)vfs.f_bavail * vfs.f_frsize;
}

static uint64_t memory_bytes(void)
{
	struct sysinfo info;

	return sysinfo(&info) < 0 ? DOCTOR_UNREAD : (uint64_t)info.totalram * info.mem_unit;
}

/* adjtimex(2) tells any account. */
static int clock_state(void)
{
	struct timex timex = { .modes = 0 };
	int state = adjtimex(&timex);

	if (state < 0)
		return -1;
	return state == TIME_ERROR || (timex.status & STA_UNSYNC) != 0;
}

static void gather_account(const char *name, struct account_facts *account)
{
	const struct passwd *entry = getpwnam(name);

	if (entry == NULL)
		return;
	account->uid = entry->pw_uid;
	account->gid = entry->pw_gid;
	account->groups_len = sizeof(account->groups) / sizeof(account->groups[0]);
	/* more than there is room for: a group that was left out is no right, and a right that is not seen is told */
	if (getgrouplist(name, entry->pw_gid, account->groups, &account->groups_len) < 0)
		account->groups_len = sizeof(account->groups) / sizeof(account->groups[0]);
	account->known = true;
}

/* Sendmail's daemon connects as root. */
static void gather_mta(struct doctor_facts *facts)
{
	const char *owner = postfix_get(&facts->postfix, NULL, "mail_owner");

	if (facts->postfix.is_there)
		gather_account(owner == NULL ? "postfix" : owner, &facts->system.mta);
	else if (facts->sendmail.is_there)
		gather_account("root", &facts->system.mta);
}

_Static_assert(sizeof(((struct listen_address *)NULL)->path) == sizeof(((struct sockaddr_un *)NULL)->sun_path), "a path fits");

static bool endpoint_from(const struct listen_address *listen, struct endpoint *ret_endpoint)
{
	struct sockaddr_un *un = (struct sockaddr_un *)(void *)&ret_endpoint->address;
	struct sockaddr_in *in = (struct sockaddr_in *)(void *)&ret_endpoint->address;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)(void *)&ret_endpoint->address;
	const char *host = strcmp(listen->host, "localhost") == 0 || listen->host[0] == '\0' ? "127.0.0.1" : listen->host;

	memset(ret_endpoint, 0, sizeof(*ret_endpoint));
	if (listen->family == LISTEN_UNIX) {
		un->sun_family = AF_UNIX;
		memcpy(un->sun_path, listen->path, sizeof(un->sun_path));
		ret_endpoint->len = sizeof(*un);
		return true;
	}
	if (inet_pton(AF_INET, host, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = htons((uint16_t)listen->port);
		ret_endpoint->len = sizeof(*in);
		return true;
	}
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons((uint16_t)listen->port);
	ret_endpoint->len = sizeof(*in6);
	return inet_pton(AF_INET6, host, &in6->sin6_addr) == 1;
}

/* As an MTA would begin a session. */
static void gather_answer(const struct endpoint *endpoint, struct system_facts *system)
{
	uint64_t deadline_ms = clock_monotonic_ms() + ANSWER_MS;
	struct selftest selftest;
	enum selftest_state state = selftest_start(&selftest, endpoint, deadline_ms);
	int error = errno;

	if (state == SELFTEST_FAILED) {
		system->socket_state = error == EACCES || error == EPERM ? DOCTOR_SOCKET_UNREAD : DOCTOR_SOCKET_REFUSES;
		system->socket_problem = strerror(error);
		return;
	}
	while (state == SELFTEST_RUNNING) {
		struct pollfd fd = { .fd = selftest.fd, .events = selftest_events(&selftest) };

		(void)poll(&fd, 1, clock_left_ms(deadline_ms));
		state = selftest_step(&selftest);
	}
	system->socket_problem = "";
	system->socket_state = state == SELFTEST_PASSED ? DOCTOR_SOCKET_SERVES : DOCTOR_SOCKET_SILENT;
}

static void gather_socket(struct doctor_facts *facts)
{
	struct listen_address listen;
	struct endpoint endpoint;

	facts->system.socket_problem = "its address cannot be read";
	if (listen_address_parse(facts->filter.listen, &listen) < 0 || !endpoint_from(&listen, &endpoint))
		return;
	if (listen.family == LISTEN_UNIX)
		facts->system.socket = doctor_path(facts->arena, listen.path);
	gather_answer(&endpoint, &facts->system);
}

static const char *gather_dropins(struct arena *arena)
{
	static const char *const patterns[] = {
		"/etc/systemd/system/octroi.service.d/*.conf", "/run/systemd/system/octroi.service.d/*.conf",
		"/usr/local/lib/systemd/system/octroi.service.d/*.conf", "/usr/lib/systemd/system/octroi.service.d/*.conf",
	};
	const char *all = "";
	glob_t found;

	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]) && all != NULL; i++) {
		int r = glob(patterns[i], 0, NULL, &found);

		for (size_t j = 0; r == 0 && j < found.gl_pathc && all != NULL; j++) {
			const char *text = doctor_file(arena, found.gl_pathv[j]);

			all = text == NULL ? NULL : arena_printf(arena, "%s%s\n", all, text);
		}
		if (r == 0)
			globfree(&found);
	}
	return all;
}

static void gather_nameservers(struct arena *arena, struct doctor_words *nameservers)
{
	struct str rest = str_of(doctor_file(arena, "/etc/resolv.conf"));

	while (rest.p != NULL) {
		struct str line = str_split(&rest, "\n"), word = str_split(&line, " \t");

		if (line.p != NULL && str_equal(word, STR("nameserver")))
			doctor_words_add(arena, nameservers, arena_strndup(arena, str_trim(line).p, str_trim(line).len));
	}
}

static void gather_room(struct doctor_facts *facts)
{
	const char *queue = postfix_get(&facts->postfix, NULL, "queue_directory");

	facts->system.queue_directory = queue != NULL ? queue : facts->sendmail.is_there ? "/var/spool/mqueue" : "/var/spool/postfix";
	facts->system.queue_free_bytes = free_bytes(facts->system.queue_directory);
	/* where the kernel gives no tmpfs of its own */
	facts->system.scratch_directory = "/dev/shm";
	facts->system.scratch_free_bytes = free_bytes("/dev/shm");
	facts->system.memory_bytes = memory_bytes();
}

/* What concerns milter.conf, when it was read. */
static void gather_of_filter(struct doctor_facts *facts)
{
	struct system_facts *system = &facts->system;

	system->config = doctor_path(facts->arena, facts->filter.file);
	system->keys = arena_array(facts->arena, facts->filter.keys.len + 1, sizeof(*system->keys));
	for (size_t i = 0; i < facts->filter.keys.len; i++)
		system->keys[i] = doctor_path(facts->arena, facts->filter.keys.items[i]);
	gather_socket(facts);
	system->database_built_at = clamav_newest(facts->filter.database, "daily");
	system->database_main = clamav_newest(facts->filter.database, "main");
}

void doctor_gather_system(struct doctor_facts *facts)
{
	struct system_facts *system = &facts->system;

	gather_mta(facts);
	gather_room(facts);
	if (facts->filter.problem == NULL)
		gather_of_filter(facts);
	doctor_gather_processes(facts->arena, facts->filter.file, system);
	system->freshclam_cron = access("/etc/cron.d/clamav-freshclam", R_OK) == 0 || access("/etc/cron.daily/freshclam", X_OK) == 0;
	system->now = clock_wall_ms() / 1000;
	system->clock_state = clock_state();
	system->dropins = gather_dropins(facts->arena);
	gather_nameservers(facts->arena, &system->nameservers);
}
