"""The first webhook or message of a fresh process, as a program: what to call comes on stdin.

Never imports more than the platform's worker and the function app do, or it would count as theirs.
"""

import json
import resource
import sys
import time
from types import SimpleNamespace
from typing import Any

import azure.functions as func

_CONTEXT = SimpleNamespace(trace_context=SimpleNamespace(trace_parent=""))


def main() -> None:
    """Call a function of the app once, and print what the process has used until it returned."""
    asked = json.loads(sys.stdin.readline())
    if asked["function"]:
        _call(asked)
    ended = time.monotonic()
    used = resource.getrusage(resource.RUSAGE_SELF)
    said = {"ended": ended, "cpu": used.ru_utime + used.ru_stime, "modules": sorted(sys.modules)}
    json.dump(said, sys.stdout)


def _call(asked: dict[str, Any]) -> None:
    import function_app

    functions = {each.get_function_name(): each for each in function_app.app.get_functions()}
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
