# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# Memory that nobody refers to any more, by kmemleak; after machine.sh.

kmemleak=${debugfs:-}/kmemleak

# leaks_begin: what is lost so far is others'. no_kmemleak is set to why that is not known.
leaks_begin()
{
	no_kmemleak="kmemleak is off (kmemleak=on)"
	# shellcheck disable=SC2034 # of those who source this
	[ ! -e "$kmemleak" ] || ! scan_twice || ! echo clear >"$kmemleak" || no_kmemleak=
} 2>/dev/null

# What is new must be found by two scans, and be some seconds old.
scan_twice()
{
	echo scan >"$kmemleak" && sleep 6 && echo scan >"$kmemleak"
}

# leaks: shows what has been lost since; fails if anything was.
leaks()
{
	scan_twice
	! grep -A 12 unreferenced "$kmemleak"
}
