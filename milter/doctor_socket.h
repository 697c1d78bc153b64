/* SPDX-License-Identifier: GPL-2.0-or-later */
/* doctor_socket.h - is the address in smtpd_milters, or in S= of Sendmail, the one that Octroi listens on? */
#ifndef OCTROI_DOCTOR_SOCKET_H
#define OCTROI_DOCTOR_SOCKET_H

#include "milter/doctor_facts.h"

/* Does one of the milters of a value of smtpd_milters end at our socket? A relative path starts at queue_directory, and so does any path
 * of a service that runs in a chroot; whether it does is another check, so both count here. */
bool doctor_socket_among(const struct doctor_facts *facts, const char *value);

/* The first of them that does, as a path ("" for inet) for that service; false: none does. */
bool doctor_socket_path(const struct doctor_facts *facts, const struct postfix_service *service, const char *value, const char **ret_path);

/* S= of Sendmail: local:/path, unix:/path, inet:port@host. */
bool doctor_socket_is_ours(const struct doctor_facts *facts, const char *socket);

/* What smtpd_milters should say. In arena. */
const char *doctor_socket_for_postfix(struct arena *arena, const struct doctor_facts *facts);

#endif
