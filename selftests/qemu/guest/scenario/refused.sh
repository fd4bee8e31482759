# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# The module must refuse to load, log the reason and leave nothing behind.

# shellcheck source=selftests/qemu/guest/tap.sh
. /pfclass/guest/tap.sh

load_is_refused "insmod with $PFC_PARAMS fails" .
