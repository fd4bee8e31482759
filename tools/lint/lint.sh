#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# `make lint`: every check that needs no booted kernel, with tools from Debian
# and from the kernel's source, fetched on first use. Prints what is wrong and
# exits with 1, or prints one line a check.
#
# Exceptions from checkpatch and the analyzers, each with its reason: tools/lint/exceptions.

set -eu
# shellcheck source=selftests/qemu/lib.sh
. "$(dirname "$0")/../../selftests/qemu/lib.sh"
LINT_DIR=$TOP/tools/lint
# shellcheck source=tools/lint/analyse.sh
. "$LINT_DIR/analyse.sh"

KERNEL=${LINT_KERNEL:-6.12}
need_host
kernel_select "$KERNEL"
kernel_ready
root_group "$TOOLS_SUITE" build userland lint analyse
ksrc_ready

root=$CACHE/root/$TOOLS_SUITE
name=/build/lint
dir=$root$name
log=$CACHE/log/lint
failed=0

files=$(cd "$TOP" && {
	git ls-files -co --exclude-standard 2>/dev/null ||
		find . -type f ! -path './.git/*' | sed 's#^\./##'
} | while read -r f; do
	[ ! -f "$f" ] || printf '%s\n' "$f"
done | LC_ALL=C sort)

# of REGEXP: the files whose names match.
of()
{
	grep -E "$1" <<<"$files" || :
}

# check NAME CMD...: a check that is a program, and prints what is wrong.
check()
{
	local out=$log/${2##*/}

	if "${@:2}" >"$out" 2>&1; then
		: >"$out"
	elif [ ! -s "$out" ]; then
		echo "${*:2} failed" >"$out"
	fi
	verdict "$1" "$out"
}

# verdict NAME FILE: the check passed when FILE is empty.
verdict()
{
	if [ -s "$2" ]; then
		printf 'FAIL %s\n' "$1"
		sed 's/^/     /' "$2"
		failed=$((failed + 1))
	else
		printf 'ok   %s\n' "$1"
	fi
}

# in_copy CMD...: in the copy of the project, inside the root.
in_copy()
{
	in_root "$TOOLS_SUITE" "$name" "$@"
}

with_lock lint sources_copy "$files" "$dir"
mkdir -p "$log"
c=$(of '\.[ch]$')
shell=$(cd "$TOP" && for f in $files; do
	case $f in
	*.sh) echo "$f" ;;
	*) ! head -n 1 "$f" | grep -qE '^#!.*(bash|[/ ]sh)' || echo "$f" ;;
	esac
done)

# ---- licences --------------------------------------------------------------
: >"$log/spdx"
for f in $files; do
	case $f in
	LICENSES/* | */debian/copyright | */debian/source/format) continue ;;
	*.md | *.json | *.svg | *.png | */kernels | */settings | */config) continue ;;
	esac
	head -n 3 "$TOP/$f" | grep -q 'SPDX-License-Identifier: ' ||
		echo "$f: no SPDX-License-Identifier in the first three lines" >>"$log/spdx"
done
verdict "SPDX" "$log/spdx"

# ---- checkpatch, and what looks for defects --------------------------------
# It searches the headers below the root even with --no-tree.
of '\.[ch]$' | in_copy xargs -r -n 4 -P "$(nproc)" "$KSRC/scripts/checkpatch.pl" --root=. \
	--no-tree --strict --terse --show-types --no-summary --color=never -f 2>&1 |
	sort -t: -k1,1 -k2,2n >"$log/checkpatch.all" || :
{
	analysed tool tools/pfclass module selftests/unit Documentation/classes
	analysed tests selftests tools/bench
	analysed module Kbuild module
} >>"$log/checkpatch.all"
in_copy python3 tools/lint/exceptions.py tools/lint/exceptions . \
	<"$log/checkpatch.all" >"$log/checkpatch" 2>&1 ||
	echo "exceptions.py failed" >>"$log/checkpatch"
verdict "checkpatch --strict, gcc -fanalyzer, clang --analyze, coccinelle" "$log/checkpatch"

# ---- kernel-doc ------------------------------------------------------------
# shellcheck disable=SC2086 # lists of names
in_copy "$KSRC/scripts/kernel-doc" -none -Wall $c 2>&1 |
	grep -E '^[^ ]+:[0-9]+: |rror' >"$log/kernel-doc" || :
# shellcheck disable=SC2046,SC2016 # lists of names; perl's variables
(cd "$TOP" && perl -e '
	# Functions that other files can call, without a kernel-doc comment; those of
	# selftests/unit stand in for the kernel and have it there.
	for my $file (@ARGV) {
		open(my $in, "<", $file) or die "$file: $!";
		my ($doc, $line) = (0, 0);
		my $text = "";
		while (<$in>) {
			$line++;
			if (m{^/\*\*\s*$}) { $doc = 1; }
			elsif (/^\s*$/ || /^#/) { $doc = 0; $text = ""; }
			elsif (/^\{/) {
				if ($text =~ /^(?!static\b|struct \w+ \{|TEST|FIXTURE)\w.*?\b(\w+)\(/s &&
				    !$doc && $1 ne "main") {
					print "$file:$line: no kernel-doc for $1()\n";
				}
				$doc = 0; $text = "";
			} elsif (/^\}/) { $doc = 0; $text = ""; }
			elsif (/^[\w]/) { $text .= $_; }
			elsif ($text ne "" && /^\s/) { $text .= $_; }
		}
	}' $(of '\.c$' | grep -v '^selftests/unit/')) >>"$log/kernel-doc"
verdict "kernel-doc" "$log/kernel-doc"

# ---- shellcheck ------------------------------------------------------------
# shellcheck disable=SC2086 # lists of names
in_copy shellcheck -x --format=gcc $shell >"$log/shellcheck" 2>&1 || :
verdict "shellcheck" "$log/shellcheck"

# ---- the documents -----------------------------------------------------------
if in_copy python3 Documentation/check.py >"$log/documents" 2>&1; then
	: >"$log/documents"
fi
verdict "documents" "$log/documents"

# ---- the module's stores, the benchmark's figures ---------------------------
check "no handler stores to shared memory" "$LINT_DIR/stores" --kernels "$KERNEL"
check "tables and picture agree with bench.csv" "$TOP/tools/bench/quote"
check "bench.csv was measured with this module" "$TOP/tools/bench/quote" --module

# ---- the compiler with W=1, sparse -----------------------------------------
build=/build/lint-$KERNEL
list=$(sources Kbuild module include)
rm -rf "${CACHE:?}/root/$K_SUITE$build"
sources_copy "$list" "$CACHE/root/$K_SUITE$build"
status=0
module_make "$build" C=2 W=1 CHECK=sparse KCFLAGS=-fanalyzer modules \
	>"$log/build.all" 2>&1 || status=$?
# What the kernel's own headers provoke is not ours.
grep -E 'warning:|error:|WARNING:|ERROR:' "$log/build.all" |
	grep -vE '^(/usr/src/|\./)' | sed "s#^$build/##" | sort -u >"$log/build" || :
[ "$status" = 0 ] || tail -n 5 "$log/build.all" >>"$log/build"
verdict "W=1, gcc -fanalyzer and sparse, kernel $KERNEL" "$log/build"

[ "$failed" = 0 ]
