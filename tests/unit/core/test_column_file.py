"""The file of columns: what is read of it, and what is said of one that is wrong."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.chosen_columns import choose_columns
from shared.core.column_file import MOST_MAPPINGS, read_columns
from shared.core.columns import DEFAULTS
from shared.core.fields import FIELDS
from shared.core.identity import Kind
from shared.core.mapped import Mapped, MappedType
from shared.core.ownership import NATIVE, Ownership

ROOT = Path(__file__).resolve().parents[3]
ENTRY = {
    "record": "client",
    "from": "vat_number",
    "to": "account.accountnumber",
    "type": "text",
    "owner": "freshbooks",
    "length": 20,
}
WORDS = st.sampled_from(["invoice", "account", "name", "duedate", "never", "client", "text", "map"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=8,
)


def problems(content):
    text = content if isinstance(content, str) else json.dumps(content)
    return read_columns(text, origin="firm.toml")[1]


def test_the_shipped_file_says_of_each_column_once_what_holds_anyway():
    text = (ROOT / "columns.toml").read_text()

    chosen, wrong = read_columns(text, origin="columns.toml")

    assert wrong == []
    assert (chosen.chosen, chosen.mapped) == ((), ())
    lines = [line.partition(" = ")[0] for line in text.splitlines() if line[:1].isalpha()]
    assert sorted(lines) == sorted(name for columns in NATIVE.values() for name in columns)


def test_the_example_in_the_shipped_file_is_one():
    text = (ROOT / "columns.toml").read_text()
    start = text.index("# [[map]]")
    example = "\n".join(line.removeprefix("# ") for line in text[start:].splitlines())

    chosen, wrong = read_columns(example, origin="columns.toml")

    assert wrong == []
    assert [str(each) for each in chosen.mapped] == ["client.vat_number to account.accountnumber"]


def test_every_example_in_the_docs_is_one():
    page = (ROOT / "docs" / "columns.md").read_text()
    examples = re.findall(r"```(?:toml|json)\n(.*?)```", page, re.DOTALL)

    told = [read_columns(example, origin="an example") for example in examples]

    assert [wrong for _, wrong in told] == [[]] * 3
    assert [(len(each.chosen), len(each.mapped)) for each, _ in told] == [(3, 0), (0, 2), (1, 1)]


def test_a_mapping_is_read_with_what_holds_where_nothing_is_said():
    short = {name: ENTRY[name] for name in ("record", "from", "to", "type")}

    chosen, wrong = read_columns(
        json.dumps({"map": [ENTRY, {**short, "to": "account.fax"}]}), origin="x"
    )

    assert wrong == []
    assert chosen.mapped == (
        Mapped(
            Kind.CLIENT,
            "vat_number",
            "account",
            "accountnumber",
            MappedType.TEXT,
            Ownership.FRESHBOOKS,
            length=20,
        ),
        Mapped(Kind.CLIENT, "vat_number", "account", "fax", MappedType.TEXT),
    )
    assert chosen.fields == {Kind.CLIENT: ("vat_number",)}
    assert chosen.read == {"account": ("accountnumber", "fax")}


WRONG = {
    "a part nobody knows": ({"owners": {}}, "owners is no part"),
    "a table nobody knows": ({"ownership": {"contact": {}}}, "none of invoice, account"),
    "lines": ({"ownership": {"invoicedetail": {"tax": "never"}}}, "written by their position"),
    "a column nobody knows": (
        {"ownership": {"invoice": {"duedat": "never"}}},
        "perhaps duedate is meant",
    ),
    "a column of ours": ({"ownership": {"invoice": {"fbx_total": "never"}}}, "connector's own"),
    "a column totals rest on": (
        {"ownership": {"invoice": {"discountamount": "never"}}},
        "total rests on it",
    ),
    "a wrong word": ({"ownership": {"invoice": {"duedate": "nobody"}}}, "first-write, never"),
    "a word that is none": ({"ownership": {"invoice": {"duedate": ["never"]}}}, "write one of"),
    "a name that is never written": (
        {"ownership": {"account": {"name": "never"}}},
        "first-write, so that people",
    ),
    "a part of an address": (
        {"ownership": {"invoice": {"billto_city": "never"}}},
        "billto_country the same",
    ),
    "a table that is none": ({"ownership": {"invoice": "never"}}, "is no table"),
    "an ownership that is none": ({"ownership": 3}, "ownership is no table"),
    "a map that is none": ({"map": ENTRY}, "with two brackets"),
    "an entry that is none": ({"map": ["client"]}, "number 1 is no table"),
    "too many": (
        {"map": [{**ENTRY, "to": f"account.new_{n}"} for n in range(MOST_MAPPINGS + 1)]},
        f"at most {MOST_MAPPINGS}",
    ),
    "no record": ({"map": [{**ENTRY, "record": "estimate"}]}, "'client', 'invoice'"),
    "a category": ({"map": [{**ENTRY, "record": "category"}]}, "wrong record"),
    "an unknown key": ({"map": [{**ENTRY, "form": "x"}]}, "has form"),
    "a missing key": ({"map": [{k: v for k, v in ENTRY.items() if k != "to"}]}, "lacks to"),
    "a field nobody knows": (
        {"map": [{**ENTRY, "from": "vat_numer"}]},
        "Perhaps one of vat_number",
    ),
    "a field lists leave out": ({"map": [{**ENTRY, "from": "lines.0.name"}]}, "no field"),
    "a type that does not fit": (
        {"map": [{**ENTRY, "type": "money", "from": "pref_email", "length": None}]},
        "write one of text, yes-no",
    ),
    "a wrong type": ({"map": [{**ENTRY, "type": "choice"}]}, "'text', 'whole'"),
    "a table of another record": ({"map": [{**ENTRY, "to": "invoice.new_x"}]}, "account.COLUMN"),
    "a target without a table": ({"map": [{**ENTRY, "to": "accountnumber"}]}, "account.COLUMN"),
    "a target with two dots": ({"map": [{**ENTRY, "to": "account.new.x"}]}, "account.COLUMN"),
    "a target of ours": ({"map": [{**ENTRY, "to": "account.fbx_credit"}]}, "rests on it"),
    "a target written anyway": (
        {"map": [{**ENTRY, "to": "account.telephone1"}]},
        "[ownership.account]",
    ),
    "a state": (
        {"map": [{**ENTRY, "record": "invoice", "from": "terms", "to": "invoice.statecode"}]},
        "follows the record's state",
    ),
    "a target twice": ({"map": [ENTRY, {**ENTRY, "from": "fax"}]}, "target of number 1"),
    "an owner who never writes": ({"map": [{**ENTRY, "owner": "never"}]}, "wrong owner"),
    "a length of no text": ({"map": [{**ENTRY, "type": "whole"}]}, "only text has"),
    "decimals of a text": ({"map": [{**ENTRY, "decimals": 2}]}, "only decimal and money"),
    "a length of nothing": ({"map": [{**ENTRY, "length": 0}]}, "wrong length"),
    "a length in quotes": ({"map": [{**ENTRY, "length": "20"}]}, "wrong length"),
    "no TOML": ("[ownership.invoice\nduedate = 'never'", "line 1"),
    "TOML without its line breaks": ('[ownership.invoice] duedate = "never"', "written as JSON"),
    "a key twice": ('{"map": [], "map": []}', "map stands there twice"),
    "no JSON": ("{'map': []}", "cannot be read"),
    "depth": ('{"a":' * 5000, "too deep"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_told_once_with_its_place_and_what_to_do(case):
    content, said = WRONG[case]

    (problem,) = problems(content)

    assert problem.startswith("firm.toml: ")
    assert said in problem


def test_everything_that_is_wrong_is_told_at_once():
    wrong = {
        "ownership": {"invoice": {"duedate": "x", "fbx_paid": "never"}, "contact": {}},
        "map": [{**ENTRY, "from": "x", "to": "y"}, {"record": 3}],
    }

    found = problems(wrong)

    places = ("duedate", "fbx_paid", "contact", "number 1 is from", "number 1 is to", "lacks type")
    assert all(any(place in each for each in found) for place in places)


@given(st.text(max_size=60) | VALUES.map(json.dumps) | st.text("[]={}\"'#.\n a1", max_size=30))
def test_no_text_breaks_the_reader_and_what_it_refuses_it_says(text):
    chosen, wrong = read_columns(text, origin="x")

    assert wrong or chosen.origin == "x"
    assert all("\n" not in each and each.startswith("x: ") for each in wrong)


@given(
    st.fixed_dictionaries(
        {}, optional={"ownership": VALUES, "map": st.lists(VALUES, max_size=2) | VALUES}
    )
)
def test_no_content_chooses_about_what_nobody_may(content):
    chosen, _wrong = read_columns(json.dumps(content), origin="x")

    assert {table: columns.keys() for table, columns in chosen.owners.items()} == {
        table: columns.keys() for table, columns in NATIVE.items()
    }
    assert Ownership.NEVER not in {each.owner for each in chosen.mapped}


def test_without_a_setting_the_apps_own_file_holds(tmp_path):
    (tmp_path / "columns.toml").write_text('[ownership.invoice]\nduedate = "never"\n')

    chosen, wrong = choose_columns("", app=tmp_path)

    assert wrong == []
    assert chosen.chosen == (("invoice", "duedate", Ownership.NEVER),)
    assert chosen.origin == "columns.toml"


def test_without_a_file_the_defaults_hold(tmp_path):
    assert choose_columns("", app=tmp_path) == (DEFAULTS, [])


def test_a_setting_names_another_file_or_is_the_text(tmp_path):
    (tmp_path / "firm.toml").write_text('\ufeff[ownership.invoice]\nduedate = "never"\n')
    texts = [
        "firm.toml",
        str(tmp_path / "firm.toml"),
        '[ownership.invoice]\nduedate = "never"',
        '{"ownership": {"invoice": {"duedate": "never"}}}',
    ]

    found = [choose_columns(text, app=tmp_path) for text in texts]

    assert [wrong for _, wrong in found] == [[]] * 4
    assert {chosen.chosen for chosen, _ in found} == {(("invoice", "duedate", Ownership.NEVER),)}
    assert found[3][0].origin == "the setting COLUMN_CHOICES"


def test_a_file_that_is_not_there_or_no_text_is_named(tmp_path):
    (tmp_path / "odd.toml").write_bytes(b"\xff\xfe\x00")

    for name in ("gone.toml", "odd.toml"):
        _, (problem,) = choose_columns(name, app=tmp_path)

        assert str(tmp_path / name) in problem
        assert "COLUMN_CHOICES" in problem


def test_a_field_is_at_the_top_or_within_one_that_is():
    for fields in FIELDS.values():
        assert all(name and name.count(".") <= 1 for name in fields)
