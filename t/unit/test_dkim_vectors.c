/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The messages of RFC 6376 and RFC 8463, and 79 at the edges of the RFCs, through the engine: beside each the answer that is right, and where it is
 * written. What the bare library says of them is often something else. */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "milter/base/cleanup.h"
#include "milter/base/clock.h"
#include "milter/isolate/job.h"
#include "milter/lookup/resolver.h"
#include "scanners/dkim_job.h"
#include "scanners/scanners.h"
#include "t/lib/dkim_walk.h"
#include "t/unit/rows.h"

const struct scanner *const scanners[] = { &scanner_limits, &scanner_relay, &scanner_dkim, NULL };
const struct job_kind *const job_kinds[] = { &job_dkim, NULL };

#define NOW_S 1795278900ULL	/* when the messages were signed */
#define CONFIGURATION \
	"authserv_id = \"gw.ours.example\"\ndomains = { \"ours.example\" }\nresolver { timeout = \"1s\" }\nlimits { header_count = 2000 header_size = 1M }\n"

static const struct row {
	const char *name, *outcomes, *why;
} rows[] = {
	{ "rfc6376/a2-signed", "pass", "RFC 6376 A.2" },
	{ "rfc8463/signed", "pass pass", "RFC 8463 A.3" },
	{ "edge/8bit-subject", "pass", "RFC 6376 3.4: octets are octets" },
	{ "edge/bad-b", "fail", "RFC 6376 6.1.3" },
	{ "edge/bad-bh", "permerror", "RFC 6376 3.7: what stands in bh= is no SHA-256 hash" },
	{ "edge/bare-cr-lf-body", "fail", "RFC 6376 5.3: bare CR and LF are no line ends in what is signed" },
	{ "edge/crlf-only-body", "pass", "RFC 6376 3.4.4: empty lines at the end are none" },
	{ "edge/d-empty", "permerror", "RFC 6376 3.5 d=; HDR-05" },
	{ "edge/d-idn", "permerror", "RFC 6376 3.5 d=: A-labels; HDR-05" },
	{ "edge/d-tld", "policy", "RFC 6376 6.1.1: d= nobody can have signed for" },
	{ "edge/d-trailing-dot", "permerror", "RFC 6376 3.5 d=: a domain-name of RFC 5321 has none; HDR-05" },
	{ "edge/d-upper", "pass", "RFC 6376 3.5 d=: names have no case" },
	{ "edge/dup-tag", "permerror", "RFC 6376 3.2: tags with duplicate names are an error" },
	{ "edge/ed25519-spkikey", "permerror", "RFC 8463 4: p= is the 32 octets alone" },
	{ "edge/ed25519", "pass", "RFC 8463 3" },
	{ "edge/empty-body", "pass", "RFC 6376 3.4.4" },
	{ "edge/expired", "policy", "RFC 6376 3.5 x=" },
	{ "edge/future-t", "policy", "RFC 6376 3.5 t=" },
	{ "edge/h-empty", "permerror", "RFC 6376 3.5 h=" },
	{ "edge/h-sha1only-sha256sig", "permerror", "RFC 6376 6.1.2: the hash is not in h= of the key" },
	{ "edge/hdr-500-250k", "permerror", "501 names in h=, beyond our limit; HDR-14 (it would verify)" },
	{ "edge/i-mismatch", "permerror", "RFC 6376 6.1.1: i= is not within d=" },
	{ "edge/i-sub", "pass", "RFC 6376 3.5 i=" },
	{ "edge/key-badv", "permerror", "RFC 6376 3.6.1 v=" },
	{ "edge/key-dupp", "permerror", "RFC 6376 3.2: the record has p= twice" },
	{ "edge/key-err", "temperror", "RFC 6376 6.1.2" },
	{ "edge/key-g", "pass", "RFC 6376 C: g= is no more, unknown tags are ignored" },
	{ "edge/key-gj", "pass", "RFC 6376 C" },
	{ "edge/key-hsha256", "pass", "RFC 6376 3.6.1 h=" },
	{ "edge/key-junk", "permerror", "RFC 6376 6.1.2: a record that cannot be read" },
	{ "edge/key-kmis", "permerror", "RFC 8463 4: 32 octets" },
	{ "edge/key-kunk", "permerror", "RFC 6376 3.6.1 k=" },
	{ "edge/key-long", "pass", "RFC 6376 3.6.2.2: a record may be long" },
	{ "edge/key-missing", "permerror", "RFC 6376 6.1.2: no key" },
	{ "edge/key-nov", "pass", "RFC 6376 3.6.1: v= may be missing" },
	{ "edge/key-revoked", "permerror", "RFC 6376 6.1.2: an empty p=" },
	{ "edge/key-semail", "pass", "RFC 6376 3.6.1 s=" },
	{ "edge/key-sother", "permerror", "RFC 6376 3.6.1 s=" },
	{ "edge/key-spacesp", "pass", "RFC 6376 2.10: white space in base64 is ignored" },
	{ "edge/key-test", "pass", "RFC 6376 3.6.1 t=y" },
	{ "edge/key-tmo", "temperror", "RFC 6376 6.1.2" },
	{ "edge/key-ts", "pass", "RFC 6376 3.6.1 t=s" },
	{ "edge/key-vlast", "permerror", "RFC 6376 3.6.1: v= must be the first tag" },
	{ "edge/key-wild", "permerror", "RFC 6376 6.1.2: no key record" },
	{ "edge/l-appended", "partial", "RFC 6376 8.2; HDR-13" },
	{ "edge/l-exact", "pass", "RFC 6376 3.5 l=: all of the body" },
	{ "edge/l-junk", "permerror", "RFC 6376 3.5 l=" },
	{ "edge/l-neg", "permerror", "RFC 6376 3.5 l=" },
	{ "edge/l-toolarge", "fail", "RFC 6376 3.5 l=" },
	{ "edge/l-zero", "partial", "RFC 6376 8.2; HDR-13" },
	{ "edge/long-hdr-signed-70k", "pass", "RFC 6376 3.4" },
	{ "edge/long-hdr-unsigned-70k", "pass", "RFC 6376 3.4" },
	{ "edge/multi-mixed", "pass pass permerror", "RFC 6376 6.1: each is judged by itself" },
	{ "edge/no-from-in-h", "permerror", "RFC 6376 5.4: From must be signed" },
	{ "edge/no-from", "permerror", "RFC 5322 3.6, RFC 6376 3.8" },
	{ "edge/no-v", "permerror", "RFC 6376 3.5 v=" },
	{ "edge/nosig", "none", "RFC 8601 2.7.1" },
	{ "edge/nul-in-body", "pass", "RFC 6376 3.4.4: the body reaches us and the hash as it is" },
	{ "edge/nul-in-hdr", "pass", "RFC 6376 5.4: the field with the NUL is not signed" },
	{ "edge/ok-rsa1024", "pass", "RFC 8301 3.2" },
	{ "edge/ok-rsa2048", "pass", "RFC 8301 3.2" },
	{ "edge/oversigned-ok", "pass", "RFC 6376 5.4.2" },
	{ "edge/q-unk", "permerror", "RFC 6376 3.5 q=: no known way to the key" },
	{ "edge/rsa-sha1-hsha256", "policy", "RFC 8301 3.1" },
	{ "edge/rsa-sha1", "policy", "RFC 8301 3.1" },
	{ "edge/rsa2048-pkcs1key", "pass", "RFC 6376 3.6.1 k=: an RSAPublicKey" },
	{ "edge/rsa4096", "pass", "RFC 8301 3.2" },
	{ "edge/rsa512", "policy", "RFC 8301 3.2" },
	{ "edge/rsa768", "policy", "RFC 8301 3.2" },
	{ "edge/rsa8192", "policy", "RFC 8301 3.2: beyond 4096 nobody must; DNS-09" },
	{ "edge/s-slash", "permerror", "RFC 6376 3.1: a selector is a name; HDR-05" },
	{ "edge/sigs-100", "pass pass pass pass pass pass pass pass too_many", "RFC 6376 6.1; HDR-14" },
	{ "edge/t-huge", "policy", "RFC 6376 3.5 t=: in the future" },
	{ "edge/ts-subdomain-i", "permerror", "RFC 6376 3.6.1 t=s" },
	{ "edge/two-from-oversigned", "permerror", "RFC 5322 3.6, RFC 6376 3.8" },
	{ "edge/two-from-signed-one", "permerror", "RFC 5322 3.6, RFC 6376 3.8" },
	{ "edge/unk-c", "permerror", "RFC 6376 3.5 c=" },
	{ "edge/unk-tag", "pass", "RFC 6376 3.2: unknown tags are ignored" },
	{ "edge/v2", "permerror", "RFC 6376 3.5 v=" },
	{ "edge/x-before-t", "permerror", "RFC 6376 3.5 x=" },
	{ "edge/x-ok", "pass", "RFC 6376 3.5 x=" },
};

