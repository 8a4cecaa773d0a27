"""The terminal's commands as its parser has them, and an example for every argument."""

import argparse
from typing import Any

ROW = "0b8a7a5e-91d4-4c0e-8d6e-9c1b6b6a4d10"
# What stands in capitals where a person writes something of their own.
EXAMPLES = {
    "ACCOUNT": "xazq5",
    "CLIENT": "12",
    "FILE": "other.settings.json",
    "FORM": "account/Account",
    "KEY": "xazq5-invoice-4711",
    "NUMBER": "4711",
    "PARTITION": "xazq5",
    "SECONDS": "60",
    "SUBJECT": "service-dataverse",
    "TABLE": "registrations",
    "TEXT": "0x80040265",
    "WHEN": "2h",
    "client|invoice|payment|expense|credit|category": "invoice",
}


def list_commands(parser: argparse.ArgumentParser) -> list[tuple[str, ...]]:
    """Return the words of every command that can be run, groups that do something included."""
    found: list[tuple[str, ...]] = []
    if parser.get_default("command") is not None:
        found.append(())
    for name, below in _groups(parser).items():
        found += [(name, *rest) for rest in list_commands(below)]
    return found


def with_examples(words: tuple[str, ...], parser: argparse.ArgumentParser) -> list[str]:
    """Return a command line that its parser accepts."""
    for word in words:
        parser = _groups(parser)[word]
    line = list(words)
    # An account of Dataverse is a row, one of FreshBooks a business.
    return (
        line
        + [
            ROW if action.dest == "row" else EXAMPLES[str(action.metavar)]
            for action in parser._actions
            if not action.option_strings and not isinstance(action, argparse._SubParsersAction)
        ]
        + [
            word
            for group in parser._mutually_exclusive_groups
            if group.required
            for word in (
                group._group_actions[0].option_strings[0],
                EXAMPLES[str(group._group_actions[0].metavar)],
            )
        ]
    )


def _groups(parser: argparse.ArgumentParser) -> dict[str, Any]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    return {}
