#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# spatch.sh DIR SCRIPT: one of the kernel's scripts, with the options that it names. Those in
# OCaml take a compiler for it, and are about one driver, and comparisons of pointers with 0,
# of which sparse warns.

! grep -q '^@.*script:ocaml' "$2" || exit 0
# shellcheck disable=SC2046 # options
reports=$(spatch --very-quiet -D report --no-show-diff --cocci-file "$2" \
	$(sed -n 's#^/// *Options: *##p; s#^// *Options: *##p' "$2" | head -n 1) \
	--dir "$1" 2>&1) || exit
[ -z "$reports" ] || printf 'by %s\n%s\n' "$(basename "$2" .cocci)" "$reports"
