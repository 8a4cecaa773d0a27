"""Names of settings: variables that were meant to be one and are spelled otherwise.

Never looks at a value.
"""

import difflib
import re
from collections.abc import Collection, Iterable
from typing import Final

# Variables that begin so are ours, whatever comes then.
_OURS: Final = ("freshbooks_", "dataverse_", "operator_", "azurewebjobsstorage__")
# The platform's, Azure's own tools', and what the Functions host reads beside the connector.
_THEIRS: Final = (
    "website_", "functions_", "scm_", "applicationinsights_", "azurewebjobs.", "azurewebjobs_",
)  # fmt: skip
_KNOWN: Final = {
    "azurewebjobsstorage__blobserviceuri",
    "azurewebjobsstorage__credential",
    "azurewebjobsstorage__clientid",
    "azurewebjobsstorage__managedidentityresourceid",
    "azure_tenant_id",
    "azure_client_secret",
}
_LIKELY: Final = 0.7  # of the names that are surely meant for us
_ALIKE: Final = 0.85  # of all others


def list_misspelt(given: Iterable[str], settings: Collection[str]) -> dict[str, str]:
    """Return the variables that look like a setting and are none, each with the likely one or "".

    Args:
        given: names of the variables that are set to something.
        settings: names of all settings.
    """
    names = set(given)
    by_spelling = {_plain(each): each for each in settings}
    found = {}
    for name in sorted(names - set(settings)):
        lowered = name.lower()
        if lowered in _KNOWN or lowered.startswith(_THEIRS):
            continue
        ours = lowered.startswith(_OURS)
        cutoff = _LIKELY if ours else _ALIKE
        close = difflib.get_close_matches(_plain(name), by_spelling, n=1, cutoff=cutoff)
        likely = by_spelling[close[0]] if close else ""
        if ours or (likely and likely not in names):
            found[name] = likely
    return found


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
