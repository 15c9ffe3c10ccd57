#compdef hostctl
# zsh completion for hostctl. The words come from hostctl's own grammar, so that they are never out of step.
local line="${(j: :)${(@)words[2,CURRENT-1]}}"
line="${line:+$line }$PREFIX"
local -a found
found=(${(f)"$(${~words[1]} "[suggest:${#line}]" "$line" 2>/dev/null)"})
# The grammar also has /h and /?, which are for another system.
found=(${found:#/*})
compadd -a found || _files
