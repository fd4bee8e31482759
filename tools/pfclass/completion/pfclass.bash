# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Completion of pfclass for bash: what its --help and its list print.

# _pfclass_print SED-SCRIPT ARG...: words of what pfclass prints.
_pfclass_print()
{
	local PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

	pfclass "${@:2}" 2>/dev/null | sed -n "$1"
}

_pfclass_classes()
{
	_pfclass_print '/^classes/,/^$/s/^  \([a-z]*\) .*/\1/p' list
}

_pfclass()
{
	# shellcheck disable=SC2034 # bash-completion sets them
	local cur prev words cword split list='' i
	local -a command=()

	_init_completion -s || return
	for ((i = 1; i < COMP_CWORD; i++)); do
		[ "${COMP_WORDS[i]}" != -- ] || {
			_command_offset $((i + 1))
			return
		}
	done
	for ((i = 1; i < cword; i++)); do
		case ${words[i]} in
		-[DRopwx]) i=$((i + 1)) ;;
		-*) ;;
		*) command=("${command[0]-${words[i]}}") ;;
		esac
	done
	case $prev in
	-D | -R | --debugfs | --root) _filedir -d; return ;;
	-o | --output) _filedir; return ;;
	-p | --pid) _pids; return ;;
	-w | --watch)
		mapfile -t COMPREPLY < <(compgen -W "$(_pfclass_print 's/ .*//p' watch)" -- "$cur")
		return
		;;
	-x | --separator) return ;;
	esac
	case ${command[0]-}:$prev in
	top:-g | top:--group) list="process command user cgroup" ;;
	top:-c | top:--classes) list=$(_pfclass_classes) ;;
	top:-s | top:--sort) list="pid user command cgroup faults $(_pfclass_classes)" ;;
	top:-[dfn] | top:--delay | top:--filter | top:--iterations) return ;;
	esac
	[ -z "$list" ] || {
		mapfile -t COMPREPLY < <(compgen -W "$list" -- "$cur")
		return
	}
	case ${command[0]-}:$cur in
	*:-*) list=$(_pfclass_print 's/^  *\(-., \)\?\(--[a-z-]*\).*/\2/p' "${command[@]}" --help) ;;
	:*)
		list=$(_pfclass_print \
			'/^Commands:/,/^[^C ]/s/^  \([a-z]*\)\(, \([a-z]*\)\)\?.*/\1 \3/p' --help)
		;;
	list:*) list=$(_pfclass_print 's/^  \([a-z_]*\) .*/\1/p' list) ;;
	filter:*)
		list=$(_pfclass_print '/^Words:/,/^$/s/^  \([a-z]*=\?\).*/\1/p' filter --help)
		[[ $cur == cl* ]] || compopt -o nospace
		;;
	watch:*) list=$(_pfclass_print '/^Words:/,/^$/s/^  \([a-z]*\) .*/\1/p' watch --help) ;;
	locate:* | fold:* | heatmap:* | top:*) _filedir; return ;;
	wss:*) _pids; return ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$list" -- "$cur")
}
complete -F _pfclass pfclass
