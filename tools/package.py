"""The archive that is deployed: made from the last commit, the same bytes for the same commit.

`python -m tools.package` writes `dist/NAME-VERSION.zip` and its SHA-256. Never takes a file that is
not committed, and never decides what is left out: `.funcignore` does, for azd and func as well.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
DIST: Final = "dist"
IGNORED: Final = ".funcignore"
WHEN: Final = (1980, 1, 1, 0, 0, 0)  # the oldest time that a zip knows
FILE: Final = 0o100644  # nothing in it is run by its name
UNIX: Final = 3
PLAIN: Final = {"100644", "100755"}  # git's modes of a file; not a link, not a submodule


class PackageError(Exception):
    """The archive cannot be made; the message says why and what to do."""


@dataclass(frozen=True)
class Member:
    """A file of the archive.

    Attributes:
        path: where it is, from the root.
        content: its bytes, as git keeps them.
    """

    path: str
    content: bytes


def deployed(root: Path, commit: str = "HEAD") -> list[Member]:
    """Return the files of a commit that `.funcignore` leaves, sorted.

    Git itself reads the patterns, so that they mean what they mean in a `.gitignore`.

    Raises:
        PackageError: there is no git, no such commit, or a link among the files.
    """
    with tempfile.TemporaryDirectory() as folder:
        patterns = Path(folder) / "patterns"
        patterns.write_bytes(_git(root, "show", f"{commit}:{IGNORED}"))
        index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
        _git(root, "read-tree", commit, env=index)
        everything = _listed(_git(root, "ls-files", "-z", "--stage", env=index))
        left_out = _git(root, "ls-files", "-z", "-c", "-i", "-X", str(patterns), env=index)
    ignored = set(left_out.decode().split("\0"))
    taken = {path: mode for path, mode in everything.items() if path not in ignored}
    odd = [path for path, mode in taken.items() if mode not in PLAIN]
    if odd:
        raise PackageError(f"{', '.join(odd)}: not a plain file. Add it to {IGNORED}.")
    return [Member(path, _git(root, "show", f"{commit}:{path}")) for path in sorted(taken)]


def archive(members: Iterable[Member]) -> bytes:
    """Return a zip of the files.

    Nothing in it depends on the machine: no times, no owners, and no compression, whose bytes
    differ between versions of zlib.
    """
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as packed:
        for member in members:
            entry = zipfile.ZipInfo(member.path, WHEN)
            entry.create_system = UNIX
            entry.external_attr = FILE << 16
            packed.writestr(entry, member.content)
    return made.getvalue()


def uncommitted(root: Path) -> list[str]:
    """Return what differs from the last commit, or is not in it."""
    lines = _git(root, "status", "--porcelain").decode().splitlines()
    return [line[3:] for line in lines]


def base_name(root: Path) -> str:
    """Return what the archive and its bill of materials are called, without their endings."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return f"{project['name']}-{project['version']}"


def _listed(stage: bytes) -> dict[str, str]:
    """Return the files of an index with their modes."""
    entries = (entry.partition("\t") for entry in stage.decode().split("\0") if entry)
    return {path: head.split()[0] for head, _, path in entries}


def _git(root: Path, *words: str, env: dict[str, str] | None = None) -> bytes:
    # a hook of git's names its own repository in the environment
    ours = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}  # noqa: TID251  # not a setting
    command = ["git", "-C", str(root), *words]
    try:
        done = subprocess.run(command, capture_output=True, check=True, env={**ours, **(env or {})})
    except FileNotFoundError:
        raise PackageError("git is needed to make the package: it says what a commit is.") from None
    except subprocess.CalledProcessError as error:
        reason = error.stderr.decode(errors="replace").strip()
        raise PackageError(f"git {words[0]} failed: {reason}. Run it in a clone.") from error
    return done.stdout


def main() -> int:
    """Write the archive and its SHA-256."""
    target = ROOT / DIST / f"{base_name(ROOT)}.zip"
    try:
        members = deployed(ROOT)
        differs = uncommitted(ROOT)
    except PackageError as error:
        print(error)
        return 1
    packed = archive(members)
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(packed)
    digest = hashlib.sha256(packed).hexdigest()
    target.with_suffix(".zip.sha256").write_text(f"{digest}  {target.name}\n")
    print(f"{DIST}/{target.name}: {len(members)} files, {len(packed)} bytes, sha256 {digest}")
    if differs:
        print(f"Not in it, for it is not committed: {', '.join(differs)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
