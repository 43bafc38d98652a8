"""The region of interest: places by hand, boxes and masks, and what drawn good parts share."""

import cv2
import numpy as np
import pytest

import samples
from soart.photos import region

PICTURE = (200, 100)  # width, height


def test_a_place_counts_where_a_quarter_of_it_lies_inside():
    mask = np.zeros((4, 4), bool)
    mask[0, 0] = mask[2:, 2:] = True
    assert region.region_places(mask, 2).tolist() == [[True, False], [False, True]]
    assert np.array_equal(region.region_places(mask, 4), mask)
    mask[0, 0] = False
    assert not region.region_places(mask, 2)[0, 0]


def test_a_box_is_given_in_pixels_of_the_standard():
    places = region.region_places(region.of_box((100, 0, 200, 50), PICTURE), 10)
    assert places[:5, 5:].all()
    assert places.sum() == 25
    assert region.of_box((0, 0, *PICTURE), PICTURE).all()


def test_a_region_is_given_as_a_text(tmp_path):
    cv2.imwrite(str(tmp_path / "mask.png"), np.full((100, 200), 255, np.uint8))
    assert region.given_region("none", PICTURE) is None
    assert np.array_equal(region.given_region("100, 0,200,50.0", PICTURE), region.of_box((100, 0, 200, 50), PICTURE))
    assert region.given_region(str(tmp_path / "mask.png"), PICTURE).all()


def test_a_region_holds_as_many_places_as_make_a_score():
    counts = np.arange(9) < 2
    region.check_places(counts, 2)
    region.check_places(np.ones(4, bool), 5)  # all there are
    said = "expected to hold at least 3 of the 3 x 3 places that photos are compared by, got 2; make it larger, or set"
    with pytest.raises(ValueError, match=f"^region: {said} region: none$"):
        region.check_places(counts, 3)


@pytest.mark.parametrize("box", [(50, 0, 50, 100), (200, 0, 300, 100), (90, 80, 10, 20)])
def test_an_empty_box_is_refused(box):
    with pytest.raises(
        ValueError, match="region: expected x0,y0,x1,y1 inside of the standard's 200 x 100 pixels"
    ) as said:
        region.of_box(box, PICTURE)
    assert f"got {','.join(map(str, box))}" in str(said.value)


def test_a_mask_is_drawn_on_the_standard(tmp_path):
    path = tmp_path / "mask.png"
    pixels = np.zeros((100, 200), np.uint8)
    pixels[20:60, 40:160] = 255
    cv2.imwrite(str(path), pixels)
    places = region.region_places(region.of_mask(path, PICTURE), 10)
    assert places[2:6, 2:8].all()
    assert places.sum() == 24
    cv2.imwrite(str(path), pixels[:, :100])
    with pytest.raises(ValueError, match="region: expected a mask of the standard's 200 x 100 pixels, got 100 x 100"):
        region.of_mask(path, PICTURE)
    cv2.imwrite(str(path), 0 * pixels)
    with pytest.raises(ValueError, match=r"mask\.png: region: expected a mask with bright pixels"):
        region.of_mask(path, PICTURE)


def on_tables(rng: np.random.Generator, count: int = 20, grain: float = 8) -> np.ndarray:
    """The middle of a drawn part (30 of 60 places a side), each on another table of the same colour and grain."""
    part = cv2.resize(samples.mosaics("standard", 1)[0], (30, 30), interpolation=cv2.INTER_AREA)
    tables = 100 + grain * rng.standard_normal((count, 60, 60, 1)) * np.ones(3)
    tables[:, 15:45, 10:40] = part + rng.normal(0, 2, (count, 30, 30, 3))
    return np.clip(np.rint(tables), 0, 255).astype(np.uint8)


def test_good_parts_share_the_part_and_not_the_table(rng):
    found = region.shared_region(on_tables(rng))
    assert found[15:45, 10:40].all()
    outside = found.copy()
    outside[11:49, 6:44] = False  # what is around a place, and one place more
    assert not outside.any()


