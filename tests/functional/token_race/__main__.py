"""The race as a program: `python -m tests.functional.token_race --rounds 200`.

Never stops at the first round that went wrong, but ends with a failure.
"""

import argparse
import contextlib
import json
import statistics
import sys
from collections import defaultdict
from collections.abc import Iterable

from sandbox.azurite import azurite
from tests.functional.token_race.plans import ROWS
from tests.functional.token_race.rounds import FACTOR, Round, race


def show(number: Round) -> None:
    """Print how a round went, for whoever wants to know why."""
    print(f"seed {number.seed}: {number.plan}")
    for each in sorted(number.told, key=lambda each: each["at"]):
        print("   ", json.dumps(each))
    print("   ", json.dumps(number.facts))
    for wrong in number.wrong:
        print(f"  WRONG: {wrong}")
    print(flush=True)


def table(rounds: Iterable[Round]) -> str:
    """Return what happened, and how it ended, as a table."""
    rows: defaultdict[str, list[Round]] = defaultdict(list)
    for each in rounds:
        rows[each.plan.happens].append(each)
    lines = [
        "| what happens | rounds | connected | reconnect needed | POSTs min/median/max |",
        "|---|---|---|---|---|",
    ]
    for happens in (row for row in ROWS if row in rows):
        here = rows[happens]
        posts = [each.posts for each in here]
        connected = sum(each.connected for each in here)
        spread = f"{min(posts)} / {statistics.median(posts):g} / {max(posts)}"
        lines.append(
            f"| {happens} | {len(here)} | {connected} | {len(here) - connected} | {spread} |"
        )
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.functional.token_race")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument(
        "--seeds", type=int, nargs="+", help="of the rounds, instead of 0, 1, 2 ..."
    )
    parser.add_argument("--factor", type=float, default=FACTOR, help="how fast the clock runs")
    parser.add_argument("--storage", help="connection string; without it an Azurite is started")
    parser.add_argument("--show", action="store_true", help="tell of every round, not of bad ones")
    given = parser.parse_args()
    rounds = []
    with contextlib.ExitStack() as stack:
        storage = given.storage or stack.enter_context(azurite()).connection_string
        running = stack.enter_context(race(storage, factor=given.factor))
        for seed in given.seeds or range(given.rounds):
            rounds.append(running.run(seed))
            if rounds[-1].wrong or given.show:
                show(rounds[-1])
    print(table(rounds))
    wrong = [each.seed for each in rounds if each.wrong]
    if wrong:
        print(f"went wrong: seeds {wrong}; again with --show --seeds N")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
