/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <jansson.h>

#include "milter/model/scanner.h"
#include "milter/trial.h"

static const char *direction_of(const struct trial *trial)
{
	return direction_name(trial->session->message == NULL ? DIRECTION_INBOUND : trial->session->message->direction);
}

static struct arena *arena_of(const struct trial *trial)
{
	return trial->session->message == NULL ? trial->session->arena : trial->session->message->arena;
}

static const char *reply_text(const struct trial *trial, const struct verdict *verdict)
{
	return verdict->reply.code == 0 ? NULL : reply_format(arena_of(trial), &verdict->reply);
}

/* What milter.conf said about the finding in this direction. */
static const char *action_text(const struct trial *trial, const struct finding *finding)
{
	enum direction direction = trial->session->message == NULL ? DIRECTION_INBOUND : trial->session->message->direction;
	const struct rule_action *action = &finding->rule.by_direction[direction];
	const char *observe = action->observe ? "observe " : "";

	if (action->action == ACTION_WEIGHT)
		return arena_printf(arena_of(trial), "%s%.1f", observe, action->weight);
	return arena_printf(arena_of(trial), "%s%s", observe, action_name(action->action));
}

static const char *rule_text(const struct trial *trial, const struct finding *finding)
{
	if (finding->rule.where.file == NULL)
		return "default";
	return arena_printf(arena_of(trial), "%s:%u", finding->rule.where.file, finding->rule.where.line);
}

static void each_finding(const struct trial *trial, void (*fn)(void *arg, const struct trial *, const struct finding *), void *arg)
{
	const struct message *message = trial->session->message;

	for (size_t i = 0; i < trial->session->findings.len; i++)
		fn(arg, trial, &trial->session->findings.items[i]);
	for (size_t i = 0; message != NULL && i < message->findings.len; i++)
		fn(arg, trial, &message->findings.items[i]);
	for (size_t i = 0; trial->results != NULL && i < trial->rcpts_len; i++)
		if (trial->results[i].refused_by != NULL && trial->results[i].refused_by->recipient != FINDING_MESSAGE)
			fn(arg, trial, trial->results[i].refused_by);
}

static void print_finding(void *arg, const struct trial *trial, const struct finding *finding)
{
	(void)fprintf(arg, "finding    %s:%s -> %s (%s): %s\n", finding->scanner->name, finding->outcome->name,
		      action_text(trial, finding), rule_text(trial, finding), finding->text);
}

/* The edits as the top of the header would show them: the last insertion comes first. */
static void print_edits(FILE *out, const struct edits *edits)
{
	if (edits->failure != NULL)
		(void)fprintf(out, "failure    the message would be deferred: %s\n", edits->failure);
	for (size_t i = 0; i < edits->len; i++)
		if (edits->items[i].kind == EDIT_REMOVE)
			(void)fprintf(out, "removed    %s (number %u)\n", edits->items[i].name, edits->items[i].index);
	for (size_t i = edits->len; i-- > 0;)
		if (edits->items[i].kind != EDIT_REMOVE)
			(void)fprintf(out, "header     %s:%s\n", edits->items[i].name, edits->items[i].value);
}

static void print_rcpt(FILE *out, const struct trial *trial, const struct trial_rcpt *result)
{
	if (result->accepted)
		(void)fprintf(out, "recipient  %s accepted, ground=%s%s%s\n", result->path, ground_name(result->ground),
			      result->ground_detail[0] == '\0' ? "" : " ", result->ground_detail);
	else
		(void)fprintf(out, "recipient  %s refused: %s\n", result->path, reply_text(trial, &result->verdict));
}

