"""`python -m shared forms`: the organisation's main forms, and the connector's tab on them.

Never changes a form that was not named, and never one whose text it could not put away before.
Exit codes: 0 all is well, 1 a form needs attention, 2 it could not be done.
"""

import argparse
import contextlib
import itertools
import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

from shared.adapters.dataverse.form_writer import FormCopy
from shared.app import Connector
from shared.cli.commands import Commands, add_command, add_json, command_line, printable
from shared.core.form_reports import FormReport, TabStanding, chosen_forms
from shared.errors import NotPossibleError

FOLDER: Final = Path("freshbooks-forms")


def add_to(commands: Commands) -> None:
    """Add the command to the parser."""
    forms = add_command(
        commands,
        "forms",
        "main forms in Dynamics, and the tab FreshBooks on them",
        details="It lists those of accounts, opportunities and invoices: who sees them, which "
        "solutions they come of, what their timelines show, and what would change. It changes "
        "nothing.",
        examples=("python -m shared forms", "python -m shared forms --json"),
    )
    add_json(forms)
    forms.set_defaults(command=_list)
    actions = forms.add_subparsers(metavar="add|remove")
    add = add_command(
        actions,
        "add",
        "put the tab FreshBooks on forms",
        details="It is appended as the last tab, an older release's is replaced; nothing else of "
        "the form changes. Each form's text is kept in a file before, and its table published.",
        examples=(
            "python -m shared forms add account/Account --dry-run",
            "python -m shared forms add account/Account opportunity/Opportunity",
        ),
    )
    add.set_defaults(command=_add)
    remove = add_command(
        actions,
        "remove",
        "take the tab FreshBooks off forms",
        details="Off the forms as they are now: whatever else was changed since stays. Each "
        "form's text is kept in a file before, and its table published.",
        examples=("python -m shared forms remove account/Account",),
    )
    remove.set_defaults(command=_remove)
    for parser in (add, remove):
        parser.add_argument(
            "forms",
            nargs="+",
            metavar="FORM",
            help="a form's name, with its table where several have it (account/Account), or its id",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="show what would change, and change nothing"
        )
        parser.add_argument(
            "--backup",
            type=Path,
            default=FOLDER,
            metavar="FOLDER",
            help="where the forms' texts are kept (default: %(default)s)",
        )
        parser.add_argument(
            "--publish-drafts",
            action="store_true",
            help="publish what others saved on forms of the same tables, too",
        )


def _list(options: argparse.Namespace, app: Connector) -> int:
    forms = app.customizing.forms.list_forms(layers=True)
    notes = app.customizing.forms.notes()
    if options.json:
        listed = [_as_json(form) for form in forms]
        print(json.dumps({"forms": listed, "notes": notes}, indent=2))
    else:
        for form in forms:
            _print_form(form)
        for note in notes:
            print(printable(note))
        if not forms:
            print("There is no main form of accounts, opportunities or invoices.")
    return 1 if not forms or any(form.lacks for form in forms) else 0


def _add(options: argparse.Namespace, app: Connector) -> int:
    return _change(options, app, adding=True)


def _remove(options: argparse.Namespace, app: Connector) -> int:
    return _change(options, app, adding=False)


def _change(options: argparse.Namespace, app: Connector, *, adding: bool) -> int:
    forms = chosen_forms(options.forms, app.customizing.forms.list_forms())
    for note in app.customizing.forms.notes() if adding else ():
        print(printable(note))
    if options.dry_run:
        for line in app.customizing.forms.preview(forms, adding=adding):
            print(printable(line) if line[:1] in "-+@" else f" {printable(line)}")
        print("Nothing was changed.")
        return 0
    change = app.customizing.forms.add if adding else app.customizing.forms.remove
    keep = keeping(options.backup, app.world.clock)
    for line in change(forms, keep=keep, publish_drafts=options.publish_drafts):
        print(printable(line), flush=True)
    return 0


def keeping(folder: Path, clock: Callable[[], datetime]) -> Callable[[FormCopy], None]:
    """Return what keeps forms' texts in files of a folder, and says so.

    Args:
        folder: made when it is missing.
        clock: tells the time.
    """

    def keep(copy: FormCopy) -> None:
        now = clock()
        kept = {
            "environment": copy.environment,
            "form": str(copy.form),
            "table": copy.table,
            "name": copy.name,
            "version": copy.version,
            "taken": now.isoformat(),
            "sha256": sha256(copy.text.encode()).hexdigest(),
            "text": copy.text,
        }
        try:
            file = _write(folder, f"{copy.table}-{copy.form}-{now:%Y%m%dT%H%M%SZ}", kept)
        except OSError as error:
            raise NotPossibleError(
                f"{copy.table}/{copy.name} was not changed: its text could not be kept in "
                f"{folder} ({error.strerror}). Name another folder by --backup."
            ) from None
        print(printable(f"{copy.table}/{copy.name}: kept as it was in {file}"), flush=True)

    return keep


def _write(folder: Path, name: str, kept: object) -> Path:
    """Write a file of its own, whatever there is already, and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in itertools.count(1):
        file = folder / (f"{name}.json" if number == 1 else f"{name}-{number}.json")
        with contextlib.suppress(FileExistsError), file.open("x", encoding="utf-8") as opened:
            json.dump(kept, opened, indent=2)
            return file
    raise AssertionError  # numbers do not end


def _print_form(form: FormReport) -> None:
    print(printable(f"{form.title}  {form.id}"))
    for line in _lines(form):
        print(f"  {printable(line)}")


def _lines(form: FormReport) -> list[str]:
    kinds = [
        "active" if form.active else "inactive",
        "managed" if form.managed else "unmanaged",
        *([] if form.customizable else ["locked by its solution"]),
    ]
    seen = "everybody" if form.roles is None else ", ".join(form.roles) or "nobody"
    layers = " > ".join(reversed(form.layers)) if form.layers else "unknown"
    lines = [f"{', '.join(kinds)}; seen by {seen}", f"layers, from the top: {layers}"]
    lines += [_tab(form), *map(str, form.timelines)]
    if form.drafts:
        lines.append(
            "somebody's changes are saved and not published: publishing would show them too"
        )
    return lines


def _tab(form: FormReport) -> str:
    if form.problem:
        there = "there, as this release makes it, " if form.tab is TabStanding.CURRENT else ""
        return f"tab FreshBooks: {there}to be left alone: {form.problem}"
    verb = "remove" if form.tab is TabStanding.TAKEN_OFF else "add"
    return _STANDINGS[form.tab].format(command_line("forms", verb, form.title))


_STANDINGS: Final = {
    TabStanding.ABSENT: "tab FreshBooks: not there; `{}` would append it",
    TabStanding.CURRENT: "tab FreshBooks: there, as this release makes it",
    TabStanding.OTHER: "tab FreshBooks: of another release, or changed; `{}` would replace it",
    TabStanding.UNPUBLISHED: "tab FreshBooks: saved, but not published; `{}` would publish it",
    TabStanding.TAKEN_OFF: "tab FreshBooks: taken off, but not published; `{}` would publish it",
}


def _as_json(form: FormReport) -> dict[str, object]:
    timelines = [
        {"name": each.name, "types": each.types, "shows": each.shows_entries}
        for each in form.timelines
    ]
    return asdict(form) | {"id": str(form.id), "timelines": timelines}
