"""The connector's timers, its webhook and its backfill, as a program that is told which to run.

Never runs one by itself.
"""

import json
import logging
import re
import sys
import time
from collections.abc import Callable
from typing import Any, Final

from bench.requests_made import RequestsMade
from bench.waiting import Waiting
from shared.adapters.azure.names import BACKFILL_QUEUE
from shared.connector import connector

_OF_A_VAULT: Final = re.compile(rb"[A-Z]+ /secrets[/?]")


class _Vault:
    """Counts the requests that this process makes at Key Vault, until it ends."""

    def __init__(self) -> None:
        self.made = 0
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event != "http.client.send" or not isinstance(arguments[1], bytes):
            return
        if _OF_A_VAULT.match(arguments[1]):
            self.made += 1


def main() -> None:
    """For each line of input do what it says, and print what that cost."""
    logging.disable(logging.INFO)
    made, vault = RequestsMade(), _Vault()
    connector()
    pages = Waiting(BACKFILL_QUEUE)
    for line in sys.stdin:
        given = json.loads(line)
        if given["do"] == "carry":
            with pages.next() as body:
                cost = _cost(lambda body=body: _carry(body), made, vault)  # type: ignore[misc]  # bound here
        else:
            cost = _cost(lambda given=given: _do(given), made, vault)  # type: ignore[misc]  # bound here
        print(json.dumps(cost), flush=True)


def _cost(do: Callable[[], None], made: RequestsMade, vault: _Vault) -> dict[str, Any]:
    made.take()
    vaults = vault.made
    began = time.process_time()
    do()
    spent = time.process_time() - began
    return {"storage": made.take(), "vaults": vault.made - vaults, "cpu_ms": spent * 1000}


def _carry(body: bytes) -> None:
    connector().backfills.lanes.handle(body)


def _do(given: dict[str, Any]) -> None:
    app = connector()
    match str(given["do"]):
        case "backfill":
            app.backfills.start(given["business"])
        case "poll":
            app.poll.run()
        case "upkeep":
            app.upkeep.run()
        case _:
            _, _, _, _, business, noun, key = given["path"].split("/")
            headers = {name.lower(): value for name, value in given["headers"].items()}
            answer = app.receive.handle(
                business=business,
                noun=noun,
                key=key,
                body=given["body"].encode(),
                signature=headers.get("x-freshbooks-hmac-sha256"),
                content_type=headers.get("content-type", ""),
            )
            if answer.status != 200:
                raise SystemExit(f"The webhook was answered {answer.status}: {answer.text}")


if __name__ == "__main__":
    main()
