"""How each shell asks what a word may be completed to: its script, and what it understands.

click's own scripts take words apart at = and :, at which bash splits, and at the commas of a list;
ours take the line as it was typed. A name that a value follows, as "size=", gets no space.
"""

import os

from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
    split_arg_string,
)

from attnbench.cli import COMPLETE, NAME

_BASH = """\
# Kept by: attnbench completion bash >> ~/.bashrc
%(complete_func)s() {
    local line=${COMP_LINE:0:COMP_POINT} found type value
    local word=${line##*[[:space:]]}
    local before=${word%%"$2"}  # what of the word bash takes for words of their own
    COMPREPLY=()
    found=$(env COMP_WORDS="$line" %(complete_var)s=bash_complete "$1")
    while IFS=, read -r type value; do
        case $type in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            plain)
                COMPREPLY+=("${value#"$before"}")
                [[ $value == *[=:] ]] && compopt -o nospace
                ;;
        esac
    done <<< "$found"
    return 0
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""

_ZSH = """\
#compdef %(prog_name)s
# Kept by: attnbench completion zsh > "${fpath[1]}/_attnbench"
%(complete_func)s() {
    local -a response plain open described
    local type key descr
    response=("${(@f)$(env COMP_WORDS="${words[*]}" COMP_CWORD=$((CURRENT-1)) \\
%(complete_var)s=zsh_complete ${words[1]})}")
    for type key descr in ${response}; do
        case $type in
            dir) _path_files -/ ;;
            file) _path_files -f ;;
            plain)
                if [[ $descr != "_" ]]; then
                    described+=("$key:$descr")
                elif [[ $key == *[=:] ]]; then
                    open+=("$key")
                else
                    plain+=("$key")
                fi
                ;;
        esac
    done
    (( $#described )) && _describe -V unsorted described -U
    (( $#open )) && compadd -U -S '' -V unsorted -a open
    (( $#plain )) && compadd -U -V unsorted -a plain
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    %(complete_func)s "$@"
else
    compdef %(complete_func)s %(prog_name)s
fi
"""

_FISH = """\
# Kept by: attnbench completion fish > ~/.config/fish/completions/attnbench.fish
function %(complete_func)s
    set -l found (env %(complete_var)s=fish_complete COMP_WORDS=(commandline -cp) \\
COMP_CWORD=(commandline -t) %(prog_name)s)
    for each in $found
        set -l pair (string split -m 1 "," -- $each)
        switch $pair[1]
            case dir
                __fish_complete_directories (commandline -t)
            case file
                __fish_complete_path (commandline -t)
            case plain
                echo $pair[2]
        end
    end
end
complete --no-files --command %(prog_name)s --arguments "(%(complete_func)s)"
"""


class _Whole(ShellComplete):
    """Completes --set=size=6 to words that begin with --set= too, as they stand on the line."""

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem]:
        option, equals, _ = incomplete.partition("=")
        found = super().get_completions(args, incomplete)
        if not (equals and option.startswith("--")):
            return found
        return [CompletionItem(f"{option}={item.value}", item.type, item.help) for item in found]


class Bash(_Whole, BashComplete):
    """Asks with the line up to the cursor."""

    source_template = _BASH

    def source(self) -> str:
        return ShellComplete.source(self)  # whichever bash this is, it is not the one that reads it

    def get_completion_args(self) -> tuple[list[str], str]:
        line = os.environ["COMP_WORDS"]
        words = split_arg_string(line)[1:]
        return (words, "") if line[-1:].isspace() else (words[:-1], words[-1] if words else "")


class Zsh(_Whole, ZshComplete):
    """Asks as click has it."""

    source_template = _ZSH


class Fish(_Whole, FishComplete):
    """Asks as click has it."""

    source_template = _FISH


SHELLS = {"bash": Bash, "zsh": Zsh, "fish": Fish}


def script(shell: str) -> str:
    """What makes a shell ask."""
    return SHELLS[shell](None, {}, NAME, COMPLETE).source()


def register() -> None:
    """In place of click's own, for the answers."""
    for shell in SHELLS.values():
        add_completion_class(shell)
