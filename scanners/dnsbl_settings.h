/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dnsbl_settings.h - a section dnsbl "zone" of milter.conf. */
#ifndef OCTROI_DNSBL_SETTINGS_H
#define OCTROI_DNSBL_SETTINGS_H

#include "conf/conf.h"
#include "milter/base/arena.h"
#include "milter/model/rule.h"

enum dnsbl_type { DNSBL_DENY, DNSBL_ALLOW };

/* What is looked up, as bits. */
enum dnsbl_subject { DNSBL_CLIENT = 1, DNSBL_HELO = 2, DNSBL_SENDER = 4 };

struct dnsbl_settings {
	const char *title;
	bool enabled;
	const char *zone;		/* "": the title */
	int type;			/* enum dnsbl_type */
	struct conf_list of;
	struct conf_list codes, refusal_codes;
	bool ipv6;
	const char *text;
	bool txt;
	bool self_test;
	uint64_t max_listed_percent;
	struct rule on_listed, on_error;
};

extern const struct option_section dnsbl_section;

/* The zone as it is asked: normalised (domain.h). A section that was loaded has one. */
const char *dnsbl_settings_zone(struct arena *arena, const struct dnsbl_settings *settings);

/* Bits of enum dnsbl_subject. */
unsigned dnsbl_settings_subjects(const struct dnsbl_settings *settings);

/* What is done in this direction about what is listed: on_listed, or what the type means where it is not written. */
struct rule dnsbl_settings_on_listed(const struct dnsbl_settings *settings);

/* For `octroi check`. */
void dnsbl_advise(const struct conf *conf, void (*say)(void *arg, const char *format, ...), void *arg);

#endif
