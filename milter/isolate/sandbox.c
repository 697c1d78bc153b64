/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/isolate/sandbox.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "milter/isolate/sandbox_layers.h"
#include "milter/isolate/sanitizer.h"

void sandbox_enter_namespaces(struct sandbox *sandbox)
{
	if (namespaces_enter() == 0 && namespaces_mount_scratch(sandbox) == 0)
		sandbox->layers |= SANDBOX_NAMESPACES;
}

/* One directory for each thread, and "." and "..". ThreadSanitizer has a thread of its own. */
static int check_alone(void)
{
	struct stat st;

	if (under_sanitizer)
		return 0;
	if (stat("/proc/self/task", &st) < 0)
		return -errno;
	return st.st_nlink == 3 ? 0 : -EBUSY;
}

int sandbox_close(struct sandbox *sandbox)
{
	int r = check_alone();

	if (r == 0)
		r = limits_close(sandbox);

	if (r < 0)
		return r;
	if ((sandbox->layers & SANDBOX_NAMESPACES) != 0 && namespaces_change_root(sandbox) < 0)
		sandbox->layers &= ~(unsigned)SANDBOX_NAMESPACES;	/* Landlock alone keeps it from the files */
	r = privileges_drop();
	if (r < 0)
		return r;
	sandbox->layers |= SANDBOX_LIMITS;
	r = landlock_close(sandbox->scratch, &sandbox->landlock_abi);
	if (r < 0)
		return r;
	if (sandbox->landlock_abi > 0)
		sandbox->layers |= SANDBOX_LANDLOCK;
	r = seccomp_close();
	if (r == 0)
		sandbox->layers |= SANDBOX_SECCOMP;
	return r;
}

struct phrase {
	char *text;
	size_t size, len;
};

static void phrase_add(struct phrase *phrase, const char *separator, const char *word)
{
	int n = snprintf(phrase->text + phrase->len, phrase->size - phrase->len, "%s%s",
			 phrase->len == 0 ? "" : separator, word);

	if (n > 0 && (size_t)n < phrase->size - phrase->len)
		phrase->len += (size_t)n;
	else
		phrase->text[phrase->len] = '\0';
}

void sandbox_describe(const struct sandbox *sandbox, char *text, size_t size)
{
	char landlock[32];
	const struct {
		enum sandbox_layer layer;
		const char *on, *off;
	} layers[] = {
		{ SANDBOX_NAMESPACES, "namespaces", "namespaces" },
		{ SANDBOX_LANDLOCK, landlock, "landlock" },
		{ SANDBOX_SECCOMP, "seccomp", "seccomp" },
		{ SANDBOX_LIMITS, "limits", "limits" },
	};
	struct phrase phrase = { .text = text, .size = size };
	const char *before = " (no ";

	if (size == 0)
		return;
	text[0] = '\0';
	(void)snprintf(landlock, sizeof(landlock), "landlock-abi%d", sandbox->landlock_abi);
	for (size_t i = 0; i < sizeof(layers) / sizeof(layers[0]); i++) {
		if ((sandbox->layers & layers[i].layer) != 0)
			phrase_add(&phrase, " ", layers[i].on);
	}
	for (size_t i = 0; i < sizeof(layers) / sizeof(layers[0]); i++) {
		if ((sandbox->layers & layers[i].layer) == 0) {
			phrase_add(&phrase, before, layers[i].off);
			before = ", no ";
		}
	}
	if (before[0] == ',')
		phrase_add(&phrase, "", ")");
}
