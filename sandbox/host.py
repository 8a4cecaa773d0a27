"""The local Functions host: `python -m sandbox.host --port 7071 --app <folder>`.

The only module that imports a `function_app`. Never deployed: Azure has the real one.
"""

import argparse
import contextlib
import importlib.util
import logging
import os
import signal
import sys
import threading
import time
import types
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Self

from sandbox.functions import messages, ncrontab
from sandbox.functions.admin import Admin
from sandbox.functions.http import HttpTriggers
from sandbox.functions.index import TRIGGERS, Function, IndexingError, index
from sandbox.functions.invocations import Count, Invoker
from sandbox.functions.logs import InvocationFormatter
from sandbox.functions.queues import LEASE, QueueListener
from sandbox.functions.routes import RouteError
from sandbox.functions.settings import (
    DEFAULT_CONNECTION,
    HostOptions,
    Settings,
    SettingsError,
    environment,
    read_host_options,
    read_local_settings,
)
from sandbox.functions.storage import Account, Blobs, Queue
from sandbox.functions.timers import TimerListener
from sandbox.functions.worker import Worker
from sandbox.web import serve

log = logging.getLogger("sandbox.functions")

_THREADS = 32  # of the HTTP server
_DRAIN = 30.0  # seconds that running functions are waited for at the end
_PATIENCE = 10.0  # seconds until a watched function has to have ended

_Listener = QueueListener | TimerListener


