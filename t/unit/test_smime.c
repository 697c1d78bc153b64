/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Content of PKCS#7 made by hand: as short as they can be, with what they have to have. */
#include "milter/unpack/handlers.h"

#include "t/unit/unpack_stage.h"

#define OID_DATA "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"
#define OID_SIGNED "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"
#define OID_ENVELOPED "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03"
#define OID_AUTH_ENVELOPED "\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x17"
#define OID_COMPRESSED "\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x09"
#define SHA256 "\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01"
#define ENTITY "Subject: x\n\nhi"	/* 14 bytes */

/* SEQUENCE of signedData and [0] SEQUENCE of version, SET of algorithms, SEQUENCE of data and [0] the content, SET of signers */
#define SIGNED(all, explicit, data, info, content) \
	"\x30" all OID_SIGNED "\xa0" explicit "\x30" data "\x02\x01\x01" "\x31\x0d" SHA256 "\x30" info OID_DATA content "\x31\x00"
#define SIGNED_ENTITY SIGNED("\x40", "\x33", "\x31", "\x1d", "\xa0\x10\x04\x0e" ENTITY)
#define INDEFINITE "\x80"
#define END "\0\0"

static const struct row {
	struct stage_row stage;
	bool is_entity;		/* and is given on as a message */
} rows_table[] = {
	{ { "signed_MIME_18", STR(SIGNED_ENTITY), { { "", STR(ENTITY) } }, 0, 0 }, true },
	{ { "signed_document_MIME_18", STR(SIGNED("\x3a", "\x2d", "\x2b", "\x17", "\xa0\x0a\x04\x08" "%PDF-1.4")), { { "", STR("%PDF-1.4") } }, 0, 0 }, false },
	{ { "signed_in_pieces_MIME_18", STR("\x30" INDEFINITE OID_SIGNED "\xa0" INDEFINITE "\x30" INDEFINITE "\x02\x01\x01\x31\x0d" SHA256 "\x30" INDEFINITE OID_DATA
	  "\xa0" INDEFINITE "\x24" INDEFINITE "\x04\x05" "Subje" "\x04\x09" "ct: x\n\nhi" END END END "\x31\x00" END END END), { { "", STR(ENTITY) } }, 0, 0 }, true },
	{ { "signed_in_pieces_of_pieces_MIME_18", STR(SIGNED("\x44", "\x37", "\x35", "\x21", "\xa0\x14\x24\x12\x24\x07\x04\x05Subje\x04\x07" "ct: x\n\n")),
	  { { "", STR("Subject: x\n\n") } }, 0, 0 }, true },
	{ { "detached_signature_is_nothing_MIME_18", STR(SIGNED("\x2e", "\x21", "\x1f", "\x0b", "")), STAGE_NOTHING, 0, 0 }, false },
	{ { "enveloped_is_encrypted_MIME_18", STR("\x30\x10" OID_ENVELOPED "\xa0\x03\x30\x01\x00"), STAGE_NOTHING, 0, STAGE_MARK(ENCRYPTED) }, false },
	{ { "auth_enveloped_is_encrypted_MIME_18", STR("\x30\x12" OID_AUTH_ENVELOPED "\xa0\x03\x30\x01\x00"), STAGE_NOTHING, 0, STAGE_MARK(ENCRYPTED) }, false },
	{ { "compressed_MIME_18", STR("\x30\x46" OID_COMPRESSED "\xa0\x37\x30\x35\x02\x01\x00\x30\x0d\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x03\x08" "\x30\x21" OID_DATA
	  "\xa0\x12\x04\x10" "\x78\x9c\x4b\x4c\x4a\x4e\x49\x4d\x4b\x07\x00\x0a\xdb\x02\xbd" "\0"), { { "", STR("abcdefg") } }, 0, 0 }, false },
	{ { "compressed_and_broken_is_unreadable_MIME_18", STR("\x30\x39" OID_COMPRESSED "\xa0\x2a\x30\x28\x02\x01\x00\x30\x0d\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x03\x08"
	  "\x30\x14" OID_DATA "\xa0\x05\x04\x03" "\x78\x9c\xff"), STAGE_NOTHING, 0, STAGE_MARK(UNREADABLE) }, false },
	{ { "cut_is_unreadable_MIME_18", STR("\x30\x40" OID_SIGNED "\xa0\x33\x30\x31\x02\x01\x01\x31\x0d" SHA256 "\x30\x1d" OID_DATA "\xa0\x10\x04\x0e" "Subject: x"),
	  { { "", STR("Subject: x") } }, 0, STAGE_MARK(UNREADABLE) }, true },
	{ { "pem_MIME_18", STR("-----BEGIN PKCS7-----\nMEAGCSqGSIb3DQEHAqAzMDECAQExDTALBglghkgBZQMEAgEwHQYJKoZIhvcNAQcBoBAE\nDlN1YmplY3Q6IHgKCmhpMQA=\n-----END PKCS7-----\n"),
	  { { "", STR(ENTITY) } }, 0, 0 }, true },
	{ { "base64_without_armour_MIME_18", STR("MEAGCSqGSIb3DQEHAqAzMDECAQExDTALBglghkgBZQMEAgEwHQYJKoZIhvcNAQcBoBAE\nDlN1YmplY3Q6IHgKCmhpMQA=\n"), { { "", STR(ENTITY) } }, 0, 0 }, true },
	{ { "what_is_none_is_unreadable", STR("hello"), STAGE_NOTHING, 0, STAGE_MARK(UNREADABLE) }, false },
	{ { "empty_is_unreadable", STR(""), STAGE_NOTHING, 0, STAGE_MARK(UNREADABLE) }, false },
	{ { "lengths_of_eight_bytes", STR("\x30\x88\xff\xff\xff\xff\xff\xff\xff\xff" OID_ENVELOPED), STAGE_NOTHING, 0, STAGE_MARK(ENCRYPTED) }, false },
};

