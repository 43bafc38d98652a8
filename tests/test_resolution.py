"""Resolution: two pixels a place, told by hand and by property."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soart import resolution
from soart.resolution import Places

SIDES = st.integers(1, 600)
FEW = "pixels are compared, too few to see small defects: 2 a place are needed, "


@pytest.mark.parametrize(
    ("size", "places", "said"),
    [
        ((126, 126), Places(63, 28), ""),
        ((56, 56), Places(0, 28), ""),  # words of a network alone: nothing is compared by the mosaic
        ((1, 1), Places(), ""),
        (
            (100, 100),
            Places(63, 28),
            f"100 x 100 {FEW}126 a side for 63 places of the mosaic; take closer photos, the standard too, "
            "or set mosaic_size to 50 or less",
        ),
        (
            (300, 310),
            Places(200),
            f"300 x 310 {FEW}400 a side for 200 places of the mosaic; take closer photos, the standard too, "
            "or set mosaic_size to 150 or less",
        ),
        (
            (40, 40),
            Places(63, 28),
            f"40 x 40 {FEW}126 a side for 63 places of the mosaic and 56 a side for 28 words of the network; take "
            "closer photos, the standard too",
        ),
        (
            (55, 90),
            Places(0, 28),
            f"55 x 90 {FEW}56 a side for 28 words of the network; take closer photos, the standard too",
        ),
        (
            (19, 90),
            Places(12),
            f"19 x 90 {FEW}24 a side for 12 places of the mosaic; take closer photos, the standard too",
        ),
    ],
)
def test_the_sentence_by_hand(size, places, said):
    assert resolution.warning(size, places) == said


@pytest.mark.parametrize(
    ("size", "picture", "crops", "expected"),
    [
        ((4000, 3000), (100, 75), False, (100, 75)),  # brought to a small standard
        ((80, 60), (4000, 3000), False, (80, 60)),  # what grows has no more than before
        ((4000, 90), (200, 200), False, (200, 90)),  # fit: resize
        ((4000, 90), (200, 200), True, (90, 90)),
        ((90, 4000), (300, 200), True, (90, 60)),
        ((200, 200), (300, 100), True, (200, 67)),
        ((900, 100), (100, 100), True, (100, 100)),
    ],
)
def test_the_fewer_of_a_photo_s_and_the_standard_s_pixels_are_compared(size, picture, crops, expected):
    assert resolution.compared(size, picture, crops) == expected


@given(size=st.tuples(SIDES, SIDES), places=st.builds(Places, st.integers(0, 200), st.integers(0, 64)))
def test_something_is_said_where_a_place_has_fewer_than_two_pixels_and_the_advice_helps(size, places):
    said = resolution.warning(size, places)
    assert bool(said) == (min(size) < 2 * max(places))
    _, asked, most = said.partition("mosaic_size to ")
    if asked:
        mosaic = int(most.partition(" ")[0])
        assert mosaic >= resolution.FEWEST
        assert resolution.warning(size, places._replace(mosaic=mosaic)) == ""
        assert resolution.warning(size, places._replace(mosaic=mosaic + 1)) != ""


def test_no_mosaic_is_advised_that_may_not_be_asked_for(schemas):
    assert schemas["config"]["properties"]["mosaic_size"]["minimum"] == resolution.FEWEST
