"""How an English environment compares text: case, accents, width and trailing blanks do not count.

Never changes what is stored; only equality, order and uniqueness fold.
"""

import functools
import itertools
import re
import unicodedata
from collections.abc import Callable


@functools.lru_cache(maxsize=200_000)
def fold(text: str) -> str:
    """Return the form under which `text` is compared (collation `_CI_AI`).

    >>> fold("Café Zoë ") == fold("CAFE ZOE")
    True
    """
    if text.isascii():
        return text.lower().rstrip(" ")
    decomposed = unicodedata.normalize("NFKD", text)
    plain = "".join(char for char in decomposed if not unicodedata.combining(char))
    return plain.casefold().rstrip(" ")


@functools.lru_cache(maxsize=10_000)
def like(pattern: str) -> Callable[[str], bool]:
    """Return a test whether folded text matches a SQL LIKE `pattern` (`%`, `_`, `[abc]`).

    >>> like("%bri_n")(fold("O'Brian"))
    True
    """
    out: list[str] = []
    position = 0
    while position < len(pattern):
        char = pattern[position]
        close = pattern.find("]", position + 2) if char == "[" else -1
        if char == "%":
            out.append(".*")
        elif char == "_":
            out.append(".")
        elif close > 0:
            inner = pattern[position + 1 : close]
            negated = inner.startswith("^")
            out.append(f"[{'^' if negated else ''}{_class(fold(inner[negated:]))}]")
            position = close
        else:
            out.append(re.escape(_fold_one(char)))
        position += 1
    compiled = re.compile("".join(out), re.DOTALL)
    return lambda text: compiled.fullmatch(text) is not None


def literal_start(text: str) -> str:
    """Return what all folded texts begin with that match the LIKE pattern `text` followed by `%`.

    >>> literal_start("Café_1%")
    'cafe'
    """
    return "".join(map(_fold_one, itertools.takewhile(lambda char: char not in "%_[", text)))


def _fold_one(char: str) -> str:
    return char if char == " " else fold(char)


def _class(inner: str) -> str:
    return inner.replace("\\", r"\\").replace("[", r"\[")
