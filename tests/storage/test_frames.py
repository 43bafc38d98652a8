"""Tables for people: what is written is read again, what does not fit is refused and leaves nothing behind."""

# ruff: noqa: E501 (a row is a mistake and its sentence)

import codecs
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soart.storage import frames
from soart.storage.columns import arrow_schema
from soart.storage.schemas import INTEGER, NUMBER, SCHEMAS, TEXT, TRUTH, optional

SCHEMA = {"image": TEXT, "count": INTEGER, "score": NUMBER, "bad": TRUTH}
GAPS = {"image": TEXT, "driver": optional(TEXT), "box_x0": optional(INTEGER), "x": optional(NUMBER)}
LOOK_MISSING = [
    "NA",
    "null",
    "None",
    "nan",
    "NaN",
    "N/A",
    "-",
    "#N/A",
    "<NA>",
    "1",
    "1.0",
    "True",
    "=1+2",
    "+1",
    "@x",
    "-1",
    "./a",
    "./=a b",
]
CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0"), min_size=1) | st.sampled_from(
    LOOK_MISSING
)
ROWS = st.lists(
    st.tuples(
        CELLS,
        st.none() | CELLS,
        st.none() | st.integers(-(2**53), 2**53),
        st.none() | st.floats(allow_nan=False, allow_infinity=False),
    ),
    max_size=20,
)


def good_columns() -> dict:
    return {"image": ["a", "b", "c"], "count": [1, -2, 3], "score": [0.1, 1e300, -1 / 3], "bad": [True, False, True]}


def rows_of(found: pd.DataFrame) -> list[tuple]:
    """A table's rows, gaps as None."""
    return [tuple(None if pd.isna(cell) else cell for cell in row) for row in found.itertuples(index=False)]


# --- round trips -----------------------------------------------------------------------------------------------------


@given(ROWS)
@settings(deadline=None, max_examples=60)
def test_any_table_comes_back_from_parquet_and_from_csv(rows):
    """Names such as NA, null, None and nan are text as any other, and so are names that a formula could be."""
    columns = {name: [row[at] for row in rows] for at, name in enumerate(GAPS)}
    with tempfile.TemporaryDirectory() as folder:
        parquet, csv = Path(folder) / "t.parquet", Path(folder) / "t.csv"
        frames.write(columns, GAPS, parquet, csv)
        found, text = frames.read(parquet), frames.read_csv(csv, GAPS)
        content = csv.read_bytes()
    assert rows_of(found) == rows
    same_text = [not any(isinstance(cell, str) and cell.startswith("./") for cell in row) for row in rows]
    assert [row for row, plain in zip(rows_of(text), same_text, strict=True) if plain] == [
        row for row, plain in zip(rows, same_text, strict=True) if plain
    ]
    assert content.startswith(codecs.BOM_UTF8)


@pytest.mark.parametrize("name", ["NA", "null", "None", "nan"])
def test_a_photo_may_be_called_so(name, tmp_path):
    columns = {"image": [name, "b"], "set": ["inspect"] * 2} | {"path": [f"{name}.jpg", "b.jpg"]}
    columns |= {"severity": ["warning"] * 2, "problem": ["blurred"] * 2}
    frames.write(columns, SCHEMAS["check"], tmp_path / "c.parquet", tmp_path / "c.csv")
    for found in (frames.read(tmp_path / "c.parquet"), frames.read_csv(tmp_path / "c.csv", SCHEMAS["check"])):
        assert found["image"].tolist() == [name, "b"]
        assert not found.isna().any().any()
    frames.write_wide(tmp_path / "w.csv", {"image": [name], "set": ["a"]}, [name, "j"], np.array([[1.0, 2.0]]))
    wide = frames.read_wide(tmp_path / "w.csv")
    assert (list(wide.columns), wide["image"].tolist()) == (["image", "set", name, "j"], [name])


def test_parts_are_the_whole_and_one_gap_is_a_gap(tmp_path):
    parts = [
        {"image": ["a", "b"], "driver": ["shape", None], "box_x0": [1, None], "x": [0.1, None]},
        {"image": [], "driver": [], "box_x0": [], "x": []},
        {"image": ["d"], "driver": [None], "box_x0": [None], "x": [None]},
    ]
    frames.write(iter(parts), GAPS, tmp_path / "t.parquet", tmp_path / "t.csv")
    assert rows_of(frames.read(tmp_path / "t.parquet")) == [
        ("a", "shape", 1, 0.1),
        ("b", None, None, None),
        ("d", None, None, None),
    ]
    assert (tmp_path / "t.csv").read_text("utf-8-sig") == "image,driver,box_x0,x\na,shape,1,0.1\nb,,,\nd,,,\n"
    assert pq.read_schema(tmp_path / "t.parquet").remove_metadata() == arrow_schema(GAPS)
    frames.write(frames.read(tmp_path / "t.parquet"), GAPS, tmp_path / "again.parquet")
    assert frames.read(tmp_path / "again.parquet").equals(frames.read(tmp_path / "t.parquet"))
    both = frames.read_several([tmp_path / "t.parquet"] * 2)
    assert both["image"].tolist() == ["a", "b", "d"] * 2


