r"""Files of `NAME="value"` lines, as Azure Developer CLI keeps its environments.

Never expands variables: what `$NAME` would mean depends on who reads the file.

Azure Developer CLI writes every value in double quotes with `\`, `"`, `!`, `$` and `` ` `` after a
backslash and line ends as `\n` and `\r`, numbers without quotes:
https://github.com/joho/godotenv/blob/main/godotenv.go
"""

import re
from typing import Final

_LINE: Final = re.compile(
    r"""
    [ \t]* (?: export [ \t]+ )?
    (?P<name> [A-Za-z_][A-Za-z0-9_.]* ) [ \t]* = [ \t]*
    (?: "(?P<double> (?: [^"\\] | \\. )* )" | '(?P<single> [^']* )' | (?P<plain> [^"'\n][^\n]*? )? )
    [ \t]* (?: (?<=\s) \#[^\n]* )? (?: \r?\n | \Z )
    """,
    re.VERBOSE | re.DOTALL,
)
_NOTHING: Final = re.compile(r"[ \t]*(?:\#[^\n]*)?(?:\r?\n|\Z)")
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)


def parse_dotenv(text: str) -> dict[str, str]:
    """Return the variables of a file.

    Raises:
        ValueError: a line is none; the text names its number, never what it says.
    """
    found: dict[str, str] = {}
    at = 0
    while at < len(text):
        if line := _LINE.match(text, at):
            found[line["name"]] = _value(line)
        elif not (line := _NOTHING.match(text, at)):
            number = text.count("\n", 0, at) + 1
            raise ValueError(f'line {number} is not NAME="value"')
        at = line.end()
    return found


def _value(line: re.Match[str]) -> str:
    if (double := line["double"]) is not None:
        return _ESCAPE.sub(lambda found: {"n": "\n", "r": "\r"}.get(found[1], found[1]), double)
    if (single := line["single"]) is not None:
        return single
    return (line["plain"] or "").strip()
