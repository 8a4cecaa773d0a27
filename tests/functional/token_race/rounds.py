"""Rounds of the race: what befalls whom, by the seed; eight processes; then the timer looks.

Never runs a thread: its processes are forked.
"""

import contextlib
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests

from sandbox.authority import Authority
from tests.functional.token_race.clock import FastClock
from tests.functional.token_race.judge import Told, is_connected, judge
from tests.functional.token_race.plans import MOMENT, Plan, plan
from tests.functional.token_race.process import Life, Process, together
from tests.functional.token_race.steps import Scene
from tests.functional.token_world import VERIFIER

PROCESSES = 8
TIMERS = 0.25  # of the processes; the others have messages to process
FACTOR = 60  # the lease's 45 seconds last three quarters of one
FIRST_DAY = datetime(2026, 3, 10, 15, tzinfo=UTC)
BETWEEN_ROUNDS = timedelta(hours=13)  # an access token lives for twelve
ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Round:
    """How a round went."""

    seed: int
    plan: Plan
    connected: bool
    posts: int
    wrong: list[str]
    told: list[dict[str, Any]]
    facts: dict[str, Any]

    @property
    def stalled(self) -> bool:
        """Whether somebody was held up past a lease, though nothing of the kind was planned.

        Its clock runs fast: half a second in which a process is not let run is a whole lease.
        """
        planned = {each["process"] for each in self.told if "hit" in each}
        return any("late" in each and each["process"] not in planned for each in self.told)


class Race:
    """A world and its clock, from round to round."""

    def __init__(self, addresses: Mapping[str, str], storage: str, *, factor: float) -> None:
        self._addresses = addresses
        self._storage = storage
        self._factor = factor
        self._day = 0
        self._connected = False

    def run(self, seed: int) -> Round:
        """Run a round, and again at half the speed where a stalled machine spoilt it.

        What was the connector's fault comes again: it does not depend on how fast the clock runs.
        """
        for slower in (1, 2, 4):
            round_ = self._run(seed, self._factor / slower)
            if not (round_.wrong and round_.stalled):
                break
        return round_

    def _run(self, seed: int, factor: float) -> Round:
        planned = plan(seed)
        if not self._connected:
            self._connect(seed, factor)
        scene = self._scene(planned, seed, factor)
        chance = random.Random(f"lives {seed}")
        lives: dict[str, Life] = {
            str(number): _look_after if chance.random() < TIMERS else _work
            for number in range(1, PROCESSES + 1)
        }
        told = together(scene, lives, seed=seed)
        if planned.blow is not None and planned.blow.kind in {"vault", "tables"}:
            scene.clock.sleep(MOMENT)  # how it ends is looked at when all is up again
        told += together(replace(scene, blow=None), {"timer": _conclude}, seed=seed)
        facts = self._ask("facts")
        self._connected = is_connected(told)
        return Round(
            seed,
            planned,
            self._connected,
            len(facts["posts"]),
            [*judge(told, facts), *_missed(planned, told, facts)],
            told,
            facts,
        )

    def _connect(self, seed: int, factor: float) -> None:
        """Connect as a person does: consent, come back with the code, use what it gives."""
        scene = self._scene(Plan("connect"), seed, factor)
        code = self._ask("consent")

        def come_back(process: Process) -> None:
            process.chain.exchange(code, verifier=VERIFIER)
            process.use()
            process.steps.tell(ended="accepted")

        told = together(scene, {"person": come_back}, seed=seed)
        if told[-1].get("ended") != "accepted" or self._ask("facts")["broken"]:
            raise RuntimeError(f"seed {seed}: connecting failed: {told} {self._ask('facts')}")

    def _scene(self, planned: Plan, seed: int, factor: float) -> Scene:
        """Begin a new day, on which the tokens of the one before have ended."""
        self._day += 1
        clock = FastClock(FIRST_DAY + self._day * BETWEEN_ROUNDS, time.monotonic(), factor)
        self._ask(
            "begin",
            clock=clock.to_json(),
            lose=planned.lose,
            # FreshBooks' pages can be read either way.
            ends_access_tokens=random.Random(f"reading {seed}").random() < 0.5,
        )
        through_door = planned.blow is not None and planned.blow.kind == "tables"
        return Scene(
            freshbooks=self._addresses["freshbooks"],
            vault=self._addresses["vault"],
            tables=self._storage_by_door() if through_door else self._storage,
            clock=clock,
            blow=planned.blow,
        )

    def _storage_by_door(self) -> str:
        own = f"{_origin(self._storage)}/"
        return self._storage.replace(own, f"{self._addresses['tables']}/")

    def _ask(self, what: str, **told: Any) -> Any:
        answer = requests.post(
            f"{self._addresses['freshbooks']}/_race/{what}", json=told, timeout=30
        )
        answer.raise_for_status()
        return answer.json()


def _missed(planned: Plan, told: Told, facts: Mapping[str, Any]) -> Iterator[str]:
    """A round in which nothing happened proves nothing."""
    if planned.blow is not None and not any("hit" in each for each in told):
        yield "nobody came to where the blow was to fall"
    if planned.lose and not any("lost" in post["answer"] for post in facts["posts"]):
        yield f"no {planned.lose} was lost"


def _work(process: Process) -> None:
    process.steps.tell(ended=process.persist(process.use))


def _look_after(process: Process) -> None:
    process.steps.tell(ended=process.persist(process.keep_warm))


def _conclude(process: Process) -> None:
    """Look after the chain once more, then look how it stands."""
    ended = process.persist(process.keep_warm)
    process.steps.tell(ended=ended, state=process.chain.get_state().state)


@contextlib.contextmanager
def race(storage: str, *, factor: float = FACTOR) -> Iterator[Race]:
    """Yield a race in a world of its own, over the tables of `storage`, a connection string."""
    with tempfile.TemporaryDirectory() as folder:
        certificates = Authority().write(folder)
        # Nothing but the world is trusted.
        os.environ["REQUESTS_CA_BUNDLE"] = str(certificates.ca)  # noqa: TID251  # read by requests
        module = "tests.functional.token_race.world"
        world = subprocess.Popen(
            [sys.executable, "-m", module, _origin(storage), folder],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert world.stdin is not None
        assert world.stdout is not None
        try:
            yield Race(json.loads(world.stdout.readline()), storage, factor=factor)
        finally:
            world.stdin.close()
            world.stdout.close()
            try:
                world.wait(timeout=10)
            except subprocess.TimeoutExpired:
                world.kill()
                world.wait()


def _origin(storage: str) -> str:
    """Return scheme, host and port of the table service in a connection string."""
    fields = dict(field.split("=", 1) for field in storage.split(";") if field)
    return "/".join(fields["TableEndpoint"].split("/")[:3])
