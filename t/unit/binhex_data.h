/* SPDX-License-Identifier: GPL-2.0-or-later */
/* binhex_data.h - BinHex 4 files behind their first ':', for test_encodings.c and test_text.c. */
#ifndef OCTROI_UNIT_BINHEX_DATA_H
#define OCTROI_UNIT_BINHEX_DATA_H

/* hello.txt: data "Hello, Mac!", resources "rsrc" */
#define HELLO_HQX "#@KPE'a[,R4iG!\"849K8G(4iG!#3\"3X!!!!%,cC)C@aXEb`J6@&M)5$4FR0bBabl:"

/* runs: 64 times 'a', 0x90, 'z' */
#define RUNS_HQX "\"(*eER-!9%9B9(4dH(3!N!9#!*!%6QTKN%#3!(VfX!!!:"

/* as HELLO_HQX with data that its CRC is not of; and cut within its data, with no ':' */
#define WRONG_HQX "#@KPE'a[,R4iG!\"849K8G(4iG!#3\"3X!!!!%,cC)C@aXEb`J6@&M2b$4FR0bBabl:"
#define CUT_HQX "#@KPE'a[,R4iG!\"849K8G(4iG!#3\"3X!N!4[XNKPE'a["

#endif
