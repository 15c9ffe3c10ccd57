#!/usr/bin/env zsh
# complete.zsh FILE LINE    what zsh offers at the end of LINE with the completion in FILE, a word a line
# Only an interactive zsh completes. It has a terminal of its own, in which LINE is typed, and Tab.
emulate -R zsh
zmodload zsh/zpty zsh/zselect
work=$(mktemp -d) || exit
trap 'zpty -d shell 2>/dev/null; rm -rf $work' EXIT
cp $1 $work/_hostctl
cat >$work/.zshrc <<'END'
PS1= fpath=($work $fpath)
autoload -Uz compinit && compinit -u -d $work/dump
zmodload zsh/complist
# All that is offered, in place of a list on the terminal.
compadd() {
    local -a offered
    builtin compadd -O offered "$@"
    print -rl -- $offered >>$work/words
    builtin compadd "$@"
}
finish() { mv $work/words $work/result 2>/dev/null || : >$work/result }
zle -N finish
bindkey '^I' complete-word '^X' finish
: >$work/ready
END
export work ZDOTDIR=$work
zpty shell zsh -i
# Waits for a file, and reads what the terminal shows, so that nobody waits for that.
wait_for() {
    local deadline=$((SECONDS + 20)) shown
    until [[ -e $1 ]]; do
        ((SECONDS < deadline)) || { print -u2 "zsh has not answered"; exit 1 }
        zpty -r -t shell shown 2>/dev/null
        zselect -t 2
    done
}
wait_for $work/ready
zpty -w -n shell "$2"$'\t\x18'
wait_for $work/result
grep -v '^$' $work/result
