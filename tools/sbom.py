"""The bill of materials beside the archive: CycloneDX, of what Azure installs for it.

`python -m tools.sbom` writes `dist/NAME-VERSION.cdx.json`; cyclonedx-py makes it and checks it
against the schema. Never holds a time or a random number: the same commit gives the same file.
"""

import subprocess
import sys
from collections.abc import Iterable
from typing import Final

from packaging.requirements import Requirement

from tools.package import DIST, ROOT, base_name

PYTHON: Final = "3.13"  # the runtime in infra/modules/app.bicep
THERE: Final = {  # what markers are asked about: Azure's machine, not this one
    "python_version": PYTHON,
    "python_full_version": f"{PYTHON}.0",
    "implementation_name": "cpython",
    "platform_python_implementation": "CPython",
    "os_name": "posix",
    "sys_platform": "linux",
    "platform_system": "Linux",
}


def installed(lines: Iterable[str]) -> list[str]:
    """Return the pins of a requirements file that Azure installs."""
    texts = (line.partition("#")[0].strip() for line in lines)
    wanted = [Requirement(text) for text in texts if text]
    return sorted(
        f"{one.name}{one.specifier}"
        for one in wanted
        if one.marker is None or one.marker.evaluate(THERE)
    )


def main() -> int:
    """Write the bill of materials."""
    pins = installed((ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines())
    target = ROOT / DIST / f"{base_name(ROOT)}.cdx.json"
    target.parent.mkdir(exist_ok=True)
    # It warns that pins are no graph of dependencies: they are all there, who wants which is not.
    command = [
        sys.executable,
        "-W",
        "ignore::UserWarning",
        "-m",
        "cyclonedx_py",
        "requirements",
        "-",
    ]
    command += ["--pyproject", str(ROOT / "pyproject.toml"), "--mc-type", "application"]
    command += ["--output-reproducible", "--validate", "--spec-version", "1.6"]
    command += ["--output-format", "JSON", "--output-file", str(target)]
    done = subprocess.run(command, input="\n".join(pins).encode(), check=False)
    if done.returncode == 0:
        print(f"{DIST}/{target.name}: {len(pins)} components")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
