"""Commit messages: a subject within 72 characters, written as a sentence without its full stop.

`python tools/subject.py FILE` looks at one message, as git's hook `commit-msg` asks for; without a
file it looks at the commits that are not upstream yet, or at the last one where there is no
upstream. What git words itself is not looked at: merges, and commits that a rebase will melt away.
Needs nothing but Python; where there is no git, there is no commit to look at.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LONGEST = 72
WORDED_BY_GIT = ("Merge ", "fixup! ", "squash! ", "amend! ")
SCISSORS = ">8"  # git cuts there: what follows is the diff it showed in the editor


def problems(message: str) -> list[str]:
    """Return what is wrong with a message, in words."""
    if message.startswith(WORDED_BY_GIT):
        return []
    subject, *rest = message.splitlines() or [""]
    found = []
    if len(subject) > LONGEST:
        found.append(f"is {len(subject)} characters long, {LONGEST} is the most")
    if not subject[:1].isupper():
        found.append("does not start with a capital letter")
    if subject.endswith("."):
        found.append("ends with a full stop")
    if rest and rest[0]:
        found.append("is not followed by a blank line")
    return found


def written(text: str) -> str:
    """Return what of the text in git's editor becomes the message."""
    lines = []
    for line in text.splitlines():
        if line.startswith("#") and SCISSORS in line:
            break
        if not line.startswith("#"):
            lines.append(line)
    return "\n".join(lines).strip()


def new_messages(root: Path) -> list[str]:
    """Return the messages of the commits that are not upstream yet, or of the last one."""
    upstream = _git(root, "rev-parse", "--quiet", "--verify", "@{upstream}") is not None
    which = ["@{upstream}..HEAD"] if upstream else ["-1", "HEAD"]
    commits = (_git(root, "rev-list", *which) or "").split()
    found = (_git(root, "cat-file", "commit", commit) or "" for commit in commits)
    return [message for message in map(_message, found) if message]


def _message(commit: str) -> str:
    """Return a commit's message; "" for a merge. A shallow clone's log hides its parents."""
    head, _, message = commit.partition("\n\n")
    merge = sum(line.startswith("parent ") for line in head.splitlines()) > 1
    return "" if merge else message.strip()


def _git(root: Path, *words: str) -> str | None:
    """Return what git prints about `root`, None when it refuses or is not there."""
    # a hook of git's names its own repository in the environment
    ours = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}  # noqa: TID251  # not a setting
    command = ["git", "-C", str(root), *words]
    try:
        done = subprocess.run(command, capture_output=True, text=True, env=ours, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout


def main() -> int:
    """Look at one message, or at those of the new commits."""
    files = sys.argv[1:]
    if not files and _git(ROOT, "rev-parse", "HEAD") is None:
        print("There is no git history here: no subject was looked at.")
    messages = [written(Path(f).read_text()) for f in files] if files else new_messages(ROOT)
    found = [(m.splitlines()[:1], problem) for m in messages for problem in problems(m)]
    for subject, problem in found:
        print(f"The subject {' '.join(subject)!r} {problem}.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
