"""Mutation testing: the code is changed in thousands of small ways; do the tests notice each?

`[tool.mutants]` in pyproject.toml says which folders are mutated, by which tests each is judged,
and the score below which this fails. mutmut makes the mutants and runs the judges, in a copy of
the checkout under `mutants/`. mypy goes first, for what it finds needs no test. Says of each module
what became of its mutants, and writes those that nobody noticed to `mutants/survivors.txt`. Fails
when nothing was mutated. `--only FILE` mutates one module or folder.

mutmut changes what stands in functions and methods, but not in those that are decorated (properties
are), nor what a module says outside them. What is said in the log is left alone too.
"""

import argparse
import ast
import difflib
import itertools
import json
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "mutants"
SURVIVORS = WORK / "survivors.txt"
COPIED = ("shared", "sandbox", "bench", "tests", "tools", "docs")
TYPES = (sys.executable, "-m", "tools.typed_mutants", "mypy")
NO_PLUGINS = ("-p", "no:cacheprovider", "-p", "no:xdist")
COPIED_FILES = ("*.py", "*.md", "*.json", "*.txt", "pyproject.toml")

# What a mutant's end is called, by the exit code mutmut notes for it.
ENDS = {0: "survived", 1: "killed", 3: "killed", 5: "no tests", 33: "no tests", 37: "types"}
TIMEOUTS = {24, -24, 36, 152, 255}
NOTICED = ("killed", "types", "timeout")
COLUMNS = ("killed", "types", "timeout", "survived", "no tests", "other")

# mypy reads all mutants of a module as methods and functions side by side. Some codes then tell of
# the neighbours and not of the mutant, so only those are believed that tell of its own lines.
MYPY = """[mypy]
python_version = 3.11
plugins = pydantic.mypy
strict = true
warn_unused_ignores = false
enable_error_code = exhaustive-match
disable_error_code = no-redef, has-type, var-annotated, no-any-return, misc
"""


