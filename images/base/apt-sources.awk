# Reads apt's .sources (deb822) and .list (one-line) files, and prints deb822 entries for the
# suite `target`, drawn from the same mirrors: an entry for the machine's own release `own`, its
# -updates or its -security becomes the same one of `target`. Entries that name `target` already
# win. Used with: awk -v target=trixie -v own=bookworm -f apt-sources.awk FILE...

function trim(s) { gsub(/^[ \t]+|[ \t\r]+$/, "", s); return s }

# Collects one (URIs, suite) pair with its options; `rank` 1 = names target, 2 = names own release,
# 3 = names a release by its role (stable, …).
function add(uris, suites, options,    n, i, words, suffix, base, rank) {
    n = split(suites, words, /[ \t\n]+/)
    for (i = 1; i <= n; i++) {
        suffix = base = words[i]
        if (!sub(/^[^-\/]+/, "", suffix)) continue
        sub(/[-\/].*$/, "", base)
        if (suffix == "/updates") suffix = "-security"      # its name before Debian 11
        if (suffix !~ /^(-security|-updates)?$/) continue   # not backports, not flat repositories
        if (base == target) rank = 1
        else if (base == own) rank = 2
        else if (base ~ /^(stable|oldstable|testing)$/) rank = 3
        else continue
        found[rank] = found[rank] "Types: deb\nURIs: " uris "\nSuites: " target suffix \
            "\nComponents: main\n" options "\n"
        if (suffix == "") has_release[rank] = 1
    }
}

function stanza_end(    key, options) {
    if (field["types"] ~ /(^|[ \t])deb([ \t]|$)/ && field["enabled"] !~ /^(no|false|0)$/ &&
        field["components"] ~ /(^|[ \t])main([ \t]|$)/) {
        for (key in carried) if (key in field) options = options carried[key] ": " field[key] "\n"
        add(field["uris"], field["suites"], options)
    }
    split("", field); last = ""
}

function one_line(line,    options, n, i, parts, key, value, kept) {
    sub(/[ \t]#.*$/, "", line)
    if (line !~ /^deb[ \t]/) return
    sub(/^deb[ \t]+/, "", line)
    if (match(line, /^\[[^]]*\]/)) {
        options = substr(line, 2, RLENGTH - 2); line = trim(substr(line, RLENGTH + 1))
        n = split(options, parts, /[ \t]+/)
        for (i = 1; i <= n; i++) {
            key = tolower(parts[i]); sub(/=.*/, "", key)
            value = parts[i]; sub(/^[^=]*=/, "", value)
            if (key in carried) kept = kept carried[key] ": " value "\n"
        }
    }
    n = split(line, parts, /[ \t]+/)
    for (i = 3; i <= n; i++) if (parts[i] == "main") add(parts[1], parts[2], kept)
}

BEGIN {
    carried["signed-by"] = "Signed-By"; carried["trusted"] = "Trusted"
    carried["check-valid-until"] = "Check-Valid-Until"; carried["check-date"] = "Check-Date"
}
FNR == 1 { stanza_end() }
/^[ \t]*#/ { next }
FILENAME ~ /\.list$/ { one_line(trim($0)); next }
/^[ \t]*$/ { stanza_end(); next }
/^[ \t]/ { if (last != "") field[last] = field[last] "\n" $0; next }
match($0, /^[^:]+:/) {
    last = tolower(substr($0, 1, RLENGTH - 1))
    field[last] = trim(substr($0, RLENGTH + 1))
}
END {
    stanza_end()
    for (rank = 1; rank <= 3; rank++) if (has_release[rank]) { printf "%s", found[rank]; exit }
    exit 1
}
