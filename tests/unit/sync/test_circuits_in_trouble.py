"""Circuits among processes that die at any step, know old states and have clocks that differ."""

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from shared.errors import RetryLaterError
from shared.sync.circuits import CircuitBreakers
from tests.memory import FakeClock, MemoryCircuits
from tests.soak import SOAK

SEEDS = range(40) if SOAK else range(1)
# clocks that differ, processes that die
WORLDS = (
    [(False, False), (False, True), (True, False), (True, True)]
    if SOAK
    else [(False, False), (True, True)]
)
DATAVERSE = "dataverse"
DOWN = RetryLaterError("answered 503", service="Dataverse")


class DiedError(BaseException):
    """A process was killed."""


@dataclass
class Process:
    """One that handles records in turn, by its own clock."""

    town: "Town"
    skew: timedelta = timedelta(0)
    busy_until: datetime | None = None
    probes: frozenset[str] = frozenset()
    breakers: CircuitBreakers = field(init=False)

    def __post_init__(self) -> None:
        self.breakers = CircuitBreakers(
            self.town.circuits,
            clock=lambda: self.town.clock() + self.skew,
            draw=self.town.chance.random,
        )

    def go_on(self) -> None:
        """End a handling that is over, or begin one."""
        now, town = self.town.clock(), self.town
        if self.busy_until is not None:
            if now >= self.busy_until:
                self.busy_until = None
                self._end()
            return
        if self.breakers.blocking([DATAVERSE]) is not None:
            return
        self.probes = self.breakers.probes
        town.probing_now = [each for each in town.processes if each.busy_until and each.probes]
        if self.probes:
            town.most_probes = max(town.most_probes, len(town.probing_now) + 1)
        town.requests += 1
        self.busy_until = now + timedelta(seconds=town.chance.choice([0, 1, 5, 30]))

    def _end(self) -> None:
        town = self.town
        town.record += 1
        if not town.up:
            self.breakers.failed(DATAVERSE, f"r{town.record}", DOWN)
            return
        for circuit in self.breakers.passed([DATAVERSE]):
            self.breakers.forget(circuit)
        for circuit in self.breakers.released():
            self.breakers.forget(circuit)


class Town:
    """The processes, storage, and a service that is up or down."""

    def __init__(self, seed: int, processes: int, *, skewed: bool, deadly: bool) -> None:
        self.chance = random.Random(seed)
        self.clock = FakeClock()
        self.circuits = MemoryCircuits()
        self.up = True
        self.record = self.requests = self.most_probes = self.deaths = 0
        self.skewed, self.deadly = skewed, deadly
        self.probing_now: list[Process] = []
        self.processes = [self.start() for _ in range(processes)]
        for method in ("list_all", "insert", "replace", "delete", "get"):
            self.circuits.before(method, self.step)

    def start(self) -> Process:
        skew = self.chance.uniform(-300, 300) if self.skewed else 0
        return Process(self, timedelta(seconds=skew))

    def step(self, *_: object) -> None:
        if self.deadly and self.chance.random() < 0.03:
            raise DiedError
        if self.chance.random() < 0.02:
            raise RetryLaterError("Tables are down")

    def step_of_their_own(self) -> None:
        if self.deadly and self.chance.random() < 0.001:
            raise DiedError

    def run(self, seconds: int) -> int:
        """Let time pass, and return how many requests were made."""
        before = self.requests
        for _ in range(seconds):
            self.clock.advance(1)
            self.chance.shuffle(self.processes)
            for number, process in enumerate(self.processes):
                try:
                    process.go_on()
                    self.step_of_their_own()
                except DiedError:
                    self.deaths += 1
                    self.processes[number] = self.start()
        return self.requests - before


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("skewed", "deadly"), WORLDS)
def test_an_outage_costs_what_its_length_costs_and_always_ends(
    seed: int, skewed: bool, deadly: bool
) -> None:
    town = Town(seed, processes=8, skewed=skewed, deadly=deadly)
    town.run(60)
    town.up = False
    first, hour = town.run(120), town.run(3600)
    town.up = True
    afterwards = town.run(300)

    assert first <= 150
    assert hour <= (200 if skewed or deadly else 90)
    assert afterwards > 8 * 8
    assert not [each for each in town.circuits.circuits.values() if each.stops]
    assert town.deaths > 0 or not deadly


@pytest.mark.parametrize("seed", SEEDS)
def test_nobody_probes_while_another_one_does(seed: int) -> None:
    town = Town(seed, processes=12, skewed=False, deadly=False)
    town.circuits.heal()  # storage does not fail: each then has a permit of its own
    town.up = False
    town.run(120)
    town.most_probes = 0
    town.run(3600)

    assert town.most_probes == 1
