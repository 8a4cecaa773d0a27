"""The file of columns that is in force: the app's own, another one, or the text of a setting.

Never reads the environment, and never judges what the file says.
"""

from pathlib import Path
from typing import Final

from shared.core.column_file import read_columns
from shared.core.columns import DEFAULTS, Columns

SETTING: Final = "COLUMN_CHOICES"
NAME: Final = "columns.toml"
_APP: Final = Path(__file__).resolve().parent.parent
_SUFFIX: Final = ".toml"


def choose_columns(setting: str, *, app: Path = _APP) -> tuple[Columns, list[str]]:
    """Return what is chosen about columns, and what is wrong with it, each in a sentence.

    Args:
        setting: a path that ends with .toml, from the app's folder where it is no whole one; else
            the text of such a file; "" for the app's own file.
        app: the app's folder.
    """
    is_path = setting.endswith(_SUFFIX) and "\n" not in setting and "=" not in setting
    if setting and not is_path:
        return read_columns(setting, origin=f"the setting {SETTING}")
    path = app / (setting or NAME)
    if not setting and not path.exists():
        return DEFAULTS, []
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is no text in UTF-8"
        mend = f"Write its path into {SETTING}, or the text itself" if setting else "Mend it"
        return DEFAULTS, [f"{path} cannot be read: {why}. {mend}"]
    return read_columns(text, origin=setting or NAME)
