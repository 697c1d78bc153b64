/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/apply.h"

#include "milter/model/scanner.h"

/* The reply was made from code and class that agree (reply.c); were libmilter to refuse it all the same, its own text for the same
 * class goes out. */
static sfsistat refuse(SMFICTX *ctx, const struct reply *reply)
{
	struct reply_wire wire;

	reply_to_wire(reply, &wire);
	(void)smfi_setreply(ctx, wire.code, wire.status, wire.text);
	return reply_is_temporary(reply) ? SMFIS_TEMPFAIL : SMFIS_REJECT;
}

sfsistat apply_phase(SMFICTX *ctx, const struct verdict *verdict)
{
	return verdict->reply.code == 0 ? SMFIS_CONTINUE : refuse(ctx, &verdict->reply);
}

/* libmilter's parameters are not const; it does not write to them. */
static int make_edit(SMFICTX *ctx, const struct edit *edit, bool leading_space)
{
	char *name = (char *)edit->name, *value = (char *)edit->value;

	if (!leading_space && value != NULL && *value == ' ')
		value++;
	switch (edit->kind) {
	case EDIT_REMOVE:
		return smfi_chgheader(ctx, name, (int)edit->index, NULL);
	case EDIT_CHANGE:
		return smfi_chgheader(ctx, name, (int)edit->index, value);
	case EDIT_INSERT:
		return smfi_insheader(ctx, 0, name, value);
	}
	return MI_FAILURE;
}

static int make_edits(SMFICTX *ctx, const struct edits *edits, bool leading_space)
{
	for (size_t i = 0; i < edits->len; i++)
		if (make_edit(ctx, &edits->items[i], leading_space) != MI_SUCCESS)
			return MI_FAILURE;
	return MI_SUCCESS;
}

static sfsistat defer(SMFICTX *ctx, const char *text, const char *id)
{
	char with_id[100];

	(void)snprintf(with_id, sizeof(with_id), "%s [%s]", text, id);
	return refuse(ctx, &(struct reply){ .code = 451, .status = { 4, 3, 0 }, .text = with_id });
}

static sfsistat fail(SMFICTX *ctx, const char *what, const char *id, const char **ret_failure)
{
	*ret_failure = what;
	return defer(ctx, "the mail gateway could not mark the message", id);
}

static int hold(SMFICTX *ctx, const struct verdict *verdict)
{
	char reason[REPLY_TEXT_MAX];

	(void)snprintf(reason, sizeof(reason), "Octroi: %.300s", verdict->by == NULL ? verdict->by_name : verdict->by->text);
	return smfi_quarantine(ctx, reason);
}

sfsistat apply_message(SMFICTX *ctx, const struct verdict *verdict, const struct edits *edits, const char *id, bool leading_space,
		       const char **ret_failure)
{
	*ret_failure = NULL;
	if (verdict->reply.code != 0)
		return refuse(ctx, &verdict->reply);
	if (verdict->action == ACTION_DISCARD)
		return SMFIS_DISCARD;
	if (edits->failure != NULL)
		return fail(ctx, edits->failure, id, ret_failure);
	if (make_edits(ctx, edits, leading_space) != MI_SUCCESS)
		return fail(ctx, "a header edit was refused", id, ret_failure);
	if (verdict->action == ACTION_QUARANTINE && hold(ctx, verdict) != MI_SUCCESS)
		return fail(ctx, "the quarantine was refused", id, ret_failure);
	return SMFIS_CONTINUE;
}

sfsistat apply_failure(SMFICTX *ctx, const char *why, const char *id, const char **ret_failure)
{
	*ret_failure = why;
	return defer(ctx, "not possible just now", id);
}

sfsistat apply_kept(SMFICTX *ctx, const char *why, const char *id, const char **ret_failure)
{
	*ret_failure = why;
	return why == NULL ? SMFIS_DISCARD : defer(ctx, "the mail gateway could not keep the message", id);
}
