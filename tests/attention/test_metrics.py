"""SOART metrics: hand-worked numbers, invariants, slow loops."""

import csv
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import reference
from soart.attention import metrics

NAMES = ("bend1", "bend2", "bend3", "bend4", "line1", "line2", "datum")


@pytest.fixture(scope="module")
def kernels(data) -> list[list[list[int]]]:
    """The printed kernels, read here by themselves."""
    found: dict[str, list] = {}
    with open(data / "kernels.csv", newline="") as file:
        for name, *bits in list(csv.reader(file))[1:]:
            found.setdefault(name, []).append([int(bit) for bit in bits])
    assert tuple(found) == NAMES
    return list(found.values())


def test_kernels_are_the_printed_ones(kernels):
    assert metrics.KERNELS.tolist() == kernels
    assert tuple(metrics.KERNEL_NAMES) == NAMES


# --- vectors ---------------------------------------------------------------------------------------------------------


def test_vector_of_a_constant_matrix_counts_the_kernels_ones():
    ones = metrics.features(np.ones((30, 30), np.uint8))
    assert ones.shape == (4, 63)
    assert (ones == [9, 9, 9, 9, 5, 5, 9] * 9).all()


def test_vectors_do_not_overflow_eight_bits():
    assert metrics.features(np.full((10, 10), 255, np.uint8)).max() == 9 * 255


def test_quadrants_stand_in_order_up_left_up_right_down_left_down_right():
    for quadrant, (row, column) in enumerate([(0, 0), (0, 15), (15, 0), (15, 15)]):
        matrix = np.zeros((30, 30))
        matrix[row : row + 15, column : column + 15] = 1
        assert metrics.features(matrix).any(axis=1).tolist() == [each == quadrant for each in range(4)]


def test_cells_stand_in_row_major_order():
    matrix = np.zeros((30, 30))
    matrix[5:10, 10:15] = 1  # second row, third column of the upper left quadrant: cell 5
    assert np.flatnonzero(metrics.features(matrix)[0]).tolist() == list(range(35, 42))


