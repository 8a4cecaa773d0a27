"""One webhook and one new invoice, walked door by door through the rooms of `shared`.

A room is a module, its wing the part of the house it is in (`shared.core`), a door a call from one
room into another. A *step back* is a call into a room that was entered before on the same walk: who
reads along has to go there once more. Every door beyond the first into a room is one.

Every function written in a room counts, methods, properties and lambdas as well; a generator counts
each time it is asked for more. Code that `dataclass` generates does not, and what lies between two
rooms but belongs to neither (a library, a simulator, a fake of the tests) is passed through unseen.

Both walks are those of the tests' `Firm` in one thread, with its client linked already and its
clock standing still, so the figures are the same on every run. `--root DIR` walks another checkout
with this same measure.
"""

import argparse
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from itertools import groupby
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
HOUSE = "shared"
MOST = 10  # pairs of rooms shown with the most steps back


class Door(NamedTuple):
    """A call from one room into another."""

    depth: int
    source: str
    target: str
    function: str
    back: bool


class Walker:
    """A profile function that notes the doors; `sys.setprofile` takes it."""

    def __init__(self) -> None:
        self.doors: list[Door] = []
        self._inside: list[str] = []
        self._entered: dict[str, None] = {}

    def __call__(self, frame: FrameType, event: str, _: object) -> None:
        """Note a call between rooms."""
        room = _room(frame)
        if room is None or event not in {"call", "return"}:
            return
        if event == "return":
            if self._inside:
                self._inside.pop()
            return
        source = self._inside[-1] if self._inside else None
        if source not in {None, room}:
            back = room in self._entered
            function = frame.f_code.co_qualname
            depth = sum(1 for _ in groupby(self._inside))
            self.doors.append(Door(depth, source, room, function, back))
        self._entered[room] = None
        self._inside.append(room)

    def during(self, work: Callable[[], Any]) -> Any:
        """Walk along while something is done, and return what it returns."""
        sys.setprofile(self)
        try:
            return work()
        finally:
            sys.setprofile(None)


def _room(frame: FrameType) -> str | None:
    name = str(frame.f_globals.get("__name__", ""))
    generated = frame.f_code.co_filename.startswith("<")
    return name if name.startswith(f"{HOUSE}.") and not generated else None


def walk() -> dict[str, list[Door]]:
    """Walk through the checkout that is the working directory."""
    sys.path.insert(0, str(Path.cwd()))
    from tests.functional.world import Firm

    webhook, invoice = Walker(), Walker()

    class WalkedFirm(Firm):
        """A firm whose deliveries and messages are walked along with once `walked` is set."""

        walked = False

        def deliver(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
            def work() -> int:
                return super(WalkedFirm, self).deliver(url, body, headers)

            return webhook.during(work) if self.walked else work()

        def step(self) -> bool:
            body = self.queue.take()
            if body is None:
                return False

            def work() -> object:
                return self.connector.process.handle(body)

            if self.walked:
                invoice.during(work)
            else:
                work()
            return True

    firm = WalkedFirm()
    client = firm.books.create_client(organization="Aster Works")
    firm.run()
    prices = ("100.00", "50.00", "25.50")
    lines = [{"name": f"Work {price}", "qty": "1", "unit_cost": price} for price in prices]
    made = firm.books.create_invoice(client["id"], lines=lines, sent=True)
    firm.walked = True
    firm.freshbooks.deliveries.run_pending()
    firm.step()
    outcome = firm.outcomes().get(("invoice", made["id"]))
    if outcome != "created" or not webhook.doors:
        raise SystemExit(f"This was no walk of one webhook and one new invoice: {outcome}")
    return {"one webhook": webhook.doors, "one new invoice": invoice.doors}


def walk_of(root: Path) -> dict[str, list[Door]]:
    """Walk through another checkout, in a process of its own."""
    command = [sys.executable, "-P", __file__, "--inside"]
    done = subprocess.run(command, cwd=root, check=True, stdout=subprocess.PIPE, text=True)
    return {
        name: [Door(*door) for door in doors] for name, doors in json.loads(done.stdout).items()
    }


def figures(doors: list[Door]) -> dict[str, int]:
    """Return what a walk comes to."""
    return {
        "calls between rooms": len(doors),
        "calls between wings": sum(_wing(d.source) != _wing(d.target) for d in doors),
        "rooms": len({room for d in doors for room in (d.source, d.target)}),
        "steps back": sum(d.back for d in doors),
    }


def report(name: str, doors: list[Door]) -> list[str]:
    """Return the lines that show a walk: its doors in order, then its figures."""
    shown = [f"== {name} =="]
    for (depth, source, target), same in groupby(doors, key=lambda d: d[:3]):
        calls = Counter(door.function for door in same)
        names = ", ".join(f"{f} x{n}" if n > 1 else f for f, n in calls.items())
        shown.append(f"{'  ' * min(depth - 1, 12)}{_short(source)} -> {_short(target)}: {names}")
    pairs = Counter((door.source, door.target) for door in doors if door.back)
    shown += ["", f"{name}: most steps back"]
    shown += [f"{n:5} {_short(a)} -> {_short(b)}" for (a, b), n in pairs.most_common(MOST)]
    return [*shown, "", f"{name}: figures", *(f"{n:5} {k}" for k, n in figures(doors).items()), ""]


def _short(room: str) -> str:
    return room.removeprefix(f"{HOUSE}.")


def _wing(room: str) -> str:
    return ".".join(room.split(".")[:2])


def main() -> int:
    """Print both walks."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--root", type=Path, default=ROOT, help="another checkout to walk through")
    options.add_argument("--json", action="store_true", help="figures and doors as JSON")
    options.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.inside:
        print(json.dumps(walk()))
        return 0
    walks = walk_of(chosen.root)
    if chosen.json:
        print(json.dumps({n: {"figures": figures(d), "doors": d} for n, d in walks.items()}))
    else:
        print("\n".join(line for name, doors in walks.items() for line in report(name, doors)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
