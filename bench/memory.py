"""How much memory processes took at most, as the kernel has it.

Never counts a process that has ended.
"""

from pathlib import Path

_PEAK = "VmHWM:"
_KIB_OF_A_MIB = 1024


def peak_mib(group: int) -> float:
    """Return the most memory that any process of a group took so far, in MiB; 0 for none."""
    return max((_peak(each) for each in _members(group)), default=0.0)


def _members(group: int) -> list[Path]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            fields = (process / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == group:
            found.append(process)
    return found


def _peak(process: Path) -> float:
    try:
        lines = (process / "status").read_text().splitlines()
    except OSError:
        return 0.0
    named = [line for line in lines if line.startswith(_PEAK)]
    return int(named[0].split()[1]) / _KIB_OF_A_MIB if named else 0.0
