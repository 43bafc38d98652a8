"""Learning from the tables of several shards: the model of all at once, to the bit, however they are cut."""

import numpy as np
import pytest

import samples
from soart.inspection import calibration_card, colour_jury, gathering, image_model, learning, models, network_jury
from soart.inspection.calibration import Alarm
from soart.inspection.jury import Seen
from soart.inspection.learning_tables import Task, Words, different, learn_from_tables
from soart.inspection.mosaics import Mosaics
from soart.inspection.verdict import Odd
from soart.photos import encodings, geometry, region, registration
from soart.storage import tables
from soart.storage.rows import Rows
from soart.storage.schemas import mosaics_schema, pictures_schema

COUNT = 11


@pytest.fixture(scope="module")
def mosaics() -> np.ndarray:
    return samples.mosaics("learn", COUNT)


def stored(
    mosaics: np.ndarray,
    folder,
    cuts: list[int],
    placements: np.ndarray | None = None,
    resaved: np.ndarray | None = None,
) -> list[str]:
    """The mosaics as tables, cut before these indexes; `placements`: how they lay; `resaved`: copies."""
    paths = []
    for rows in np.split(np.arange(len(mosaics)), cuts):
        part = mosaics[rows]
        labels = {name: [f"x{row}" for row in rows] for name in ("image", "set")} | dict.fromkeys(
            ("width", "height"), [500] * len(part)
        )
        labels |= {"saved_as": ["JPEG 4:2:0"] * len(part), "jpeg_quality": [int(90 + row % 3) for row in rows]}
        labels |= {"gray": [False] * len(part)}
        size = part.shape[1]
        paths.append(str(folder / f"{len(paths)}.parquet"))
        columns = labels | {"mosaic": part.reshape(len(part), 3 * size * size)}
        columns |= {} if placements is None else {"placement": placements[rows]}
        columns |= {} if resaved is None else {"resaved": resaved[rows].reshape(len(part), 3 * size * size)}
        schema = mosaics_schema(size, None, placements is not None, resaved is not None)
        tables.write_parquet(paths[-1], columns, schema)
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


def test_copies_that_were_saved_anew_are_learned_with_their_mosaics(mosaics, tmp_path, rng):
    copies = np.clip(mosaics + rng.integers(-3, 4, mosaics.shape), 0, 255).astype(np.uint8)
    paths, alarm = stored(mosaics, tmp_path, [2, 7], resaved=copies), Alarm(0.1, "conformal")
    words, task = Words(samples.SMALL, None), Task(samples.SMALL.size, "alike", alarm)
    learned = learn_from_tables(paths, [], words, task._replace(resaved=True))
    expected = image_model.learn(mosaics, (500, 500), samples.SMALL, alarm, resaved=copies)
    assert (learned.held_out == expected.held_out).all()
    assert np.array_equal(learned.colour.judges.precision, expected.colour.judges.precision)
    assert (learned.held_out != learn_from_tables(paths, [], words, task).held_out).any()


def test_a_network_learns_from_copies_in_the_tables_of_pictures(mosaics, tmp_path, rng):
    pictures = samples.pictures("learn", COUNT)
    copies = np.clip(pictures + rng.integers(-60, 61, pictures.shape), 0, 255).astype(np.uint8)
    paths, side = stored(mosaics, tmp_path, []), pictures.shape[1]
    for rows in np.split(np.arange(COUNT), [4]):
        columns = {name: [f"x{row}" for row in rows] for name in ("image", "set")}
        flat = {"picture": pictures, "resaved": copies}
        columns |= {name: each[rows].reshape(len(rows), 3 * side * side) for name, each in flat.items()}
        tables.write_parquet(str(tmp_path / f"p{rows[0]}.parquet"), columns, pictures_schema(side, True))
    shards, jury = [str(tmp_path / "p0.parquet"), str(tmp_path / "p4.parquet")], samples.network_jury(COUNT)
    words, task = Words(None, jury.network, jury.settings), Task(samples.SMALL.size, "alike", Alarm(0.1, "conformal"))
    learned = learn_from_tables(paths, shards, words, task._replace(resaved=True))
    expected = network_jury.learn(pictures, jury.photos, jury.network, jury.settings, resaved=copies)
    assert np.array_equal(learned.held_out, expected.held_out)
    assert (learned.held_out != learn_from_tables(paths, shards, words, task).held_out).any()


