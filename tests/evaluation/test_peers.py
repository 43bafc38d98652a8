"""PaDiM and PatchCore of the benchmark of real photos: beside slow loops, and by hand."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

FILE = Path(__file__).resolve().parents[2] / "benchmarks" / "photos" / "peers.py"


@pytest.fixture(scope="module")
def peers():
    spec = importlib.util.spec_from_file_location("peers", FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def words():
    return np.random.default_rng(0).normal(size=(12, 3, 3, 4)).astype(np.float32)


def test_padim_is_the_largest_mahalanobis_distance_of_a_place(peers, words):
    good, tests = words[:9].astype(float), words[9:].astype(float)
    ridge = 0.01 * good.var(axis=0).mean() * np.eye(4)
    expected = []
    for photo in tests:
        distances = []
        for place in np.ndindex(3, 3):
            offset = photo[place] - good[:, *place].mean(axis=0)
            spread = np.cov(good[:, *place].T) + ridge
            distances.append(np.sqrt(offset @ np.linalg.solve(spread, offset)))
        expected.append(max(distances))
    assert peers.padim(words[:9], words[9:]) == pytest.approx(expected)


def test_coreset_by_hand(peers):
    line = np.array([[5.0], [0.0], [1.0], [5.2], [9.0]], np.float32)
    assert peers.coreset(line, 4).ravel().tolist() == [5, 0, 9, 1]  # 5 away, then 4, then 1


def test_patchcore_by_hand(peers, monkeypatch):
    """Judges 0 and 10 of the good places; a word at 13 is 3 and 13 off: weight 1 - 1 / (1 + e^10)."""
    good = np.repeat([0.0, 0.0, 0.0, 10.0], 10).reshape(10, 2, 2, 1, order="F")
    monkeypatch.setattr(peers, "SHARE", 0.05)  # of 40 words two
    test = np.array([0.0, 1.0, 13.0, 10.0]).reshape(1, 2, 2, 1)
    assert peers.patchcore(good, test) == pytest.approx([3 * (1 - 1 / (1 + np.exp(10)))])
    assert peers.patchcore(good, good[:1]) == pytest.approx([0])
