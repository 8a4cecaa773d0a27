"""Settings in each other's company: what has to be there together, what cannot be, how it is told.

Never looks further at a text than it has to, and never shows one.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from shared.notation import storage, texts

_STORAGE: Final = "AzureWebJobsStorage"
_ACCOUNT: Final = f"{_STORAGE}__accountName"
_SERVICES: Final = {
    "queue": f"{_STORAGE}__queueServiceUri",
    "table": f"{_STORAGE}__tableServiceUri",
}
_INSIGHTS: Final = "APPLICATIONINSIGHTS_CONNECTION_STRING"
SECRET_SIGN_IN: Final = ("DATAVERSE_TENANT_ID", "DATAVERSE_CLIENT_ID", "DATAVERSE_CLIENT_SECRET")


def with_addresses(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings with the addresses that follow from the account's name."""
    if _STORAGE in raw or _ACCOUNT not in raw:
        return dict(raw)
    try:
        account = storage.account_name(str(raw[_ACCOUNT]))
    except ValueError:
        return dict(raw)  # told where the name itself is read
    derived = {
        variable: storage.service_address(account, service)
        for service, variable in _SERVICES.items()
    }
    return {**derived, **raw}


def list_missing(given: Mapping[str, str]) -> Iterator[str]:
    """Yield what is missing because of something else that is there, or is not."""
    if _STORAGE not in given and _ACCOUNT not in given:
        lacking = [variable for variable in _SERVICES.values() if variable not in given]
        if len(lacking) == len(_SERVICES):
            yield f"{_STORAGE} (or {_ACCOUNT}, or {' and '.join(lacking)})"
        else:
            yield from lacking
    if _says(given.get("TELEMETRY", ""), "opentelemetry") and _INSIGHTS not in given:
        yield f"{_INSIGHTS} (TELEMETRY is opentelemetry)"
    if _says(given.get("DATAVERSE_SIGN_IN", ""), "client-secret"):
        for name in SECRET_SIGN_IN:
            if name not in given:
                yield f"{name} (DATAVERSE_SIGN_IN is client-secret)"


def list_wrong(given: Mapping[str, str]) -> Iterator[str]:
    """Yield what contradicts something else that is there."""
    connection, account = given.get(_STORAGE, ""), given.get(_ACCOUNT, "")
    if "WEBSITE_SITE_NAME" in given and storage.is_emulator(connection):
        yield (
            f"{_STORAGE} means the emulator of a developer's machine: in Azure write the account's "
            f"name into {_ACCOUNT} and remove it"
        )
    for service, variable in _SERVICES.items():
        host = _host(given.get(variable, ""))
        if account and f".{service}." in host and host.partition(".")[0] != account:
            yield f"{variable} is of another account than {_ACCOUNT}: remove one of them"
    secret = given.get("FRESHBOOKS_CLIENT_SECRET")
    if secret and secret == given.get("FRESHBOOKS_CLIENT_ID"):
        yield "FRESHBOOKS_CLIENT_SECRET is the client id: write the secret beside it"


def _says(text: str, word: str) -> bool:
    try:
        return bool(texts.word(text, [word]))
    except ValueError:
        return False


def _host(text: str) -> str:
    """Return the host of an address, "" where there is none."""
    try:
        return urlsplit(text).hostname or ""
    except ValueError:
        return ""


def explain(missing: Sequence[str], wrong: Sequence[str], misspelt: Mapping[str, str]) -> str:
    """Tell every problem in one text.

    Args:
        missing: names, with the reason where it is not plain.
        wrong: sentences that begin with a name.
        misspelt: variables that are no setting, each with the likely one or "".
    """
    parts = []
    if missing:
        parts.append("missing: " + ", ".join(sorted(missing)))
    if wrong:
        parts.append("wrong: " + "; ".join(sorted(wrong)))
    if misspelt:
        parts.append("not known: " + ", ".join(map(say_misspelt, misspelt.items())))
    return (
        f"The settings are not complete ({'; '.join(parts)}). The administrator sets them in the "
        "Function App's environment variables, locally in local.settings.json."
    )


def say_misspelt(pair: tuple[str, str]) -> str:
    """Name a variable that is no setting, and the likely one."""
    name, likely = pair
    return f"{name}, perhaps {likely}" if likely else name
