"""Tables: what is written is read again, what does not fit is refused and leaves nothing behind."""

# ruff: noqa: E501 (a row is a mistake and its sentence)

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soart.storage import tables
from soart.storage.columns import arrow_type
from soart.storage.schemas import INTEGER, NUMBER, SCHEMAS, TEXT, TRUTH, matrices_schema, mosaics_schema

SCHEMA = {"image": TEXT, "count": INTEGER, "score": NUMBER, "bad": TRUTH}


def good_columns() -> dict:
    return {"image": ["a", "b", "c"], "count": [1, -2, 3], "score": [0.1, 1e300, -1 / 3], "bad": [True, False, True]}


# --- round trips -----------------------------------------------------------------------------------------------------

ROWS = st.lists(
    st.tuples(
        st.text(st.characters(exclude_categories=["Cs"])),
        st.integers(-(2**63), 2**63 - 1),
        st.floats(allow_nan=False, allow_infinity=False),
        st.booleans(),
    ),
    max_size=30,
)


@given(ROWS)
@settings(deadline=None)
def test_parquet_round_trip_is_exact(rows):
    # numpy's text drops trailing NULs, which no name has
    columns = {name: [row[i] for row in rows] for i, name in enumerate(SCHEMA)}
    columns["image"] = [text.rstrip("\0") for text in columns["image"]]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.parquet"
        tables.write_parquet(path, columns, SCHEMA)
        found = tables.read(path)
        schema = pq.read_schema(path)
    assert {name: column.tolist() for name, column in found.items()} == columns
    assert dict(zip(schema.names, schema.types, strict=True)) == {each: arrow_type(SCHEMA[each]) for each in SCHEMA}


def test_numbers_of_other_kinds_fit(tmp_path):
    columns = good_columns() | {"count": np.array([1, 2, 3], np.int32), "score": [1, 2, 3], "bad": np.array([True] * 3)}
    tables.write_parquet(tmp_path / "table.parquet", columns, SCHEMA)
    found = tables.read(tmp_path / "table.parquet")
    assert found["score"].dtype == float
    assert found["count"].dtype == np.int64
    assert pd.read_parquet(tmp_path / "table.parquet")["score"].tolist() == [1.0, 2.0, 3.0]


def test_matrices_round_trip(rng, tmp_path):
    values = rng.integers(0, 256, (8, 100), dtype=np.uint8)
    columns = {"image": ["a"] * 4 + ["b"] * 4, "set": ["learn"] * 8, "channel": ["gray", "R", "G", "B"] * 2}
    tables.write_parquet(tmp_path / "m.parquet", columns | {"values": values}, matrices_schema(10))
    found = tables.read(tmp_path / "m.parquet", ["values", "image"])
    assert list(found) == ["values", "image"]
    assert found["values"].dtype == np.uint8
    assert (found["values"] == values).all()
    assert np.stack(pd.read_parquet(tmp_path / "m.parquet")["values"]).tolist() == values.tolist()


def test_an_empty_table_keeps_its_columns(tmp_path):
    empty = dict.fromkeys(SCHEMA, ())
    tables.write_parquet(tmp_path / "e.parquet", empty, SCHEMA)
    tables.write_parquet(tmp_path / "full.parquet", good_columns(), SCHEMA)
    assert {name: len(column) for name, column in tables.read(tmp_path / "e.parquet").items()} == dict.fromkeys(
        SCHEMA, 0
    )
    both = tables.read_several([tmp_path / "e.parquet", tmp_path / "full.parquet"])
    assert both["image"].tolist() == ["a", "b", "c"]
    tables.write_parquet(tmp_path / "both.parquet", both, SCHEMA)


def test_several_tables_stand_one_below_the_other(tmp_path):
    paths = [tmp_path / f"{i}.parquet" for i in range(3)]
    for i, path in enumerate(paths):
        tables.write_parquet(
            path, {"image": [f"long{'g' * i}", "b"], "count": [i, i]}, {"image": TEXT, "count": INTEGER}
        )
    found = tables.read_several(paths)
    assert found["image"].tolist() == ["long", "b", "longg", "b", "longgg", "b"]
    assert found["count"].tolist() == [0, 0, 1, 1, 2, 2]


