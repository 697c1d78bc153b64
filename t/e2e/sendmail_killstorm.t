# SPDX-License-Identifier: GPL-2.0-or-later
# The storm of killstorm.t through Sendmail; shorter unless everything is asked for (t/run --long).
use strict;
use warnings;
use FindBin;

$ENV{OCTROI_MTA} = 'sendmail';
$ENV{STORM_MESSAGES} //= $ENV{OCTROI_LONG} ? 1000 : 200;
$ENV{STORM_KILLS} //= $ENV{OCTROI_LONG} ? 30 : 10;
do "$FindBin::Bin/killstorm.t" or die $@ || $!;
