"""Circuits in memory, by compare-and-set.

Never outlives its test.
"""

import itertools
import threading
from dataclasses import replace

from shared.core.circuit import Circuit
from shared.errors import ConflictError
from shared.sync.ports import Circuits
from tests.memory.breakable import Breakable


class MemoryCircuits(Breakable, Circuits):
    """Circuits by name; counts what was asked of them."""

    def __init__(self) -> None:
        super().__init__()
        self.circuits: dict[str, Circuit] = {}
        self.reads = 0
        self.writes = 0
        self._versions = itertools.count(1)
        self._lock = threading.Lock()

    def list_all(self) -> list[Circuit]:
        self._called(self.list_all)
        with self._lock:
            self.reads += 1
            return list(self.circuits.values())

    def get(self, name: str) -> Circuit | None:
        self._called(self.get, name)
        with self._lock:
            self.reads += 1
            return self.circuits.get(name)

    def insert(self, circuit: Circuit) -> Circuit:
        self._called(self.insert, circuit)
        with self._lock:
            if circuit.name in self.circuits:
                raise ConflictError(f"There is a circuit {circuit.name}.")
            return self._keep(circuit)

    def replace(self, circuit: Circuit) -> Circuit:
        self._called(self.replace, circuit)
        with self._lock:
            self._check(circuit)
            return self._keep(circuit)

    def delete(self, circuit: Circuit) -> None:
        self._called(self.delete, circuit)
        with self._lock:
            if circuit.name in self.circuits:
                self._check(circuit)
                self.writes += 1
                del self.circuits[circuit.name]

    def _check(self, circuit: Circuit) -> None:
        current = self.circuits.get(circuit.name)
        if current is None or current.version != circuit.version:
            raise ConflictError(f"The circuit {circuit.name} changed.")

    def _keep(self, circuit: Circuit) -> Circuit:
        self.writes += 1
        kept = replace(circuit, version=f"v{next(self._versions)}")
        self.circuits[circuit.name] = kept
        return kept
