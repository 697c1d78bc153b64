/* SPDX-License-Identifier: GPL-2.0-or-later */
/* engine_internal.h - what engine.c (the lives of engine, session and message) and engine_phase.c (the way of a message) share. */
#ifndef OCTROI_ENGINE_INTERNAL_H
#define OCTROI_ENGINE_INTERNAL_H

#include "milter/engine.h"

struct engine {
	struct arena *arena;
	const struct conf *conf;
	struct services services;
	size_t scanners_len;
	const void **settings;		/* by place in scanners */
	void **shared;
	size_t opened;
	size_t directing, grounding;	/* which scanner says the direction, and the ground */
	size_t inspecting;		/* which has the content examined; scanners_len: none */
};

#endif
