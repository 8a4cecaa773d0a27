"""The machine that figures were measured on, in one line.

Never names it.
"""

import os
import platform
from pathlib import Path


def described() -> str:
    """Return cores, processor, memory, operating system and Python."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    parts = [
        f"{cores} cores" + (f" ({model})" if (model := _processor()) else ""),
        f"{_memory_gib():.0f} GiB memory",
        _system(),
        f"{platform.python_implementation()} {platform.python_version()}",
    ]
    return ", ".join(parts)


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor())


def _memory_gib() -> float:
    return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")) / 2**30


def _system() -> str:
    try:
        name = platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return platform.platform()
    return f"{name}, kernel {platform.release().partition('-')[0]}"
