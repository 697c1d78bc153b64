/* SPDX-License-Identifier: GPL-2.0-or-later */
/* octroi_dnsd - the scripted name server (t/lib/dnsd.h) as a program, for tests that are not written in C.
 *
 * USR1 begins an outage, USR2 ends it, HUP reads the zone file again, TERM and INT end it; each is obeyed before the next, and a line on
 * standard output says so ("OUTAGE", "BACK", "ZONE"). The first line there is the port. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>

#include "milter/base/arena.h"
#include "milter/base/cleanup.h"
#include "t/lib/dnsd.h"

struct options {
	struct dnsd_settings settings;
	const char *zone_file;
	size_t addresses_len;
	bool with_stdin;
};

_Noreturn static void give_up(const char *what)
{
	(void)fprintf(stderr, "octroi_dnsd: %s: %s\n", what, strerror(errno));
	exit(1);
}

_Noreturn static void usage(void)
{
	(void)fputs("usage: octroi_dnsd [--port N] [--address LOOPBACK]... [--log FILE] [--with-stdin] ZONEFILE|-\n", stderr);
	exit(2);
}

/* The whole of it, with a NUL. */
static char *read_all(FILE *file, const char *name)
{
	char *text = NULL;
	size_t size = 0;

	if (getdelim(&text, &size, '\0', file) < 0) {
		if (ferror(file))
			give_up(name);
		free(text);
		return xstrdup("");
	}
	return text;
}

static char *read_zone(const char *name)
{
	FILE *file = strcmp(name, "-") == 0 ? stdin : fopen(name, "re");
	char *text;

	if (file == NULL)
		give_up(name);
	text = read_all(file, name);
	if (file != stdin)
		(void)fclose(file);
	return text;
}

static int open_log(const char *name)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);

	if (fd < 0)
		give_up(name);
	return fd;
}

static uint16_t read_port(const char *text)
{
	unsigned long long number;

	if (str_to_u64(str_of(text), &number) != 0 || number > UINT16_MAX)
		usage();
	return (uint16_t)number;
}

static struct options read_options(int argc, char **argv)
{
	static const struct option names[] = {
		{ "port", required_argument, NULL, 'p' }, { "address", required_argument, NULL, 'a' }, { "log", required_argument, NULL, 'l' },
		{ "with-stdin", no_argument, NULL, 's' }, { NULL, 0, NULL, 0 },
	};
	struct options options = { .settings.log_fd = -1 };
	int c;

	while ((c = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (c == 'p')
			options.settings.port = read_port(optarg);
		else if (c == 'a' && options.addresses_len < DNSD_ADDRESSES_MAX)
			options.settings.addresses[options.addresses_len++] = optarg;
		else if (c == 'l')
			options.settings.log_fd = open_log(optarg);
		else if (c == 's')
			options.with_stdin = true;
		else
			usage();
	}
	if (optind + 1 != argc)
		usage();
	options.zone_file = argv[optind];
	return options;
}

static void say(const char *word)
{
	(void)puts(word);
	(void)fflush(stdout);
}

static void read_again(struct dnsd *dnsd, const char *zone_file)
{
	char *text;

	if (strcmp(zone_file, "-") == 0)
		return;
	text = read_zone(zone_file);
	dnsd_set_zone(dnsd, text);
	free(text);
}

/* Returns false when it is the end. */
static bool obey(struct dnsd *dnsd, const struct options *options, unsigned signal_number)
{
	switch (signal_number) {
	case SIGUSR1:
		dnsd_set_outage(dnsd, true);
		say("OUTAGE");
		return true;
	case SIGUSR2:
		dnsd_set_outage(dnsd, false);
		say("BACK");
		return true;
	case SIGHUP:
		read_again(dnsd, options->zone_file);
		say("ZONE");
		return true;
	default:
		return false;
	}
}

/* Nobody writes to standard input: it only tells when whoever has started us has gone. */
static bool stdin_open(void)
{
	char byte;

	return read(STDIN_FILENO, &byte, 1) > 0;
}

static void run(struct dnsd *dnsd, const struct options *options, int signals)
{
	struct pollfd fds[2] = { { .fd = signals, .events = POLLIN }, { .fd = options->with_stdin ? STDIN_FILENO : -1, .events = POLLIN } };
	struct signalfd_siginfo info;
	bool running = true;

	while (running) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			give_up("poll");
		if (fds[0].revents != 0 && read(signals, &info, sizeof(info)) == (ssize_t)sizeof(info))
			running = obey(dnsd, options, info.ssi_signo);
		if (fds[1].revents != 0)
			running = running && stdin_open();
	}
}

int main(int argc, char **argv)
{
	struct options options = read_options(argc, argv);
	struct dnsd *dnsd;
	sigset_t set;
	char *text;
	int signals;

	(void)sigfillset(&set);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	(void)sigemptyset(&set);
	for (size_t i = 0; i < 5; i++)
		(void)sigaddset(&set, ((const int[]){ SIGUSR1, SIGUSR2, SIGHUP, SIGTERM, SIGINT })[i]);
	signals = signalfd(-1, &set, SFD_CLOEXEC);
	if (signals < 0)
		give_up("signalfd");
	text = read_zone(options.zone_file);
	options.settings.zone = text;
	dnsd = dnsd_start_with(&options.settings);
	free(text);
	(void)printf("%u\n", dnsd_port(dnsd));
	(void)fflush(stdout);
	run(dnsd, &options, signals);
	dnsd_stop(dnsd);
	(void)close(signals);
	return 0;
}
