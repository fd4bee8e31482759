#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# run.sh OUTPUT RUNS SUBJECT...: TAP; RUNS inputs of each subject, by the programs in OUTPUT. The
# inputs begin with those of corpus.txt, the files of the tool's tests, and what is compiled
# here.

set -u
cd "$(dirname "$0")" || exit 1
out=$1 runs=$2
shift 2
symbolizer=$(command -v llvm-symbolizer-19)

# seeds SUBJECT DIR: the first inputs.
seeds()
{
	awk -v subject="@$1" -v dir="$2" '
		/^#/ && !file { next }
		/^@/ { file = $1 == subject ? dir "/" $2 : ""; next }
		file { print >file }' corpus.txt
	case $1 in
	stats | percpu | cgroups | latency | probes)
		cp "$out/base/pfclass/$1" "$2/made"
		;;
	image)
		for cc in gcc aarch64-linux-gnu-gcc; do
			for way in NOP PATCHED; do
				"$cc" -O2 -g -ffreestanding -nostdlib -static -no-pie -fno-pie \
					-Wl,-e,handle_mm_fault -Wl,--build-id \
					-Wl,-z,max-page-size=4096 -DWAY="$way" -o "$2/$cc-$way" \
					../../tools/pfclass/tests/dispatcher.c || return
			done
		done
		;;
	esac
}

n=0 rc=0
rm -rf "$out/base"
mkdir -p "$out/base/pfclass"
# Every input is written to a file, which is several times faster in memory than on a disk.
files=$(mktemp -d /dev/shm/pfclass-fuzz.XXXXXX)
trap 'rm -rf "$files"' EXIT
trap 'exit 130' INT TERM
"$out/make_files" "$out/base" || exit 1
echo "TAP version 13"
echo "1..$#"
for subject; do
	n=$((n + 1))
	dir=$out/$subject
	rm -rf "$dir" "$out/$subject-"* "${files:?}/$subject"
	mkdir -p "$dir/new" "$dir/seeds" "$files/$subject"
	cp -r "$out/base/pfclass" "$files/$subject/"
	seeds "$subject" "$dir/seeds" || exit 1
	program=$out/fuzz-tool
	[ ! -x "$out/fuzz-$subject" ] || program=$out/fuzz-$subject
	if ASAN_SYMBOLIZER_PATH=$symbolizer PFC_FUZZ=$subject PFC_FUZZ_DIR=$files/$subject \
		"$program" -runs="$runs" -seed=1 -close_fd_mask=3 -timeout=20 \
		-rss_limit_mb=4096 -print_final_stats=1 \
		-artifact_prefix="$out/$subject-" "$dir/new" "$dir/seeds" >"$dir/log" 2>&1; then
		echo "# $(sed -n 's/^#[0-9]*.DONE *\(cov: [0-9]*\).*/\1/p' "$dir/log")," \
			"$(sed -n 's/^stat::number_of_executed_units: *//p' "$dir/log") inputs"
		echo "ok $n $subject"
	else
		tail -n 40 "$dir/log" | sed 's/^/# /'
		echo "not ok $n $subject"
		rc=1
	fi
done
exit $rc
