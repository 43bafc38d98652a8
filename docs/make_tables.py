"""Write docs/tables.md, every column of every table, from the schemas.

python docs/make_tables.py
"""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))
from soart.storage.schemas import BULK, NOTES, SCHEMAS, Column  # noqa: E402

FILES = {  # below results/
    "metrics": "metrics/metrics.csv, .parquet; metrics/sets/",
    "attention": "attention/PANEL.parquet, all of one schema",
    "signs": "attention/PANEL/signs.csv",
    "extremes": "attention/PANEL/extremes.csv",
    "separation": "attention/separation.csv; attention/PANEL/separation.parquet",
    "verdicts": "inspection/verdicts.csv, .parquet; inspection/sets/",
    "boxes": "inspection/boxes.csv, .parquet; inspection/boxes/ (detector: pair)",
    "photos": "photos/shards/",
    "check": "photos/check.csv, .parquet; photos/findings.csv, .parquet, which are made before learning",
    "calibration": "inspection/calibration.csv",
    "detectability": "inspection/detectability.parquet",
    "evaluation": "inspection/evaluation.csv, .parquet",
    "matrices": "matrices/SET.parquet",
    "mosaics": "matrices/mosaics/",
    "pictures": "matrices/pictures/, where a network is used",
    "distances": "inspection/distances/",
}
HEAD = """# Every column of every table

Made from scripts/soart/storage/schemas.py by `python docs/make_tables.py`; a test keeps both equal. Parquet files carry
the sentence and the unit of each column in its metadata (`pyarrow.parquet.read_schema(path).field(name).metadata`).

CSV files are UTF-8 and begin with a byte-order mark, by which Excel tells it. A missing value is an empty cell, in
Parquet null; only columns marked *optional* have any. A text in CSV that begins with `=`, `+`, `-` or `@` has `./` in
front, so that no spreadsheet takes it for a formula; Parquet has it as it is. Score sheets
(`attention/PANEL/*_raw.csv`, `*_deviation.csv`, `*_weights.csv`, and `*_scores.csv`, `*_context.csv` of states) have
image and set, then a column of numbers for each judge, image or state. The matrices as CSV (`matrices/csv/`) have the
seed's form: integers, comma, no header, no mark.
"""


def kind(column: Column) -> str:
    """Return a column's kind in words."""
    several = {"bytes": "bytes", "float32": "numbers (float32)", "uint8": "numbers (uint8)", "number": "numbers"}
    words = several[column.kind] if column.width else column.kind
    return f"{words}, optional" if column.gaps else words


def page() -> str:
    """Return the text of docs/tables.md."""
    parts = [HEAD]
    for name, schema in (SCHEMAS | BULK).items():
        rows = [f"| {each} | {kind(column)} | {column.unit} | {column.about} |" for each, column in schema.items()]
        parts.append(f"## {name}\n\nBelow results/: {FILES[name]}.\n")
        parts.append("\n".join(["| column | kind | unit | what it is |", "|---|---|---|---|", *rows, ""]))
        parts += [NOTES[name]] if name in NOTES else []
    return "\n".join(parts)


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    (ROOT / "docs" / "tables.md").write_text(page(), encoding="utf-8")