def test_a_faint_rim_is_not_cut_off(rng):
    """The left edge of a plate is a step of 7 levels in a grain of 5: less than each photo has alone."""
    mosaics = np.full((30, 60, 60, 3), 100.0)
    mosaics[:, 10:50, 5:] += 7
    mosaics[:, 10:50, 30:50] += 60
    grainy = mosaics + rng.normal(0, 5, (30, 60, 60, 1))
    found = region.shared_region(np.clip(np.rint(grainy), 0, 255).astype(np.uint8))
    assert found[12:48, 6:30].all()
    assert not found[:4].any()
    assert not found[56:].any()


def test_of_three_photos_nothing_is_cut_off(rng):
    assert region.shared_region(on_tables(rng, 3)) is None


def test_the_order_of_photos_is_nothing_to_it(rng):
    mosaics = on_tables(rng)
    assert np.array_equal(region.shared_region(mosaics), region.shared_region(mosaics[::-1]))


def test_half_as_bright_is_the_same_region(rng):
    mosaics = on_tables(rng)
    dimmed = [mosaic // 2 if number % 2 else mosaic for number, mosaic in enumerate(mosaics)]
    assert (region.shared_region(mosaics) != region.shared_region(dimmed)).mean() < 0.02


def test_what_most_photos_do_not_show_is_not_shared(rng):
    mosaics = on_tables(rng)
    hidden = np.zeros((20, 60, 60), bool)
    hidden[:12, :, 25:] = True
    found = region.shared_region(mosaics, list(hidden.reshape(20, -1)))
    assert found[15:45, 10:25].all()
    assert not found[:, 26:].any()


def test_nothing_is_cut_off_where_nothing_or_everything_is_shared(rng):
    textures = rng.integers(0, 256, (20, 60, 60, 3), dtype=np.uint8)
    assert region.shared_region(textures) is None
    assert region.shared_region(np.full((5, 60, 60, 3), 90, np.uint8)) is None  # plain
    chequers = np.kron(np.indices((30, 30)).sum(axis=0) % 2, np.ones((2, 2)))[..., None] * 100 + np.ones(3)
    noisy = np.clip(chequers + rng.normal(0, 3, (20, 60, 60, 3)), 0, 255).astype(np.uint8)
    assert region.shared_region(noisy) is None


def test_a_picture_goes_on_outside_as_it_is_inside(rng):
    """Nothing outside is in it, whatever the sizes; what lies inside stays."""
    for side, size in [(224, 28), (225, 28), (30, 8), (16, 16)]:
        mask = np.zeros((size, size), bool)
        mask[2:6, 3:7] = True
        inside = cv2.resize(mask.astype(np.uint8), (side, side), interpolation=cv2.INTER_NEAREST) > 0
        one, other = rng.integers(0, 256, (2, side, side, 3), dtype=np.uint8)
        other[inside] = one[inside]
        found = region.shown(one, mask, size)
        assert found.dtype == np.uint8
        assert np.array_equal(found[inside], one[inside])
        assert np.array_equal(found, region.shown(other, mask, size))


def test_a_picture_goes_on_by_hand():
    """Left of the middle all is 10, right of it 250, and the middle half of the height counts."""
    picture, mask = np.full((40, 40, 3), 10, np.uint8), np.zeros((20, 20), bool)
    picture[:, 20:], mask[5:15] = 250, True
    found = region.shown(picture, mask, 20)
    assert np.array_equal(found[10:30], picture[10:30])
    edge = found[0, :, 0].astype(int)
    assert (found[0] == edge[:, None]).all()  # of all colours alike
    assert np.array_equal(found[0], found[-1])
    assert edge[0] < 20 < 240 < edge[-1]
    assert (np.diff(edge) >= 0).all()
    assert abs(edge + edge[::-1] - 260).max() <= 1
    assert (region.shown(np.full_like(picture, 77), mask, 20) == 77).all()


def test_where_everything_counts_a_picture_stays(rng):
    picture = rng.integers(0, 256, (40, 40, 3), dtype=np.uint8)
    assert region.shown(picture, None, 20) is picture
    assert region.shown(picture, np.ones((5, 5), bool), 20) is picture
