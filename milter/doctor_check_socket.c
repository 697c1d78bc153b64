/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The way from the MTA to our socket. */
#include <errno.h>
#include <string.h>

#include "milter/doctor.h"
#include "milter/doctor_socket.h"
#include "milter/settings.h"

/* All that runs in a chroot starts a path there. */
static void socket_chroot(struct doctor *doctor, const struct doctor_facts *facts)
{
	const struct postfix_service *service;
	struct listen_address ours;
	const char *path;
	size_t i = 0;

	if (listen_address_parse(facts->filter.listen, &ours) < 0 || ours.family != LISTEN_UNIX)
		return;
	while ((service = postfix_next_smtpd(&facts->postfix, &i)) != NULL) {
		const char *value = postfix_get(&facts->postfix, service, "smtpd_milters");

		if (value == NULL || !doctor_socket_path(facts, service, value, &path) || strcmp(path, ours.path) == 0)
			continue;
		doctor_say(doctor, DOCTOR_DANGER, doctor_change(doctor, service, "smtpd_milters", doctor_socket_for_postfix(facts->arena, facts)),
			   "service %s looks for the socket at %s (%s), and Octroi listens on %s", service->name, path,
			   service->is_chroot ? "it runs in a chroot" : "it runs without a chroot", ours.path);
	}
}

static bool is_member(const struct account_facts *account, gid_t gid)
{
	if (account->gid == gid)
		return true;
	for (int i = 0; i < account->groups_len; i++)
		if (account->groups[i] == gid)
			return true;
	return false;
}

static bool may(const struct path_step *step, const struct account_facts *account, mode_t bit)
{
	if (account->uid == 0)
		return true;
	if (step->uid == account->uid)
		return (step->mode & (bit << 6)) != 0;
	return (step->mode & (is_member(account, step->gid) ? bit << 3 : bit)) != 0;
}

int path_may_connect(const struct path_facts *path, const struct account_facts *account, const struct path_step **ret_step)
{
	for (size_t i = 0; i < path->len; i++) {
		const struct path_step *step = &path->steps[i];

		*ret_step = step;
		if (step->error != 0)
			return step->error == ENOENT ? -ENOENT : -EAGAIN;
		if (!may(step, account, S_ISDIR(step->mode) ? 01 : 02))
			return -EACCES;
	}
	return path->len == 0 ? -EAGAIN : 0;
}

static const char *mta_name(const struct doctor_facts *facts)
{
	const char *owner = facts->postfix.is_there ? postfix_get(&facts->postfix, NULL, "mail_owner") : "smmta";

	return owner == NULL ? "postfix" : owner;
}

/* What would let the account through. */
static const char *rights_change(const struct doctor_facts *facts, const struct path_step *step)
{
	if (S_ISDIR(step->mode))
		return arena_printf(facts->arena, "shell: chgrp %s %s && chmod g+x %s", mta_name(facts), step->path, step->path);
	return arena_printf(facts->arena, "milter.conf: socket_group = \"%s\"", mta_name(facts));
}

static void socket_rights(struct doctor *doctor, const struct doctor_facts *facts)
{
	const struct path_step *step = NULL;
	int r = facts->system.mta.known ? path_may_connect(&facts->system.socket, &facts->system.mta, &step) : -EAGAIN;

	if (strncmp(facts->filter.listen, "inet", 4) == 0)
		return;
	if (!facts->system.mta.known)
		doctor_say(doctor, DOCTOR_UNKNOWN, NULL, "there is no account %s that could connect", mta_name(facts));
	else if (r == -ENOENT)
		doctor_say(doctor, DOCTOR_DANGER, "shell: systemctl enable --now octroi.socket", "%s is not there", step->path);
	else if (r == -EACCES)
		doctor_say(doctor, DOCTOR_DANGER, rights_change(facts, step), "%s may not %s %s (mode %04o)", mta_name(facts),
			   S_ISDIR(step->mode) ? "enter" : "connect to", step->path, (unsigned)step->mode & 07777);
	else if (r < 0)
		doctor_say(doctor, DOCTOR_UNKNOWN, NULL, "%s: %s", step == NULL ? facts->filter.listen : step->path,
			   step == NULL ? "no path" : strerror(step->error));
}

/* Who can connect can claim any client and any login; who can write to the directory can put another socket there. */
static void socket_strangers(struct doctor *doctor, const struct doctor_facts *facts)
{
	const struct path_facts *path = &facts->system.socket;

	if ((facts->filter.socket_mode & 0006) != 0)
		doctor_say(doctor, DOCTOR_DANGER, "milter.conf: socket_mode = 0660", "socket_mode is %04llo: every account of this host may connect",
			   (unsigned long long)facts->filter.socket_mode);
	for (size_t i = 0; i < path->len; i++) {
		const struct path_step *step = &path->steps[i];

		if (step->error == 0 && (step->mode & 0002) != 0 && (step->mode & S_ISVTX) == 0)
			doctor_say(doctor, DOCTOR_DANGER, arena_printf(facts->arena, "shell: chmod o-w %s", step->path),
				   "%s can be written by everybody", step->path);
	}
}

static void serves(struct doctor *doctor, const struct doctor_facts *facts)
{
	const char *why = facts->system.socket_problem == NULL ? "" : facts->system.socket_problem;

	if (facts->system.socket_state == DOCTOR_SOCKET_REFUSES)
		doctor_say(doctor, DOCTOR_DANGER, "shell: systemctl start octroi", "nobody answers at %s (%s): all mail is deferred", facts->filter.listen,
			   why);
	else if (facts->system.socket_state == DOCTOR_SOCKET_SILENT)
		doctor_say(doctor, DOCTOR_DANGER, "shell: journalctl -u octroi", "%s takes connections and does not answer: sessions hang", facts->filter.listen);
	else if (facts->system.socket_state == DOCTOR_SOCKET_UNREAD)
		doctor_say(doctor, DOCTOR_UNKNOWN, NULL, "%s was not asked (%s)", facts->filter.listen, why);
}

const struct doctor_check doctor_socket_checks[] = {
	{ "socket_chroot", "the socket is where Postfix looks for it", DOCTOR_POSTFIX | DOCTOR_FILTER, socket_chroot, NULL },
	{ "socket_rights", "the MTA may connect", DOCTOR_FILTER | DOCTOR_SYSTEM, socket_rights, NULL },
	{ "socket_strangers", "nobody else may", DOCTOR_FILTER | DOCTOR_SYSTEM, socket_strangers, NULL },
	{ "serves", "sessions are served", DOCTOR_FILTER | DOCTOR_SYSTEM, serves, NULL },
	{ .id = NULL },
};
