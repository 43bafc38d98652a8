"""Maps of the smallest visible changes: their table, their picture, and where the least is seen."""

import numpy as np
import pytest
from test_changes import plain_judges

from soart.inspection import detectability
from soart.report import pictures as report_pictures


def test_blind_areas_are_named_by_where_the_worst_tenth_lies():
    levels = np.full((10, 10), 5.0)
    levels[0, :4] = np.nan
    levels[9, 4:10] = 50.0  # columns 4 to 6 are the middle third
    assert detectability.blind_areas(levels) == [
        ("upper left", pytest.approx(0.4)),
        ("lower middle", pytest.approx(0.3)),
        ("lower right", pytest.approx(0.3)),
    ]


def test_a_table_has_gaps_where_nothing_can_be_seen():
    found = detectability.change_columns(np.array([[1.0, np.nan], [3.0, 4.0]]), np.ones((2, 2)), (100, 40))
    assert found["place_levels"] == [1.0, None, 3.0, 4.0]
    assert (found["x"], found["y"]) == ([25.0, 75.0, 25.0, 75.0], [10.0, 10.0, 30.0, 30.0])


def test_the_picture_is_light_where_little_is_seen_and_black_where_nothing_is():
    place = np.full((7, 7), 2.0)
    place[0, 0] = np.nan
    sheet = detectability.draw_maps({"one": place, "two": np.full((7, 7), 60.0)}, plain_judges(128), (200, 100))
    assert sheet.shape == (30 + 360, 2 * (720 + 16) + 116, 3)
    blind, seen, other = (sheet[y, x].astype(int).sum() for y, x in ((40, 10), (200, 300), (200, 736 + 300)))
    assert blind < 150 < other < seen


@pytest.mark.parametrize(("picture", "width"), [((40_000, 60), 8_000), ((20, 8_000), 1)])
def test_maps_of_strips_are_no_wider_than_the_report_can_show(picture, width):
    flat = np.full((7, 7), 60.0)
    sheet = detectability.draw_maps({"one": flat, "two": flat}, plain_judges(128), picture)
    assert sheet.shape == (30 + 360, 2 * (width + 16) + 116, 3)
    assert report_pictures.address(sheet, 30_000)


def test_a_table_and_its_maps_have_the_places_of_the_region_alone():
    """Words within the region still see all that lies around them."""
    inside = np.ones((7, 7), bool)
    inside[:, :4] = False
    patch = np.where(inside, 20.0, np.nan)
    patch[0, 4] = np.nan  # a blind place
    found = detectability.change_columns(patch, patch, (70, 70), inside)
    assert set(found["column"]) == {4, 5, 6}
    assert len(found["row"]) == 21
    columns = {name: np.array(column, object if "levels" in name else int) for name, column in found.items()}
    place, again, counted = detectability.as_maps(columns, 7)
    assert np.array_equal(again, patch, equal_nan=True)
    assert np.array_equal(place, patch, equal_nan=True)
    assert np.array_equal(counted, inside)
    assert not any("left" in name for name, _ in detectability.blind_areas(patch, inside))
    sheet = detectability.draw_maps({"one": patch}, plain_judges(128), (70, 70), inside)
    assert sheet[30 + 180, 60].astype(int).sum() > sheet[30 + 180, 300].astype(int).sum() > 150
