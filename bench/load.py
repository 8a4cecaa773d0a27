"""Open-loop load: requests sent at times fixed in advance, as a process of its own.

Never waits for an answer before the next request is due, and never leaves this machine.
"""

import http.client
import json
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

HOST = "127.0.0.1"
MOST_SHOTS = 10_000
THREADS = 48
TIMEOUT = 15.0  # seconds; FreshBooks itself gives up after ten
_LEAD = 0.3  # seconds between the start of the threads and the first request
_ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Shot:
    """One request: a POST."""

    path: str
    body: str
    headers: dict[str, str]


@dataclass(frozen=True)
class Answer:
    """What became of a shot, in seconds.

    Attributes:
        latency: from when it was due until its answer was read, so a request that could not be
            sent in time because others were slow counts with its wait.
        late: from when it was due until it was sent.
        status: of the answer, 0 when there was none.
    """

    latency: float
    late: float
    status: int


def send(port: int, shots: Sequence[Shot], *, rate: float) -> list[Answer]:
    """Send `shots` to a port of this machine, `rate` a second, from another process.

    Raises:
        RuntimeError: the process failed.
    """
    plan = {"port": port, "rate": rate, "shots": [asdict(shot) for shot in shots]}
    done = subprocess.run(
        [sys.executable, "-m", "bench.load"],
        input=json.dumps(plan),
        cwd=_ROOT,
        capture_output=True,
        text=True,
        timeout=len(shots) / rate + 2 * TIMEOUT,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"the load generator failed: {done.stderr}")
    return [Answer(**answer) for answer in json.loads(done.stdout)]


def fire(port: int, shots: Sequence[Shot], *, rate: float) -> list[Answer]:
    """Send `shots` from threads of this process, and return their answers in the same order.

    Raises:
        ValueError: there are too many shots, or the rate is not above 0.
    """
    if len(shots) > MOST_SHOTS or rate <= 0:
        raise ValueError(f"at most {MOST_SHOTS} shots at a rate above 0")
    answers: list[Answer | None] = [None] * len(shots)
    numbers = iter(range(len(shots)))
    taking = threading.Lock()
    began = time.perf_counter() + _LEAD

    def work() -> None:
        connection = http.client.HTTPConnection(HOST, port, timeout=TIMEOUT)
        while True:
            with taking:
                number = next(numbers, None)
            if number is None:
                connection.close()
                return
            answers[number] = _shoot(connection, shots[number], began + number / rate)

    threads = [threading.Thread(target=work) for _ in range(min(THREADS, len(shots)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [answer for answer in answers if answer is not None]


def _shoot(connection: http.client.HTTPConnection, shot: Shot, due: float) -> Answer:
    time.sleep(max(0.0, due - time.perf_counter()))
    sent = time.perf_counter()
    try:
        connection.request("POST", shot.path, shot.body.encode(), shot.headers)
        response = connection.getresponse()
        response.read()
        status = response.status
    except (OSError, http.client.HTTPException):
        connection.close()
        status = 0
    return Answer(latency=time.perf_counter() - due, late=sent - due, status=status)


def main() -> None:
    """Read a plan from the input and print the answers."""
    plan = json.load(sys.stdin)
    shots = [Shot(**shot) for shot in plan["shots"]]
    answers = fire(plan["port"], shots, rate=plan["rate"])
    json.dump([asdict(answer) for answer in answers], sys.stdout)


if __name__ == "__main__":
    main()
