#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# A compiler that has gcc's and clang's analyzers look at what it compiles. What comes from
# standard input is data.

case " $* " in
*" - "*) exec gcc "$@" ;;
*" -c "*) clang-19 --analyze -Xclang -analyzer-output=text "$@" || exit ;;
esac
exec gcc -fanalyzer "$@"
