# bash completion for hostctl. The words come from hostctl's own grammar, so that they are never out of step.
_hostctl()
{
    local line=${COMP_LINE:0:COMP_POINT}
    local arguments=${line#* }
    [[ $line == *" "* ]] || return
    local words
    # The grammar also has /h and /?, which are for another system.
    words=$("${COMP_WORDS[0]}" "[suggest:${#arguments}]" "$arguments" 2>/dev/null | grep -v '^/') || return
    local IFS=$'\n'
    COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _hostctl hostctl
