"""All sets' verdicts as one table, with a row for each photo that has none."""

from collections.abc import Iterable, Iterator

import pandas as pd

from soart.inspection.verdict import FLAGGED, NOT_COMPARED, Verdict
from soart.inspection.verdict_tables import verdict_columns
from soart.names import LEARN, STANDARD
from soart.photos import intake


def gather_verdicts(parts: Iterable[pd.DataFrame], findings: pd.DataFrame | None) -> Iterator[pd.DataFrame]:
    """Yield the verdicts, a table after the other, and one for each photo that has none, with the reason.

    A photo that the input check refused is `not_compared`; one that was left out because its part was not found,
    or fits badly, is flagged for that.
    """
    if findings is None:
        yield from parts
        return
    left_out = findings["severity"].isin([intake.ERROR, intake.LEFT_OUT])
    refused = findings[left_out & ~findings["set"].isin([LEARN, STANDARD])]
    out = refused.drop_duplicates("image")  # one row an image, whatever is wrong with it
    for table in parts:
        yield table[~table["image"].isin(out["image"])]
    verdicts = out["severity"].map({intake.LEFT_OUT: FLAGGED, intake.ERROR: NOT_COMPARED})
    problems = [said.removeprefix(f"{path}: ") for said, path in zip(out["problem"], out["path"], strict=True)]
    rows = [Verdict(verdict=each, warning=said) for each, said in zip(verdicts, problems, strict=True)]
    yield pd.DataFrame({"image": out["image"].tolist(), "set": out["set"].tolist()} | verdict_columns(rows))
