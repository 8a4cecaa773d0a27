"""Who certifies the services that are called: the machine's authorities, each read when needed.

Never turns the verification off, and never overrules whom the machine's operator named.
"""

import re
import ssl
from pathlib import Path
from typing import Final

# As `openssl rehash` names an authority's file: by a hash of its subject.
_HASHED: Final = re.compile(r"[0-9a-f]{8}\.\d+")


def authorities() -> str | bool:
    """Return what `requests` and the Azure SDKs take as `verify`.

    A file of all authorities is parsed anew for every connection, which costs 30 ms of CPU each; of
    a folder only the one is read that signed. The platform has that folder: its own host signs in
    to storage by it.

    Returns:
        The folder of the authorities this machine trusts; what `REQUESTS_CA_BUNDLE` names where it
        names one; True, for the authorities that are installed with `requests`, where there is no
        such folder.
    """
    import requests

    with requests.Session() as session:
        named = session.merge_environment_settings("https://localhost", {}, None, True, None)
    if isinstance(named["verify"], str):
        return named["verify"]
    folder = ssl.get_default_verify_paths().capath
    return folder if folder is not None and _is_hashed(folder) else True


def _is_hashed(folder: str) -> bool:
    try:
        return any(_HASHED.fullmatch(each.name) for each in Path(folder).iterdir())
    except OSError:
        return False
