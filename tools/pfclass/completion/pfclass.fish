# SPDX-License-Identifier: GPL-2.0
#
# Completion of pfclass for fish: what its --help and its list print.

# __pfclass_print SED-SCRIPT ARG...: the script prints lines WORD, tab, MEANING.
function __pfclass_print
    set -lx PATH $PATH /usr/local/sbin /usr/sbin /sbin
    pfclass $argv[2..-1] 2>/dev/null | sed -n $argv[1]
end

function __pfclass
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l command
    set -l value

    set -e words[1]
    if set -l i (contains -i -- -- $words)
        set -e words[1..$i]
        complete -C (string join ' ' -- (string escape -- $words) $current)
        return
    end
    for word in $words
        if set -q value[1]
            set -e value
        else if string match -qr '^-[DRopwx]$' -- $word
            set value $word
        else if not string match -q -- '-*' $word; and not set -q command[1]
            set command $word
        end
    end
    switch "$value"
        case -D -R
            __fish_complete_directories $current
            return
        case -o
            __fish_complete_path $current
            return
        case -p
            __fish_complete_pids
            return
        case -w
            __pfclass_print 's/ /\t/p' watch
            return
        case -x
            return
    end
    switch "$command:$words[-1]"
        case 'top:-g'
            printf '%s\n' process command user cgroup
            return
        case 'top:-c' 'top:-s'
            __pfclass_print '/^classes/,/^$/s/^  \([a-z]*\)  *\(.*\)/\1\t\2/p' list
            return
        case 'top:-d' 'top:-f' 'top:-n'
            return
    end
    switch "$command:$current"
        case '*:-*'
            __pfclass_print 's/^  *\(-., \)\?\(--[a-z-]*\)[^ ]* *\(.*\)/\2\t\3/p' $command --help
        case ':*'
            __pfclass_print '/^Commands:/,/^[^C ]/{
                s/^  \([a-z]*\), \([a-z]*\)  *\(.*\)/\1\t\3\n\2\t\3/p; t
                s/^  \([a-z]*\).*  \(.*\)/\1\t\2/p; }' --help
        case 'list:*'
            __pfclass_print 's/^  \([a-z_]*\)  *\(.*\)/\1\t\2/p' list
        case 'filter:*'
            __pfclass_print '/^Words:/,/^$/s/^  \([a-z]*=\{0,1\}\)[^ ]*  *\(.*\)/\1\t\2/p' \
                filter --help
        case 'watch:*'
            __pfclass_print '/^Words:/,/^$/s/^  \([a-z]*\) [^ ]*\( \[[^ ]*\)\{0,1\}  *\(.*\)/\1\t\3/p' \
                watch --help
        case 'locate:*' 'fold:*' 'heatmap:*' 'top:*'
            __fish_complete_path $current
        case 'wss:*'
            __fish_complete_pids
    end
end
complete -c pfclass -f -a '(__pfclass)'
