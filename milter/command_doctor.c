/* SPDX-License-Identifier: GPL-2.0-or-later */
/* octroi doctor: does the MTA in front of the filter keep what the filter promises? */
#include <string.h>

#include "milter/commands.h"
#include "milter/doctor.h"

enum { DOCTOR_EXIT_WARNING = 1, DOCTOR_EXIT_DANGER = 2, DOCTOR_EXIT_NOT_RUN = 3 };

struct doctor_arguments {
	struct doctor_options options;
	bool json, verbose;
};

static const char usage[] =
	"usage: octroi doctor [--config FILE] [--postfix DIR] [--sendmail FILE] [--quick] [--verbose] [--json]\n";

static const char **value_of(struct doctor_arguments *arguments, const char *name)
{
	if (strcmp(name, "--config") == 0)
		return &arguments->options.config;
	if (strcmp(name, "--postfix") == 0)
		return &arguments->options.postfix;
	return strcmp(name, "--sendmail") == 0 ? &arguments->options.sendmail : NULL;
}

static bool *flag_of(struct doctor_arguments *arguments, const char *name)
{
	if (strcmp(name, "--quick") == 0)
		return &arguments->options.quick;
	if (strcmp(name, "--verbose") == 0)
		return &arguments->verbose;
	return strcmp(name, "--json") == 0 ? &arguments->json : NULL;
}

static int read_arguments(int argc, char **argv, struct doctor_arguments *arguments)
{
	for (int i = 1; i < argc; i++) {
		const char **value = value_of(arguments, argv[i]);
		bool *flag = flag_of(arguments, argv[i]);

		if (value != NULL && i + 1 < argc) {
			*value = argv[++i];
		} else if (flag != NULL) {
			*flag = true;
		} else {
			(void)fprintf(stderr, "octroi doctor: \"%s\" is not understood\n%s", argv[i], usage);
			return -1;
		}
	}
	return 0;
}

/* Is there an MTA to look at? */
static const char *why_not(const struct doctor_facts *facts)
{
	if (facts->postfix.is_there)
		return facts->postfix.problem;
	if (facts->sendmail.is_there)
		return facts->sendmail.problem;
	return "there is neither /etc/postfix/main.cf nor /etc/mail/sendmail.cf; --postfix and --sendmail name others";
}

static int exit_code(const struct doctor *doctor)
{
	if (doctor->worst == DOCTOR_DANGER)
		return DOCTOR_EXIT_DANGER;
	return doctor->worst >= DOCTOR_UNKNOWN ? DOCTOR_EXIT_WARNING : EXIT_GOOD;
}

int command_doctor(int argc, char **argv)
{
	struct doctor_arguments arguments = { .options = { .config = OCTROI_CONF } };
	struct doctor_facts facts;
	struct doctor doctor;
	struct arena *arena;
	const char *problem;
	int r;

	if (read_arguments(argc, argv, &arguments) < 0)
		return DOCTOR_EXIT_NOT_RUN;
	arena = arena_new();
	doctor_gather(arena, &arguments.options, &facts);
	problem = why_not(&facts);
	if (problem != NULL)
		(void)fprintf(stderr, "octroi doctor: %s\n", problem);
	doctor_examine(&doctor, &facts, doctor_tables);
	if (arguments.json)
		doctor_print_json(stdout, &doctor);
	else
		doctor_print(stdout, &doctor, arguments.verbose);
	r = problem == NULL ? exit_code(&doctor) : DOCTOR_EXIT_NOT_RUN;
	arena_free(arena);
	return r;
}
