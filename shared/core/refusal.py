"""What a refusal says once everything is left out that belongs to one record alone.

Never keeps an id, a number, a value, a name or an address: two records that were refused for the
same reason have the same words, and words of different columns differ.
"""

import hashlib
import re
from collections.abc import Iterable
from typing import Final

from shared.core.identity import Kind
from shared.errors import ConnectorError

_LONGEST: Final = 300
_GAP: Final = "…"
_FEWEST: Final = 3  # characters of a value that is taken out wherever it stands

# Of the record or of the request, whatever the service; the order matters.
_ALONE: Final = (
    (re.compile(r", request \S+"), ""),  # what the service calls the request
    (re.compile(r"(?<=: )(?:GET|POST|PATCH|PUT|DELETE) (?=\S)"), ""),  # made or changed
    (re.compile(r"[^\s@<>()'\",;:]+@[\w-]+(?:\.[\w-]+)+"), _GAP),
    (re.compile(r"\b\w+://\S+"), _GAP),
    (re.compile(r"\{?\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b\}?", re.IGNORECASE), _GAP),
)
_KEY: Final = re.compile(r"(?<=[a-z])\([^()]*\)")  # `accounts(…)`, a row named by its key
# An apostrophe within a word opens and ends nothing.
_QUOTED: Final = re.compile(
    r"(?<!\w)'.{0,200}?'(?!\w)"
    '|"[^"]{0,200}"|\u2018[^\u2019]{0,200}\u2019|\u201c[^\u201d]{0,200}\u201d'
)
_SCHEMA: Final = re.compile(r"[A-Za-z_]\w*(?:\.\w+)*")
_OF_SCHEMA: Final = (
    "attribute|column|entity|enum|field|key|link|message|navigation|option|parameter|plug-?in|"
    "privilege|property|relationship|role|segment|step|table|type|workflow|named|called|id"
)
_BEFORE: Final = re.compile(rf"\b(?:{_OF_SCHEMA})(?: name)?\W{{0,2}}$", re.IGNORECASE)
_AFTER: Final = re.compile(rf"^\W{{0,2}}(?:{_OF_SCHEMA})\b", re.IGNORECASE)
# Codes and statuses stay; every other number goes, with what ties it to the next one.
_NUMBER: Final = re.compile(
    r"(?P<keep>\b0x[0-9a-fA-F]+\b|\banswered \d{3}\b|\berrno \d+\b|\b[A-Za-z_]+\w*\b)"
    r"|[-+]?\d(?:[\d.,:/TZ+-]|(?<=\d) (?=\d{2,}))*\w*"
)
_GAPS: Final = re.compile(rf"{_GAP}(?:\W?\s*{_GAP})*")


def signature(error: Exception, kind: Kind, *, known: Iterable[str] = ()) -> tuple[str, str]:
    """Return the signature of a refusal, and its words, fit for people.

    Args:
        error: what was raised; of one that is not the connector's own only its type counts, for
            its text may hold anything.
        kind: of the record: each has its own problems.
        known: what the record holds and the service may repeat, such as names.
    """
    if isinstance(error, ConnectorError):
        service = getattr(error, "service", "")
        code = getattr(error, "code", "")
        words = words_of(str(error), known=known)
    else:
        service, code, words = "", "", _place(error)
    parts = (str(kind), type(error).__name__, service, code.lower(), words.lower())
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12], words


def words_of(text: str, *, known: Iterable[str] = ()) -> str:
    """Return a text without what belongs to one record alone; `…` stands for what is left out."""
    for value in sorted({each.strip() for each in known}, key=len, reverse=True):
        if len(value) >= _FEWEST:
            text = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", _GAP, text, flags=re.IGNORECASE)
    for pattern, instead in _ALONE:
        text = pattern.sub(instead, text)
    text = _KEY.sub(f"({_GAP})", text)
    text = _QUOTED.sub(lambda found: _unquoted(found, text), text)
    text = _NUMBER.sub(lambda found: found["keep"] or _GAP, text)
    text = " ".join(_GAPS.sub(_GAP, text).split())
    return text[:_LONGEST]


def _unquoted(found: "re.Match[str]", text: str) -> str:
    """Keep what is quoted when it names a column, table or type; anything else is a value."""
    inner = found.group()[1:-1]
    if _SCHEMA.fullmatch(inner) is None:
        return _GAP
    named = "_" in inner or "." in inner
    beside = _BEFORE.search(text[: found.start()]) or _AFTER.search(text[found.end() :])
    return found.group() if named or beside else _GAP


def _place(error: Exception) -> str:
    """Return kind, file and function of an error; its text might hold what must not be kept."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return f"{type(error).__name__} at an unknown place"
    code = trace.tb_frame.f_code
    file = code.co_filename.rpartition("/")[2]
    return f"{type(error).__name__} at {file}:{code.co_name}"
