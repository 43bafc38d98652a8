"""Learning from the tables of several shards: the model of all at once, to the bit, however they are cut."""

import numpy as np
import pytest

import samples
from soart import files, learning, tables
from soart.mosaics import Mosaics
from soart.schemas import mosaics_schema

COUNT = 11


@pytest.fixture(scope="module")
def mosaics() -> np.ndarray:
    return samples.mosaics("learn", COUNT)


def stored(mosaics: np.ndarray, folder, cuts: list[int]) -> list[str]:
    """The mosaics as tables, cut before these indexes."""
    paths = []
    for part in np.split(mosaics, cuts):
        labels = {name: ["x"] * len(part) for name in ("image", "set")} | dict.fromkeys(
            ("width", "height"), [500] * len(part)
        )
        size = part.shape[1]
        paths.append(str(folder / f"{len(paths)}.parquet"))
        columns = labels | {"mosaic": part.reshape(len(part), 3 * size * size)}
        tables.write_parquet(paths[-1], columns, mosaics_schema(size, None))
    return paths


@pytest.mark.parametrize("cuts", [[], [4], [1, 2, 10], [3, 3, 8]])
def test_mosaics_in_tables_are_those_mosaics(cuts, mosaics, tmp_path):
    found = Mosaics(stored(mosaics, tmp_path, cuts), samples.SMALL.size)
    assert len(found) == COUNT
    assert (np.stack(list(found)) == mosaics).all()
    assert all((found[index] == mosaics[index]).all() for index in (10, 0, 7, 3, 3))
    with pytest.raises(IndexError):
        found[COUNT]


def test_the_model_does_not_depend_on_how_the_tables_are_cut(mosaics, tmp_path):
    whole = learning.fit(mosaics, samples.SMALL)
    parts = learning.fit(Mosaics(stored(mosaics, tmp_path, [2, 7]), samples.SMALL.size), samples.SMALL)
    assert (whole.held_out == parts.held_out).all()
    assert (whole.sensitivities == parts.sensitivities).all()
    for one, other in zip(whole.judges, parts.judges, strict=True):
        assert np.array_equal(one, other)


def test_rows_in_a_file_come_back_in_order(rng):
    values = rng.normal(size=(5, 7)).astype(np.float32)
    with files.Rows(5, 7) as rows:
        for index in (3, 0, 4, 1, 2):
            rows[index] = values[index]
        assert len(rows) == 5
        assert (np.stack(list(rows)) == values).all()
        assert (np.stack(list(rows)) == values).all()
