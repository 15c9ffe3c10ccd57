#!/usr/bin/env fish
# complete.fish FILE LINE    what fish offers at the end of LINE with the completion in FILE, a word a line
source $argv[1]
complete --do-complete=$argv[2] | string replace --regex '\t.*' ''
# 'string' says whether it has replaced anything.
true
