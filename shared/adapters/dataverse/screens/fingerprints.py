"""Fingerprints of components: the same for texts that say the same.

Never decides what follows from a difference.
"""

import functools
import hashlib
from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import ParseError, canonicalize


def fingerprint(texts: Mapping[str, Any]) -> str:
    """Return a fingerprint of columns with texts, whatever the spelling of their XML."""
    parts = (f"{name}={_canonical(texts[name])}" for name in sorted(texts))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def labels_fingerprint(labels: Mapping[str, Mapping[int, str]]) -> str:
    """Return a fingerprint of texts in further languages, "" for none."""
    if not labels:
        return ""
    said = {
        f"{column}.{language}": text
        for column, texts in labels.items()
        for language, text in texts.items()
    }
    return fingerprint(said)


def _canonical(text: Any) -> str:
    return _canonical_text("" if text is None else str(text))


@functools.lru_cache(maxsize=512)  # what is compared is asked for again before and after a write
def _canonical_text(plain: str) -> str:
    if not plain.lstrip().startswith("<"):
        return plain
    try:
        return canonicalize(plain, strip_text=True)
    except ParseError:
        return plain
