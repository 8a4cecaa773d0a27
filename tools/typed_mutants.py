"""What mypy says of mutants and of nothing else, in the words of `mypy --output json`.

For `tools.mutants`: mutmut takes what this prints. mutmut writes all mutants of a function beside
the function itself, behind a call that chooses one of them; some types do not survive that call (a
`TypeGuard` does not). What mypy says of the function as it was is therefore no mutant's fault.
"""

import ast
import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

MUTANT, ORIGINAL = "__mutmut_", "__mutmut_orig"


def faults(errors: Iterable[dict[str, Any]], sources: dict[str, str]) -> list[dict[str, Any]]:
    """Return the errors that a mutant has and the function it was made from has not."""
    functions = {file: _functions(source) for file, source in sources.items()}
    placed = []
    known = defaultdict(set)
    for error in errors:
        file, line = error["file"], error["line"]
        name = next((n for n, first, last in functions[file] if first <= line <= last), "")
        mangled = name.rpartition(MUTANT)[0]
        if name.endswith(ORIGINAL):
            known[file, mangled].add(error["message"])
        elif mangled:
            placed.append((file, mangled, error))
    return [error for file, name, error in placed if error["message"] not in known[file, name]]


def _functions(source: str) -> list[tuple[str, int, int]]:
    """Return the functions that mutmut wrote, with their first and last lines."""
    return [
        (node.name, node.lineno, node.end_lineno or node.lineno)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef) and MUTANT in node.name
    ]


def main() -> int:
    """Run mypy with the arguments, and print what it says of mutants."""
    command = [sys.executable, "-m", *sys.argv[1:], "--output", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode not in {0, 1}:
        print(done.stdout, done.stderr, file=sys.stderr)
        return done.returncode
    said = [json.loads(line) for line in done.stdout.splitlines() if line.strip()]
    errors = [each for each in said if each["severity"] == "error"]
    sources = {file: Path(file).read_text() for file in {error["file"] for error in errors}}
    for error in faults(errors, sources):
        print(json.dumps(error))
    return 0


if __name__ == "__main__":
    sys.exit(main())