static struct gate *gate;

static const char *vector_path(struct arena *arena, const char *name, const char *ending)
{
	const char *vectors = getenv("OCTROI_VECTORS"), *top = getenv("top_srcdir");

	if (vectors != NULL)
		return arena_printf(arena, "%s/dkim/%s%s", vectors, name, ending);
	return arena_printf(arena, "%s/../shared/vectors/dkim/%s%s", top == NULL ? "." : top, name, ending);
}

static struct str read_vector(struct arena *arena, const char *name, const char *ending)
{
	_cleanup_(fclose_filep) FILE *file = fopen(vector_path(arena, name, ending), "r");
	struct stat st;
	char *bytes;

	if (file == NULL)
		return (struct str){ NULL, 0 };
	assert_int_equal(fstat(fileno(file), &st), 0);
	bytes = arena_alloc(arena, (size_t)st.st_size + 1);
	assert_int_equal(fread(bytes, 1, (size_t)st.st_size, file), st.st_size);
	return (struct str){ bytes, (size_t)st.st_size };
}

/* A line of keys.tsv is a name and a record, ERROR or TIMEOUT. */
static const char *zone_line(struct arena *arena, struct str line)
{
	struct str record = line, name = str_split(&record, "\t");
	bool is_ascii = true;

	for (size_t i = 0; i < name.len; i++)
		is_ascii &= (unsigned char)name.p[i] < 0x80;
	if (record.p == NULL || !is_ascii || (name.len > 0 && name.p[name.len - 1] == '.'))
		return "";
	/* the clock stands: what a silent server is to the resolver is its own test's question */
	if (str_equal(record, STR("ERROR")) || str_equal(record, STR("TIMEOUT")))
		return arena_printf(arena, "%.*s !servfail\n", (int)name.len, name.p);
	return arena_printf(arena, "%.*s TXT \"%.*s\"\n", (int)name.len, name.p, (int)record.len, record.p);
}

