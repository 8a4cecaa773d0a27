"""The connector's `process` for one message at a time, as a program that is told when.

Never decides what is handled: it takes what comes first from the queue, as the host does.
"""

import json
import logging
import sys
import time

from bench.requests_made import RequestsMade
from bench.waiting import Waiting
from shared.adapters.azure.names import QUEUE
from shared.connector import connector
from shared.core.events import SyncRequest
from shared.core.outcomes import name_of, reason_of


def main() -> None:
    """For each line of input handle the next message; print what came of it and what it cost."""
    logging.disable(logging.INFO)
    waiting, made = Waiting(QUEUE), RequestsMade()
    for _ in sys.stdin:
        with waiting.next() as body:
            handled = _handle(body, made)
        print(json.dumps(handled), flush=True)


def _handle(body: bytes, made: RequestsMade) -> dict[str, object]:
    request = SyncRequest.parse(body)
    process = connector().process
    made.take()
    began = time.process_time()
    outcome = process.handle(body)
    taken, storage = time.process_time() - began, made.take()
    return {
        "kind": request.kind.value,
        "cause": request.cause.value,
        "outcome": name_of(outcome),
        "reason": reason_of(outcome),
        "storage": storage,
        "cpu_ms": taken * 1000,
    }


if __name__ == "__main__":
    main()
