"""Commit messages: a subject within 72 characters, written as a sentence without its full stop.

`python tools/subject.py FILE` looks at one message, as git's hook `commit-msg` asks for; without a
file it looks at the commits that are not upstream yet, or at the last one where there is no
upstream. Merges are not looked at: they are worded by git. Needs nothing but Python.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LONGEST = 72
SCISSORS = ">8"  # git cuts there: what follows is the diff it showed in the editor


def problems(message: str) -> list[str]:
    """Return what is wrong with a message, in words."""
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
    upstream = _git(root, "rev-parse", "--quiet", "--verify", "@{upstream}").returncode == 0
    which = ["@{upstream}..HEAD"] if upstream else ["-1", "HEAD"]
    done = _git(root, "log", "--no-merges", "-z", "--format=%B", *which)
    done.check_returncode()
    return [message.strip() for message in done.stdout.split("\0") if message.strip()]


def _git(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", "-C", str(root), *words], capture_output=True, text=True)  # noqa: S607, PLW1510  # the git of whoever commits; the caller looks at the code


def main() -> int:
    """Look at one message, or at those of the new commits."""
    files = sys.argv[1:]
    messages = [written(Path(f).read_text()) for f in files] if files else new_messages(ROOT)
    found = [(m.splitlines()[:1], problem) for m in messages for problem in problems(m)]
    for subject, problem in found:
        print(f"The subject {' '.join(subject)!r} {problem}.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