@pytest.mark.parametrize("size", [10, 20, 30])
def test_features_against_slow_loops(size, kernels, rng):
    matrices = rng.integers(0, 256, (3, 2, size, size), dtype=np.uint8)
    found = metrics.features(matrices)
    assert found.shape == (3, 2, 4, 7 * (size // 10) ** 2)
    for image in range(3):
        for channel in range(2):
            for quadrant in range(4):
                slow = reference.quadrant_vector(matrices[image, channel].tolist(), kernels, quadrant)
                assert found[image, channel, quadrant].tolist() == slow


def test_rgb_vector_has_189_numbers_cell_by_cell_red_green_blue(kernels, rng):
    matrices = rng.integers(0, 256, (2, 4, 30, 30), dtype=np.uint8)
    found = metrics.vectors(matrices)
    assert [each.shape for each in found] == [(2, 4, 63)] * 4 + [(2, 4, 189)]
    for image in range(2):
        _, red, green, blue = matrices[image].tolist()
        for quadrant in range(4):
            slow = reference.rgb_vector(red, green, blue, kernels, quadrant)
            assert found[4][image, quadrant].tolist() == slow


@pytest.mark.parametrize(("shape", "got"), [((25, 25), "25x25"), ((30, 20), "30x20"), ((4, 15, 15), "15x15")])
def test_matrices_that_do_not_divide_into_quadrants_are_refused(shape, got):
    with pytest.raises(ValueError, match=f"expected square matrices of a size that is a multiple of 10, got {got}"):
        metrics.features(np.zeros(shape))


# --- the comparison --------------------------------------------------------------------------------------------------


def test_hand_worked_comparison():
    # x.y = 14, x.x = 7: beta = 2 but for e; residuals 0, 2, -1, -1 but for e
    found = metrics.compare(np.array([1.0, 1.0, 1.0, 2.0]), np.array([2.0, 4.0, 1.0, 3.0]))
    beta = 13.0001 / 7.0001
    residuals = [2 - beta, 4 - beta, 1 - beta, 3 - 2 * beta]
    assert found.beta == pytest.approx(1.857130612419823, rel=1e-15)
    assert found.eta == pytest.approx(sum(map(abs, residuals)) / 4, rel=1e-14)
    assert found.gamma2 == pytest.approx(sum(each**2 for each in residuals) / 4, rel=1e-14)
    assert pytest.approx(math.log(beta), rel=1e-14) == found.Y1
    assert pytest.approx(math.log(found.eta + 1), rel=1e-14) == found.Y2
    assert pytest.approx(0.5 * math.log(found.gamma2 + 1) - found.Y2, rel=1e-13) == found.Y3


def test_round_numbers():
    # x.x = 4, x.y = 4: beta = 1 exactly, residuals 1, -1, 1, -1
    found = metrics.compare(np.ones(4), np.array([2.0, 0.0, 2.0, 0.0]))
    assert (found.beta, found.eta, found.gamma2, found.Y1) == (1, 1, 1, 0)
    assert pytest.approx(math.log(2)) == found.Y2
    assert pytest.approx(-math.log(2) / 2) == found.Y3


@given(
    x=arrays(float, 63, elements=st.integers(0, 2295)),
    c=st.floats(0.01, 100),
)
def test_a_multiple_of_the_standard_has_no_residual(x, c):
    found = metrics.compare(x, c * x)
    if (x > 0).any():
        # beta - c = e (1 - c) / (x.x + e)
        assert abs(found.beta - c) <= 1e-4 * abs(1 - c) / (x @ x) + 1e-12 * c
        assert found.eta <= 1e-4 * abs(1 - c) + 1e-9
    else:
        assert (found.beta, found.eta) == (1, 0)
    assert found.gamma2 < 1e-6
    assert abs(found.Y2) < 0.0101
    same = metrics.compare(x, x)
    assert (same.beta, same.eta, same.gamma2, same.Y1, same.Y2, same.Y3) == (1, 0, 0, 0, 0, 0)


@given(
    x=arrays(float, 63, elements=st.integers(0, 2295)),
    y=arrays(float, (5, 63), elements=st.integers(0, 2295)),
)
def test_gamma2_is_at_least_eta_squared_and_loops_agree(x, y):
    found = metrics.compare(x, y)
    assert (found.gamma2 >= found.eta**2 * (1 - 1e-12)).all()
    assert (found.Y2 >= 0).all()
    for number in range(5):
        slow = reference.soart(x.tolist(), y[number].tolist())
        for name, value in slow.items():
            assert getattr(found, name)[number] == pytest.approx(value, rel=1e-9, abs=1e-12)


def test_comparison_does_not_depend_on_the_other_images(rng):
    x, y = rng.integers(0, 2295, 63), rng.integers(0, 2295, (50, 63))
    together = metrics.compare(x, y)
    for number in (0, 7, 49):
        alone = metrics.compare(x, y[number : number + 1])
        assert all(a[number] == b[0] for a, b in zip(together, alone, strict=True))


# --- images ----------------------------------------------------------------------------------------------------------


def test_measure_against_slow_loops(kernels, rng):
    standard = rng.integers(0, 256, (4, 30, 30), dtype=np.uint8)
    measured = rng.integers(0, 256, (3, 4, 30, 30), dtype=np.uint8)
    found = metrics.measure(standard, measured, ["a", "b", "c"])
    assert all(field.shape == (3, 5, 4) for field in found)
    for image in range(3):
        for quadrant in range(4):
            for channel in range(5):
                if channel < 4:
                    x, y = (
                        reference.quadrant_vector(each[channel].tolist(), kernels, quadrant)
                        for each in (standard, measured[image])
                    )
                else:
                    x, y = (
                        reference.rgb_vector(*each[1:].tolist(), kernels, quadrant)
                        for each in (standard, measured[image])
                    )
                for name, value in reference.soart(x, y).items():
                    assert getattr(found, name)[image, channel, quadrant] == pytest.approx(value, rel=1e-9, abs=1e-12)


def test_the_standard_against_itself_is_1_and_0(rng):
    standard = rng.integers(0, 256, (4, 30, 30), dtype=np.uint8)
    found = metrics.measure(standard, standard[None], ["standard"])
    assert (found.beta == 1).all()
    assert not np.any([found.eta, found.gamma2, found.Y1, found.Y2, found.Y3])


@pytest.mark.parametrize("black", ["standard", "measured", "both"])
def test_black_pictures_give_finite_metrics(black, rng):
    standard, measured = rng.integers(1, 256, (2, 4, 30, 30), dtype=np.uint8)
    standard = standard * (black == "measured")
    measured = measured * (black == "standard")
    found = metrics.measure(standard, measured[None], ["a"])
    assert np.isfinite(found).all()


def test_a_slope_that_is_not_positive_names_image_channel_and_quadrant():
    standard, measured = np.ones((4, 30, 30)), np.ones((2, 4, 30, 30))
    measured[1, 2, 15:, :15] = -1  # second image, G, down left
    with pytest.raises(ValueError, match="image second, channel G, quadrant X2: expected a slope beta > 0") as caught:
        metrics.measure(standard, measured, ["first", "second"])
    assert "got -" in str(caught.value)


def test_a_missing_value_is_refused_too():
    measured = np.ones((1, 4, 30, 30))
    measured[0, 0, 0, 20] = np.nan
    with pytest.raises(ValueError, match="image first, channel gray, quadrant X1: expected a slope beta > 0"):
        metrics.measure(np.ones((4, 30, 30)), measured, ["first"])
