/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes milter.conf(5) or the sample file from the tables: docs man|sample. */
#include <stdio.h>
#include <string.h>

#include "milter/settings.h"

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "man") == 0)
		conf_write_man(stdout, settings_sections());
	else if (argc == 2 && strcmp(argv[1], "sample") == 0)
		conf_write_sample(stdout, settings_sections());
	else
		return 2;
	return ferror(stdout) != 0;
}
