#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# locate.sh PFCLASS: what "pfclass locate" finds in the outline of a fault handler
# that is compiled here, for each machine that there is a compiler for, and what
# it reports for other files. TAP on standard output.

set -eu

if [ $# -ne 1 ]; then
	echo "usage: locate.sh PFCLASS" >&2
	exit 2
fi
tool=$1
source=$(dirname "$0")/dispatcher.c
# shellcheck source=tools/pfclass/tests/tap.sh
. "$(dirname "$0")/tap.sh"
dir=$(mktemp -d "${TMPDIR:-/tmp}/pfclass-locate.XXXXXX")
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM

# locate NAME STATUS FILE [OPTION...]: run the tool, check its exit status
locate() {
	name=$1 want=$2 file=$3
	shift 3
	run "$tool" locate "$@" "$file"
	if [ "$status" -eq "$want" ]; then
		return 0
	fi
	echo "# exit status $status, expected $want"
	fail "$name"
	return 1
}

# error NAME STATUS PATTERN FILE [OPTION...]: one line on stderr, no parameter
error() {
	pattern=$3
	name=$1 want=$2
	shift 3
	locate "$name" "$want" "$@" || return 0
	if [ ! -s "$dir/out" ] && [ "$(wc -l <"$dir/err")" -eq 1 ] &&
	   grep -q "$pattern" "$dir/err"; then
		pass "$name"
	else
		fail "$name"
	fi
}

# build OUT OPTION...: with the compiler $cc
build() {
	out=$1
	shift
	"$cc" -O2 -g -ffreestanding -nostdlib -static -no-pie -fno-pie \
		-fno-stack-protector -fno-optimize-sibling-calls -Wl,-e,handle_mm_fault -Wl,--build-id \
		-o "$out" "$@" "$source"
}

# audit NAME STATUS FILE [REGEXP...]: with --audit; a line that matches each
audit() {
	name=$1 want=$2
	locate "$name" "$want" "$3" --audit || return 0
	shift 3
	for pattern; do
		grep -Eqx -- "$pattern" "$dir/out" "$dir/err" || {
			echo "# no line $pattern"
			sed 's/^/# /' "$dir/out" "$dir/err"
			fail "$name"
			return 0
		}
	done
	pass "$name"
}

# not_audited NAME FILE PATTERN: one line on stderr says why it cannot be read
not_audited() {
	audit "$1" 2 "$2"
	name="$1: the reason"
	if [ ! -s "$dir/out" ] && [ "$(wc -l <"$dir/err")" -eq 1 ] && grep -q "$3" "$dir/err"; then
		pass "$name"
	else
		fail "$name"
	fi
}

# is_call NAME FILE OBJDUMP PARAMETER FUNCTION: the probe point is a call of it
is_call() {
	point=$(sed -n "s/^$4=//p" "$dir/out")
	symbol=${point%+0x*}
	offset=${point##*+0x}
	start=$("$3" -t "$2" | awk -v s="$symbol" '$NF == s { print $1 }')
	address=$(printf '%x' "$((0x$start + 0x$offset))")
	if "$3" -d "$2" | grep -E "^ *$address:.*(call|bl)[[:space:]].*<$5>" >/dev/null; then
		pass "$1"
	else
		echo "# $4=$point is no call of $5"
		fail "$1"
	fi
}

# not_located NAME CLASS OTHER PATTERN: what was printed has no probe point of CLASS, for this
# reason, but one of the class OTHER
not_located()
{
	if grep -q "^pfclass: $2: .*$4" "$dir/err" && ! grep -q "probe_$2=" "$dir/out" &&
	   grep -q "^probe_$3=" "$dir/out"; then
		pass "$1"
	else
		sed 's/^/# /' "$dir/out" "$dir/err"
		fail "$1"
	fi
}

# refused PATTERN OPTION...: built so, do_anonymous_page() has no probe point
refused()
{
	pattern=$1
	shift
	build "$dir/refused" "$@"
	if locate "$arch: refused: $*" 13 "$dir/refused" -f; then
		not_located "$arch: refused: $*" anon numa "$pattern"
	fi
}

# located OPTION...: built so, it has one
located()
{
	build "$dir/located" "$@"
	locate "$arch: located: $*" 0 "$dir/located" -f || return 0
	if grep -q '^probe_anon=handle_mm_fault+0x' "$dir/out"; then
		pass "$arch: located: $*"
	else
		fail "$arch: located: $*"
	fi
}

# nothing_located PATTERN OPTION...: built so, no class has one
nothing_located()
{
	pattern=$1
	shift
	build "$dir/nothing" "$@"
	locate "$arch: nothing located: $*" 13 "$dir/nothing" -f || return 0
	if [ ! -s "$dir/out" ] && [ "$(grep -c ": inlined into .*$pattern" "$dir/err")" -ge 3 ]; then
		pass "$arch: nothing located: $*"
	else
		sed 's/^/# /' "$dir/out" "$dir/err"
		fail "$arch: nothing located: $*"
	fi
}

# Code in which an inlined function must not be located.
proofs()
{
	refused "in a loop" -DLOOP
	refused "passed by other classes" -DBOTH
	for way in 'JUMP_LABEL(NOP)' 'JUMP_LABEL(SHORT_JUMP)' 'ALTERNATIVE(NOP, JUMP PAST)' \
		   OUTSIDE COLD_PART; do
		refused "enters it past its entry" "-DWAY=$way"
	done
	refused "accepts no kprobe at its entry" '-DFIRST=JUMP_LABEL(NOP)'
	build "$dir/twice" -DTWICE
	if locate "$arch: two calls" 13 "$dir/twice" -f; then
		not_located "$arch: two calls in an execution" numa anon \
			"one execution can pass two of its calls"
	fi
	nothing_located "jumps through a table" -DTABLE
	[ "$arch" != x86_64 ] || instructions
}

# What x86_64 alone has: struct alt_instr of three lengths, thunks, instructions of any length.
instructions()
{
	for size in 12 13 14; do
		refused "enters it past its entry" -DALT=$size '-DWAY=ALTERNATIVE(NOP, JUMP PAST)'
		located -DALT=$size '-DWAY=ALTERNATIVE(NOP, NOP)'
		located -DALT=$size '-DWAY=ALTERNATIVE_BEFORE(NOP, SHORT_NOP, JUMP PAST)'
	done
	for way in WARNING CALL_THUNK; do
		refused "enters it past its entry" -DWAY=$way
	done
	for way in BREAKPOINT RETURN_THUNK; do
		located -DWAY=$way
	done
	refused "accepts no kprobe at its entry" -DFIRST=STATIC_CALL
	refused "accepts no kprobe at its entry" '-DFIRST=ALTERNATIVE(NOP, JUMP PAST)'
	nothing_located "does not describe its alternatives" -DALT=0 \
		'-DWAY=ALTERNATIVE(NOP, JUMP PAST)'
	nothing_located "jumps through a table" -DWAY=JUMP_THUNK
	nothing_located "jumps into an instruction" -DWAY=TO_OVERLAP
	nothing_located "does not know one of its instructions" -DWAY=INVALID
	nothing_located "has an instruction without a length" -DWAY=LENGTHLESS
}

# machine NAME CC OBJDUMP
machine() {
	arch=$1 cc=$2 objdump=$3
	if ! command -v "$cc" >/dev/null || ! command -v "$objdump" >/dev/null; then
		skip "$arch" "there is no $cc or $objdump"
		return
	fi

	build "$dir/outline" '-DINNER=__attribute__((noinline, noclone, noipa))'
	if locate "$arch: nothing is inlined" 0 "$dir/outline" -f; then
		if [ ! -s "$dir/out" ] && grep -q "no class's function is inlined" "$dir/err"; then
			pass "$arch: nothing is inlined"
		else
			fail "$arch: nothing is inlined"
		fi
	fi

	build "$dir/inlined"
	want=0
	case $arch in
	*clang)
		want=13		# its DWARF has no entries of inlined functions
		;;
	esac
	if locate "$arch: inlined" "$want" "$dir/inlined" -f; then
		is_call "$arch: the NUMA probe point is the call" "$dir/inlined" \
			"$objdump" probe_numa vm_normal_page
		is_call "$arch: the access-flag probe point is the call" "$dir/inlined" \
			"$objdump" probe_af ptep_set_access_flags
		if [ "$want" = 13 ]; then
			not_located "$arch: what has no entry is not located" anon numa \
				"DWARF has no entry of it"
		elif grep -Eqx 'probe_anon=handle_mm_fault\+0x[0-9a-f]+' "$dir/out"; then
			pass "$arch: the anonymous probe point is inside"
		else
			fail "$arch: the anonymous probe point is inside"
		fi
	fi
	build "$dir/cold" -DCOLD
	if ! "$objdump" -t "$dir/cold" | grep -q ' handle_mm_fault\.cold$'; then
		skip "$arch: a function with a cold part" "the compiler makes none"
	elif locate "$arch: a function with a cold part" "$want" "$dir/cold" -f; then
		is_call "$arch: a function with a cold part" "$dir/cold" "$objdump" probe_numa \
			vm_normal_page
	fi
	if locate "$arch: JSON" "$want" "$dir/inlined" -f -j; then
		if grep -q '"probe_numa": "handle_mm_fault+0x' "$dir/out"; then
			pass "$arch: JSON"
		else
			fail "$arch: JSON"
		fi
	fi

	[ "$want" != 0 ] || proofs

	# The rows of a kernel without inlining, and its differences from known ones.
	audit "$arch: audit" 1 "$dir/outline" \
		"wp +direct +do_wp_page\+0x0 +-" \
		"numa +call-site +do_numa_page\+0x[0-9a-f]+ +-" \
		"af,dirty,spurious +in-visit +ptep_set_access_flags\+0x0 +-" \
		"anon +direct +do_anonymous_page\+0x0 +-" \
		"hugetlb +inferred +- +never happens: CONFIG_HUGETLB_PAGE is not set" \
		"new args handle_mm_fault s64 \(struct vm_fault \*\)" \
		"gone symbol write_enabled_file_bool" "Linux \?, .*: [0-9]+ to look at"
	audit "$arch: audit: the switch of kprobes" 1 "$dir/outline" \
		"gone calls disarm_all_kprobes write_enabled_file_bool"
	audit "$arch: audit: inlined" 1 "$dir/inlined" \
		"numa +call-site +handle_mm_fault\+0x[0-9a-f]+ +-" \
		"anon +inferred +- .*" "worse found anon inferred \(.*: direct\)"
	if grep -q "do_other" "$dir/out"; then
		fail "$arch: audit: a part of the dispatcher that is not there"
	else
		pass "$arch: audit: a part of the dispatcher that is not there"
	fi
	build "$dir/other" -DOTHER
	audit "$arch: audit: another part of the dispatcher" 1 "$dir/other" \
		"new part handle_pte_fault do_other" "new calls .*set_access_flags.* do_other"
	if run "$tool" locate --audit -j "$dir/other" && [ "$status" = 1 ] &&
	   grep -q '"new part handle_pte_fault do_other"' "$dir/out" &&
	   grep -q '"as_known": false' "$dir/out"; then
		pass "$arch: audit: JSON"
	else
		fail "$arch: audit: JSON"
	fi

	error "$arch: another build than the running kernel" 12 \
		"another build\|shows no build id" "$dir/inlined"
	build "$dir/no-id" -Wl,--build-id=none
	error "$arch: no build id" 12 "no build id" "$dir/no-id"
	build "$dir/no-dwarf" -g0
	error "$arch: no DWARF" 11 "no DWARF" "$dir/no-dwarf" -f
	audit "$arch: audit: no DWARF" 1 "$dir/no-dwarf" \
		"cannot compare arguments, callers and parts of the dispatcher: .*" \
		"wp +direct +do_wp_page\+0x0 +-"
	build "$dir/stripped" -s
	not_audited "$arch: audit: stripped" "$dir/stripped" "no symbol handle_mm_fault"
	"${objdump%dump}copy" --only-keep-debug "$dir/inlined" "$dir/debug"
	not_audited "$arch: audit: debugging information alone" "$dir/debug" \
		"no code of handle_mm_fault"
	error "$arch: stripped" 10 "no symbol handle_mm_fault" "$dir/stripped" -f
	cp "$dir/inlined" "$dir/machine"
	printf '\010' | dd of="$dir/machine" bs=1 seek=18 conv=notrunc 2>/dev/null
	printf '\000' | dd of="$dir/machine" bs=1 seek=19 conv=notrunc 2>/dev/null
	error "$arch: another machine" 10 "for an unsupported machine" \
		"$dir/machine" -f
	not_audited "$arch: audit: another machine" "$dir/machine" "for an unsupported machine"
	# Cut off anywhere: an error, never a crash and never a probe point.
	size=$(wc -c <"$dir/inlined")
	name="$arch: cut off"
	for part in 1 2 3 4 5 6 7 8 9; do
		head -c "$((size * part / 10))" "$dir/inlined" >"$dir/cut"
		status=0
		"$tool" locate -f "$dir/cut" >"$dir/out" 2>"$dir/err" || status=$?
		if [ "$status" -lt 10 ] || [ "$status" -gt 13 ] || [ -s "$dir/out" ]; then
			echo "# $part tenths: exit status $status"
			fail "$name"
			name=
			break
		fi
		status=0
		"$tool" locate --audit "$dir/cut" >"$dir/out" 2>"$dir/err" || status=$?
		if [ "$status" != 2 ] || [ -s "$dir/out" ]; then
			echo "# $part tenths: exit status $status of --audit"
			fail "$name"
			name=
			break
		fi
	done
	[ -z "$name" ] || pass "$name"
}

echo "TAP version 13"
: >"$dir/empty"
error "an empty file" 10 "not an ELF file\|cannot read" "$dir/empty"
error "a text" 10 "not an ELF file" "$source"
error "a file that is not there" 10 "cannot open.*No such file" "$dir/nowhere"
error "a directory" 10 "not a file" "$dir"
not_audited "audit: an empty file" "$dir/empty" "not an ELF file\|cannot read"
not_audited "audit: a text" "$source" "not an ELF file"
not_audited "audit: a file that is not there" "$dir/nowhere" "cannot open.*No such file"
not_audited "audit: a program that is no kernel" "$tool" "no symbol handle_mm_fault"

machine x86_64 x86_64-linux-gnu-gcc x86_64-linux-gnu-objdump
machine arm64 aarch64-linux-gnu-gcc aarch64-linux-gnu-objdump
# Its DWARF has calls beside the inlined functions that make them.
machine "x86_64 by clang" clang objdump

tap_end
