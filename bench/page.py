"""Where the tables stand in the docs: each between a pair of markers.

Never touches the prose around them.
"""

import re
from pathlib import Path

_DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGE = _DOCS / "performance.md"
_ELSEWHERE = {"bill": _DOCS / "cost.md"}


def page_of(name: str) -> Path:
    """Return the page that a figure's table stands on."""
    return _ELSEWHERE.get(name, PAGE)


def replaced(page: str, name: str, content: str) -> str:
    """Return `page` with `content` between `<!-- bench:name -->` and `<!-- /bench:name -->`.

    Raises:
        ValueError: the page has no such pair of markers, or several.
    """
    opening, closing = f"<!-- bench:{name} -->", f"<!-- /bench:{name} -->"
    pattern = re.compile(f"{re.escape(opening)}.*?{re.escape(closing)}", re.DOTALL)
    if len(pattern.findall(page)) != 1:
        raise ValueError(f"the page needs {opening} and {closing}, once each")
    return pattern.sub(lambda _: f"{opening}\n{content}\n{closing}", page)
