"""The sandbox with the sample firm, kept running for a person: `python -m sandbox.dev`.

With `--without-sales` in a Dataverse that has no Sales app, and TARGET=activity. Never uses the
sandbox's own host where Azure Functions Core Tools are installed.
"""

import argparse
import os
import shutil
import signal
import sys
import threading

from sandbox.administrator import Administrator
from sandbox.demo import FAILURES, SETTINGS, today
from sandbox.firm import open_books, open_crm
from sandbox.processes import StartError
from sandbox.stack import Stack, stack


def main() -> int:
    """Run until Ctrl-C and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.dev", description=__doc__)
    parser.add_argument("--without-sales", action="store_true", help="TARGET=activity")
    sales = not parser.parse_args().without_sales
    settings = SETTINGS if sales else SETTINGS | {"TARGET": "activity"}
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    print("Starting ...", flush=True)
    try:
        with stack(settings=settings, sales=sales) as running:
            code = _keep(running, stopping, sales=sales)
    except StartError as error:
        print(f"The sandbox did not start: {error}", file=sys.stderr)
        return 1
    return code


def _keep(running: Stack, stopping: threading.Event, *, sales: bool) -> int:
    try:
        prepare(running, func=shutil.which("func"), sales=sales)
    except FAILURES as error:
        print(f"The connector did not start: {error}\n{running.host_tail()}", file=sys.stderr)
        return 1
    print(_addresses(running), flush=True)
    stopping.wait()
    print("\nStopping ...", flush=True)
    return 0


def prepare(running: Stack, *, func: str | None = None, sales: bool = True) -> None:
    """Fill both services, start the function app and connect it; nothing is synced yet."""
    open_books(running.books, today=today())
    open_crm(running.rows, sales=sales)
    administrator = Administrator(running.environment)
    administrator.run("schema", "apply")
    running.start_host(func=func)
    administrator.connect(running.folder / "connect.log")


def _addresses(running: Stack) -> str:
    where, functions = running.addresses, running.functions
    environment = running.write_environment()
    program = os.path.relpath(sys.executable)
    hooks = "\n".join(
        f"                    {one['uri']}" for one in running.books.get("/_sandbox/callbacks")
    )
    return f"""
FreshBooks          {where.freshbooks}/_sandbox/      change its books here
Dataverse           {where.dataverse}/_sandbox/app      Salesperson's start page
Function app        {functions}      log: {running.log}
In a browser        {running.front}
Webhooks
{hooks}

Sync everything     curl -X POST {functions}/admin/functions/poll \\
                         -H 'Content-Type: application/json' -d '{{"input": ""}}'
Use the terminal    source {environment}
                    {program} -m shared held

Ctrl-C ends it all."""


if __name__ == "__main__":
    sys.exit(main())