void trial_print(FILE *out, const struct trial *trial)
{
	const char *reply = reply_text(trial, &trial->verdict);

	(void)fprintf(out, "verdict    %s  id=%s  direction=%s  score=%.1f%s%s\n", action_name(trial->verdict.action), trial->id,
		      direction_of(trial), trial->verdict.score, trial->verdict.by_name[0] == '\0' ? "" : "  by=", trial->verdict.by_name);
	if (reply != NULL)
		(void)fprintf(out, "reply      %s\n", reply);
	if (trial->verdict.observed[0] != '\0')
		(void)fprintf(out, "observed   would have been %s\n", trial->verdict.observed);
	for (size_t i = 0; trial->results != NULL && i < trial->rcpts_len; i++)
		print_rcpt(out, trial, &trial->results[i]);
	each_finding(trial, print_finding, out);
	print_edits(out, &trial->edits);
	(void)fprintf(out, "elapsed    %llu ms\n", (unsigned long long)trial->elapsed_ms);
}

/* Bytes that are no UTF-8 come from outside: jansson would drop the whole value. */
static json_t *text_or_null(const char *text)
{
	json_t *value;

	if (text == NULL)
		return json_null();
	value = json_string(text);
	return value != NULL ? value : json_string("?");
}

static void set(json_t *object, const char *key, json_t *value)
{
	(void)json_object_set_new(object, key, value);
}

static json_t *note_json(const struct finding_note *note)
{
	return note->is_flag ? json_boolean(note->value[0] == 't') : json_string(note->value);
}

static void append_finding(void *arg, const struct trial *trial, const struct finding *finding)
{
	json_t *object = json_object();

	set(object, "scanner", json_string(finding->scanner->name));
	set(object, "outcome", json_string(finding->outcome->name));
	set(object, "action", json_string(action_text(trial, finding)));
	set(object, "text", text_or_null(finding->text));
	set(object, "rule", text_or_null(rule_text(trial, finding)));
	for (size_t i = 0; i < finding->notes_len; i++)
		set(object, finding->notes[i].key, note_json(&finding->notes[i]));
	(void)json_array_append_new(arg, object);
}

static json_t *rcpts_json(const struct trial *trial)
{
	json_t *array = json_array();

	for (size_t i = 0; trial->results != NULL && i < trial->rcpts_len; i++) {
		const struct trial_rcpt *result = &trial->results[i];
		json_t *object = json_object();

		set(object, "rcpt", text_or_null(result->path));
		set(object, "accepted", json_boolean(result->accepted));
		set(object, "ground", result->accepted ? json_string(ground_name(result->ground)) : json_null());
		set(object, "reply", text_or_null(reply_text(trial, &result->verdict)));
		(void)json_array_append_new(array, object);
	}
	return array;
}

static json_t *headers_json(const struct trial *trial)
{
	json_t *array = json_array();

	for (size_t i = trial->edits.len; i-- > 0;) {
		const struct edit *edit = &trial->edits.items[i];
		json_t *object;

		if (edit->kind == EDIT_REMOVE)
			continue;
		object = json_object();
		set(object, "name", text_or_null(edit->name));
		set(object, "value", text_or_null(header_unfold(arena_of(trial), edit->value)));
		(void)json_array_append_new(array, object);
	}
	return array;
}

static json_t *findings_json(const struct trial *trial)
{
	json_t *array = json_array();

	each_finding(trial, append_finding, array);
	return array;
}

void trial_print_json(FILE *out, const struct trial *trial)
{
	json_t *object = json_object();

	set(object, "id", json_string(trial->id));
	set(object, "action", json_string(action_name(trial->verdict.action)));
	set(object, "reply", text_or_null(reply_text(trial, &trial->verdict)));
	set(object, "direction", json_string(direction_of(trial)));
	set(object, "score", json_real(trial->verdict.score));
	if (trial->verdict.observed[0] != '\0')
		set(object, "observed", json_string(trial->verdict.observed));
	set(object, "recipients", rcpts_json(trial));
	set(object, "findings", findings_json(trial));
	set(object, "headers", headers_json(trial));
	if (trial->edits.failure != NULL)
		set(object, "failure", json_string(trial->edits.failure));
	set(object, "elapsed_ms", json_integer((json_int_t)trial->elapsed_ms));
	(void)json_dumpf(object, out, JSON_INDENT(1) | JSON_REAL_PRECISION(6));
	(void)fputc('\n', out);
	json_decref(object);
}
