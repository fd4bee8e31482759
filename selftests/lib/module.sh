# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2034,SC2154 # what is set here is used there, and the other way round
#
# For tests that load and unload the module: find pfclass.ko, and put it back as it was
# found. PFC_KO=FILE names it; by default, where it is loaded already, the one beside or
# above the tests, or the one that modinfo finds.

here=${here:?the directory of the tests}
lib=${lib:?the directory of this file}
# shellcheck source=selftests/lib/tap.sh
. "$lib/tap.sh"
# shellcheck source=selftests/lib/machine.sh
. "$lib/machine.sh"

dir=$pfclass
find_module()
{
	for ko in "${PFC_KO-}" "$here/pfclass.ko" "$here/../pfclass.ko" \
		"$here/../../pfclass.ko" "$(modinfo -n pfclass 2>/dev/null)"; do
		[ -z "$ko" ] || [ ! -e "$ko" ] || return 0
	done
	return 1
}

loaded()
{
	grep -q '^pfclass ' /proc/modules
}

# The parameters that the module was loaded with, to load it so again.
parameters()
{
	for file in /sys/module/pfclass/parameters/*; do
		[ -r "$file" ] || continue
		value=$(cat "$file")
		# A string that was not given is empty, or "(null)".
		case $value in
		'' | '(null)') ;;
		*) printf '%s=%s ' "${file##*/}" "$value" ;;
		esac
	done
}

load_module()
{
	# shellcheck disable=SC2086 # words
	insmod "$ko" ${1-}
}

# take_over: unload the module as it was found, if it was; sets was, params,
# enabled and filter. Skips the whole test where there is none.
take_over()
{
	[ "$(id -u)" = 0 ] || skip_all "not root"
	# Never load a module that nobody asked for.
	loaded || [ -n "${PFC_KO-}" ] ||
		skip_all "pfclass is not loaded (insmod it, or PFC_KO=FILE)"
	find_module || skip_all "there is no pfclass.ko to load again (PFC_KO=FILE)"
	was=0 params='' enabled=1 filter=clear
	loaded || return 0
	was=1
	params=$(parameters)
	enabled=$(cat "$dir/enabled")
	filter=$(cat "$dir/filter")
	rmmod pfclass || skip_all "pfclass is in use"
}

# put_back: the module as take_over found it.
# shellcheck disable=SC2317,SC2329 # called by a trap
put_back()
{
	if [ "$was" = 1 ]; then
		loaded || load_module "$params" || :
		[ ! -w "$dir/enabled" ] || echo "$enabled" >"$dir/enabled"
		[ ! -w "$dir/filter" ] || echo "$filter" >"$dir/filter"
	else
		! loaded || rmmod pfclass || :
	fi
}
