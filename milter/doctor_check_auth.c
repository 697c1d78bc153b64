/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Logins: not readable on the way, not for everybody, not where strangers guess. */
#include <string.h>

#include "milter/doctor.h"

static const char *get(const struct doctor *doctor, const struct postfix_service *service, const char *name)
{
	const char *value = postfix_get(&doctor->facts->postfix, service, name);

	return value == NULL ? "" : value;
}

static bool offers_auth(const struct doctor *doctor, const struct postfix_service *service)
{
	return ascii_equal(get(doctor, service, "smtpd_sasl_auth_enable"), "yes") && !service->is_local;
}

static bool demands_tls(const struct doctor *doctor, const struct postfix_service *service)
{
	return ascii_equal(get(doctor, service, "smtpd_tls_wrappermode"), "yes") || ascii_equal(get(doctor, service, "smtpd_enforce_tls"), "yes") ||
	       ascii_equal(get(doctor, service, "smtpd_tls_security_level"), "encrypt");
}

/* For each smtpd service that offers AUTH. */
static void each_login(struct doctor *doctor, void (*look)(struct doctor *, const struct postfix_service *))
{
	const struct postfix_service *service;
	size_t i = 0;

	while ((service = postfix_next_smtpd(&doctor->facts->postfix, &i)) != NULL)
		if (offers_auth(doctor, service))
			look(doctor, service);
}

static void look_at_tls(struct doctor *doctor, const struct postfix_service *service)
{
	if (!demands_tls(doctor, service) && !ascii_equal(get(doctor, service, "smtpd_tls_auth_only"), "yes"))
		doctor_say(doctor, DOCTOR_DANGER, doctor_change(doctor, service, "smtpd_tls_auth_only", "yes"),
			   "service %s takes AUTH without TLS: passwords can be read on the way", service->name);
}

static void tls_auth_only(struct doctor *doctor, const struct doctor_facts *facts)
{
	(void)facts;
	each_login(doctor, look_at_tls);
}

static void look_at_port(struct doctor *doctor, const struct postfix_service *service)
{
	if (service->port == 25)
		doctor_say(doctor, DOCTOR_WARNING,
			   arena_printf(doctor->arena, "master.cf, service %s: -o smtpd_sasl_auth_enable=no", service->name),
			   "service %s offers AUTH to everybody on port 25, where passwords are guessed all day; 587 and 465 are for logins",
			   service->name);
}

static void auth_on_25(struct doctor *doctor, const struct doctor_facts *facts)
{
	(void)facts;
	each_login(doctor, look_at_port);
}

static void look_at_anonymous(struct doctor *doctor, const struct postfix_service *service)
{
	const char *name = "smtpd_sasl_security_options", *tls = "smtpd_sasl_tls_security_options";

	if (!postfix_has_word(get(doctor, service, name), "noanonymous"))
		doctor_say(doctor, DOCTOR_DANGER, doctor_change(doctor, service, name, "noanonymous"),
			   "%s is \"%s\": ANONYMOUS counts as a login", name, get(doctor, service, name));
	if (!postfix_has_word(get(doctor, service, tls), "noanonymous"))
		doctor_say(doctor, DOCTOR_DANGER, doctor_change(doctor, service, tls, "noanonymous"),
			   "%s is \"%s\": ANONYMOUS counts as a login", tls, get(doctor, service, tls));
}

static void sasl_noanonymous(struct doctor *doctor, const struct doctor_facts *facts)
{
	(void)facts;
	each_login(doctor, look_at_anonymous);
}

static void look_at_sender(struct doctor *doctor, const struct postfix_service *service)
{
	if (get(doctor, service, "smtpd_sender_login_maps")[0] == '\0' && !doctor->facts->filter.account_senders)
		doctor_say(doctor, DOCTOR_INFO, "milter.conf: account { senders = { \"file:/etc/octroi/logins\" } }",
			   "any login may write as anybody: neither account.senders nor smtpd_sender_login_maps says who may use which address");
}

static void sender_login(struct doctor *doctor, const struct doctor_facts *facts)
{
	(void)facts;
	each_login(doctor, look_at_sender);
}

static void look_at_certificates(struct doctor *doctor, const struct postfix_service *service)
{
	const char *relay = get(doctor, service, "smtpd_relay_restrictions");
	const char *certs = get(doctor, service, "relay_clientcerts");

	if (postfix_has_word(relay, "permit_tls_clientcerts") && certs[0] == '\0')
		doctor_say(doctor, DOCTOR_WARNING, "main.cf: relay_clientcerts = hash:/etc/postfix/relay_clientcerts",
			   "permit_tls_clientcerts stands in smtpd_relay_restrictions, and relay_clientcerts names none");
}

static void clientcerts(struct doctor *doctor, const struct doctor_facts *facts)
{
	const struct postfix_service *service;
	size_t i = 0;

	while ((service = postfix_next_smtpd(&facts->postfix, &i)) != NULL)
		look_at_certificates(doctor, service);
}

const struct doctor_check doctor_auth_checks[] = {
	{ "smtpd_tls_auth_only", "no login without TLS", DOCTOR_POSTFIX, tls_auth_only, NULL },
	{ "auth_on_25", "no logins on port 25", DOCTOR_POSTFIX, auth_on_25, NULL },
	{ "sasl_noanonymous", "ANONYMOUS is no login", DOCTOR_POSTFIX, sasl_noanonymous, NULL },
	{ "sender_login", "a login has addresses of its own", DOCTOR_POSTFIX | DOCTOR_FILTER, sender_login, NULL },
	{ "relay_clientcerts", "client certificates are named one by one", DOCTOR_POSTFIX, clientcerts, NULL },
	{ .id = NULL },
};