@pytest.mark.parametrize(
    ("cells", "kind"), [("1 2 3 4 5", "i"), ("1 2 3 4 0.5", "f"), ("1 2 0.5 4 x", "U"), ("x 2 3 4 5", "U")]
)
def test_a_csv_column_has_one_type_over_all_blocks(cells, kind, monkeypatch, tmp_path):
    monkeypatch.setattr(tables, "BLOCK", 2)
    (tmp_path / "t.csv").write_text("\n".join(["name", *cells.split()]) + "\n")
    column = dict(tables.each_csv_column(tmp_path / "t.csv"))["name"]
    assert column.dtype.kind == kind
    assert column.tolist() == (cells.split() if kind == "U" else [float(cell) for cell in cells.split()])
    (tmp_path / "t.csv").write_text("a,b\n1,2\n3,4\n5,6\n7\n")
    with pytest.raises(ValueError, match="expected 2 cells in line 5, got 1"):
        dict(tables.each_csv_column(tmp_path / "t.csv"))


def test_mosaics_are_bytes_and_come_back_as_they_were(rng, tmp_path):
    mosaics = rng.integers(0, 256, (5, 48), np.uint8)
    labels = {"image": list("abcde"), "set": ["x"] * 5, "width": [8] * 5, "height": [6] * 5}
    labels |= {"saved_as": ["PNG"] * 5, "jpeg_quality": [None] * 5, "gray": [True] * 5}
    tables.write_parquet(tmp_path / "m.parquet", labels | {"mosaic": mosaics}, mosaics_schema(4, None))
    found = tables.read_several([tmp_path / "m.parquet"] * 2, ["mosaic"])["mosaic"]
    assert found.dtype == np.uint8
    assert (found == np.concatenate([mosaics, mosaics])).all()
    first = tables.read_first(tmp_path / "m.parquet", ["mosaic", "image"], 2)
    assert list(first) == ["mosaic", "image"]
    assert (first["mosaic"] == mosaics[:2]).all()
    assert first["image"].tolist() == ["a", "b"]
    assert [bytes(each.as_py()) for each in pq.read_table(tmp_path / "m.parquet")["mosaic"]] == [
        each.tobytes() for each in mosaics
    ]
    for wrong in (mosaics[:, :-1], mosaics.astype(int)):
        with pytest.raises(ValueError, match=r"column mosaic does not fit .* expected rows of 48 uint8"):
            tables.write_parquet(tmp_path / "n.parquet", labels | {"mosaic": wrong}, mosaics_schema(4, None))


def test_a_table_without_rows_is_read_as_one(tmp_path):
    labels = {name: [] for name in ("image", "set", "width", "height", "saved_as", "jpeg_quality", "gray")}
    tables.write_parquet(tmp_path / "m.parquet", labels | {"mosaic": np.zeros((0, 48))}, mosaics_schema(4, None))
    whole, first = (
        tables.read(tmp_path / "m.parquet"),
        tables.read_first(tmp_path / "m.parquet", ["image", "mosaic"], 2),
    )
    for table in (whole, first):
        assert (table["image"].shape, table["mosaic"].shape) == ((0,), (0, 48))


def test_the_first_rows_of_a_damaged_table_are_refused_as_the_whole_is(tmp_path):
    tables.write_parquet(tmp_path / "b.parquet", {name: [] for name in SCHEMAS["boxes"]}, SCHEMAS["boxes"])
    with pytest.raises(ValueError, match=r"b\.parquet: expected the column\(s\) values, got image, set, box_x0, "):
        tables.read_first(tmp_path / "b.parquet", ["image", "values"], 2)
    (tmp_path / "b.parquet").write_bytes((tmp_path / "b.parquet").read_bytes()[:-9])
    with pytest.raises(ValueError, match=r"b\.parquet: expected a Parquet table, got a file that is none"):
        tables.read_first(tmp_path / "b.parquet", ["image"], 2)


# --- refusals --------------------------------------------------------------------------------------------------------

