/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/handlers.h"

#include "t/unit/unpack_stage.h"

#define EVENT "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nSUMMARY:Tea; with: cake\r\n"
#define EVENT_END "END:VEVENT\r\nEND:VCALENDAR\r\n"
#define CARD "BEGIN:VCARD\r\nVERSION:2.1\r\nN:Doe;Jane\r\n"
#define CARD_END "END:VCARD\r\n"

static const struct stage_row rows_table[] = {
	{ "no_attachment", STR(EVENT EVENT_END), STAGE_NOTHING, 0, 0 },
	{ "attachment_elsewhere_is_nothing", STR(EVENT "ATTACH:https://example.org/a.exe\r\n" EVENT_END), STAGE_NOTHING, 0, 0 },
	{ "attach_ATT_14", STR(EVENT "ATTACH;ENCODING=BASE64;VALUE=BINARY;X-FILENAME=a.exe:Q2F0\r\n" EVENT_END), { { "a.exe", STR("Cat") } }, 0, 0 },
	{ "attach_folded_ATT_14", STR(EVENT "ATTACH;ENCOD\r\n ING=BASE64;VALUE=BINARY;FILENAME=\"a;\r\n\t:b.exe\":Q2\r\n F0Q2F0\r\n Q2F0\r\n" EVENT_END),
	  { { "a;:b.exe", STR("CatCatCat") } }, 0, 0 },
	{ "attach_of_two_names_NAME_07", STR(EVENT "ATTACH;VALUE=BINARY;X-ORACLE-FILENAME=a.txt;FILENAME=b.exe;FMTTYPE=text/plain:Q2F0\n" EVENT_END),
	  { { "a.txt|b.exe", STR("Cat") } }, 0, 0 },
	{ "attach_in_lower_case_ATT_14", STR(EVENT "attach;encoding=b:Q2F0\n" EVENT_END), { { "", STR("Cat") } }, 0, 0 },
	{ "attach_as_a_data_url_ATT_14", STR(EVENT "ATTACH:data:text/plain;base64,Q2F0\n" EVENT_END), { { "", STR("Cat") } }, 0, 0 },
	{ "data_url_that_is_not_base64", STR(EVENT "ATTACH:data:text/plain,Q2F0\n" EVENT_END), STAGE_NOTHING, 0, 0 },
	{ "data_url_without_comma", STR(EVENT "ATTACH:data:text/plain;base64\n" EVENT_END), STAGE_NOTHING, 0, 0 },
	{ "photo_of_2_1_ATT_14", STR(CARD "PHOTO;BASE64;TYPE=JPEG:\r\n Q2F0\r\n Q2F0\r\n\r\n" CARD_END), { { "", STR("CatCat") } }, 0, 0 },
	{ "photo_of_2_1_not_folded_ATT_14", STR(CARD "KEY;ENCODING=BASE64:Q2F0\r\nQ2F0\r\nQ2F0\r\n\r\nNOTE:x\r\n" CARD_END), { { "", STR("CatCatCat") } }, 0, 0 },
	{ "photo_of_4_ATT_14", STR(CARD "PHOTO:data:image/jpeg;base64,Q2F0\r\n Q2F0\r\n" CARD_END), { { "", STR("CatCat") } }, 0, 0 },
	{ "two_photos_ATT_14", STR(CARD "LOGO;ENCODING=b:Q2F0\r\nSOUND;ENCODING=b:RG9n\r\n" CARD_END), { { "", STR("Cat") }, { "", STR("Dog") } }, 0, 0 },
	{ "no_value", STR(CARD "PHOTO;ENCODING=b:\r\n" CARD_END), STAGE_NOTHING, 0, 0 },
	{ "no_colon", STR(CARD "PHOTO;ENCODING=b"), STAGE_NOTHING, 0, 0 },
	{ "open_quotes", STR(CARD "PHOTO;X=\"a:b;ENCODING=b:Q2F0\r\n" CARD_END), STAGE_NOTHING, 0, 0 },
	{ "empty", STR(""), STAGE_NOTHING, 0, 0 },
};

static void check(void **state)
{
	stage_check(*state, calendar_unpack, true);
	stage_cut(*state, calendar_unpack);
}

static void media_type_is_given_on(void **state)
{
	struct unpack *unpack = stage_new();

	(void)state;
	stage_run(unpack, calendar_unpack, (struct item){ .bytes = STR(EVENT "ATTACH;VALUE=BINARY;FMTTYPE=Application/ZIP:Q2F0\n" EVENT_END) });
	assert_string_equal(unpack->found[0].media_type, "application/zip");
	stage_free(unpack);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, rows_table, check);
	rows_add_one(&rows, "media_type_is_given_on", media_type_is_given_on, NULL);
	return rows_run(&rows, "calendar");
}
