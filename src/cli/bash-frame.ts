/**
 * Bash code for the front of the completion's script. The script takes the words of the line from a function of the
 * package bash-completion, which containers and macOS do not have. And it sets constants, which Bash refuses when it
 * reads the script again, or that of another program of the same library.
 */
export const bashFront = `# Without the package bash-completion: the words of the line as Bash splits them.
if ! declare -F _get_comp_words_by_ref > /dev/null; then
    _get_comp_words_by_ref() {
        words=("\${COMP_WORDS[@]}")
        cword=$COMP_CWORD
        cur=\${words[cword]}
        prev=\${words[cword - 1]}
    }
fi
# A constant that this shell has already stays as it is.
readonly() {
    local name=\${1%%=*}
    [[ -n \${!name+set} ]] || builtin readonly "$1"
}
`;

/** Bash code for the end of the script. */
export const bashEnd = `unset -f readonly
`;
