"""Both sides beside each other, and what differs in words.

Never mends anything.
"""

from sandbox.check.compare.comparing import compare

__all__ = ["compare"]