BAD = {
    "missing column": (lambda c: c.pop("score"), r"expected the columns \['image', 'count', 'score', 'bad'\], got"),
    "additional column": (lambda c: c.update(more=[1, 2, 3]), "expected the columns"),
    "order of columns": (lambda c: c.update(image=c.pop("image")), "expected the columns"),
    "NaN": (lambda c: c.update(score=[1, float("nan"), 2]), r"column score does not fit its type double: 1 value\(s\) are missing or not finite"),
    "infinite": (lambda c: c.update(score=[1, float("inf"), -float("inf")]), r"2 value\(s\) are missing or not finite"),
    "None among numbers": (lambda c: c.update(score=[1, None, 2]), "column score does not fit its type double"),
    "None among texts": (lambda c: c.update(image=["a", None, "c"]), "column image does not fit its type string: expected text, got object"),
    "text for a number": (lambda c: c.update(score=["1", "2", "3"]), "column score does not fit its type double"),
    "fraction for a whole number": (lambda c: c.update(count=[1.0, 2.5, 3.0]), "column count does not fit its type int64"),
    "number for text": (lambda c: c.update(image=[1, 2, 3]), "column image does not fit its type string: expected text, got int64"),
    "number for truth": (lambda c: c.update(bad=[1, 0, 1]), "column bad does not fit its type bool"),
    "length": (lambda c: c.update(count=[1, 2]), r"expected columns of one length, got \{'image': 3, 'count': 2, 'score': 3, 'bad': 3\}"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_what_does_not_fit_is_refused_and_leaves_nothing(case, tmp_path):
    spoil, sentence = BAD[case]
    columns = good_columns()
    spoil(columns)
    with pytest.raises(ValueError, match=sentence) as caught:
        tables.write_parquet(tmp_path / "new" / "table.out", columns, SCHEMA)
    assert str(tmp_path / "new" / "table.out") in str(caught.value)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_refused_table_leaves_the_old_one(tmp_path):
    path = tmp_path / "table.parquet"
    tables.write_parquet(path, good_columns(), SCHEMA)
    before = path.read_bytes()
    with pytest.raises(ValueError, match="not finite"):
        tables.write_parquet(path, good_columns() | {"score": [float("nan")] * 3}, SCHEMA)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("values", [np.zeros((4, 99), np.uint8), np.zeros((4, 100)), np.full((4, 100), 300)])
def test_matrices_that_do_not_fit_are_refused(values, tmp_path):
    columns = {"image": ["a"] * 4, "set": ["learn"] * 4, "channel": ["gray", "R", "G", "B"], "values": values}
    with pytest.raises(ValueError, match=r"m\.parquet: (column values does not fit|expected columns of one length)"):
        tables.write_parquet(tmp_path / "m.parquet", columns, matrices_schema(10))
    assert not list(tmp_path.iterdir())


def test_reading_what_is_no_table_names_the_file(tmp_path):
    (tmp_path / "half.parquet").write_bytes(b"PAR1 and then it stopped")
    with pytest.raises(ValueError, match=r"half\.parquet: expected a Parquet table, got a file that is none"):
        tables.read(tmp_path / "half.parquet")
    (tmp_path / "empty.parquet").write_bytes(b"")
    with pytest.raises(ValueError, match=r"empty\.parquet: expected a Parquet table"):
        tables.read(tmp_path / "empty.parquet")
    with pytest.raises(FileNotFoundError, match=r"nowhere\.parquet"):
        tables.read(tmp_path / "nowhere.parquet")


def test_reading_a_missing_column_names_it(tmp_path):
    tables.write_parquet(tmp_path / "t.parquet", good_columns(), SCHEMA)
    with pytest.raises(
        ValueError, match=r"t\.parquet: expected the column\(s\) eta, set, got image, count, score, bad; delete"
    ):
        tables.read(tmp_path / "t.parquet", ["image", "set", "eta"])


def test_reading_a_table_with_a_gap_names_file_and_column(tmp_path):
    for name, kind in (("eta", pa.float64()), ("image", pa.string())):
        path = tmp_path / f"{name}.parquet"
        pq.write_table(pa.table({name: pa.array([None, None], kind)}), path)
        with pytest.raises(ValueError, match=rf"{name}\.parquet: column {name} has 2 gap\(s\)"):
            tables.read(path)


# --- CSV -------------------------------------------------------------------------------------------------------------


def test_matrix_has_the_seeds_form(tmp_path):
    tables.write_matrix(tmp_path / "m.csv", np.array([[0, 255], [13, 7]], np.uint8))
    assert (tmp_path / "m.csv").read_text() == "0,255\n13,7\n"


def test_chosen_rows_are_those_of_the_whole_column(tmp_path):
    values = np.arange(4 * 200).reshape(200, 4).astype(np.uint8)
    columns = {"image": list(map(str, range(200))), "set": ["a"] * 200, "channel": ["gray"] * 200, "values": values}
    tables.write_parquet(tmp_path / "a.parquet", columns, matrices_schema(2))
    for chosen in ([], [0], [199, 3, 63, 64, 65, 3], range(200)):
        found = list(tables.chosen_rows(tmp_path / "a.parquet", "values", chosen))
        assert [row for row, _ in found] == sorted(set(chosen))
        assert all((each == values[row]).all() and each.base is None for row, each in found)
