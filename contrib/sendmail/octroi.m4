dnl SPDX-License-Identifier: GPL-2.0-or-later
dnl Lines of sendmail.mc that attach Octroi to Sendmail 8.17 (Debian 12), each with its reason. Copy this file to /etc/mail/m4/, and write
dnl
dnl include(`/etc/mail/m4/octroi.m4')dnl
dnl
dnl into sendmail.mc: after OSTYPE and DOMAIN, before the first MAILER. What a site may set before that line:
dnl
dnl define(`OCTROI_SOCKET', `local:/run/octroi/octroi.sock')	where Octroi listens (listen in milter.conf)
dnl define(`OCTROI_MSA', `Port=submission, Name=MSA')		a port for people, who must log in there; none without it
dnl
dnl README beside this file says what else a gateway needs; gateway.mc is a whole one. octroi doctor --sendmail looks the result over.
dnl
ifdef(`OCTROI_SOCKET', `', `define(`OCTROI_SOCKET', `local:/run/octroi/octroi.sock')')dnl
divert(0)dnl
VERSIONID(`octroi.m4')dnl
dnl
dnl F=T: while the filter is away mail waits at its sender (451). Without F= it goes in unfiltered, and is relayed; F=R loses it.
dnl R is waited for each answer, and RCPT may wait for the DNS: the 10s that Sendmail has by itself are too few when name servers are
dnl slow. E is for the whole judgement after the body: DNS, the virus scan, what lies in archives.
INPUT_MAIL_FILTER(`octroi', `S='defn(`OCTROI_SOCKET')`, F=T, T=C:30s;S:30s;R:60s;E:10m')dnl
dnl
dnl Octroi asks for these by itself. They are here for another filter in between, or a libmilter without smfi_setsymlist. {verify} is
dnl what makes a certificate a proof: {cert_subject} is handed over whether the certificate is any good or not.
define(`confMILTER_MACROS_CONNECT', ``j, v, _, {daemon_name}, {daemon_addr}, {daemon_port}, {if_name}, {if_addr}'')dnl
define(`confMILTER_MACROS_HELO', ``{tls_version}, {cipher}, {cipher_bits}, {cert_subject}, {cert_issuer}, {verify}'')dnl
define(`confMILTER_MACROS_ENVFROM', ``i, {auth_type}, {auth_authen}, {auth_ssf}, {auth_author}, {mail_mailer}, {mail_host}, {mail_addr}, {tls_version}, {cert_subject}, {cert_issuer}, {verify}'')dnl
define(`confMILTER_MACROS_ENVRCPT', ``i, {rcpt_mailer}, {rcpt_host}, {rcpt_addr}'')dnl
define(`confMILTER_MACROS_DATA', ``i, {auth_type}, {auth_authen}'')dnl
define(`confMILTER_MACROS_EOH', `i')dnl
define(`confMILTER_MACROS_EOM', ``i, {msg_id}'')dnl
dnl
dnl user%other.example@ours.example and other.example!user are no ways to other hosts.
FEATURE(`nouucp', `reject')dnl
FEATURE(`nopercenthack', `reject')dnl
dnl
dnl CR LF NUL . can end a message for the next server and not for this one (SMTP smuggling); nor would a filter see what follows a NUL
dnl in a header field. Debian 12 has it so by default.
define(`confREJECT_NUL', `true')dnl
dnl
dnl No login without TLS (p), none that is anonymous (y); A: AUTH= goes to the next server only when the login succeeded.
define(`confAUTH_OPTIONS', `A p y')dnl
dnl
dnl Below Octroi's limits.message_size (50M), so that nobody sends a message whole and is refused then.
define(`confMAX_MESSAGE_SIZE', `50000000')dnl
dnl
dnl a: who has not logged in gets nowhere from here. E: no ETRN.
ifdef(`OCTROI_MSA', `FEATURE(`no_default_msa')dnl
DAEMON_OPTIONS(defn(`OCTROI_MSA')`, M=Ea')')dnl
