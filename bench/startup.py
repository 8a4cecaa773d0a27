"""What a cold start imports: CPU and memory of fresh processes, beside the bare minimum.

Never connects to anything.
"""

import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from bench.effort import Effort, medians
from bench.spread import Spread
from bench.tables import Table

NAME = "startup"
FEWEST_RUNS = 7
ROOT = Path(__file__).resolve().parent.parent
BARE = "import azure.functions"
# What a fresh process does, by how the table calls it.
PROGRAMS = {
    "nothing but Python": "",
    BARE: "import azure.functions",
    "import function_app": "import function_app",
    "import function_app, wire what takes webhooks in": "import function_app; "
    "function_app.receive()",
    "import function_app, build the connector": "import function_app; function_app.connector()",
}
# Complete, and of nobody: the connector is built and connects to nothing.
SETTINGS = {
    "FRESHBOOKS_CLIENT_ID": "client",
    "FRESHBOOKS_CLIENT_SECRET": "a-secret-of-the-bench",
    "FRESHBOOKS_REDIRECT_URI": "https://app.example/connected",
    "DATAVERSE_URL": "https://org.example",
    "KEY_VAULT_URL": "https://vault.example",
    "PUBLIC_URL": "https://app.example",
    "AzureWebJobsStorage": (
        "DefaultEndpointsProtocol=https;AccountName=account;EndpointSuffix=core.example;"
        f"AccountKey={'QUFB' * 21}QQ=="
    ),
}
# On Linux the peak of this program alone; what getrusage says begins with that of its parent.
_PROGRAM = """
import time
began = time.process_time()
{program}
taken = time.process_time() - began
try:
    with open("/proc/self/status") as status:
        peak = next(line.split()[1] for line in status if line.startswith("VmHWM"))
except FileNotFoundError:
    import resource
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
print(taken, peak)
"""
_INSTALL_TIMEOUT = 300  # seconds


def measure(effort: Effort) -> Table:
    """Import in fresh processes, in turns, with compiled modules already there."""
    runs = effort.pick(max(effort.runs, FEWEST_RUNS), 1)
    times: defaultdict[str, list[float]] = defaultdict(list)
    peaks: defaultdict[str, list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        python, packages = deployed(Path(folder), effort)
        for number in range(runs + 1):
            for title, program in PROGRAMS.items():
                taken, peak = _measure(python, program, Path(folder) / "compiled")
                if number:  # the first round compiles
                    times[title].append(taken * 1000)
                    peaks[title].append(peak / 1024)
    bare = Spread.of(times[BARE]).median
    return Table(
        columns=("a fresh process", "CPU ms", f"x {BARE}", "peak memory MiB"),
        rows=tuple(
            (
                title,
                Spread.of(times[title]).shown(),
                f"{Spread.of(times[title]).median / bare:.1f}",
                Spread.of(peaks[title]).shown(1),
            )
            for title in PROGRAMS
        ),
        basis=medians(runs),
        notes=(f"Packages: {packages}.",),
    )


def _measure(python: str, program: str, compiled: Path) -> tuple[float, float]:
    done = subprocess.run(
        [python, "-c", _PROGRAM.format(program=program)],
        cwd=ROOT,
        # Nothing of ours: a variable such as PYTHONDONTWRITEBYTECODE would change the figure.
        env=SETTINGS | {"PYTHONPYCACHEPREFIX": str(compiled)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{program!r} failed: {done.stderr}")
    taken, peak = done.stdout.split()
    return float(taken), float(peak)


def deployed(folder: Path, effort: Effort) -> tuple[str, str]:
    """Return a Python that holds what is deployed, or this one, and which it is."""
    here = f"those of {Path(sys.prefix).name}, development packages among them"
    uv = Path(sys.executable).with_name("uv")
    if effort.quick or not uv.exists():
        return sys.executable, here
    python = folder / "deployed" / "bin" / "python"
    for arguments in (
        ["venv", "--python", sys.executable, str(python.parent.parent)],
        ["pip", "install", "--python", str(python), "-r", str(ROOT / "requirements.txt")],
    ):
        done = subprocess.run(
            [str(uv), "--quiet", *arguments],
            env=dict(os.environ),  # noqa: TID251  # uv needs its cache, proxy and index settings
            capture_output=True,
            text=True,
            timeout=_INSTALL_TIMEOUT,
            check=False,
        )
        if done.returncode != 0:
            print(f"The deployed packages could not be installed: {done.stderr}", file=sys.stderr)
            return sys.executable, here
    return str(python), "those of requirements.txt and no others"
