"""Plants mistakes in the code, one at a time, and says which of them the tests let pass.

`python -m tools.planted [name ...]` tries all changes of `planted.toml`, or those whose name holds
one of the words. Never touches the working tree: every change is made in a copy.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
LIST: Final = Path(__file__).with_suffix(".toml")
MADE: Final = {"mutants"}  # by other tools, and large
LINKED: Final = (".tools",)  # installed once, far too large to copy
AT_ONCE: Final = 2
LONGEST: Final = 600.0  # seconds for one run of tests
PASSED: Final = 0  # of pytest's exit codes
FAILED: Final = 1  # all others mean that the tests could not run


class Verdict(StrEnum):
    """What became of a planted change."""

    CAUGHT = "caught"
    SURVIVED = "SURVIVED"
    NOT_FOUND = "text not found"
    BROKEN = "tests cannot run"


@dataclass(frozen=True)
class Planted:
    """One mistake.

    Attributes:
        name: what it does, in words.
        file: the file it is in, from the root of the repository.
        find: the text it replaces, which occurs exactly once there.
        replace: what stands there instead.
        tests: files or node ids of pytest; at least one test must fail.
    """

    name: str
    file: str
    find: str
    replace: str
    tests: tuple[str, ...]

    def applied(self, text: str) -> str | None:
        """Return the file's text with the mistake in it; None when its place is not plain."""
        return text.replace(self.find, self.replace) if text.count(self.find) == 1 else None


@dataclass(frozen=True)
class Finding:
    """A verdict, with the end of pytest's output where it explains it."""

    verdict: Verdict
    output: str = ""


def load(text: str) -> list[Planted]:
    """Read the list of changes.

    Raises:
        ValueError: it is empty, or two changes have the same name.
        TypeError: a change lacks a field, or has one too many.
    """
    found = [
        Planted(**{**each, "tests": tuple(each.get("tests", ()))})
        for each in tomllib.loads(text).get("change", [])
    ]
    if not found:
        raise ValueError("There is no change to plant.")
    if len({each.name for each in found}) < len(found):
        raise ValueError("Two changes have the same name.")
    if untested := [each.name for each in found if not each.tests]:
        raise ValueError(f"No tests are named for: {'; '.join(untested)}")
    return found


@contextmanager
def copied(root: Path) -> Iterator[Path]:
    """Yield a copy of everything that is not hidden, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="planted-") as folder:
        copy = Path(folder)
        for entry in root.iterdir():
            if entry.name.startswith(".") or entry.name in MADE:
                continue
            if entry.is_dir():
                ignore = shutil.ignore_patterns("__pycache__")
                shutil.copytree(entry, copy / entry.name, ignore=ignore)
            else:
                shutil.copy2(entry, copy)
        for name in LINKED:
            if (root / name).exists():
                (copy / name).symlink_to((root / name).resolve())
        yield copy


def run(folder: Path, tests: Sequence[str]) -> tuple[int, str]:
    """Run tests until one fails; return pytest's exit code and the end of its output."""
    command = [sys.executable, "-B", "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    try:
        done = subprocess.run(
            command, cwd=folder, check=False, capture_output=True, text=True, timeout=LONGEST
        )
    except subprocess.TimeoutExpired:
        return -1, f"They did not end within {LONGEST:.0f} seconds."
    return done.returncode, "\n".join((done.stdout + done.stderr).splitlines()[-15:])


def judge(planted: Planted, root: Path) -> Finding:
    """Plant one change in a copy of `root` and run its tests there."""
    with copied(root) as copy:
        file = copy / planted.file
        text = planted.applied(file.read_text()) if file.exists() else None
        if text is None:
            return Finding(Verdict.NOT_FOUND)
        file.write_text(text)
        code, output = run(copy, planted.tests)
    if code == FAILED:
        return Finding(Verdict.CAUGHT)
    return Finding(Verdict.SURVIVED) if code == PASSED else Finding(Verdict.BROKEN, output)


def main() -> int:
    """Try the changes; the exit code says whether every one of them was caught."""
    parser = argparse.ArgumentParser(prog="python -m tools.planted", description=__doc__)
    parser.add_argument("names", nargs="*", help="only changes whose name holds one of these")
    names = parser.parse_args().names
    chosen = load(LIST.read_text())
    if names:
        chosen = [each for each in chosen if any(name in each.name for name in names)]
    if not chosen:
        print("No change has such a name.")
        return 1
    tests = sorted({test for each in chosen for test in each.tests})
    with copied(ROOT) as copy:
        code, output = run(copy, tests)
    if code != PASSED:
        print(f"The tests do not pass without any change:\n{output}")
        return 1
    missed = 0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        findings = pool.map(lambda each: judge(each, ROOT), chosen)
        for planted, finding in zip(chosen, findings, strict=True):
            print(f"{finding.verdict:>16}  {planted.name}", flush=True)
            if finding.output:
                print(finding.output)
            missed += finding.verdict is not Verdict.CAUGHT
    print(f"{len(chosen) - missed} of {len(chosen)} caught")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
