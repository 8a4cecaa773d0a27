"""The programs that a hook runs: Azure CLI, Azure Developer CLI and the connector's terminal.

Never puts a secret on a command line, never answers a prompt, and lets no program run for ever.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MISSING: Final = 127  # as a shell says that there is no such program
SLOW: Final = 124  # as `timeout` says that it ended one
SECONDS: Final = 120.0  # unless HOOK_SECONDS says otherwise
TERMINAL_SECONDS: Final = 600.0
INSTALL: Final = "python3 -m venv .venv, then .venv/bin/python -m pip install -r requirements.txt"
INSTALL_WINDOWS: Final = (
    r"py -m venv .venv, then .venv\Scripts\python -m pip install -r requirements.txt"
)
ON_WINDOWS: Final = os.name == "nt"


@dataclass(frozen=True)
class Ran:
    """What became of a program.

    Attributes:
        code: its exit code, or `MISSING`, or `SLOW`.
        out: what it printed, stripped; "" when that was shown as it came.
        err: what it complained about, stripped.
    """

    code: int
    out: str = ""
    err: str = ""

    @property
    def went_well(self) -> bool:
        """Say whether it ended with 0."""
        return self.code == 0

    @property
    def why(self) -> str:
        """Return in a line why it did not go well."""
        lines = [line.strip() for line in self.err.splitlines() if line.strip()]
        return lines[-1] if lines else f"it ended with {self.code}"


def setting(name: str) -> str:
    """Return a value of azd's environment, which azd hands to its hooks; "" when it has none."""
    return os.environ.get(name, "").strip()  # noqa: TID251  # azd's values, not the connector's settings


def say(text: str = "") -> None:
    """Print a line at once, so that it stands before what the next program prints."""
    print(text, flush=True)


def run(*words: str, seconds: float | None = None, shown: bool = False) -> Ran:
    """Run a program of the path and return what became of it.

    Args:
        words: the program and its arguments.
        seconds: how long it may take; without it, as long as HOOK_SECONDS says.
        shown: let it print for itself, instead of returning what it prints.
    """
    program = shutil.which(words[0])
    if program is None:
        return Ran(MISSING, err=f"{Path(words[0]).name} is not installed, or not on the path")
    patience = seconds or float(setting("HOOK_SECONDS") or SECONDS)
    pipe = None if shown else subprocess.PIPE
    try:
        done = subprocess.run(
            command_line(program, words[1:], on_windows=ON_WINDOWS),
            stdin=subprocess.DEVNULL,
            stdout=pipe,
            stderr=pipe,
            timeout=patience,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Ran(SLOW, err=f"no answer within {patience:g} seconds")
    except OSError as error:
        return Ran(MISSING, err=str(error))
    return Ran(done.returncode, _text(done.stdout), _text(done.stderr))


def command_line(program: str, words: Sequence[str], *, on_windows: bool) -> str | list[str]:
    """Return what the system is given to start a program.

    On Windows az is a batch file that repeats its arguments within brackets: those of a Graph
    address have to stand in quotes, which Python leaves out where there is no blank.
    """
    if on_windows and program.lower().endswith((".cmd", ".bat")):
        return " ".join(f'"{word}"' for word in (program, *words))
    return [program, *words]


def terminal_python(root: Path, *, on_windows: bool = ON_WINDOWS) -> Path | None:
    """Return the Python that has the terminal's packages; None when none was installed.

    It is the project's virtual environment; without one, the Python that runs this, if it has them.
    """
    inside = Path("Scripts", "python.exe") if on_windows else Path("bin", "python")
    found = root / ".venv" / inside
    if found.exists():
        return found
    probe = run(
        sys.executable, "-c", "import azure.identity, azure.data.tables, pydantic, requests"
    )
    return Path(sys.executable) if probe.went_well else None


def terminal(root: Path, *words: str, seconds: float = TERMINAL_SECONDS) -> Ran:
    """Run `python -m shared ...` with its output shown; `MISSING` without its packages."""
    python = terminal_python(root)
    if python is None:
        install = INSTALL_WINDOWS if ON_WINDOWS else INSTALL
        return Ran(MISSING, err=f"the terminal's packages are not installed. Run: {install}")
    return run(str(python), "-m", "shared", *words, seconds=seconds, shown=True)


def keep(name: str, value: str) -> Ran:
    """Keep a value in azd's environment, for what azd runs next."""
    return run("azd", "env", "set", name, value)


def _text(printed: bytes | None) -> str:
    return (printed or b"").decode("utf-8", errors="replace").strip()
