"""The Bicep compiler: found, started once, and asked.

Never downloads one, and never speaks to Azure: a snapshot is evaluated on this machine alone.
`python -m tools.bicep` prints where the compiler is, or why there is none.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

ROOT: Final = Path(__file__).resolve().parent.parent
BESIDE: Final = ROOT.parent / "shared" / "tools" / "bicep"
SUBSCRIPTION: Final = "11111111-1111-1111-1111-111111111111"
TENANT: Final = "22222222-2222-2222-2222-222222222222"

_PLACE: Final = {
    "subscriptionId": SUBSCRIPTION,
    "tenantId": TENANT,
    "location": "westeurope",
    "deploymentName": "connector",
}


class NoCompilerError(Exception):
    """There is no compiler where it is looked for; the text says where that is."""


class BicepError(Exception):
    """What the compiler cannot compile or evaluate, in its own words."""


@dataclass(frozen=True)
class Compiled:
    """A compiled file.

    Attributes:
        template: the ARM template, None when there is an error in the file.
        complaints: every warning and error, with file, line and rule.
    """

    template: dict[str, Any] | None
    complaints: tuple[str, ...]


def find_compiler(environment: Mapping[str, str] | None = None, beside: Path = BESIDE) -> Path:
    """Return the compiler: the variable BICEP, else `bicep` on the path, else `beside`.

    Raises:
        NoCompilerError: names the places that were looked at.
    """
    variables = os.environ if environment is None else environment  # noqa: TID251  # no setting
    if named := variables.get("BICEP"):
        if found := shutil.which(named):
            return Path(found).resolve()
        raise NoCompilerError(f"The variable BICEP names {named}, and no program is there.")
    if found := shutil.which("bicep", path=variables.get("PATH", "")):
        return Path(found).resolve()
    if beside.is_file():
        return beside.resolve()
    raise NoCompilerError(
        "There is no Bicep compiler: the variable BICEP is not set, no 'bicep' is on the PATH, and "
        f"there is no {os.path.relpath(beside, ROOT)}. Install it (https://aka.ms/bicep-install; "
        "or 'az bicep install' and BICEP=~/.azure/bin/bicep) and try again."
    )


class Bicep:
    """A running compiler; starting one takes seconds, a question much less.

    Speaks JSON-RPC over its standard input and output, as PyPI's anthonycmartin-bicep-testing does,
    which brings Azure's management libraries for live deployments along.
    """

    def __init__(self, program: Path) -> None:
        self.program = program
        # Where the system has no ICU, .NET does not start without this.
        environment = dict(os.environ)  # noqa: TID251  # handed on
        environment["DOTNET_SYSTEM_GLOBALIZATION_INVARIANT"] = "1"
        self._process = subprocess.Popen(
            [str(program), "jsonrpc", "--stdio"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
        )
        self._number = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the compiler."""
        self._process.kill()
        self._process.communicate()

    def version(self) -> str:
        """Return the compiler's version."""
        return str(self._ask("bicep/version", {})["version"])

    def compile(self, file: Path) -> Compiled:
        """Compile and lint one file and what it takes in."""
        answer = self._ask("bicep/compile", {"path": str(file)})
        contents = answer.get("contents")
        return Compiled(
            template=json.loads(contents) if contents else None,
            complaints=tuple(_complaint(each) for each in answer["diagnostics"]),
        )

    def parameters(self, file: Path) -> dict[str, Any]:
        """Return the values a .bicepparam file gives.

        Raises:
            BicepError: it does not compile.
        """
        answer = self._ask("bicep/compileParams", {"path": str(file), "parameterOverrides": {}})
        if not answer["success"]:
            raise BicepError("\n".join(_complaint(each) for each in answer["diagnostics"]))
        given = json.loads(answer["parameters"])["parameters"]
        return {name: each.get("value") for name, each in given.items()}

    def formatted(self, file: Path) -> str:
        """Return a file's text as the compiler formats it."""
        return str(self._ask("bicep/format", {"path": str(file)})["contents"])

    def snapshot(self, file: Path) -> dict[str, Any]:
        """Evaluate a .bicepparam file: what it would deploy, and the outputs.

        Raises:
            BicepError: it cannot be evaluated, or a part of it was left out.
        """
        found: dict[str, Any] = json.loads(
            self._ask(
                "bicep/getSnapshot", {"path": str(file), "metadata": _PLACE, "externalInputs": []}
            )["snapshot"]
        )
        if found.get("diagnostics"):
            # A module that could not be expanded is missing there, and only this says so.
            raise BicepError("\n".join(str(each).strip() for each in found["diagnostics"]))
        return found

    def _ask(self, method: str, parameters: dict[str, Any]) -> dict[str, Any]:
        self._number += 1
        question = {"jsonrpc": "2.0", "id": self._number, "method": method, "params": parameters}
        body = json.dumps(question).encode()
        given, taken = self._process.stdin, self._process.stdout
        assert given is not None  # noqa: S101  # both are pipes
        assert taken is not None  # noqa: S101
        try:
            given.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
            given.flush()
            length = 0
            while line := taken.readline().strip():
                name, _, value = line.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            answer: dict[str, Any] = json.loads(taken.read(length) or b"{}")
        except BrokenPipeError:
            answer = {}
        if not answer:
            raise BicepError(f"{self.program} has ended without an answer to {method}.")
        if "error" in answer:
            raise BicepError(str(answer["error"].get("message", answer["error"])))
        result: dict[str, Any] = answer["result"]
        return result


def _complaint(diagnostic: dict[str, Any]) -> str:
    source = Path(diagnostic["source"])
    where = source.relative_to(ROOT) if source.is_relative_to(ROOT) else source
    line = diagnostic["range"]["start"]["line"] + 1
    return f"{where}:{line}: {diagnostic['level']} {diagnostic['code']}: {diagnostic['message']}"


def main() -> int:
    """Print where the compiler is; the exit code says whether there is one."""
    try:
        print(find_compiler())
    except NoCompilerError as missing:
        print(missing)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
