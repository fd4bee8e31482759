#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# kbuild's CHECK=: clang's analyzer. It takes what says where and what the source is; the
# rest is sparse's, or gcc's own.

for arg; do
	shift
	case $arg in
	-I* | -D* | -U* | -std=* | -O* | -nostdinc | -isystem | -include | -ffreestanding | *.[ch] | /*)
		set -- "$@" "$arg"
		;;
	esac
done
exec clang-19 --target=aarch64-linux-gnu --analyze -Xclang -analyzer-output=text \
	-Wno-everything "$@"
