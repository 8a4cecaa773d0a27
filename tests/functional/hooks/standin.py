"""Stand-ins for az, azd and `python -m shared`: they record each call, and answer by plan.

Small scripts on the path run it with a name, a folder and their arguments. Never asks anybody: the
plan in FOLDER/state.json says who is signed in, what is slow and what fails.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

from tests.functional.hooks import directory

Json = dict[str, Any]
LAG = "The appId of the service principal does not reference a valid application object."
GRAPH = "https://graph.microsoft.com/v1.0"


def az(state: Json, words: list[str]) -> int:
    """Answer as the Azure CLI does."""
    if not state["az_signed_in"]:
        print("ERROR: Please run 'az login' to setup account.", file=sys.stderr)
        return 1
    if words[:2] == ["account", "show"]:
        if "none" not in words:
            print(json.dumps({"id": "subscription-id", "tenantId": state["tenant"]}))
        return 0
    if words[:2] == ["provider", "list"]:
        print(json.dumps(state["registered"]))
        return 0
    if words[0] == "rest":
        return _rest(state, words)
    print(f"ERROR: '{' '.join(words)}' is misspelled or not recognized.", file=sys.stderr)
    return 2


def _rest(state: Json, words: list[str]) -> int:
    option = dict(zip(words[1::2], words[2::2], strict=False))
    path = option["--url"].removeprefix(GRAPH)
    prefer = "create-if-missing" if "Prefer=create-if-missing" in words else ""
    body = json.loads(Path(words[-1].removeprefix("@")).read_text()) if "--body" in words else {}
    denied = [d for d in state["denied"] if d in f"{option['--method']} {path}"]
    if denied:
        print('ERROR: Forbidden({"error":{"code":"Authorization_RequestDenied"}})', file=sys.stderr)
        return 1
    lagging = f"{option['--method']} {path}".partition("?")[0]
    if made := [kind for kind, left in state["lag"].items() if left and kind in lagging]:
        state["lag"][made[0]] -= 1
        print(f"ERROR: Bad Request({LAG})", file=sys.stderr)
        return 1
    try:
        found = directory.answer(state["directory"], option["--method"], path, body, prefer=prefer)
    except directory.RefusedError as error:
        print(error, file=sys.stderr)
        return 1
    if found is not None:
        print(json.dumps(found))
    return 0


def azd(state: Json, words: list[str]) -> int:
    """Answer as azd does; its exit code does not say whether it is signed in."""
    if words[:2] == ["auth", "login"]:
        print(json.dumps({"status": "success" if state["azd_signed_in"] else "unauthenticated"}))
        return 0
    if words[:2] == ["env", "set"]:
        if state["azd_keeps"]:
            state["environment"][words[2]] = words[3]
            return 0
        print("ERROR: no environment selected", file=sys.stderr)
        return 1
    return 2


def terminal(state: Json, words: list[str]) -> int:
    """Answer as the connector's terminal does; asked by another name, it is a Python like any."""
    if words[:2] != ["-m", "shared"]:
        return 1
    command = words[2]
    print(f"(the terminal runs {' '.join(words[2:])})", flush=True)
    if command == "backup" and state["backup"]:
        Path(words[3]).write_text(state["backup"])
    return int(state["terminal"].get(command, 0))


def main() -> int:
    """Record the call, answer, and keep what changed."""
    name, folder, *words = sys.argv[1:]
    file = Path(folder) / "state.json"
    state = json.loads(file.read_text())
    state["calls"].append([name, *words])
    file.write_text(json.dumps(state))
    time.sleep(float(state["slow"].get(name, 0)))
    code = {"az": az, "azd": azd, "python": terminal}[name](state, words)
    file.write_text(json.dumps(state))
    return code


if __name__ == "__main__":
    sys.exit(main())