static const char *zone_of(struct arena *arena)
{
	static const char *const files[] = { "rfc6376/keys", "rfc8463/keys", "edge/keys" };
	const char *zone = "";

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct str lines = read_vector(arena, files[i], ".tsv");

		while (lines.p != NULL)
			zone = arena_printf(arena, "%s%s", zone, zone_line(arena, str_trim(str_split(&lines, "\n"))));
	}
	return zone;
}

static void check_vector(void **state)
{
	const struct row *row = *state;
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct str raw = read_vector(arena, row->name, ".eml");

	if (raw.p == NULL) {
		print_message("# skipped: %s.eml is not there\n", row->name);
		return;
	}
	(void)dkim_walk(gate, raw);
	if (strcmp(dkim_walk_outcomes(gate), row->outcomes) != 0)
		fail_msg("%s; %s", dkim_walk_findings(gate), row->why);
}

int main(void)
{
	static struct rows tests;
	struct arena *arena = arena_new();
	int failed;

	clock_freeze(1000000, NOW_S * 1000);
	gate = dkim_walk_open(CONFIGURATION, zone_of(arena));
	rows_add(&tests, rows, check_vector);
	failed = rows_run(&tests, "dkim_vectors");
	dkim_walk_close(gate);
	arena_free(arena);
	return failed;
}
