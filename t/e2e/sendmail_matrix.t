# SPDX-License-Identifier: GPL-2.0-or-later
# The relay matrix (matrix.t) through Sendmail, which knows % and ! as ways to other hosts here: nothing is relayed without a ground,
# nothing of ours is refused.
use strict;
use warnings;
use FindBin;

$ENV{OCTROI_MTA} = 'sendmail';
do "$FindBin::Bin/matrix.t" or die $@ || $!;
