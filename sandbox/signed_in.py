"""Stand-ins for `az` and `azd` on somebody's path, as far as azure-identity calls them.

Never signs anybody in: each says what a person's program would say who is signed in, out, slow.

What is called and what is read of the answer: azure-identity's `AzureCliCredential` and
`AzureDeveloperCliCredential`. Tokens are those of `sandbox.entra`, worth something here only.
"""

import itertools
import json
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from sandbox.entra import TENANT, Entra

# The application id that Azure CLI has in every tenant of Entra; azd signs in as the same.
CLIENT = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
PERSON = "ada@tidewater.example"
ROOT = Path(__file__).resolve().parent.parent
_LIFETIME = timedelta(hours=1)
_HANGS = 120  # seconds


class State(StrEnum):
    """How somebody's program stands."""

    SIGNED_IN = "signed-in"
    SIGNED_OUT = "signed-out"
    STRANGER = "stranger"  # signed in, as a user of another tenant
    EXPIRED = "expired"
    FACTOR = "factor"  # the tenant wants a second factor for this service
    RUBBISH = "rubbish"
    HANGING = "hanging"
    BROKEN = "broken"  # cannot be started


def install(folder: Path, **programs: State) -> Path:
    """Write executables named `az` and `azd` and return their folder, to be put on the path.

    Args:
        folder: made when missing; it also counts what each was asked.
        programs: how each stands; what is not named is not installed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, state in programs.items():
        path = folder / name
        if state is State.BROKEN:
            path.write_text("#!/nowhere/at/all\n")
        else:
            path.write_text(
                f"#!{sys.executable}\n"
                "import sys\n"
                f"sys.path.insert(0, {str(ROOT)!r})\n"
                "from sandbox.signed_in import main\n"
                f"sys.exit(main({name!r}, {state.value!r}, sys.argv[1:]))\n"
            )
        path.chmod(0o755)
    return folder


def asked(folder: Path, name: str) -> list[str]:
    """Return the command lines a stand-in was called with, oldest first."""
    log = folder / f"{name}.asked"
    return log.read_text().splitlines() if log.exists() else []


def main(name: str, state: str, arguments: Sequence[str]) -> int:
    """Be `az` or `azd`, and return the exit code."""
    with Path(sys.argv[0]).with_suffix(".asked").open("a") as log:
        log.write(" ".join(arguments) + "\n")
    given = dict(itertools.pairwise(arguments))
    expected = ["account", "get-access-token"] if name == "az" else ["auth", "token"]
    if list(arguments[:2]) != expected or given.get("--output") != "json":
        print(f"ERROR: '{' '.join(arguments)}' is misspelled or not recognized.", file=sys.stderr)
        return 2
    tenant = given.get("--tenant" if name == "az" else "--tenant-id", TENANT)
    if state == State.SIGNED_IN and tenant == TENANT:
        resource = given["--resource"] if name == "az" else given["--scope"]
        print(_answer(name, resource.removesuffix("/.default")))
        return 0
    return _fail(name, State(state), tenant)


def _fail(name: str, state: State, tenant: str) -> int:
    match state:
        case State.SIGNED_OUT:
            return _say_signed_out(name)
        case State.EXPIRED:
            return _refuse(name, "AADSTS700082: The refresh token has expired due to inactivity.")
        case State.FACTOR:
            return _refuse(name, "AADSTS50076: You must use multi-factor authentication to access.")
        case State.RUBBISH:
            print("[1, 2")
            return 0
        case State.HANGING:
            time.sleep(_HANGS)
            return 1
        case _:
            who = f"User account '{PERSON}' does not exist in tenant '{tenant}'."
            return _refuse(name, f"AADSTS50020: {who}")


def _answer(name: str, resource: str) -> str:
    token = Entra().issue(CLIENT, resource, person=PERSON)
    ends = datetime.now(UTC) + _LIFETIME
    answer: dict[str, str | int] = {}
    if name == "azd":
        answer |= {"token": token, "expiresOn": f"{ends:%Y-%m-%dT%H:%M:%SZ}"}
    else:
        answer |= {
            "accessToken": token,
            "expiresOn": f"{ends.astimezone():%Y-%m-%d %H:%M:%S.%f}",
            "expires_on": int(ends.timestamp()),
            "subscription": "00000000-0000-0000-0000-000000000001",
            "tenant": TENANT,
            "tokenType": "Bearer",
        }
    return json.dumps(answer, indent=2)


def _say_signed_out(name: str) -> int:
    if name == "az":
        print("ERROR: Please run 'az login' to setup account.", file=sys.stderr)
    else:
        said = "\nERROR: not logged in, run `azd auth login` to login\n"
        print(json.dumps({"type": "consoleMessage", "data": {"message": said}}))
    return 1


def _refuse(name: str, said: str) -> int:
    if name == "az":
        trace = "Trace ID: 0a1b Correlation ID: 2c3d Timestamp: 2026-01-01 00:00:00Z"
        print(f"ERROR: {said} {trace}", file=sys.stderr)
        print("Please explicitly log in with:\naz login", file=sys.stderr)
    else:
        error = {"error": f"fetching token: {said}", "message": "", "suggestion": "azd auth login"}
        print(json.dumps(error), file=sys.stderr)
    return 1
