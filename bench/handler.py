"""The connector's `process` for one message at a time, as a program that is told when.

Never decides what is handled: it takes what comes first from the queue, as the host does.
"""

import base64
import json
import logging
import sys
import time

from azure.storage.queue import QueueClient

from bench.requests_made import RequestsMade
from shared.adapters.azure.names import QUEUE
from shared.connector import connector
from shared.core.events import SyncRequest
from shared.core.outcomes import name_of, reason_of
from shared.settings import Settings

_PATIENCE = 20.0  # seconds for the next message


def main() -> None:
    """For each line of input handle the next message; print what came of it and what it cost."""
    logging.disable(logging.INFO)
    connection = Settings.load().storage_connection_string
    if connection is None:
        raise SystemExit("AzureWebJobsStorage must be a connection string here.")
    queue = QueueClient.from_connection_string(connection.get_secret_value(), QUEUE)
    made = RequestsMade()
    for _ in sys.stdin:
        print(json.dumps(_handle(queue, made)), flush=True)


def _handle(queue: QueueClient, made: RequestsMade) -> dict[str, object]:
    deadline = time.monotonic() + _PATIENCE
    while (message := queue.receive_message(visibility_timeout=600)) is None:
        if time.monotonic() > deadline:
            raise SystemExit("No message came.")
        time.sleep(0.02)
    body = base64.b64decode(message.content)
    request = SyncRequest.parse(body)
    process = connector().process
    made.take()
    began = time.process_time()
    outcome = process.handle(body)
    taken, storage = time.process_time() - began, made.take()
    queue.delete_message(message)
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
