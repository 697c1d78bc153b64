/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/dkim_canary.h"

#define ED25519_VALUE \
	" v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n" \
	" d=football.example.com; i=@football.example.com;\r\n" \
	" q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n" \
	" subject : date : message-id : from : subject : date;\r\n" \
	" bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n" \
	" b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus\r\n" \
	" Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw=="

#define RSA_VALUE \
	" v=1; a=rsa-sha256; c=relaxed/relaxed;\r\n" \
	" d=football.example.com; i=@football.example.com;\r\n" \
	" q=dns/txt; s=test; t=1528637909; h=from : to : subject :\r\n" \
	" date : message-id : from : subject : date;\r\n" \
	" bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n" \
	" b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3\r\n" \
	" DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz\r\n" \
	" dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8="

#define HEADER \
	"From x\nDKIM-Signature:" ED25519_VALUE "\r\nDKIM-Signature:" RSA_VALUE "\r\n" \
	"From: Joe SixPack <joe@football.example.com>\r\n" \
	"To: Suzie Q <suzie@shopping.example.net>\r\n" \
	"Subject: Is dinner ready?\r\n" \
	"Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n" \
	"Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n" \
	"\r\n"

#define BODY "Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n"

static const char *const values[] = { ED25519_VALUE, RSA_VALUE };
static const char *const records[] = {
	"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
	"v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/b"
	"yYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB",
};

static struct dkim_task tasks[2];
static char room[2][3][256];	/* b, bh, key */

static struct str keep(char *to, struct str bytes)
{
	return (struct str){ memcpy(to, bytes.p, bytes.len), bytes.len };
}

static void fill(struct arena *arena, size_t i)
{
	struct dkim_signature signature;
	struct dkim_key key;
	const char *problem;

	if (dkim_signature_parse(arena, str_of(values[i]), &signature, &problem) < 0 ||
	    dkim_key_parse(arena, str_of(records[i]), &key, &problem) < 0)
		return;		/* and the job says that it does not verify */
	tasks[i] = (struct dkim_task){
		.place = i,
		.algorithm = signature.algorithm,
		.body_relaxed = signature.body_relaxed,
		.timestamp = signature.timestamp,
		.b = keep(room[i][0], signature.b),
		.bh = keep(room[i][1], signature.bh),
		.key = keep(room[i][2], key.bytes),
	};
}

struct str dkim_canary(struct dkim_question *ret_question)
{
	static const char message[] = HEADER BODY;
	struct arena *arena = arena_new();

	for (size_t i = 0; i < 2; i++)
		fill(arena, i);
	arena_free(arena);
	ret_question->body_offset = sizeof(HEADER) - 1;
	ret_question->fields = ret_question->len = 2;
	memcpy(ret_question->tasks, tasks, sizeof(tasks));
	return STR(message);
}
