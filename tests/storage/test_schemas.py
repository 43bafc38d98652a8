"""Schemas: each column says what it is, the page of all columns is theirs, and Parquet files carry it."""

import runpy

import pyarrow.parquet as pq
import pytest

from soart.storage import tables
from soart.storage.columns import arrow_type
from soart.storage.schemas import BULK, CHANNELS, SCHEMAS, matrices_schema

COLUMNS = [(name, each) for name, schema in (SCHEMAS | BULK).items() for each in schema]


@pytest.mark.parametrize(("table", "name"), COLUMNS)
def test_each_column_says_in_a_sentence_what_it_is(table, name):
    column = (SCHEMAS | BULK)[table][name]
    assert column.about[0].isupper() or column.about[0].isdigit() or column.about.startswith(("ln", "good", "error"))
    assert column.about.endswith(".")
    assert len(column.about) <= 110
    assert arrow_type(column)


def test_the_page_of_tables_is_the_schemas(root):
    """After a change of the schemas: python docs/make_tables.py."""
    made = runpy.run_path(str(root / "docs/make_tables.py"))
    assert set(made["FILES"]) == set(SCHEMAS | BULK)
    assert (root / "docs/tables.md").read_text(encoding="utf-8") == made["page"]()
    for _, name in COLUMNS:
        assert f"| {name} | " in made["page"]()


def test_parquet_carries_sentence_and_unit(rng, tmp_path):
    values = rng.integers(0, 256, (4, 100), dtype="uint8")
    labels = {"image": ["a"] * 4, "set": ["learn"] * 4, "channel": list(CHANNELS)}
    tables.write_parquet(tmp_path / "m.parquet", labels | {"values": values}, matrices_schema(10))
    found = pq.read_schema(tmp_path / "m.parquet")
    assert found.field("values").metadata[b"description"] == b"The M x M matrix, row by row."
    assert found.field("values").metadata[b"unit"] == b"gray levels"
    assert found.field("image").metadata[b"unit"] == b""
