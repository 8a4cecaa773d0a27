"""What pydantic finds wrong with a setting, in words that say what to write.

Never shows a value: it may be a secret.
"""

from collections.abc import Mapping

from pydantic import ValidationError
from pydantic.fields import FieldInfo


def variable_of(name: str, field: FieldInfo) -> str:
    """Return the environment variable of a field."""
    return str(field.validation_alias or name.upper())


def read_problems(
    fields: Mapping[str, FieldInfo], error: ValidationError
) -> tuple[list[str], list[str]]:
    """Return what is missing and what is wrong.

    Args:
        fields: of the model that was validated.
        error: what was found.
    """
    missing, wrong = [], []
    for problem in error.errors(include_url=False, include_input=False):
        where = str(problem["loc"][0])
        name = next(name for name in fields if where in {name, variable_of(name, fields[name])})
        variable = variable_of(name, fields[name])
        if problem["type"] == "missing":
            missing.append(variable)
        elif problem["type"] == "value_error":
            words = problem["msg"].removeprefix("Value error, ")
            wrong.append(f"{variable} {words}")
        else:
            wrong.append(f"{variable} {_wanted(fields[name])}")
    return missing, wrong


def _wanted(info: FieldInfo) -> str:
    """Say what a number or a yes or no has to be."""
    if info.annotation is bool:
        return "is neither true nor false: write one of them"
    bounds = {
        kind: getattr(each, kind)
        for each in info.metadata
        for kind in ("ge", "le")
        if hasattr(each, kind)
    }
    number = "a number" if info.annotation is float else "a whole number"
    extent = " ".join(
        f"{word} {bounds[kind]}" for kind, word in (("ge", "from"), ("le", "to")) if kind in bounds
    )
    return f"is out of its range or no number: write {number} {extent}"
