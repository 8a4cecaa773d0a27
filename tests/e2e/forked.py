"""`python -m shared` in a process that is forked from one which has imported what commands need.

Importing it takes a command longer than what it does. Never runs two commands at once.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from sandbox.administrator import TIMEOUT, Administrator, CommandError
from sandbox.stack import ROOT

# What commands import only when they need it.
OFTEN = (
    "azure.core.pipeline.transport._requests_basic",
    "azure.data.tables",
    "azure.identity",
    "azure.keyvault.secrets",
    "azure.storage.queue",
    "jinja2",
    "shared.app",
    "shared.cli",
    "shared.world",
)


class Terminal:
    """Runs commands, each in a process, a folder and an environment of its own."""

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        self._process = process
        self._out, self._err = folder / "out", folder / "err"

    def __call__(
        self, *words: str, folder: Path, environment: Mapping[str, str]
    ) -> tuple[int, str, str]:
        """Return a command's exit code, its output and its errors."""
        told = {
            "words": words,
            "folder": str(folder),
            "environment": dict(environment),
            "outputs": [str(self._out), str(self._err)],
        }
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(told) + "\n")
        self._process.stdin.flush()
        code = int(self._process.stdout.readline())
        return code, self._out.read_text(), self._err.read_text()


@contextlib.contextmanager
def terminal() -> Iterator[Terminal]:
    """Keep the process that commands are forked from while the context lasts."""
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(
            [sys.executable, __file__],
            env={"PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        yield Terminal(process, Path(folder))


class QuickAdministrator(Administrator):
    """An administrator who runs commands at such a terminal."""

    def __init__(self, environment: Mapping[str, str], terminal: Terminal) -> None:
        super().__init__(environment)
        self._terminal = terminal

    def run(
        self, *arguments: str, accepted: tuple[int, ...] = (0,), seconds: float = TIMEOUT
    ) -> str:
        """Run `python -m shared` with these arguments and return what it printed."""
        code, out, err = self._terminal(*arguments, folder=ROOT, environment=self._environment)
        if code not in accepted:
            raise CommandError(f"{' '.join(arguments)} ended with {code}:\n{out}{err}")
        return out


def main() -> int:
    """Fork a process for each line, and print its exit code; in that process, be the command."""
    for name in OFTEN:
        import_module(name)
    for line in sys.stdin:
        if not (pid := os.fork()):
            return _be(json.loads(line))
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
    return 0


def _be(told: Mapping[str, Any]) -> int:
    from shared.__main__ import run

    signal.alarm(TIMEOUT)
    outputs = [os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC) for path in told["outputs"]]
    for descriptor, opened in enumerate([os.open(os.devnull, os.O_RDONLY), *outputs]):
        os.dup2(opened, descriptor)
        os.close(opened)
    os.chdir(told["folder"])
    environment = os.environ  # noqa: TID251  # the command's own, in place of the terminal's
    environment.clear()
    environment.update(told["environment"])
    sys.argv[1:] = told["words"]
    return run()


if __name__ == "__main__":
    sys.exit(main())
