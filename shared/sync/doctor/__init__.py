"""What the doctor looks at, one small function per check, and how their findings come together.

Never mends anything: it says who has to do what.
"""

from shared.sync.doctor.findings import Check, Finding, Level, Subject, examine, left_out, unsettled

__all__ = ["Check", "Finding", "Level", "Subject", "examine", "left_out", "unsettled"]
