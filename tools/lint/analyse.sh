# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What follows paths through the sources and looks for defects: gcc -fanalyzer and clang's
# analyzer for the programs, clang's and the kernel's own coccinelle scripts for the module
# (gcc's is part of its build with W=1). Each prints PATH:LINE: WARNING:KIND: TEXT, as
# checkpatch does. Sourced by lint.sh.

# analysed NAME SOURCE...: the complaints of analyse_NAME about what is below SOURCE, which
# runs once for each state of these and of what runs it.
analysed()
{
	local name=$1 list key

	shift
	list=$(sources include "$@" tools/lint | grep -vE '^selftests/(qemu|golden|fuzz)/')
	key=$(echo "$(sources_key "$list") $K_RELEASE" | sha256sum | cut -c1-16)
	built "analyse-$name" "$key" analysed_anew "$name" "$list"
	cat "$BUILT/complaints"
}

# analysed_anew NAME FILE-LIST OUT
analysed_anew()
{
	local log=$CACHE/log/analyse-$1 build=/build/analyse-$1

	rm -rf "${root:?}$build"
	sources_copy "$2" "$root$build"
	"analyse_$1" "$build" >"$log" 2>&1 || {
		tail -n 20 "$log"
		die "analyse_$1 failed, see $log"
	} >&2
	complaints <"$log" | sort -t: -u -k1,1 -k2,2n -k3 >"$3/complaints"
}

# complaints: of a compiler's or spatch's output. A line "in DIRECTORY" says to what the
# paths are relative, "by SCRIPT" what spatch runs.
complaints()
{
	awk '
	/^in [^ ]+$/ { dir = $2 "/" }
	/^by [^ ]+$/ { script = $2 }
	match($0, /^[^ :]+:[0-9]+:[0-9]+: (warning|error): /) {
		split($0, at, ":")
		text = substr($0, RLENGTH + 1)
		kind = text
		if (!sub(/.*\[/, "", kind) || !sub(/\]$/, "", kind))
			kind = "error"
		print dir at[1] ":" at[2] ": WARNING:" kind ": " text
	}
	match($0, /^[^ :]+:[0-9]+:[0-9]+-[0-9]+: /) {
		split($0, at, ":")
		print at[1] ":" at[2] ": WARNING:" script ": " substr($0, RLENGTH + 1)
	}'
}

# analyse_tool BUILD
analyse_tool()
{
	echo in tools/pfclass
	in_root "$TOOLS_SUITE" "$1" make -s -C tools/pfclass -j"$(nproc)" \
		CC="$1/tools/lint/analyse-cc.sh" tests
}

# analyse_tests BUILD: what runs in a guest; what they are linked from is analysed alone.
analyse_tests()
{
	local files

	files=$(cd "$root$1/selftests" && find . lib progs neighbours ../tools/bench -maxdepth 1 \
		-name '*.c' ! -name 'pfc_*' | sed 's#^\./##' | sort)
	echo in selftests
	# shellcheck disable=SC2086 # names
	printf '%s\n' $files | in_root "$TOOLS_SUITE" "$1/selftests" xargs -P "$(nproc)" -n 1 \
		"$1/tools/lint/analyse-cc.sh" -O2 -g -std=gnu11 -D_GNU_SOURCE= -Wall -pthread \
		-Ilib/harness -isystem "$KSRC/tools/testing/selftests" -I../include/uapi \
		-o /dev/null -c
}

# analyse_module BUILD: paths are below BUILD there.
analyse_module()
{
	module_make "$1" C=2 CHECK="$1/tools/lint/analyse-kernel-c.sh" modules 2>&1 |
		sed "s#^$1/##"
	echo in .
	in_root "$TOOLS_SUITE" "$1" find "$KSRC/scripts/coccinelle" -name '*.cocci' |
		sort | in_root "$TOOLS_SUITE" "$1" xargs -P "$(nproc)" -n 1 tools/lint/spatch.sh module
}
