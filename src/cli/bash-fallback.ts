/**
 * Bash code for the front of the completion's script, which takes the words of the line from a function of the package
 * bash-completion. Containers and macOS do not have that package.
 */
export const bashFallback = `# Without the package bash-completion: the words of the line as Bash splits them.
if ! declare -F _get_comp_words_by_ref > /dev/null; then
    _get_comp_words_by_ref() {
        words=("\${COMP_WORDS[@]}")
        cword=$COMP_CWORD
        cur=\${words[cword]}
        prev=\${words[cword - 1]}
    }
fi
`;