def test_how_parts_lay_is_learned_with_their_mosaics(mosaics, tmp_path):
    placements = np.tile(geometry.HERE, (COUNT, 1))
    placements[:, 0] = np.linspace(-100, 100, COUNT)  # each shows other places
    paths, alarm = stored(mosaics, tmp_path, [2, 7], placements), Alarm(0.1, "conformal")
    anchor = registration.make_anchor(mosaics[0], "translation", "a")
    words = Words(samples.SMALL, None)
    learned = learn_from_tables(paths, [], words, Task(samples.SMALL.size, "alike", alarm, anchor))
    lay = [geometry.Placement(*row) for row in placements]
    expected = image_model.learn(mosaics, (500, 500), samples.SMALL, alarm, placements=lay)
    assert (learned.held_out == expected.held_out).all()
    assert learned.saved == (("JPEG 4:2:0",), 90, 92, False)
    assert (expected.held_out != image_model.learn(mosaics, (500, 500), samples.SMALL, alarm).held_out).any()


def test_outside_of_the_region_of_interest_nothing_counts(mosaics, tmp_path):
    paths, size = stored(mosaics, tmp_path, [4]), samples.SMALL.size
    words, task = Words(samples.SMALL, None), Task(size, "alike", Alarm(0.1, "conformal"))
    learned = learn_from_tables(paths, [], words, task._replace(region="0,0,500,250"))
    models.save(tmp_path / "model.npz", learned)
    model, saved = models.load(tmp_path / "model.npz"), encodings.Encoding("JPEG 4:2:0", 95, False)
    spared = samples.mosaics("test", 1)[0]
    below, above = spared.copy(), spared.copy()
    below[-3:] = 255 - below[-3:]
    above[2:5] = 255 - above[2:5]
    judged = model.judge([Seen(saved, None, mosaic) for mosaic in (spared, below, above)])
    maps = [each.heat_map() for each in judged]
    inside = slice(0, size // 2 - 2)  # words look at neighbours, brightness at everything
    assert maps[1][inside] == pytest.approx(maps[0][inside], abs=0.2)
    assert judged[1].verdict.verdict == "good"
    assert judged[2].verdict.verdict == "flagged"
    assert judged[2].verdict.y < 250
    everywhere = learn_from_tables(paths, [], words, task)
    assert everywhere.judge([Seen(saved, None, below)])[0].verdict.verdict == "flagged"


@pytest.mark.parametrize("kind", ["colour", "network"])
@pytest.mark.parametrize("how", ["box", "auto"])
def test_a_region_with_fewer_places_than_a_score_is_refused_before_learning(kind, how, mosaics, tmp_path, monkeypatch):
    """One place of either kind is in the region, however it was made; with as many as a score has, it is learned."""
    jury = samples.network_jury(COUNT)
    words = Words(samples.SMALL, None) if kind == "colour" else Words(None, jury.network, jury.settings)
    size, needed, box = {"colour": (15, 5, "240,240,270,270"), "network": (8, 2, "200,200,240,240")}[kind]
    placed = stored(mosaics, tmp_path, [], np.tile(geometry.HERE, (COUNT, 1)))
    anchor = registration.make_anchor(mosaics[0], "translation", "a")
    task = Task(samples.SMALL.size, "alike", Alarm(0.1, "conformal"), anchor, region=box if how == "box" else "auto")
    small = region.given_region(box, (500, 500))
    monkeypatch.setattr(region, "shared_region", lambda *_: small)
    pictures = [str(tmp_path / "pictures.parquet")]
    columns = {name: [f"x{row}" for row in range(COUNT)] for name in ("image", "set")}
    columns["picture"] = samples.pictures("learn", COUNT).reshape(COUNT, -1)
    tables.write_parquet(pictures[0], columns, pictures_schema(16))
    held = int(region.region_places(small, size).sum())
    assert 1 <= held < needed
    expected = f"^region: expected to hold at least {needed} of the {size} x {size} places that .* got {held}; make it"
    with pytest.raises(ValueError, match=expected):
        learn_from_tables(placed, pictures, words, task)
    large = learn_from_tables(placed, pictures, words, task._replace(region="200,200,300,300"))
    assert np.isfinite(large.held_out).all()
    models.save(tmp_path / "model.npz", large)
    assert np.array_equal(models.load(tmp_path / "model.npz").held_out, large.held_out)


@pytest.mark.parametrize("kind", ["colour", "network"])
def test_good_photos_that_show_nothing_of_the_region_are_refused(kind, mosaics, tmp_path):
    """The region is the upper half, which the parts of two photos have above the picture's edge; nobody sees them."""
    jury, placements = samples.network_jury(COUNT), np.tile(geometry.HERE, (COUNT, 1))
    words = Words(samples.SMALL, None) if kind == "colour" else Words(None, jury.network, jury.settings)
    placements[[10, 9], 1] = -251, -300
    anchor = registration.make_anchor(mosaics[0], "translation", "a")
    task = Task(samples.SMALL.size, "alike", Alarm(0.1, "conformal"), anchor, region="0,0,500,250")
    pictures = [str(tmp_path / "pictures.parquet")]
    columns = {name: [f"x{row}" for row in range(COUNT)] for name in ("image", "set")}
    columns["picture"] = samples.pictures("learn", COUNT).reshape(COUNT, -1)
    tables.write_parquet(pictures[0], columns, pictures_schema(16))
    expected = "^region: expected good photos that show some of it, got 2 that show nothing of it, the first x9; take "
    with pytest.raises(ValueError, match=expected):
        learn_from_tables(stored(mosaics, tmp_path, [], placements), pictures, words, task)
    placements[[10, 9], 1] = -150  # of the region's 250 pixels 100 are seen
    learned = learn_from_tables(stored(mosaics, tmp_path, [], placements), pictures, words, task)
    assert (learned.held_out != 0).all()


def test_auto_is_what_registered_images_share(mosaics, tmp_path):
    paths, size, alarm = stored(mosaics, tmp_path, []), samples.SMALL.size, Alarm(0.1, "conformal")
    words, task = Words(samples.SMALL, None), Task(size, "alike", alarm, region="auto")
    assert learn_from_tables(paths, [], words, task).region is None
    placed = stored(mosaics, tmp_path, [], np.tile(geometry.HERE, (COUNT, 1)))
    anchor = registration.make_anchor(mosaics[0], "translation", "a")
    found = learn_from_tables(placed, [], words, task._replace(anchor=anchor)).region
    expected = region.shared_region(mosaics)
    assert (found is None and expected is None) or np.array_equal(found, expected)


def test_rows_in_a_file_come_back_in_order(rng):
    values = rng.normal(size=(5, 7)).astype(np.float32)
    with Rows(5, 7) as rows:
        for index in (3, 0, 4, 1, 2):
            rows[index] = values[index]
        assert len(rows) == 5
        assert (np.stack(list(rows)) == values).all()
        assert (np.stack(list(rows)) == values).all()


def test_an_odd_good_image_is_named_and_left_out_where_that_is_asked_for(tmp_path):
    """The fifth of 14 is upside down: left out, the model is that of the others."""
    good = samples.mosaics("learn", 14).copy()
    good[4] = good[4, ::-1, ::-1]
    paths, size = stored(good, tmp_path, [4]), samples.SMALL.size
    words, task = Words(samples.SMALL, None), Task(size, "alike", Alarm())
    kept = learn_from_tables(paths, [], words, task)
    assert [(odd.image, odd.kept) for odd in kept.odd] == [("x4", True)]
    assert kept.odd[0].score == kept.held_out[4] > 5 * kept.odd[0].median == 5 * np.median(kept.held_out)
    models.save(tmp_path / "model.npz", learn_from_tables(paths, [], words, task._replace(on_odd="leave_out")))
    left = models.load(tmp_path / "model.npz")
    others = image_model.learn(np.delete(good, 4, axis=0), (500, 500), samples.SMALL, Alarm())
    assert np.array_equal(left.held_out, others.held_out)
    assert np.array_equal(left.colour.judges.precision, others.colour.judges.precision)
    assert left.odd[0] == kept.odd[0]._replace(kept=False)
    assert str(left.odd[0]).startswith("x4 is odd: held out it scores ")
    assert str(left.odd[0]).endswith("; it was not learned from")
    assert left.good == tuple(f"x{row}" for row in range(14) if row != 4)


def test_good_photos_of_another_kind_are_left_out_where_that_is_asked_for(tmp_path):
    """Four of 16 are of another product: left out, the model is that of the others; colours learn of their kind."""
    mosaics, pictures = samples.mosaics("learn", 16).copy(), samples.pictures("learn", 16).copy()
    for photo in (3, 7, 8, 15):
        mosaics[photo], pictures[photo] = (np.rot90(255 - each[photo]) for each in (mosaics, pictures))
    paths, side = stored(mosaics, tmp_path, [4]), pictures.shape[1]
    columns = {name: [f"x{row}" for row in range(16)] for name in ("image", "set")}
    columns["picture"] = pictures.reshape(16, 3 * side * side)
    tables.write_parquet(str(tmp_path / "p.parquet"), columns, pictures_schema(side))
    jury, alarm = samples.network_jury(3), Alarm()
    words, task = Words(samples.SMALL, jury.network, jury.settings), Task(samples.SMALL.size, "alike", alarm)
    kept = learn_from_tables(paths, [str(tmp_path / "p.parquet")], words, task)
    foreign = np.isin(np.arange(16), (3, 7, 8, 15))
    assert np.array_equal(kept.foreign, foreign)
    by_colour = colour_jury.learn(mosaics, samples.SMALL, foreign=foreign)
    assert np.array_equal(kept.colour.held_out, by_colour.held_out)
    assert not np.array_equal(kept.colour.held_out, colour_jury.learn(mosaics, samples.SMALL).held_out)
    left_out = learn_from_tables(paths, [str(tmp_path / "p.parquet")], words, task._replace(on_odd="leave_out"))
    models.save(tmp_path / "model.npz", left_out)
    left = models.load(tmp_path / "model.npz")
    assert left.left_out == tuple(each._replace(kept=False) for each in kept.odd)
    assert {(each.image, each.fellows) for each in left.odd} >= {(f"x{row}", 3) for row in (3, 7, 8, 15)}
    rows = [row for row in range(16) if f"x{row}" in left.good]
    assert set(rows) == set(range(16)) - {int(each.image[1:]) for each in kept.odd}
    by_network = network_jury.learn(pictures[rows], left.good, jury.network, jury.settings)
    others = image_model.of_juries(
        [by_network, colour_jury.learn(mosaics[rows], samples.SMALL)], (500, 500), alarm, samples.SMALL.size
    )
    assert np.array_equal(left.held_out, others.held_out)
    assert gathering.odd_photos(str(tmp_path / "model.npz")) == left.odd


@pytest.mark.parametrize("on_odd", ["keep", "leave_out"])
def test_a_good_photo_that_could_not_be_registered_is_odd_wherever_odd_ones_are_named(on_odd, tmp_path):
    """Neither what is learned nor what is named beside it depends on such photos."""
    good = samples.mosaics("learn", 14).copy()
    good[4] = good[4, ::-1, ::-1]
    paths, words = stored(good, tmp_path, [4]), Words(samples.SMALL, None)
    task, photos = Task(samples.SMALL.size, "alike", Alarm(), on_odd=on_odd), []
    for names in (["x0", "x100"], ["x4", "x9", "x20"]):
        photos.append(samples.photo_table(tmp_path / f"photos{len(photos)}", "learn", names, ("x20", "x100")))
    without = learn_from_tables(paths, [], words, task)
    models.save(tmp_path / "model.npz", learn_from_tables(paths, [], words, task, photos))
    learned = models.load(tmp_path / "model.npz")
    assert learned.odd == (Odd("x20", None, None, False), Odd("x100", None, None, False), *without.odd)
    assert [each.image for each in without.odd] == ["x4"]
    assert np.array_equal(learned.held_out, without.held_out)
    worth = calibration_card.card_columns(learned.held_out, 0.05, learned.odd)["worth"][0]
    assert worth.count("x20 is odd: it does not fit the other good photos and was not learned from; look at it.") == 1
    assert worth.count("x100 is odd") == worth.count("x4 is odd") == 1


def test_of_photos_each_picture_is_learned_from_once_and_the_card_says_so(tmp_path):
    """13 of 15 photos are one picture: held out beside its copies it would score next to nothing."""
    good = samples.mosaics("learn", 3)[[1, *[0] * 11, 2, 0, 0]]
    paths, words = stored(good, tmp_path, [4]), Words(samples.SMALL, None)
    task = Task(samples.SMALL.size, "alike", Alarm())
    models.save(tmp_path / "model.npz", learn_from_tables(paths, [], words, task))
    found = models.load(tmp_path / "model.npz")
    alone = image_model.learn(good[[0, 1, 12]], (500, 500), samples.SMALL, Alarm())
    assert (found.good, found.repeats) == (("x0", "x1", "x12"), 12)
    assert np.array_equal(found.held_out, alone.held_out)
    assert np.array_equal(found.colour.judges.precision, alone.colour.judges.precision)
    assert set(calibration_card.card_columns(found.held_out, 0.05, found.odd, found.repeats)["worth"]) >= {
        "No alarm possible: 3 good images, at least 9 are needed; 12 more good photos repeat others and tell nothing "
        "new."
    }
    drawn = learn_from_tables(paths, [], words, task._replace(in_full=True))  # may be alike by chance
    assert (len(drawn.held_out), drawn.repeats) == (15, 0)


def test_photos_are_copies_where_everything_that_is_seen_of_them_is_equal(tmp_path):
    good, ordered = samples.mosaics("learn", 2)[[0, 1, 0, 1, 0]], np.array([4, 0, 3, 2, 1])
    mosaics, names = stored(good, tmp_path, [2]), [f"x{row}" for row in range(5)]
    assert different(ordered, names, mosaics, [], 2).tolist() == [4, 3]
    (tmp_path / "pictures").mkdir()
    pictures = []
    for number, rows in enumerate(([0, 1], [2, 3, 4])):
        seen = {"image": [f"x{row}" for row in rows], "set": ["learn"] * len(rows)}
        seen["picture"] = np.array([[row == 2] * 12 for row in rows]).astype(np.uint8)
        pictures.append(str(tmp_path / f"pictures/{number}.parquet"))
        tables.write_parquet(pictures[-1], seen, pictures_schema(2))
    assert different(ordered, names, mosaics, pictures, 3).tolist() == [4, 3, 2]
    with pytest.raises(
        ValueError, match="at least 3 different good photos to learn from, got 5 that show 2; x0 shows what x4 shows"
    ):
        different(ordered, names, mosaics, [], 3)
    same = stored(good[[0, 0, 0]], tmp_path, [])
    assert different(np.arange(3), names, same, [], 2).tolist() == [0, 1, 2]  # what learns from them says that
