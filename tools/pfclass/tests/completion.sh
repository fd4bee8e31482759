#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# completion.sh PFCLASS: bash, zsh and fish offer every command, option, key and word, and
# nothing else. What they shall offer comes from --usage, the manual and list -j; the
# completions read --help and list. TAP on standard output.

set -eu
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# shellcheck source=tools/pfclass/tests/tap.sh
. "$here/tap.sh"
tool=$1
completion=$here/../completion
PATH=$(dirname "$tool"):$PATH
mkdir -p "$dir/share/fish/vendor_completions.d" "$dir/home"
cp "$completion/pfclass.fish" "$dir/share/fish/vendor_completions.d/"
export PATH HOME="$dir/home" PFC_FPATH="$completion" XDG_DATA_DIRS="$dir/share:/usr/share" \
	PFC_BASH="$completion/pfclass.bash"

echo "TAP version 13"

# complete_SHELL LINE: what is offered at the end of the line, which is typed by words.
complete_bash()
{
	# shellcheck disable=SC2016 # expanded by bash
	bash --norc -c '
		. /usr/share/bash-completion/bash_completion
		. "$PFC_BASH"
		compopt() { :; }
		COMP_LINE=$1 COMP_POINT=${#1}
		read -ra COMP_WORDS <<<"$1"
		[[ $1 != *" " ]] || COMP_WORDS+=("")
		COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
		COMPREPLY=()
		_pfclass pfclass
		printf "%s\n" "${COMPREPLY[@]}"' bash "$1"
}

complete_fish()
{
	# shellcheck disable=SC2016 # expanded by fish
	fish --no-config -c 'set -p fish_complete_path (string split : $XDG_DATA_DIRS)/fish/vendor_completions.d
		complete -C "$argv[1]"' -- "$1" | cut -f 1
}

complete_zsh()
{
	: >"$dir/words"
	zsh -f "$here/complete.zsh" "$1" "$dir/words" >/dev/null 2>&1
	cat "$dir/words"
}

# offers SHELL LINE: $dir/wanted is what the shell offers.
offers()
{
	"complete_$1" "$2" 2>"$dir/err" | sed 's/ *$//' | grep . | LC_ALL=C sort -u >"$dir/out" || :
	if [ -s "$dir/wanted" ] && cmp -s "$dir/wanted" "$dir/out"; then
		pass "$1 completes \"$2\""
	else
		sed 's/^/# wanted: /' "$dir/wanted"
		fail "$1 completes \"$2\""
	fi
}

# wanted: makes standard input what is wanted, sorted.
wanted()
{
	LC_ALL=C sort -u >"$dir/wanted"
}

commands()
{
	sed -n '/^\.Sh SYNOPSIS/,/^\.Sh DESC/s/^\.Cm \([a-z]*\)$/\1/p' "$here/../man/pfclass.8" |
		sort -u
}

options()
{
	# shellcheck disable=SC2086 # no word, or one
	"$tool" $1 --usage | grep -o -e '--[a-z][a-z-]*'
}

for shell in bash zsh fish; do
	if ! command -v "$shell" >/dev/null; then
		skip "$shell completes" "no $shell here"
		continue
	fi
	if [ "$shell" = bash ] && [ ! -e /usr/share/bash-completion/bash_completion ]; then
		skip "bash completes" "no bash-completion here"
		continue
	fi
	commands | wanted
	offers "$shell" "pfclass "
	commands | grep '^l' | wanted
	offers "$shell" "pfclass -D /sys l"
	options "" | wanted
	offers "$shell" "pfclass --"
	for command in $(commands); do
		options "$command" | wanted
		offers "$shell" "pfclass $command --"
	done
	"$tool" list -j | grep -o '"key": *"[a-z_]*"' | cut -d '"' -f 4 | wanted
	offers "$shell" "pfclass list "
	grep '^wp_' "$dir/wanted" >"$dir/some"
	wanted <"$dir/some"
	offers "$shell" "pfclass list wp_"
	sed -n '/^\.Ss pfclass filter/,/^\.Ss/s/^\.Li \([a-z]*=\{0,1\}\).*/\1/p' "$here/../man/pfclass.8" | wanted
	offers "$shell" "pfclass filter "
	printf '%s\n' process command user cgroup | wanted
	offers "$shell" "pfclass top -b -g "
	"$tool" list | sed -n '/^classes/,/^$/s/^  \([a-z]*\) .*/\1/p' | wanted
	offers "$shell" "pfclass top -c "
	mkdir -p "$dir/only/inner"
	echo "$dir/only/inner/" | wanted
	case $shell in
	bash) echo "$dir/only/inner" | wanted ;;
	zsh) echo inner | wanted ;;
	esac
	offers "$shell" "pfclass stat -D $dir/only/"
done
tap_end
