"""How texts of customizations spell yes or no and ids.

Never parses them; `sandbox.dataverse.customizing.markup` does.
"""


def is_true(text: str | None, *, default: bool = False) -> bool:
    """Read a yes or no as these texts spell it: true, 1, false, 0, whatever the case."""
    return default if not text else text.strip().lower() in {"true", "1"}


def identifier(text: str | None) -> str:
    """Return an id as rows have it: without braces, in lower case."""
    return (text or "").strip().strip("{}").lower()
