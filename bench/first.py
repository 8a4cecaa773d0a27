"""The first webhook or message of a fresh process, as a program: what to call comes on stdin.

Never imports more than the platform's worker and the function app do, or it would count as theirs.
"""

import json
import resource
import sys
import threading
import time
from types import SimpleNamespace
from typing import Any

import azure.functions as func

_CONTEXT = SimpleNamespace(trace_context=SimpleNamespace(trace_parent=""))


def main() -> None:
    """Call a function of the app once, and print what the process has used until it returned.

    One that is `up` has had the time to prepare itself: then it is what the call alone used.
    """
    asked = json.loads(sys.stdin.readline())
    began, before = 0.0, 0.0
    if asked["function"]:
        import function_app

        if asked.get("up"):
            _wait_until_prepared()
            began, before = time.monotonic(), _used()
        _call(function_app.app, asked)
    said = {
        "began": began,
        "ended": time.monotonic(),
        "cpu": _used() - before,
        "modules": sorted(sys.modules),
    }
    json.dump(said, sys.stdout)


def _used() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _wait_until_prepared() -> None:
    for thread in threading.enumerate():
        if thread.name == "prepare":
            thread.join()
            return
    raise SystemExit("Nothing is prepared here.")


def _call(app: func.FunctionApp, asked: dict[str, Any]) -> None:
    functions = {each.get_function_name(): each for each in app.get_functions()}
    call = functions[asked["function"]].get_user_function()
    if asked["function"] == "webhook":
        answer = call(_request(asked), _CONTEXT)
        if answer.status_code != 200:
            raise SystemExit(f"{answer.status_code}: {answer.get_body().decode()}")
    else:
        call(func.QueueMessage(id="first", body=asked["body"].encode()), _CONTEXT)


def _request(asked: dict[str, Any]) -> func.HttpRequest:
    account, noun, key = asked["path"].split("/")[-3:]
    return func.HttpRequest(
        method="POST",
        url=asked["path"],
        headers=asked["headers"],
        route_params={"account": account, "noun": noun, "key": key},
        body=asked["body"].encode(),
    )


if __name__ == "__main__":
    main()
