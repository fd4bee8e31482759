# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Which lines the tests reached, by gcov: of the tool, and of the module in a kernel that has
# CONFIG_GCOV_KERNEL. Sourced by lib.sh.

# covered DIR SOURCES NOTES: lines that were reached, by file, of those whose name is like SOURCES.
# NOTES: the compiler's (.gcno), as patterns, in DIR of the tools' root, the counts beside them.
# Those that were not reached are in the cache, log/coverage.
covered()
{
	in_root "$TOOLS_SUITE" "$1" sh -c "gcov -t $3" >"$CACHE/log/coverage"
	awk -F: -v sources="$2" '
	$3 == "Source" { file = $4; mine = file ~ sources; sub("^/build/[^/]*/", "", file) }
	mine && $1 ~ /#####|=====|[0-9]/ && $2 + 0 {
		key = file SUBSEP $2
		lines[file] += !(key in seen)
		if (!(key in seen) || seen[key] == 0) {
			reached[file] += $1 ~ /[0-9]/
			seen[key] = $1 ~ /[0-9]/
		}
	}
	END {
		for (file in lines) {
			printf "# %5.1f %% of %4d lines: %s\n", 100 * reached[file] / lines[file],
				lines[file], file | "sort -n -k2"
			all += lines[file]
			these += reached[file]
		}
		close("sort -n -k2")
		if (all)
			printf "# %.1f %% of %d lines\n", 100 * these / all, all
	}' "$CACHE/log/coverage"
}

# module_covered KERNEL TAP: likewise, of the module, by the counts that a guest has written (@gcda).
module_covered()
{
	local name=/build/module-coverage dir

	if ! grep -q '^@gcda ' "$2"; then
		echo "# no lines were counted: the kernel lacks CONFIG_GCOV_KERNEL (reference has it)"
		return
	fi
	kernel_select "$1"
	kernel_ready
	dir=$CACHE/root/$TOOLS_SUITE$name
	rm -rf "${dir:?}"
	mkdir -p "$dir"
	module_part pfclass . Kbuild module include
	find "$BUILT/module" -maxdepth 1 -name '*.gcno' -exec cp -t "$dir" {} +
	awk -v dir="$dir" '
	$1 == "@gcda" { counts[$2] = $3 }
	END {
		for (file in counts)
			print counts[file] | ("base64 -d | gzip -d >" dir "/" file)
	}' "$2"
	covered "$name" '/module/' '*.gcno'
}
