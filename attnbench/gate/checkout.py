"""The base as files: a commit checked out beside the working tree, and removed in every case."""

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

from attnbench.errors import AttnbenchError
from attnbench.printable import one_line

NAME = "attnbench-gate-{pid}-"  # of the folder: its maker may be gone when somebody finds it
_OURS = re.compile(r"attnbench-gate-(\d+)-")
OF_A_HOOK = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE")
SHOWN = 3  # files of a dirty tree that a message names


class GitError(AttnbenchError):
    """No repository, no such commit, or changes that no commit has."""


@dataclass(frozen=True)
class Tree:
    """A folder with the files of a commit: `folder` stands where the user stood in it."""

    root: Path
    folder: Path
    commit: str
    changed: tuple[str, ...] = ()  # files that differ from the commit, as paths from the root


def working_tree(here: Path) -> Tree:
    """The repository around `here`, as it is. Raises GitError where there is none."""
    root = Path(_git(here, "rev-parse", "--show-toplevel"))
    commit = _git(here, "rev-parse", "--verify", "--quiet", "HEAD^{commit}", wrong="no commit yet")
    return Tree(root, here, commit, _changed(root))


def refuse_changes(tree: Tree) -> None:
    """Raises GitError for a tree that no commit is: what was judged could not be found again."""
    if tree.changed:
        raise GitError(f"{dirt(tree)}; commit or stash that, or add --allow-dirty")


def dirt(tree: Tree) -> str:
    shown, more = tree.changed[:SHOWN], len(tree.changed) - SHOWN
    names = ", ".join(map(one_line, shown)) + (f" and {more} more" if more > 0 else "")
    return f"the working tree has changes that no commit has: {names}"


@contextmanager
def checked_out(tree: Tree, ref: str) -> Iterator[Tree]:
    """Commit `ref` of the repository of `tree` in a folder of its own, which is removed afterwards.

    What an earlier gate left behind that was killed is removed too. Raises GitError.
    """
    commit = commit_of(tree, ref)
    sweep(tree.root)
    with TemporaryDirectory(prefix=NAME.format(pid=os.getpid())) as made:
        root = Path(made).resolve() / "base"
        try:
            # Hooks are for somebody who works there.
            hooks = ("-c", f"core.hooksPath={os.devnull}")
            _git(tree.root, *hooks, "worktree", "add", "--detach", "--quiet", str(root), commit)
            folder = root / tree.folder.relative_to(tree.root)
            yield Tree(root, folder if folder.is_dir() else root, commit)
        finally:
            remove(tree.root, root)


def commit_of(tree: Tree, ref: str) -> str:
    told = f"no commit {one_line(ref)!r} here; a shallow clone has to fetch it first"
    # A ref may look like an option; git has a word for "no more options" since 2.24.
    words = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    return _git(tree.root, *words, wrong=told)


def remove(repository: Path, root: Path) -> None:
    """Takes a worktree away, and git's memory of it; no complaint where there is none."""
    _run(repository, "worktree", "remove", "--force", "--force", str(root))
    _run(repository, "worktree", "prune")


def sweep(repository: Path) -> None:
    """Removes the worktrees of gates that were killed: those of processes that are gone."""
    told = _run(repository, "worktree", "list", "--porcelain").stdout
    for line in told.splitlines():
        root = Path(line.removeprefix("worktree "))
        ours = _OURS.match(root.parent.name)
        is_here = root.parent.parent == Path(gettempdir()).resolve()
        if ours and is_here and not Path(f"/proc/{ours[1]}").exists():
            remove(repository, root)
            if root.parent.is_dir():
                root.parent.rmdir()


def _changed(root: Path) -> tuple[str, ...]:
    """Tracked files that differ, and modules that git does not know: both are measured."""
    told = _git(root, "status", "--porcelain", "-z", "--no-renames")
    lines = [(line[:2], line[3:]) for line in told.split("\0") if line]
    folders = {name for state, name in lines if state == "??" and name.endswith("/")}
    return tuple(
        name
        for state, name in lines
        if state != "??" or name.endswith(".py") or (name in folders and _has_modules(root / name))
    )


def _has_modules(folder: Path) -> bool:
    return any(True for _ in folder.rglob("*.py"))


def _git(folder: Path, *words: str, wrong: str = "") -> str:
    """What git says. Raises GitError with `wrong`, or with the last that git says."""
    done = _run(folder, *words)
    if done.returncode == 0:
        return done.stdout.strip() if "-z" not in words else done.stdout
    said = [line for line in done.stderr.splitlines() if line.strip()]
    if "not a git repository" in done.stderr:
        raise GitError(f"{folder}: not in a git repository; --base needs one, --baseline does not")
    raise GitError(wrong or f"git {words[0]}: {one_line(said[-1] if said else 'failed')}")


def _run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    # A hook that runs us, as pre-push does, has set these to its own.
    clean = {k: v for k, v in os.environ.items() if k not in OF_A_HOOK}
    try:
        return subprocess.run(
            ["git", *words], cwd=folder, env=clean | {"LC_ALL": "C"}, capture_output=True,
            text=True, check=False, errors="surrogateescape",
            start_new_session=True,  # Ctrl-C is for us: what git has begun we take away
        )  # fmt: skip
    except FileNotFoundError:
        raise GitError("git is not installed; --base needs it, --baseline does not") from None
