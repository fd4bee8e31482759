# SPDX-License-Identifier: GPL-2.0
#
# complete.zsh LINE OUT: zsh completes LINE as if it had been typed, on a terminal of its
# own, and OUT gets the words that it offers. $PFC_FPATH holds the completion.

zmodload zsh/zpty
rm -f $2 $2.done
export PFC_OUT=$2
setup=$2.setup
cat >$setup <<'SETUP'
PS1= PS2= fpath=($PFC_FPATH $fpath)
autoload -U compinit && compinit -u -D
compadd()
{
	local -a words
	if [[ ${@[1,(i)(-|--)]} != *-[OAD]\ * ]]; then
		builtin compadd -O words "$@"
		print -rl -- $words >>$PFC_OUT
	fi
	builtin compadd "$@"
}
finished() { : >$PFC_OUT.done }
zle -N finished
bindkey '^I' complete-word '^X' finished
: >$PFC_OUT.ready
SETUP
rm -f $2.ready
zpty shell zsh -f -i
zpty -w shell "source $setup"
for i in {1..200}; do
	[[ ! -e $2.ready ]] || break
	sleep 0.1
done
zpty -w -n shell "$1"$'\t\C-x'
for i in {1..200}; do
	[[ ! -e $2.done ]] || break
	sleep 0.1
done
zpty -d shell
[[ -e $2.done ]]
