/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <jansson.h>
#include <string.h>

#include "milter/doctor.h"

enum { NAME_WIDTH = 8 };

static void print_change(FILE *out, const char *change)
{
	struct str rest = str_of(change);

	while (rest.p != NULL) {
		struct str line = str_split(&rest, "\n");

		(void)fprintf(out, "%*s  %.*s\n", NAME_WIDTH, "", (int)line.len, line.p);
	}
}

static void print_finding(FILE *out, const struct doctor_finding *finding, bool verbose)
{
	const char *reason = finding->state == DOCTOR_OK ? finding->check->title : finding->reason;

	(void)fprintf(out, "%-*s %s  %s\n", NAME_WIDTH, doctor_state_name(finding->state), finding->check->id, reason);
	if (finding->change != NULL)
		print_change(out, finding->change);
	else if (verbose && finding->state != DOCTOR_OK)
		(void)fprintf(out, "%*s  wanted: %s\n", NAME_WIDTH, "", finding->check->title);
}

/* How many checks the same source keeps from being asked; they are told once. */
static size_t count_same(const struct doctor *doctor, size_t i, bool *ret_is_first)
{
	size_t same = 0;

	*ret_is_first = true;
	for (size_t j = 0; j < doctor->len; j++) {
		if (doctor->findings[j].state != doctor->findings[i].state || strcmp(doctor->findings[j].reason, doctor->findings[i].reason) != 0)
			continue;
		same++;
		if (j < i)
			*ret_is_first = false;
	}
	return same;
}

static void print_unknown(FILE *out, const struct doctor *doctor, size_t i)
{
	bool is_first;
	size_t same = count_same(doctor, i, &is_first);

	if (same == 1)
		print_finding(out, &doctor->findings[i], false);
	else if (is_first)
		(void)fprintf(out, "%-*s %zu checks could not be made: %s\n", NAME_WIDTH, doctor_state_name(DOCTOR_UNKNOWN), same,
			      doctor->findings[i].reason);
}

static void print_counts(FILE *out, const struct doctor *doctor)
{
	(void)fprintf(out, "%zu checks:", doctor->checks);
	for (int state = DOCTOR_STATES - 1; state >= 0; state--)
		if (doctor->counts[state] > 0)
			(void)fprintf(out, " %zu %s", doctor->counts[state], doctor_state_name((enum doctor_state)state));
	(void)fputc('\n', out);
}

/* The worst first. */
void doctor_print(FILE *out, const struct doctor *doctor, bool verbose)
{
	for (int state = DOCTOR_STATES - 1; state >= (verbose ? 0 : DOCTOR_INFO); state--)
		for (size_t i = 0; i < doctor->len; i++) {
			if ((int)doctor->findings[i].state != state)
				continue;
			if (state == DOCTOR_UNKNOWN && !verbose)
				print_unknown(out, doctor, i);
			else
				print_finding(out, &doctor->findings[i], verbose);
		}
	print_counts(out, doctor);
}

/* Configurations may hold what is no UTF-8: jansson would drop the whole value. */
static json_t *text_or_null(const char *text)
{
	json_t *value = text == NULL ? json_null() : json_string(text);

	return value == NULL ? json_string("?") : value;
}

static json_t *finding_json(const struct doctor_finding *finding)
{
	json_t *object = json_object();

	(void)json_object_set_new(object, "id", json_string(finding->check->id));
	(void)json_object_set_new(object, "state", json_string(doctor_state_name(finding->state)));
	(void)json_object_set_new(object, "title", json_string(finding->check->title));
	(void)json_object_set_new(object, "reason", text_or_null(finding->state == DOCTOR_OK ? NULL : finding->reason));
	(void)json_object_set_new(object, "change", text_or_null(finding->change));
	return object;
}

void doctor_print_json(FILE *out, const struct doctor *doctor)
{
	json_t *object = json_object(), *findings = json_array(), *counts = json_object();

	for (size_t i = 0; i < doctor->len; i++)
		(void)json_array_append_new(findings, finding_json(&doctor->findings[i]));
	for (int state = 0; state < DOCTOR_STATES; state++)
		(void)json_object_set_new(counts, doctor_state_name((enum doctor_state)state), json_integer((json_int_t)doctor->counts[state]));
	(void)json_object_set_new(object, "checks", json_integer((json_int_t)doctor->checks));
	(void)json_object_set_new(object, "worst", json_string(doctor_state_name(doctor->worst)));
	(void)json_object_set_new(object, "counts", counts);
	(void)json_object_set_new(object, "findings", findings);
	(void)json_dumpf(object, out, JSON_INDENT(1));
	(void)fputc('\n', out);
	json_decref(object);
}