static void check(void **state)
{
	const struct row *row = *state;
	struct unpack *unpack = stage_new();

	stage_check(&row->stage, smime_unpack, true);
	stage_cut(&row->stage, smime_unpack);
	stage_run(unpack, smime_unpack, (struct item){ .kind = ITEM_PART, .bytes = row->stage.bytes });
	for (size_t i = 0; i < unpack->found_len; i++)
		assert_string_equal(unpack->found[i].media_type, row->is_entity ? "message/rfc822" : "");
	stage_free(unpack);
}

static void signed_document_keeps_its_name(void **state)
{
	const struct str name = STR("invoice.pdf.p7m");
	struct unpack *unpack = stage_new();

	(void)state;
	stage_run(unpack, smime_unpack, (struct item){ .kind = ITEM_PART, .bytes = rows_table[1].stage.bytes, .names = &name, .names_len = 1 });
	assert_string_equal(unpack->found[0].names, "invoice.pdf");
	stage_free(unpack);
}

/* 2 MiB of one thing: what is not linear would not come back. */
static const struct {
	const char *name;
	struct str start, pattern;
} long_rows[] = {
	{ "long_row_of_open_elements_MIME_17", STR("\x30\x80" OID_SIGNED "\xa0\x80\x30\x80"), STR("\x30\x80") },
	{ "long_row_of_open_strings_MIME_17", STR("\x30\x80" OID_SIGNED "\xa0\x80\x30\x80\x30\x80" OID_DATA "\xa0\x80"), STR("\x24\x80") },
	{ "long_row_of_empty_strings_MIME_17", STR("\x30\x80" OID_SIGNED "\xa0\x80\x30\x80\x30\x80" OID_DATA "\xa0\x80\x24\x80"), STR("\x04\x00") },
};

static void check_long(void **state)
{
	size_t row = (size_t)((const char *)*state - (const char *)long_rows) / sizeof(long_rows[0]), len = (size_t)2 << 20;
	struct unpack *unpack = stage_new();
	char *bytes = malloc(len);

	assert_non_null(bytes);
	for (size_t i = 0; i < len; i++) {
		struct str start = long_rows[row].start, pattern = long_rows[row].pattern;

		bytes[i] = i < start.len ? start.p[i] : pattern.p[(i - start.len) % pattern.len];
	}
	stage_run(unpack, smime_unpack, (struct item){ .kind = ITEM_PART, .bytes = { bytes, len } });
	assert_int_equal(unpack->found_len, 0);
	free(bytes);
	stage_free(unpack);
}

int main(void)
{
	static struct rows rows;

	for (size_t i = 0; i < sizeof(rows_table) / sizeof(rows_table[0]); i++)
		rows_add_one(&rows, rows_table[i].stage.name, check, &rows_table[i]);
	rows_add_one(&rows, "signed_document_keeps_its_name_NAME_07", signed_document_keeps_its_name, NULL);
	rows_add(&rows, long_rows, check_long);
	return rows_run(&rows, "smime");
}