def test_a_table_without_rows_keeps_its_columns(tmp_path):
    for columns in ([], dict.fromkeys(SCHEMA, ()), pd.DataFrame(columns=list(SCHEMA))):  # [] : no parts
        frames.write(columns, SCHEMA, tmp_path / "e.parquet", tmp_path / "e.csv")
        assert (tmp_path / "e.csv").read_bytes() == codecs.BOM_UTF8 + b"image,count,score,bad\n"
        assert list(frames.read(tmp_path / "e.parquet").columns) == list(SCHEMA)
        assert list(frames.read_csv(tmp_path / "e.csv", SCHEMA).columns) == list(SCHEMA)


def test_csv_text(tmp_path):
    frames.write(good_columns() | {"image": ["a", 'say "b", c', ""]}, SCHEMA, csv=tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_bytes() == codecs.BOM_UTF8 + (
        b'image,count,score,bad\na,1,0.1,True\n"say ""b"", c",-2,1e+300,False\n,3,-0.3333333333333333,True\n'
    )


# --- a spreadsheet ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cell", ["=1+2", "+1", "-lot", "@sum", "=HYPERLINK(x)", "\tx"])
def test_no_cell_for_people_is_a_formula(cell, tmp_path):
    frames.write(
        {"image": [cell], "count": [-1]}, {"image": TEXT, "count": INTEGER}, tmp_path / "t.parquet", tmp_path / "t.csv"
    )
    assert pd.read_csv(tmp_path / "t.csv").values.tolist() == [[f"./{cell}", -1]]
    assert frames.read(tmp_path / "t.parquet")["image"].tolist() == [cell]
    frames.write_wide(tmp_path / "w.csv", {"image": [cell]}, [cell], np.array([[-1.5]]))
    assert pd.read_csv(tmp_path / "w.csv").to_dict("list") == {"image": [f"./{cell}"], f"./{cell}": [-1.5]}
    assert frames.read_wide(tmp_path / "w.csv", labels=1).to_dict("list") == {"image": [cell], cell: [-1.5]}


@pytest.mark.parametrize("image", ["部品1", "détail", "part_1"])
def test_a_csv_for_people_begins_with_the_utf8_mark(image, tmp_path):
    frames.write({"image": [image], "count": [1]}, {"image": TEXT, "count": INTEGER}, csv=tmp_path / "t.csv")
    frames.write_wide(tmp_path / "w.csv", {"image": ["a"]}, [image, "部品2"], np.array([[1.0, 2.0]]))
    for name in ("t.csv", "w.csv"):
        assert (tmp_path / name).read_bytes().startswith(codecs.BOM_UTF8 + b"image,")
    assert pd.read_csv(tmp_path / "t.csv")["image"].tolist() == [image]
    assert list(pd.read_csv(tmp_path / "w.csv").columns) == ["image", image, "部品2"]


# --- score sheets ----------------------------------------------------------------------------------------------------


def test_wide_table(tmp_path):
    labels = {"image": ["a", "b"], "set": ["normal", "errorA"]}
    values = np.array([[1, 2, 3], [4, 5, 0.1 + 0.2]])
    frames.write_wide(tmp_path / "w.csv", labels, ["j1", "j2", "j3"], values)
    assert (tmp_path / "w.csv").read_text("utf-8-sig") == (
        "image,set,j1,j2,j3\na,normal,1.0,2.0,3.0\nb,errorA,4.0,5.0,0.30000000000000004\n"
    )
    assert (frames.read_wide(tmp_path / "w.csv")[["j1", "j2", "j3"]].to_numpy() == values).all()


@pytest.mark.parametrize(
    ("columns", "values", "sentence"),
    [
        (["j", "j"], np.zeros((1, 2)), r"expected different column names, got \['image', 'set', 'j', 'j'\]"),
        (["j", "set"], np.zeros((1, 2)), "expected different column names"),
        (["j"], np.array([[np.nan]]), r"w\.csv: 1 value\(s\) are missing or not finite"),
        (["j", "k"], np.zeros((1, 3)), r"w\.csv: expected 1 rows of 2 numbers, got \(1, 3\)"),
        (["j"], np.zeros((2, 1)), r"w\.csv: expected 1 rows of 1 numbers, got \(2, 1\)"),
    ],
)
def test_wide_table_refuses(columns, values, sentence, tmp_path):
    with pytest.raises(ValueError, match=sentence):
        frames.write_wide(tmp_path / "w.csv", {"image": ["a"], "set": ["b"]}, columns, values)
    assert not list(tmp_path.iterdir())


# --- refusals --------------------------------------------------------------------------------------------------------

BAD = {
    "missing column": (lambda c: c.pop("score"), r"expected the columns \['image', 'count', 'score', 'bad'\], got"),
    "additional column": (lambda c: c.update(more=[1, 2, 3]), "expected the columns"),
    "order of columns": (lambda c: c.update(image=c.pop("image")), "expected the columns"),
    "NaN": (lambda c: c.update(score=[1, float("nan"), 2]), r"column score does not fit its type double: 1 value\(s\) are missing or not finite"),
    "infinite": (lambda c: c.update(score=np.array([1, float("inf"), -float("inf")])), r"2 value\(s\) are missing or not finite"),
    "None among numbers": (lambda c: c.update(score=[1, None, 2]), "column score does not fit its type double: 1 value"),
    "None among texts": (lambda c: c.update(image=["a", None, "c"]), r"column image does not fit its type string: 1 value\(s\) are missing"),
    "text for a number": (lambda c: c.update(score=["1", "2", "3"]), "column score does not fit its type double: expected number, got string"),
    "fraction for a whole number": (lambda c: c.update(count=[1.0, 2.5, 3.0]), "column count does not fit its type int64: expected integer, got floating"),
    "number for text": (lambda c: c.update(image=[1, 2, 3]), "column image does not fit its type string: expected text, got integer"),
    "number for truth": (lambda c: c.update(bad=[1, 0, 1]), "column bad does not fit its type bool: expected truth, got integer"),
    "truth for a number": (lambda c: c.update(count=[True, False, True]), "column count does not fit its type int64: expected integer, got boolean"),
    "length": (lambda c: c.update(count=[1, 2]), r"expected columns of one length, got \{'image': 3, 'count': 2, 'score': 3, 'bad': 3\}"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_what_does_not_fit_is_refused_and_leaves_nothing(case, tmp_path):
    spoil, sentence = BAD[case]
    columns = good_columns()
    spoil(columns)
    outputs = tmp_path / "new" / "table.parquet", tmp_path / "new" / "table.csv"
    with pytest.raises(ValueError, match=sentence) as caught:
        frames.write([good_columns(), columns], SCHEMA, *outputs)
    assert str(outputs[0]) in str(caught.value)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_nan_in_columns_is_no_gap(tmp_path):
    """A computed NaN is refused, also where a value may be missing: a gap is None."""
    with pytest.raises(ValueError, match=r"column x does not fit its type double: 1 value\(s\) are missing or not fin"):
        frames.write(
            {"image": ["a"], "driver": [None], "box_x0": [None], "x": [float("nan")]}, GAPS, csv=tmp_path / "t.csv"
        )


CSVS = {
    "other columns": (b"image,count\na,1\n", r"expected the columns \['image', 'count', 'score', 'bad'\], got"),
    "empty": (b"", r"expected the columns .*, got \[\]"),
    "no text": (b"image,count,score,bad\n\xff\xfe,1,2,True\n", "expected a CSV table, got a file that is none"),
    "short row": (b"image,count,score,bad\na,1\n", "expected a CSV table, got a file that is none|missing"),
    "long row": (b"image,count,score,bad\na,1,0.5,True,9\n", "expected a CSV table, got a file that is none"),
    "text for a number": (b"image,count,score,bad\na,1,x,True\n", "expected a CSV table, got a file that is none"),
    "open quote": (b'image,count,score,bad\n"a,1,0.5,True\n', "expected a CSV table, got a file that is none"),
    "a gap": (b"image,count,score,bad\na,1,,True\n", r"column score does not fit .* 1 value\(s\) are missing"),
}


@pytest.mark.parametrize("case", CSVS)
def test_a_csv_that_is_another_is_refused_with_its_name(case, tmp_path):
    content, sentence = CSVS[case]
    (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(ValueError, match=sentence) as caught:
        frames.read_csv(tmp_path / "t.csv", SCHEMA)
    assert str(caught.value).startswith(str(tmp_path / "t.csv"))
