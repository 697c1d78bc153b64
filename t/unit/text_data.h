/* SPDX-License-Identifier: GPL-2.0-or-later */
/* text_data.h - a small PDF, uuencoded, in base64; an OpenPGP literal packet "a.exe" with "Hello!", compressed. For test_text.c and test_salvage.c. */
#ifndef OCTROI_UNIT_TEXT_DATA_H
#define OCTROI_UNIT_TEXT_DATA_H

#define DATA_PDF \
	"%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 obj\n<< /Type /Pages /Kids [] /Count 0 " \
	">>\nendobj\ntrailer\n<< /Root 1 0 R /Size 3 >>\n%%EOF\n"

#define DATA_UU \
	"begin 644 a.pdf\nM)5!$1BTQ+C0*,2`P(&]B:@H\\/\"`O5'EP92`O0V%T86QO9R`O4&%G97,@,B`P\nM(%(@/CX*96YD;V)J\"C(@," \
	"\"!O8FH*/#P@+U1Y<&4@+U!A9V5S(\"]+:61S(%M=\nM(\"]#;W5N=\"`P(#X^\"F5N9&]B:@IT<F%I;&5R\"CP\\(\"]2;V]T(#$@,\"!2(\"]" \
	"3\n/:7IE(#,@/CX*)25%3T8*\n`\nend\n"

/* without its end */
#define DATA_UU_CUT \
	"begin 644 a.pdf\nM)5!$1BTQ+C0*,2`P(&]B:@H\\/\"`O5'EP92`O0V%T86QO9R`O4&%G97,@,B`P\nM(%(@/CX*96YD;V)J\"C(@," \
	"\"!O8FH*/#P@+U1Y<&4@+U!A9V5S(\"]+:61S(%M=\nM(\"]#;W5N=\"`P(#X^\"F5N9&]B:@IT<F%I;&5R\"CP\\(\"]2;V]T(#$@,\"!2(\"]" \
	"3\n/:7IE(#,@/CX*)25%3T8*\n"

#define DATA_BASE64 \
	"JVBERi0xLjQKMSAwIG9iago8PCAvVHlwZSAvQ2F0YWxvZyAvUGFnZXMgMiAwIFIgPj4KZW5kb2Jq\nCjIgMCBvYmoKPDwgL1R5cGU" \
	"gL1BhZ2VzIC9LaWRzIFtdIC9Db3VudCAwID4+CmVuZG9iagp0cmFp\nbGVyCjw8IC9Sb290IDEgMCBSIC9TaXplIDMgPj4KJSVFT0" \
	"YK\n"

#define DATA_PGP_ZIP \
	"yBQBOy2YxJqol1qRygAEHqk5OfmKAA=="
#define DATA_PGP_ZLIB \
	"yBoCeJw7LZjEmqiXWpHKAAQeqTk5+YoANg8FKg=="

#endif
