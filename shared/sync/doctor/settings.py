"""Check of the settings against each other: what is allowed, and most likely not meant.

Never sees a secret, and never names a value.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from shared.sync.doctor.findings import Finding, Level, Subject

CALLBACK_PATH: Final = "/api/connect/freshbooks/callback"
ENOUGH_THREADS: Final = 24  # host.json lets so many messages run at once
THREADS: Final = "PYTHON_THREADPOOL_THREAD_COUNT"

_PORTS: Final = {"http": 80, "https": 443}
_LOOPBACK: Final = {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True, kw_only=True)
class Given:
    """What the settings say, as far as it is judged here.

    Attributes:
        in_azure: whether this is the app itself, which the platform tells more than a terminal.
        public_url: where FreshBooks reaches the app.
        redirect_uri: as registered with the FreshBooks app.
        services: addresses that another machine has to answer at, by setting.
        threads: of the worker; None when it is not said.
        role: whether an operator's role is named.
        tenant: whether the operators' tenant is named.
        easy_auth: whether the platform says that its sign-in stands before the app.
        two_storages: whether both a connection string and the account by identity are given.
        unused: settings of a sign-in that is not the chosen one.
        misspelt: variables that look like a setting and are none, in words.
    """

    in_azure: bool = False
    public_url: str
    redirect_uri: str
    services: Mapping[str, str] = field(default_factory=dict)
    threads: int | None = None
    role: bool = False
    tenant: bool = False
    easy_auth: bool = False
    two_storages: bool = False
    unused: tuple[str, ...] = ()
    misspelt: tuple[str, ...] = ()


def judge(given: Given) -> Iterator[Finding]:
    """Yield what somebody should look at again; nothing when all is well."""
    yield from _addresses(given)
    yield from _threads(given)
    yield from _operators(given)
    if given.two_storages:
        yield _caution(
            "Storage is named twice: by the connection string AzureWebJobsStorage, which is used, "
            "and by AzureWebJobsStorage__...",
            "The administrator removes the one that is not meant.",
        )
    if given.unused:
        yield _caution(
            f"{', '.join(given.unused)}: given and not used, for DATAVERSE_SIGN_IN is not "
            "client-secret.",
            "The administrator sets DATAVERSE_SIGN_IN=client-secret, or removes them.",
        )
    if given.misspelt:
        yield _caution(
            f"No setting of the connector, so nothing reads it: {'; '.join(given.misspelt)}.",
            "The administrator corrects the name, or removes the variable.",
        )


def check_settings(given: Given) -> Iterator[Finding]:
    """Look whether the settings, complete as they are, can be meant."""
    found = list(judge(given))
    yield from found or [Finding(Level.OK, Subject.SETTINGS, "The settings are complete.")]


def _addresses(given: Given) -> Iterator[Finding]:
    problems = []
    if _origin(given.public_url) != _origin(given.redirect_uri):
        problems.append(
            "PUBLIC_URL and FRESHBOOKS_REDIRECT_URI are of different origins, so the cookie that "
            "binds the consent to the browser cannot come back"
        )
    if urlsplit(given.redirect_uri).path.rstrip("/") != CALLBACK_PATH:
        problems.append(f"the path of FRESHBOOKS_REDIRECT_URI is not {CALLBACK_PATH}")
    if problems:
        text = "; ".join(problems)
        yield _caution(
            f"{text[0].upper()}{text[1:]}.",
            f"The administrator sets FRESHBOOKS_REDIRECT_URI to {given.public_url}{CALLBACK_PATH}, "
            "here and in the FreshBooks app.",
        )
    here = [name for name, url in given.services.items() if urlsplit(url).hostname in _LOOPBACK]
    if given.in_azure and here:
        yield Finding(
            Level.FAILURE,
            Subject.SETTINGS,
            f"{', '.join(here)}: an address of the machine itself, where in Azure nothing answers.",
            "The administrator writes the address of the service.",
        )


def _threads(given: Given) -> Iterator[Finding]:
    advice = f"The administrator sets {THREADS} to 32 in the Function App's environment variables."
    why = f"webhooks and up to {ENOUGH_THREADS} messages at once share them and wait for each other"
    if given.threads is None and given.in_azure:
        text = f"{THREADS} is not set, so the worker has a few threads: {why}."
        yield Finding(Level.FAILURE, Subject.SETTINGS, text, advice)
    elif given.threads is not None and given.threads < ENOUGH_THREADS:
        text = f"{THREADS} is below {ENOUGH_THREADS}: {why}."
        yield Finding(Level.FAILURE, Subject.SETTINGS, text, advice)


def _operators(given: Given) -> Iterator[Finding]:
    if not given.role:
        return
    if not given.tenant:
        yield _caution(
            "OPERATOR_ROLE is set without OPERATOR_TENANT_ID, so nobody is let in by signing in; "
            "links from the terminal open the pages.",
            "The administrator sets OPERATOR_TENANT_ID to the id of the tenant whose people Easy "
            "Auth signs in, or removes OPERATOR_ROLE.",
        )
    elif given.in_azure and not given.easy_auth:
        yield _caution(
            "OPERATOR_ROLE is set, and the platform does not say that its authentication is on, so "
            "nobody is let in by signing in.",
            "The administrator turns authentication on for the Function App, or removes "
            "OPERATOR_ROLE.",
        )


def _caution(text: str, advice: str) -> Finding:
    return Finding(Level.WARNING, Subject.SETTINGS, text, advice)


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)
