"""Every command line in the docs, and every one the program prints, is one its parser takes."""

import ast
import re
import shlex
from collections import Counter
from pathlib import Path

import pytest

from shared.cli import parser
from shared.cli.commands import PROGRAM, words_first
from tests.terminal import ROW, list_commands

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
SOURCES = sorted(ROOT.glob("shared/**/*.py"))
TEMPLATES = sorted(ROOT.glob("shared/**/*.html"))

# What a person replaces by something of their own; `--account ACCOUNT` is a business of FreshBooks,
# ACCOUNT alone a row of Dataverse.
EXAMPLES = {
    "--account ACCOUNT": "--account xazq5",
    "ACCOUNT": ROW,
    "CLIENT": "12",
    "COUNT": "50",
    "DAY": "2026-11-02",
    "FILE": "other.settings.json",
    "FORM": "account/Account",
    "KIND": "invoice",
    "KINDS": "invoice,payment",
    "NAME": "contoso",
    "invoice-NUMBER": "invoice-4711",
    "NUMBER": "4711",
    "PARTITION": "xazq5",
    "ROW": ROW,
    "SUBJECT": "service-dataverse",
    "TABLE": "registrations",
    "KEY": "xazq5-invoice-4711",
    "TEXT": "0x80040265",
    "WHEN": "2h",
}
PARSER = parser()
GROUPS = {words[0] for words in list_commands(PARSER)}


def spans(text):
    """What stands in backticks, and each line of a block of code."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    rest = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    return [
        *(line.strip() for block in blocks for line in block.splitlines()),
        *(span.strip() for span in re.findall(r"`([^`\n]+)`", rest)),
    ]


def commands_in(texts):
    """The spans that are a command with at least one word, whole or without the program's name."""
    for span in texts:
        if span.startswith(f"{PROGRAM} "):
            yield span
        elif " " in span.strip() and span.split()[0] in GROUPS:
            yield f"{PROGRAM} {span}"


def strings(source):
    """The texts in a module but for its docstrings; what is filled in stands in braces."""
    nodes = list(ast.walk(ast.parse(source)))
    documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    docs = {
        id(node.body[0].value)
        for node in nodes
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    parts = {id(part) for n in nodes if isinstance(n, ast.JoinedStr) for part in n.values}
    apart = docs | parts
    for node in nodes:
        if isinstance(node, ast.JoinedStr):
            yield "".join(
                str(part.value)
                if isinstance(part, ast.Constant)
                else f"{{{ast.unparse(part.value)}}}"
                for part in node.values
            )
        elif isinstance(node, ast.Constant) and id(node) not in apart:
            yield str(node.value)


def printed(path):
    for text in strings(path.read_text()):
        whole = [text] if text.startswith(f"{PROGRAM} ") and "`" not in text else []
        yield from commands_in([*whole, *re.findall(r"`([^`]+)`", text)])


def found():
    for path in PAGES:
        yield from ((path, line) for line in commands_in(spans(path.read_text())))
    for path in SOURCES:
        yield from ((path, line) for line in printed(path))
    for path in TEMPLATES:
        codes = re.findall(r"<code>(.*?)</code>", path.read_text())
        yield from ((path, line) for line in commands_in(codes))


def filled(line):
    for placeholder, example in EXAMPLES.items():
        line = re.sub(rf"(?<![\w-]){placeholder}(?!\w)", example, line)
    return line


def refusal(line):
    """Why the parser does not take a line as it is written, or None."""
    words = shlex.split(filled(line).removeprefix(PROGRAM), comments=True)
    unknown = [word for word in words if re.fullmatch(r"[A-Z][A-Z_]+|<.*>|\{.*\}|\.\.\.", word)]
    if unknown:
        return f"no example for {unknown} in EXAMPLES"
    helps = bool({"--help", "--version"} & set(words))
    try:
        taken = PARSER.parse_args(words_first(words))
    except SystemExit as ended:
        return None if helps and ended.code == 0 else f"refused with {ended.code}"
    return None if callable(taken.command) and not helps else "taken without a command of its own"


# All in one test: to read every source is too much for each process that collects tests.
def test_every_command_line_is_accepted_as_it_is_written():
    lines = sorted({(str(path.relative_to(ROOT)), line) for path, line in found()})

    refused = [(*line, refusal(line[1])) for line in lines]
    assert [each for each in refused if each[-1]] == []
    kinds = Counter(Path(file).suffix for file, _ in lines)
    assert kinds[".md"] >= 20
    assert kinds[".py"] >= 20
    assert kinds[".html"] >= 2


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_command_line_hides_in_the_prose(page):
    text = page.read_text()

    shown = sum(span.count(PROGRAM) for span in spans(text))
    assert text.count(PROGRAM) == shown


def test_a_wrong_command_line_would_be_noticed():
    page = (
        "Run `held link CLIENT` or\n```\npython -m shared webhooks remove --acount A # why\n```\n"
    )

    lines = list(commands_in(spans(page)))

    assert lines == [
        "python -m shared webhooks remove --acount A # why",
        "python -m shared held link CLIENT",
    ]
    for line in lines:
        with pytest.raises(SystemExit):
            PARSER.parse_args(words_first(shlex.split(filled(line))[3:]))
        assert refusal(line) == "refused with 2"
