"""The real Bicep compiler, where one is found: it says what a deployment would create.

Never asks Azure, and never looks for modules of registries.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"


def compiler() -> str:
    """Return the compiler: the variable BICEP, else on the path, else beside this clone."""
    named = os.environ.get("BICEP")  # noqa: TID251  # says where a program of the machine is
    beside = ROOT.parent / "shared" / "tools" / "bicep"
    found = named or shutil.which("bicep") or (str(beside) if beside.exists() else None)
    if found is None:
        pytest.skip("no Bicep compiler: set BICEP, or put `bicep` on the path")
    return found


def warnings(file: Path) -> str:
    """Return what the compiler has to say about a file; nothing is good."""
    done = subprocess.run(
        [compiler(), "build", str(file), "--stdout"], capture_output=True, text=True, check=False
    )
    return done.stderr


def snapshot(module: Path, folder: Path, **parameters: Any) -> list[dict[str, Any]]:
    """Return the resources a module would create with these parameters."""
    # The compiler takes a relative path only, and finds modules and texts from the module's place.
    lines = [f"using '{os.path.relpath(module, folder)}'"]
    lines += [f"param {name} = {_literal(value)}" for name, value in parameters.items()]
    (folder / "t.bicepparam").write_text("\n".join(lines))
    subprocess.run(
        [
            *(compiler(), "snapshot", "t.bicepparam", "--mode", "overwrite"),
            *("--subscription-id", SUBSCRIPTION, "--tenant-id", SUBSCRIPTION),
            *("--resource-group", "rg", "--location", "westeurope"),
        ],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    found = json.loads((folder / "t.snapshot.json").read_text())
    resources: list[dict[str, Any]] = found["predictedResources"]
    return resources


def _literal(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + " ".join(f"{key}: {_literal(each)}" for key, each in value.items()) + " }"
    return f"'{value}'"
