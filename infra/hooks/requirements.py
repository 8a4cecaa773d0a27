"""What has to be there before anything is provisioned: values, a sign-in, resource providers.

Never asks anybody anything: what was found is handed in, what is missing comes back in words.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

OLDEST: Final = (3, 11)
NEWEST: Final = (3, 13)

# Those that infra/ takes resources from. A deployment registers most of them by itself, where the
# person may; Microsoft.App, which a subnet is delegated to, it does not.
PROVIDERS: Final = (
    "Microsoft.App",
    "Microsoft.Authorization",
    "Microsoft.Consumption",
    "Microsoft.Insights",
    "Microsoft.KeyVault",
    "Microsoft.ManagedIdentity",
    "Microsoft.Network",
    "Microsoft.OperationalInsights",
    "Microsoft.Storage",
    "Microsoft.Web",
)


@dataclass(frozen=True)
class Value:
    """A value that azd's environment has to hold.

    Attributes:
        name: what it is called there.
        meaning: what it is, and where to find it.
        example: what one looks like.
        problem: what is wrong with a text that was given; "" when nothing is.
    """

    name: str
    meaning: str
    example: str
    problem: Callable[[str], str]


def _address(text: str) -> str:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return "is no address"
    if parts.scheme != "https" or not parts.hostname:
        return "has to begin with https://"
    if parts.path.strip("/") or parts.query or parts.fragment or port or parts.username:
        return f"is more than the environment's address: https://{parts.hostname}"
    return "holds a blank" if re.search(r"\s", text) else ""


def _client_id(text: str) -> str:
    return "" if re.fullmatch(r"[0-9A-Za-z]{16,128}", text) else "is no client id of FreshBooks"


def _mail(text: str) -> str:
    return "" if re.fullmatch(r"[^@\s,;]+@[^@\s,;]+\.[^@\s,;]+", text) else "is no e-mail address"


REQUIRED: Final = (
    Value(
        "DATAVERSE_URL",
        "the Dataverse environment, as in the browser's address line",
        "https://yourorg.crm.dynamics.com",
        _address,
    ),
    Value(
        "FRESHBOOKS_CLIENT_ID",
        "the client id of your app in FreshBooks' developer portal",
        "0123456789abcdef...",
        _client_id,
    ),
    Value("ALERT_EMAIL", "who is written to when a person is needed", "you@yourfirm.com", _mail),
)


def version_problems(version: tuple[int, int]) -> list[str]:
    """Return what is wrong with the Python that runs the hooks and the terminal."""
    if OLDEST <= version <= NEWEST:
        return []
    found, oldest, newest = (".".join(map(str, v)) for v in (version, OLDEST, NEWEST))
    return [f"Python {oldest} to {newest} is needed, this is {found}. Install one of them."]


def value_problems(values: Mapping[str, str]) -> list[str]:
    """Return what is missing or wrong in azd's environment, each with what to write."""
    found = []
    for value in REQUIRED:
        text = values.get(value.name, "").strip()
        wrong = value.problem(text) if text else f"is not set: {value.meaning}"
        if wrong:
            found.append(f"{value.name} {wrong}.\n    azd env set {value.name} {value.example}")
    return found


def provider_hints(registered: Collection[str]) -> list[str]:
    """Return the commands that register what is not registered in the subscription yet."""
    known = {name.lower() for name in registered}
    return [f"az provider register --namespace {p}" for p in PROVIDERS if p.lower() not in known]
