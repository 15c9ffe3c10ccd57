# fish completion for hostctl. The words come from hostctl's own grammar, so that they are never out of step.
function __hostctl_complete
    set -l before (commandline --current-process --tokenize --cut-at-cursor)
    set -l line (string join ' ' -- $before[2..] (commandline --current-token --cut-at-cursor))
    # The grammar also has /h and /?, which are for another system.
    $before[1] "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null | string match --invert '/*'
end
complete --command hostctl --no-files --arguments '(__hostctl_complete)'
complete --command hostctl --long-option config --require-parameter --force-files --description 'Configuration file'