def main() -> int:
    """Mutate, judge and report."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--only", default="", help="a module or folder of those that are mutated")
    only = options.parse_args().only.rstrip("/")
    chosen = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mutants"]
    shutil.rmtree(WORK, ignore_errors=True)
    ends: dict[str, Counter[str]] = {}
    survivors: list[str] = []
    for folder, judges in chosen["judges"].items():
        if only and not f"{only}/".startswith(f"{folder}/"):
            continue
        work = prepare(folder, judges, only=only or folder)
        done = subprocess.run([sys.executable, "-m", "mutmut", "run"], cwd=work, check=False)
        if done.returncode:
            print(f"mutmut could not judge {only or folder}: it ended with {done.returncode}.")
            return 1
        codes = noted(work)
        for module, names in itertools.groupby(codes, key=module_of):
            ends[module] = Counter(end_of(codes[name]) for name in names)
        survivors += unnoticed(work, codes)
    WORK.mkdir(exist_ok=True)
    SURVIVORS.write_text("".join(f"{line}\n" for line in survivors))
    print("\n".join(table(ends)))
    total = sum(ends.values(), Counter())
    if not total:
        print(
            f"Nothing was mutated: {only or 'no folder'} is none of {', '.join(chosen['judges'])}."
        )
        return 1
    print(f"Those that nobody noticed are in {SURVIVORS.relative_to(ROOT)}.")
    total_by_tests = Counter({end: n for end, n in total.items() if end != "types"})
    print(f"Of those that mypy let through, the tests noticed {score(total_by_tests):.1f} %.")
    if score(total) < chosen["floor"]:
        print(f"The score is below {chosen['floor']} %.")
        return 1
    return 0


def prepare(folder: str, judges: list[str], *, only: str) -> Path:
    """Return a copy of the checkout, set up for mutmut to mutate a module or folder of it."""
    work = WORK / folder.replace("/", ".")
    work.mkdir(parents=True)
    for name in COPIED:
        shutil.copytree(ROOT / name, work / name, ignore=shutil.ignore_patterns("__pycache__"))
    for pattern in COPIED_FILES:
        for path in ROOT.glob(pattern):
            shutil.copy(path, work)
    (work / "mypy.ini").write_text(MYPY)
    by_itself = {"shared", "pyproject.toml"}  # mutmut copies these unasked
    mutmut = {
        "source_paths": ["shared"],
        "only_mutate": [only if only.endswith(".py") else f"{only}/*"],
        "do_not_mutate_patterns": [r"\b(logger|_log)\."],
        "also_copy": [path.name for path in work.iterdir() if path.name not in by_itself],
        "pytest_add_cli_args": [*NO_PLUGINS, "-p", "tools.judges", "--hypothesis-seed=0"],
        "pytest_add_cli_args_test_selection": judges,
        "type_check_command": [*TYPES, only],
        "timeout_constant": 8.0,  # seconds, for a machine with other work to do
        "timeout_multiplier": 3.0,  # of these and of what the judges took when nothing was mutated
        "track_dependencies": False,
    }
    rows = [f"{key} = {json.dumps(value)}\n" for key, value in mutmut.items()]
    with (work / "pyproject.toml").open("a") as file:
        file.writelines(["\n[tool.mutmut]\n", *rows])
    return work


def noted(work: Path) -> dict[str, int | None]:
    """Return the exit codes that mutmut noted, by the names of the mutants, module by module."""
    codes: dict[str, int | None] = {}
    for path in sorted((work / "mutants").rglob("*.py.meta")):
        codes |= json.loads(path.read_text())["exit_code_by_key"]
    return codes


def module_of(name: str) -> str:
    """Return the module a mutant is in."""
    return name.rpartition(".")[0]


def end_of(code: int | None) -> str:
    """Return what became of a mutant."""
    if code in TIMEOUTS:
        return "timeout"
    return ENDS.get(code, "other") if code is not None else "other"


def unnoticed(work: Path, codes: dict[str, int | None]) -> Iterator[str]:
    """Yield `module.function: what was changed` for each mutant that nobody noticed."""
    suspects = [name for name, code in codes.items() if end_of(code) not in NOTICED]
    for module, names in itertools.groupby(suspects, key=module_of):
        written = _functions(work / "mutants" / module.replace(".", "/"))
        for name in names:
            function = name.rpartition(".")[2]
            mangled = function.rpartition("__mutmut_")[0]
            original = f"{mangled}__mutmut_orig"
            after = [line.replace(function, original) for line in written[function]]
            lines = difflib.ndiff(written[original], after)
            change = " ".join(" ".join(line.split()) for line in lines if line[0] in "-+")
            called = mangled.removeprefix("x_").removeprefix("xǁ").replace("ǁ", ".")
            yield f"{module}.{called}: {change} ({end_of(codes[name])})"


def _functions(module: Path) -> dict[str, list[str]]:
    """Return the lines of every function of a module, by its name."""
    path = module / "__init__.py" if module.is_dir() else module.with_suffix(".py")
    text = path.read_text()
    lines = text.splitlines()
    return {
        node.name: lines[node.lineno - 1 : node.end_lineno]
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef)
    }


def score(ends: Counter[str]) -> float:
    """Return which part of the mutants was noticed, in percent."""
    return 100 * sum(ends[end] for end in NOTICED) / max(ends.total(), 1)


def table(ends: dict[str, Counter[str]]) -> list[str]:
    """Return the lines of the table, a module each, and the total."""
    total = sum(ends.values(), Counter())
    lines = [f"{'':34}" + "".join(f"{name:>10}" for name in COLUMNS) + f"{'score':>9}"]
    for module, counted in [*ends.items(), *([("total", total)] if total else [])]:
        numbers = "".join(f"{counted[name]:10}" for name in COLUMNS)
        lines.append(f"{module:34}{numbers}{score(counted):7.1f} %")
    return lines


if __name__ == "__main__":
    sys.exit(main())