class FunctionsHost:
    """A host that runs one app's functions while its context lasts.

    Args:
        app: the folder of a `function_app.py` and a `host.json`.
        settings: app settings, laid over the environment while the context lasts.
        port: 0 picks a free one.
        lease: seconds a queue message is hidden while its function runs.
        keep_broken: an app that cannot be indexed is served without any function, as the platform
            does, instead of raising.
        by_hand: timers that fire only when they are asked to.

    Attributes:
        url: `http://127.0.0.1:<port>`, while the context lasts.
        functions: those of the app.
        options: what its host.json says.
    """

    def __init__(
        self,
        app: Path | str,
        *,
        settings: Mapping[str, str] | None = None,
        port: int = 0,
        lease: float = LEASE,
        keep_broken: bool = False,
        by_hand: Iterable[str] = (),
    ) -> None:
        self.url = ""
        self.functions: list[Function] = []
        self.options = HostOptions()
        self._folder = Path(app).resolve()
        self._given = dict(settings or {})
        self._port = port
        self._lease = lease
        self._keep_broken = keep_broken
        self._by_hand = frozenset(by_hand)
        self._accounts: dict[str, Account] = {}
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        """Index the app, open its address and start its listeners.

        Raises:
            IndexingError: the platform would not run it either.
            SettingsError: host.json or a setting that a binding names is missing or wrong.
        """
        with contextlib.ExitStack() as stack:
            values = stack.enter_context(environment(self._given))
            self._settings = Settings(values)
            development = self._settings.get("AZURE_FUNCTIONS_ENVIRONMENT") == "Development"
            self.options = read_host_options(self._folder, development=development)
            errors = self._index(stack)
            self._worker = Worker(threads=self._thread_count())
            stack.callback(self._worker.close)
            self._invoker = Invoker(
                self._worker, queue=self._queue, base64_on_wire=self.options.queues.base64
            )
            stack.callback(self._close_accounts)
            disabled = {each.name for each in self.functions if self._settings.disabled(each.name)}
            running = [each for each in self.functions if each.name not in disabled]
            admin = Admin(self.functions, disabled=disabled, invoker=self._invoker, errors=errors)
            self._http = HttpTriggers(
                running,
                prefix=self.options.route_prefix,
                invoker=self._invoker,
                admin=admin,
            )
            self._listeners = [each for each in map(self._listener, running) if each is not None]
            self.url = stack.enter_context(serve(self._http, port=self._port, threads=_THREADS))
            stack.callback(self._drain_all)
            for listener in self._listeners:
                listener.start()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop listening, let what runs finish, release the rest."""
        self._stack.close()

    @property
    def counts(self) -> dict[str, Count]:
        """The invocations so far, by function; those never invoked are missing."""
        return self._invoker.counts()

    def wait_for(self, function: str, finished: int) -> bool:
        """Wait until `function` has ended `finished` times; False when it took too long."""
        return self._invoker.wait(
            lambda counts: counts.get(function, Count()).finished >= finished, _PATIENCE
        )

    def _index(self, stack: contextlib.ExitStack) -> list[str]:
        try:
            module = stack.enter_context(_imported(self._folder))
            self.functions = index(module)
            for each in self.functions:
                if each.kind not in TRIGGERS:
                    log.warning("%s: a %s cannot be run locally.", each.name, each.kind)
        except Exception as error:
            # Whatever the app raises at import, the platform answers 404 to everything.
            log.exception("Worker failed to index functions")
            if not self._keep_broken:
                if isinstance(error, IndexingError):
                    raise
                raise IndexingError(f"{type(error).__name__}: {error}") from error
            return [f"{type(error).__name__}: {error}"]
        return []

    def _listener(self, function: Function) -> _Listener | None:
        match function.kind:
            case "queueTrigger":
                queue = self._queue(function.trigger)
                poison = messages.poison_name(queue.name)
                return QueueListener(
                    function,
                    queue,
                    self._queue(function.trigger, poison) if poison else None,
                    options=self.options.queues,
                    invoker=self._invoker,
                    lease=self._lease,
                )
            case "timerTrigger" if function.name not in self._by_hand:
                schedule = ncrontab.parse(self._settings.resolve(function.trigger["schedule"]))
                has_storage = bool(self._settings.get(DEFAULT_CONNECTION))
                return TimerListener(
                    function,
                    schedule,
                    invoker=self._invoker,
                    status=Blobs(self._account(None)) if has_storage else None,
                )
            case _:
                return None

    def _queue(self, binding: dict[str, Any], name: str | None = None) -> Queue:
        name = name or self._settings.resolve(binding["queueName"])
        return Queue(self._account(binding.get("connection")), name)

    def _account(self, connection: str | None) -> Account:
        text = self._settings.connection(connection)
        if text not in self._accounts:
            self._accounts[text] = Account(text)
        return self._accounts[text]

    def _close_accounts(self) -> None:
        for account in self._accounts.values():
            account.close()

    def _thread_count(self) -> int | None:
        text = self._settings.get("PYTHON_THREADPOOL_THREAD_COUNT")
        return int(text) if text.isdigit() and int(text) > 0 else None

    def _drain_all(self) -> None:
        deadline = time.monotonic() + _DRAIN
        for listener in self._listeners:
            listener.stop()
        self._worker.stop()
        self._http.stop(max(0.0, deadline - time.monotonic()))
        for listener in self._listeners:
            if not listener.close(max(0.1, deadline - time.monotonic())):
                log.warning("'%s' did not end in time.", listener.function.name)


@contextlib.contextmanager
def _imported(folder: Path) -> Iterator[types.ModuleType]:
    # By its location, not by searching: another function_app may come first on the path. The app's
    # root itself goes last, so an installed package wins over one of the app's, as in the worker.
    path = folder / "function_app.py"
    spec = importlib.util.spec_from_file_location("function_app", path)
    if spec is None or spec.loader is None or not path.is_file():
        raise IndexingError(f"{path} is missing.")
    module = importlib.util.module_from_spec(spec)
    before = sys.modules.get("function_app")
    added = str(folder) not in sys.path
    if added:
        sys.path.append(str(folder))
    sys.modules["function_app"] = module
    try:
        spec.loader.exec_module(module)
        yield module
    finally:
        if added:
            sys.path.remove(str(folder))
        del sys.modules["function_app"]
        if before is not None:
            sys.modules["function_app"] = before


def _load_settings(path: Path) -> None:
    environ = os.environ  # noqa: TID251  # app settings are environment variables to an app
    # What `func start` sets on a developer's machine.
    environ.setdefault("AZURE_FUNCTIONS_ENVIRONMENT", "Development")
    if path.is_file():
        for name, value in read_local_settings(path).items():
            environ.setdefault(name, value)


def _print_functions(host: FunctionsHost) -> None:
    print("\nFunctions:\n")
    for each in sorted(host.functions, key=lambda function: function.name):
        detail = each.kind
        if each.kind == "httpTrigger":
            methods = ",".join(each.trigger.get("methods") or ["ANY"])
            route = "/".join(filter(None, (host.options.route_prefix, each.trigger["route"])))
            detail = f"[{methods}] {host.url}/{route}"
        print(f"\t{each.name}: {detail}")
    print(f"\nListening on {host.url}", flush=True)


def main(arguments: list[str] | None = None) -> int:
    """Run the host until SIGTERM or SIGINT and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.host", description=__doc__)
    parser.add_argument("--port", type=int, default=7071)
    parser.add_argument("--app", type=Path, default=Path.cwd(), help="folder of function_app.py")
    parser.add_argument("--settings", type=Path, help="a local.settings.json")
    parser.add_argument(
        "--lease",
        type=float,
        default=LEASE,
        help="seconds a message is hidden while its function runs; Functions has ten minutes",
    )
    parser.add_argument(
        "--by-hand",
        action="append",
        default=[],
        metavar="TIMER",
        help="a timer that fires only when it is asked to; may be given again",
    )
    parser.add_argument("--verbose", action="store_true", help="log the host's own details")
    given = parser.parse_args(arguments)
    handler = logging.StreamHandler()
    handler.setFormatter(InvocationFormatter())
    logging.basicConfig(level=logging.DEBUG if given.verbose else logging.INFO, handlers=[handler])
    for name in ("azure", "urllib3", "httpx"):
        logging.getLogger(name).setLevel(logging.WARNING)
    stopping = threading.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: stopping.set())
    try:
        _load_settings(given.settings or given.app / "local.settings.json")
        with FunctionsHost(
            given.app,
            port=given.port,
            lease=given.lease,
            keep_broken=True,
            by_hand=given.by_hand,
        ) as host:
            _print_functions(host)
            stopping.wait()
    except (SettingsError, RouteError, ValueError) as error:
        print(f"The host cannot start: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    code = main()
    # A function that never ends must not keep the process: the platform kills it as well.
    logging.shutdown()
    sys.stdout.flush()
    os._exit(code)
