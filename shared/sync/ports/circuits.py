"""Circuits as those who ask them see them: few rows, each written by compare-and-set.

Never says where they are kept.
"""

from typing import Protocol

from shared.core.circuit import Circuit


class Circuits(Protocol):
    """The circuits that are not simply closed, shared by all processes."""

    def list_all(self) -> list[Circuit]:
        """Return all that are kept, in one request; one that cannot be read is open and due."""

    def get(self, name: str) -> Circuit | None:
        """Return one, None when none is kept."""

    def insert(self, circuit: Circuit) -> Circuit:
        """Keep a circuit of which there is none, and return it with its version.

        Raises `ConflictError` when there is one, perhaps ours when an answer was lost.
        """

    def replace(self, circuit: Circuit) -> Circuit:
        """Replace a circuit that is still in `circuit.version`, and return it with its new version.

        Raises `ConflictError` when it changed or is gone, perhaps by us when an answer was lost.
        """

    def delete(self, circuit: Circuit) -> None:
        """Forget a circuit that is still in `circuit.version`; one that is gone is fine.

        Raises `ConflictError` when it changed.
        """
