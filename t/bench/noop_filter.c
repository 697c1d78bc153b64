/* SPDX-License-Identifier: GPL-2.0-or-later */
/* noop_filter - the least a libmilter filter can do: every callback is registered, none is answered but the last.
 *
 * The yardstick of t/bench/run: what is left of a message's cost when nothing is decided. With --reply each step
 * is answered, as most filters do. */
#include <errno.h>
#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#define UNANSWERED (SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_MAIL | SMFIP_NR_RCPT | SMFIP_NR_DATA | SMFIP_NR_HDR | \
		    SMFIP_NR_EOH | SMFIP_NR_BODY)

static bool replies;

static sfsistat go_on(void)
{
	return replies ? SMFIS_CONTINUE : SMFIS_NOREPLY;
}

static sfsistat on_negotiate(SMFICTX *ctx, unsigned long f0, unsigned long f1, unsigned long f2, unsigned long f3,
			     unsigned long *pf0, unsigned long *pf1, unsigned long *pf2, unsigned long *pf3)
{
	(void)ctx;
	(void)f2;
	(void)f3;
	*pf0 = f0 & (SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_QUARANTINE);
	*pf1 = SMFIP_NOUNKNOWN | SMFIP_HDR_LEADSPC | (replies ? 0 : UNANSWERED);
	*pf1 &= f1;
	*pf2 = 0;
	*pf3 = 0;
	return SMFIS_CONTINUE;
}

static sfsistat on_connect(SMFICTX *ctx, char *name, _SOCK_ADDR *address)
{
	(void)ctx;
	(void)name;
	(void)address;
	return go_on();
}

static sfsistat on_helo(SMFICTX *ctx, char *name)
{
	(void)ctx;
	(void)name;
	return go_on();
}

static sfsistat on_path(SMFICTX *ctx, char **argv)
{
	(void)ctx;
	(void)argv;
	return go_on();
}

static sfsistat on_step(SMFICTX *ctx)
{
	(void)ctx;
	return go_on();
}

static sfsistat on_header(SMFICTX *ctx, char *name, char *value)
{
	(void)ctx;
	(void)name;
	(void)value;
	return go_on();
}

static sfsistat on_body(SMFICTX *ctx, unsigned char *chunk, size_t len)
{
	(void)ctx;
	(void)chunk;
	(void)len;
	return go_on();
}

static sfsistat on_end(SMFICTX *ctx)
{
	(void)ctx;
	return SMFIS_CONTINUE;
}

static const struct smfiDesc filter = {
	.xxfi_name = "noop", .xxfi_version = SMFI_VERSION,
	.xxfi_flags = SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_QUARANTINE,
	.xxfi_connect = on_connect, .xxfi_helo = on_helo, .xxfi_envfrom = on_path, .xxfi_envrcpt = on_path,
	.xxfi_header = on_header, .xxfi_eoh = on_step, .xxfi_body = on_body, .xxfi_eom = on_end, .xxfi_abort = on_end,
	.xxfi_close = on_end, .xxfi_data = on_step, .xxfi_negotiate = on_negotiate,
};

int main(int argc, char **argv)
{
	struct rlimit limit;

	replies = argc == 3 && strcmp(argv[2], "--reply") == 0;
	if (argc != 2 && !replies) {
		fputs("usage: noop_filter ADDRESS [--reply]\n", stderr);
		return 2;
	}
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
	if (smfi_setconn(argv[1]) != MI_SUCCESS || smfi_register(filter) != MI_SUCCESS || smfi_setbacklog(1024) != MI_SUCCESS ||
	    smfi_opensocket(1) != MI_SUCCESS) {
		fprintf(stderr, "noop_filter: %s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	return smfi_main() == MI_SUCCESS ? 0 : 1;
}
