"""`make infra`: is what would be deployed to Azure sound, as far as this machine can say?

Compiles and lints the Bicep source with every warning an error, looks at its format, evaluates
every .bicepparam, scans what they deploy with checkov, and runs the tests of tests/infra. Never
speaks to Azure: what only a deployment shows, `azd provision --preview` does.
"""

import json
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from tools.bicep import ROOT, Bicep, BicepError, NoCompilerError, find_compiler
from tools.deployment import TESTS
from tools.expressions import spelled

SOURCE: Final = ROOT / "infra"
SKIPPED: Final = ROOT / "tools" / "infra_scan.toml"
SCANNER: Final = ROOT / ".tools" / "checkov"
PINS: Final = ROOT / "requirements-infra.txt"
TEMPLATE: Final = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
# What checkov does not count: a resource without a location, tags or properties of interest to it.
LEAST_SEEN: Final = 0.8


def complaints(bicep: Bicep) -> Iterator[str]:
    """Yield what the compiler, its linter and its formatter say about the source."""
    for file in sorted([*SOURCE.rglob("*.bicep")]):
        yield from bicep.compile(file).complaints
        if bicep.formatted(file) != file.read_text():
            name = file.relative_to(ROOT)
            yield f"{name} is not formatted: run '{bicep.program} format {name}'."


def evaluated(bicep: Bicep) -> dict[str, dict[str, Any]]:
    """Return what every .bicepparam deploys, by its name.

    Raises:
        BicepError: one cannot be evaluated.
    """
    files = sorted([*SOURCE.rglob("*.bicepparam"), *(ROOT / TESTS).rglob("*.bicepparam")])
    return {file.stem: bicep.snapshot(file) for file in files}


def install_scanner() -> Path:
    """Return checkov's program, installed into an environment of its own when it is stale."""
    program = SCANNER / "bin" / "checkov"
    stamp = SCANNER / "installed"
    if not stamp.exists() or stamp.read_text() != PINS.read_text():
        uv = [sys.executable, "-m", "uv"]
        python = SCANNER / "bin" / "python"
        subprocess.run(
            [*uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable, str(SCANNER)],
            check=True,
        )
        subprocess.run(
            [*uv, "pip", "sync", "--quiet", "--python", str(python), str(PINS)],
            check=True,
        )
        stamp.write_text(PINS.read_text())
    return program


def scan(program: Path, snapshots: dict[str, dict[str, Any]], skipped: dict[str, str]) -> list[str]:
    """Scan what is deployed; return what was found, or why the scan says nothing.

    checkov sees no resource of a module in a compiled template, so that it is given one template
    for each snapshot, without modules and with everything evaluated.
    """
    with tempfile.TemporaryDirectory(prefix="infra-scan-") as folder:
        for name, snapshot in snapshots.items():
            resources = spelled(snapshot["predictedResources"])
            template = {"$schema": TEMPLATE, "contentVersion": "1.0.0.0", "resources": resources}
            Path(folder, f"{name}.json").write_text(json.dumps(template, indent=1))
        command = [str(program), "--directory", folder, "--framework", "arm", "--skip-download"]
        command += ["--compact", "--output", "json", "--skip-check", ",".join(skipped)]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
    try:
        report = json.loads(done.stdout)
    except json.JSONDecodeError:
        return [f"checkov has no report: {(done.stderr or done.stdout).strip()[-500:]}"]
    return judged(report, sum(len(each["predictedResources"]) for each in snapshots.values()))


def judged(report: dict[str, Any], deployed: int) -> list[str]:
    """Return what a report of checkov finds, or why it cannot be believed."""
    summary = report.get("summary", report)
    seen = summary["resource_count"]
    found = []
    if summary["parsing_errors"]:
        found.append(f"checkov could not read {summary['parsing_errors']} of the templates.")
    if seen < LEAST_SEEN * deployed or not seen:
        found.append(
            f"checkov saw {seen} resources of {deployed}: what it does not see, it passes."
        )
    if not summary["passed"]:
        found.append("checkov checked nothing.")
    failed = report.get("results", {}).get("failed_checks", [])
    return found + [
        f"{each['check_id']} {each['check_name']}: {each['resource']}" for each in failed
    ]


def read_skipped(text: str) -> dict[str, str]:
    """Return the checks that are skipped, each with its reason.

    Raises:
        ValueError: one has no reason.
    """
    found: dict[str, str] = tomllib.loads(text)["skipped"]
    if unreasoned := [check for check, reason in found.items() if not reason.strip()]:
        raise ValueError(f"No reason is given for skipping {', '.join(unreasoned)}.")
    return found


def main() -> int:
    """Go through everything; the exit code says whether all of it is sound."""
    try:
        program = find_compiler()
    except NoCompilerError as missing:
        print(missing)
        return 2
    with Bicep(program) as bicep:
        print(f"Bicep {bicep.version()} ({program})")
        if found := list(complaints(bicep)):
            print(*found, sep="\n")
            return 1
        print("compiled, linted and formatted: no complaint")
        try:
            snapshots = evaluated(bicep)
        except BicepError as error:
            print(error)
            return 1
    for name, snapshot in snapshots.items():
        print(f"evaluated {name}: {len(snapshot['predictedResources'])} resources")
    skipped = read_skipped(SKIPPED.read_text())
    if found := scan(install_scanner(), snapshots, skipped):
        print(*found, sep="\n")
        return 1
    print(f"scanned with checkov: nothing found, {len(skipped)} checks skipped for a reason")
    tests = [sys.executable, "-m", "pytest", "-q", TESTS]
    return subprocess.run(tests, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
