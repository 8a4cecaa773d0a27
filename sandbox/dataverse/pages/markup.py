"""Small pieces of HTML every page uses: joined parts, problems, pickers, tables of cells.

Never lets a text of a row or a form through unescaped.
"""

from collections.abc import Iterable

from markupsafe import Markup

from sandbox.dataverse.errors import DataverseError

Text = Markup | str
NONE = Markup("")


def joined(parts: Iterable[Text]) -> Markup:
    """Return the parts one after another, escaped where they are not HTML yet."""
    return Markup("").join(parts)


def problem(what: str, why: DataverseError | str) -> Markup:
    """Say that a part of a page cannot be shown, and why."""
    reason = why.message if isinstance(why, DataverseError) else why
    return Markup('<p class="problem" role="alert">{} cannot be shown. {}</p>').format(what, reason)


def none(text: str = "No data available.") -> Markup:
    """Say that there is nothing."""
    return Markup('<p class="none">{}</p>').format(text)


def picker(
    kind: str, chosen: str, others: Iterable[tuple[str, str]], *, named: bool = True
) -> Markup:
    """Return a list of links that opens on a click.

    Args:
        kind: what is picked, a word for whoever cannot see it.
        chosen: what is picked now.
        others: label and address of each.
        named: what is picked now stands there too; else only a sign that opens the list.
    """
    items = joined(
        Markup('<li><a href="{}"{}>{}</a></li>').format(
            address, Markup(' aria-current="true"') if label == chosen else NONE, label
        )
        for label, address in others
    )
    return Markup(
        '<details class="picker" data-picker="{0}"><summary title="Choose another {0}" '
        'aria-label="{1}; choose another {0}">{2}</summary><ul>{3}</ul></details>'
    ).format(kind, chosen, chosen if named else "", items)


def plain_table(heads: Iterable[str], lines: Iterable[Iterable[tuple[str, Text]]]) -> Markup:
    """Return a table of cells, each with the name of its column."""
    names = list(heads)
    head = joined(Markup("<th>{}</th>").format(name) for name in names)
    body = joined(
        Markup("<tr>{}</tr>").format(
            joined(
                Markup('<td data-label="{}" data-column="{}">{}</td>').format(name, column, cell)
                for name, (column, cell) in zip(names, line, strict=True)
            )
        )
        for line in lines
    )
    return Markup(
        '<div class="scroll"><table class="grid"><thead><tr>{}</tr></thead><tbody>{}</tbody>'
        "</table></div>"
    ).format(head, body)
