"""Registration: known motions are found, what does not fit is refused with a sentence, places are mapped back."""

import math

import cv2
import numpy as np
import pytest

import samples
from soart import names
from soart.inspection import image_model, line, models
from soart.inspection.calibration import Alarm
from soart.inspection.verdict import Verdict
from soart.photos import anchors, geometry, matrices, reading, registration
from soart.photos.geometry import HERE, Placement
from soart.photos.registration import Unregistered

SIZE = (500, 500)
MOTIONS = [(0, 0, 0), (50, -50, 10), (-50, 37.5, -10), (12.3, 4.5, -6.7), (0, 0, 19)]
MOTIONS += [(20, 10, 90), (-9, 30, -137), (5, 5, 180)]


def decoded(content: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)


def png(picture: np.ndarray) -> bytes:
    return cv2.imencode(".png", picture)[1].tobytes()


@pytest.fixture(scope="module")
def standard() -> np.ndarray:
    """The drawn part as it is meant to be, BGR."""
    return decoded(samples.jpeg("standard", 0, pixels=0))


@pytest.fixture(scope="module")
def rigid(standard):
    return registration.make_anchor(standard, "rigid", "standard.jpg")


def moved(picture: np.ndarray, x: float, y: float, turn: float = 0.0) -> np.ndarray:
    """The picture turned clockwise about its middle and moved, by OpenCV's own matrix of a rotation."""
    height, width = picture.shape[:2]
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), -turn, 1)
    matrix[:, 2] += (x, y)
    background = tuple(map(int, picture[0, 0]))
    return cv2.warpAffine(picture, matrix, (width, height), borderValue=background)


@pytest.mark.parametrize(("x", "y", "turn"), MOTIONS)
def test_a_known_motion_is_found_to_a_twentieth_of_a_pixel(x, y, turn, standard, rigid):
    found = registration.find_part(moved(standard, x, y, turn), rigid)
    assert (found.x, found.y) == pytest.approx((x, y), abs=0.05)
    assert (found.turn - turn + 180) % 360 - 180 == pytest.approx(0, abs=0.02)
    assert found.quality > 0.99


def plain_part(centre: tuple[int, int] = (50, 40), spot: bool = False, beside: bool = False) -> np.ndarray:
    """A disc of one colour on a gray table; a dark spot in it; other things on the table."""
    picture = np.full((80, 100, 3), 120, np.uint8)
    cv2.circle(picture, centre, 25, (40, 90, 210), -1)
    if spot:
        cv2.circle(picture, (centre[0] + 8, centre[1]), 5, (10, 10, 10), -1)
    if beside:
        for corner in ((8, 8), (92, 8), (8, 72), (92, 72)):
            cv2.circle(picture, corner, 6, (255, 255, 255), -1)
    return picture


def test_neither_a_defect_nor_what_lies_beside_a_part_of_one_colour_makes_it_another_part():
    anchor = registration.make_anchor(plain_part(), "rigid", "part.png")
    for spot, beside in ((False, False), (True, False), (False, True)):
        found = registration.find_part(plain_part((52, 39), spot, beside), anchor)
        assert found.quality > 0.8, (spot, beside)
        [middle] = geometry.points_as_taken(np.array([[50.5, 40.5]]), found, (100, 80))  # a disc has any turn
        assert middle == pytest.approx((52.5, 39.5), abs=0.1)


def on_a_table(x: float, y: float, turn: float, things: list[tuple]) -> np.ndarray:
    """A board with marks on a gray table, moved and turned; boxes (x0, y0, x1, y1) of a colour lie beside it."""
    picture = np.full((200, 300, 3), 110, np.uint8)
    cv2.rectangle(picture, (110, 70), (190, 130), (120, 60, 30), -1)
    for corner, colour in (((125, 82), (220, 220, 220)), ((172, 90), (20, 20, 20)), ((160, 118), (40, 60, 200))):
        cv2.rectangle(picture, corner, (corner[0] + 14, corner[1] + 8), colour, -1)
    picture = moved(picture, x, y, turn)
    for (x0, y0, x1, y1), colour in things:
        picture[y0:y1, x0:x1] = colour
    return picture


@pytest.mark.parametrize("index", range(24))
def test_large_bright_or_dark_things_beside_a_part_do_not_lead_astray(index):
    """Strips along an edge and sheets in a corner, each of up to a seventh of the picture, beside a moved part."""
    rng = np.random.default_rng(index)
    x, y, turn = *rng.uniform(-12, 12, 2), rng.uniform(-180, 180)
    boxes = [(0, 0, 300, 28), (0, 172, 300, 200), (0, 0, 42, 200), (258, 0, 300, 200)]
    boxes += [(0, 0, 80, 60), (220, 140, 300, 200)]
    colours = [(255, 255, 255), (0, 0, 0), (30, 30, 230), (0, 220, 250)]
    things = [(boxes[at], colours[rng.integers(4)]) for at in rng.permutation(6)[: 1 + index % 2]]
    anchor = registration.make_anchor(on_a_table(0, 0, 0, []), ("rigid", "similarity")[index % 2], "part.png")
    found = registration.find_part(on_a_table(x, y, turn, things), anchor)
    assert anchor.limits.let_pass(found)
    probes = np.array([(110.0, 70), (190, 70), (110, 130), (190, 130)])
    known = geometry.points_as_taken(probes, Placement(x, y, turn, 1.0), (300, 200))
    assert geometry.points_as_taken(probes, found, (300, 200)) == pytest.approx(known, abs=1)


@pytest.mark.parametrize("index", range(20))
def test_opencv_is_told_the_motion_that_points_have(index):
    """Motions drawn at random; OpenCV counts from the middle of the first pixel, points from its edge."""
    rng = np.random.default_rng([5, index])
    size = tuple(map(int, rng.integers(1, 900, 2)))
    placement = Placement(*rng.uniform(-300, 300, 2), rng.uniform(-400, 400), rng.uniform(0.5, 2))
    points = rng.uniform(-50, 950, (6, 2))
    matrix = geometry.motion_matrix(placement, size)
    expected = geometry.points_as_taken(points, placement, size)
    assert (points - 0.5) @ matrix[:, :2].T + matrix[:, 2] + 0.5 == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("index", range(12))
def test_a_part_of_any_turn_and_size_is_found_to_half_a_pixel(index, standard):
    """Similarities drawn at random; the error is that of four points near the corners, of 500 pixels."""
    anchor = registration.make_anchor(standard, "similarity", "standard.jpg")
    rng = np.random.default_rng(index)
    truth = Placement(*rng.uniform(-40, 40, 2), rng.uniform(-180, 180), rng.uniform(0.8, 1.25))
    background = tuple(map(int, standard[0, 0]))
    picture = cv2.warpAffine(standard, geometry.motion_matrix(truth, SIZE), SIZE, borderValue=background)
    found = registration.find_part(picture, anchor)
    corners = np.array([(x, y) for x in (50.0, 450.0) for y in (50.0, 450.0)])
    away = geometry.points_as_taken(corners, found, SIZE) - geometry.points_as_taken(corners, truth, SIZE)
    assert np.hypot(*away.T).max() < 0.5
    assert found.quality > 0.95


def test_the_motion_that_is_seen_is_taken_back():
    """That motion, and then the new placement, bring points of the anchor to where they were looked for."""
    points, size = np.array([(0.0, 0.0), (300, 0), (40, 170)]), (300, 200)
    looked = Placement(12.5, -30, -177, 0.9)
    part = registration._moved_back(looked, 3, -2, math.radians(5), math.log(1.1))
    assert part.turn == pytest.approx(178)
    seen = geometry.points_as_taken(points, Placement(3, -2, 5, 1.1), size)
    assert geometry.points_as_taken(seen, part, size) == pytest.approx(geometry.points_as_taken(points, looked, size))


def test_a_part_is_found_as_well_where_it_is_darker_and_in_another_light(standard, rigid):
    """Neither a gain nor a level that is added to a colour moves the place."""
    bright, other = moved(standard, 30, -20, 33), np.array((10, 60, 35)) + 0.4 * moved(standard, 30, -20, 33)
    one, two = (registration.find_part(each, rigid) for each in (bright, np.rint(other).astype(np.uint8)))
    assert two[:3] == pytest.approx(one[:3], abs=0.01)
    assert two.quality == pytest.approx(one.quality, abs=0.001)


def test_the_edge_of_a_photo_does_not_lower_its_quality(standard, rigid):
    """Half a pixel of a small copy is out of view; there it has the value of the picture's edge, not half of it."""
    bright = np.rint(150 + 0.4 * standard).astype(np.uint8)
    still, aside = (registration.find_part(each, rigid) for each in (bright, moved(bright, 3.8, -3.8)))
    assert aside.unseen == 0
    assert aside.quality == pytest.approx(still.quality, abs=0.002)


@pytest.mark.parametrize("size", [(80, 100), (300, 200), (1000, 1200)])
def test_pictures_of_any_size_and_form(size, standard):
    height, width = size
    picture = cv2.resize(standard, (width, height), interpolation=cv2.INTER_AREA)
    found = registration.find_part(
        moved(picture, 0.06 * width, -0.04 * width), registration.make_anchor(picture, "translation", "a")
    )
    assert (found.x, found.y) == pytest.approx((0.06 * width, -0.04 * width), abs=0.0005 * width)
    assert found.turn == 0
    found = registration.find_part(
        moved(picture, 0.06 * width, -0.04 * width, 5), registration.make_anchor(picture, "rigid", "a")
    )
    assert (found.x, found.y, found.turn) == pytest.approx((0.06 * width, -0.04 * width, 5), abs=0.002 * width)


def test_a_picture_that_lies_as_the_anchor_stays_as_it_is(standard, rigid):
    shown, placement = registration.register(standard, rigid, "a")
    assert placement[:3] == pytest.approx((0, 0, 0), abs=1e-3)
    assert placement.unseen == 0
    assert np.abs(shown.astype(int) - standard).max() <= 3  # a thousandth of a pixel at an edge of 242 levels


def test_errors_and_fluctuation_move_it_by_a_few_pixels_only(standard, rigid):
    for kind in samples.KINDS:
        for index in range(4):
            picture = decoded(samples.jpeg("test", index, kind))
            still, away = (registration.find_part(each, rigid) for each in (picture, moved(picture, 40, -30, 8)))
            assert np.abs(np.array(still[:2])).max() < 6
            assert abs(still.turn) < 2
            assert away.turn - still.turn == pytest.approx(8, abs=0.5)  # the same part, the same answer


def test_registered_pictures_show_the_part_in_place_and_the_anchor_where_nothing_is_seen(standard, rigid):
    dark = (standard * 0.5).astype(np.uint8)
    shown, placement = registration.register(moved(dark, 45, 0, 0), rigid, "a")
    assert 0 < placement.unseen < 45 / 500  # mostly plain background is out of view
    inner = (slice(20, 480), slice(20, 440))
    assert np.abs(shown[inner].astype(int) - dark[inner]).mean() < 1
    hidden = (slice(0, 500), slice(460, 500))
    assert np.abs(shown[hidden].astype(int) - dark[hidden]).max() <= 4  # the anchor, half as bright


def refused(picture: np.ndarray, anchor: registration.Anchor) -> str:
    with pytest.raises(Unregistered) as caught:
        registration.register(picture, anchor, "a.jpg")
    return str(caught.value)


@pytest.mark.parametrize("what", ["blank", "black", "noise", "gradient"])
def test_what_does_not_fit_is_refused(what, standard, rigid, rng):
    noise = np.clip(rng.normal(100, 20, standard.shape), 0, 255).astype(np.uint8)
    picture = {
        "blank": np.full_like(standard, 120),
        "black": np.zeros_like(standard),
        "noise": noise,
        "gradient": np.broadcast_to(np.linspace(0, 255, 500).astype(np.uint8)[:, None, None], standard.shape).copy(),
    }[what]
    quality = registration.find_part(picture, rigid).quality
    assert refused(picture, rigid) == (
        "a.jpg: not registered: expected a correlation with the standard of at least 0.75 (registration_limits: "
        f"quality), got {names.beyond(quality, 0.75)}; photograph the same part, the same side up"
    )


@pytest.mark.parametrize(
    ("x", "y", "unseen", "lies"),
    [
        (200, 0, "32.9", "40 % of the width to the right and 0 % of the height below"),  # of 500 x 500 pixels
        (-200, -25, "35.1", "40 % of the width to the left and 5 % of the height above"),
    ],
)
def test_a_part_mostly_out_of_view_is_refused(x, y, unseen, lies, standard, rigid):
    """Where it lies is said in shares of the picture: of a reduced one they are the same."""
    picture = moved(standard, x, y)
    assert refused(picture, rigid) == (
        "a.jpg: not registered: expected at most 30 % of the part to be out of view (registration_limits: unseen), "
        f"got {unseen} %; the part lies {lies} the standard's place, turned by 0 degrees: move "
        "it there"
    )
    half = [cv2.resize(each, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA) for each in (standard, picture)]
    assert f"the part lies {lies} the standard's" in refused(half[1], registration.make_anchor(half[0], "rigid", "s"))


@pytest.mark.parametrize("near", [0.01, 1e-3, 1e-6, 1e-12])
def test_what_hardly_falls_short_of_a_limit_reads_as_less(near, standard, rigid):
    """Never at least 0.75, got 0.75."""
    picture = moved(standard, 60, 0)
    found = registration.find_part(picture, rigid)
    quality, unseen = found.quality + near, found.unseen - near
    said = refused(picture, rigid._replace(limits=registration.Limits(quality, 1.0)))
    assert float(said.partition(", got ")[2].partition(";")[0]) < quality
    said = refused(picture, rigid._replace(limits=registration.Limits(0.0, unseen)))
    assert f"at most {100 * unseen:.15g} % of the part" in said
    assert float(said.partition(", got ")[2].partition(" %")[0]) > 100 * unseen


def test_limits_are_what_the_user_says(standard):
    turned, aside = np.rot90(standard).copy(), moved(standard, 200, 0)
    tolerant = registration.make_anchor(standard, "translation", "a", registration.Limits(quality=0.3, unseen=0.5))
    for picture in (turned, aside):
        _, placement = registration.register(picture, tolerant, "a.jpg")
        assert tolerant.limits.let_pass(placement)
        assert not registration.MEASURED.let_pass(placement)
    strict = registration.make_anchor(standard, "translation", "a", registration.Limits(quality=0.995, unseen=0.05))
    assert "of at least 0.995 (registration_limits: quality), got 0." in refused(turned, strict)
    assert "at most 5 % of the part to be out of view (registration_limits: unseen), got" in refused(
        moved(standard, 90, 0), strict._replace(limits=registration.Limits(0.75, 0.05))
    )


def test_an_anchor_of_one_colour_is_refused():
    with pytest.raises(
        ValueError, match=r"^a\.png: expected a picture of a part to register others on, got one colour"
    ):
        registration.make_anchor(np.full((50, 60, 3), 7, np.uint8), "rigid", "a.png")


def test_the_best_anchor_is_the_one_that_others_fit_and_is_in_view(standard):
    pictures = [moved(standard, 50, 0), standard, moved(standard, -50, 0), np.rot90(standard).copy()]
    several = [registration.make_anchor(each, "rigid", "a") for each in pictures]
    assert registration.best_anchor(several) == 1
    assert registration.best_anchor(several[3:]) == 0


def test_the_anchor_is_chosen_among_photos_that_show_something(standard, tmp_path):
    blank, broken, good = (str(tmp_path / f"{name}.png") for name in ("blank", "broken", "good"))
    cv2.imwrite(blank, np.full_like(standard, 9))
    cv2.imwrite(good, standard)
    rest = SIZE, "alike", 256, "rigid", registration.MEASURED
    best, picture, choice = anchors.choose_anchor([blank, broken, good], None, *rest)
    assert best == good
    assert np.array_equal(picture, standard)
    assert choice == ("rigid", registration.MEASURED, {})
    assert choice.sentence() == "registration: rigid, as the configuration says"
    with pytest.raises(ValueError, match="none of the photos to register others on can be used") as caught:
        anchors.choose_anchor([blank, broken], None, *rest)
    assert f"\n  {blank}: expected a picture of a part to register others on, got one colour" in str(caught.value)
    assert f"\n  {broken}" in str(caught.value)


def test_the_standard_is_the_anchor_where_there_is_one_and_auto_tries_all_photos(standard, tmp_path, rng):
    paths = [str(tmp_path / f"{number}.png") for number in range(7)]
    for path in paths:
        cv2.imwrite(path, similar(standard, Placement(*rng.uniform(-40, 40, 2), rng.uniform(-180, 180))))
    best, picture, choice = anchors.choose_anchor(
        paths[1:], paths[0], SIZE, "alike", 256, "auto", registration.MEASURED
    )
    assert best == paths[0]
    assert np.array_equal(picture, cv2.imread(best))
    assert choice.method == "rigid"
    with pytest.raises(ValueError, match="none of the photos to register others on can be used"):
        anchors.choose_anchor(paths, str(tmp_path / "none.png"), SIZE, "alike", 256, "auto", registration.MEASURED)


def test_points_and_values_go_back_to_where_the_photo_has_them(standard, rigid):
    motion = Placement(30, -20, 9)
    spot = np.zeros((500, 500), np.float32)
    spot[120:131, 300:311] = 1  # its middle is at (305.5, 125.5)
    taken = geometry.values_as_taken(spot, motion)
    [[x, y]] = geometry.points_as_taken(np.array([[305.5, 125.5]]), motion, SIZE)
    rows, columns = np.nonzero(taken > 0.5)
    assert (columns.mean() + 0.5, rows.mean() + 0.5) == pytest.approx((x, y), abs=0.1)
    assert moved(spot[..., None].repeat(3, axis=2), 30, -20, 9)[..., 0] == pytest.approx(taken, abs=0.05)
    back = geometry.register_mask(taken > 0.5, motion)
    assert (back != (spot > 0)).sum() < 30
    zoomed = geometry.values_as_taken(cv2.resize(spot, (1000, 1000)), motion, 2.0)
    rows, columns = np.nonzero(zoomed > 0.5)
    assert ((columns.mean() + 0.5) / 2, (rows.mean() + 0.5) / 2) == pytest.approx((x, y), abs=0.1)
    assert geometry.values_as_taken(spot, HERE) is spot


def test_places_are_unseen_where_a_part_of_them_is_out_of_view():
    everything = geometry.unseen_places(HERE, SIZE, 63)
    assert not everything.any()
    aside = geometry.unseen_places(Placement(x=-25), SIZE, 63).reshape(63, 63)
    assert aside[:, :4].all()  # three places of 8 pixels are out of view, and a part of the fourth
    assert not aside[:, 4:].any()


@pytest.fixture(scope="module")
def model(standard):
    anchor = registration.make_anchor(standard, "rigid", "a", registration.Limits(0.74, 0.29))
    reader = reading.Reader(10, samples.SMALL.size, anchor=anchor)
    good = [reading.read(samples.jpeg("learn", index), "good", reader).mosaic for index in range(12)]
    return image_model.learn(good, SIZE, samples.SMALL, Alarm(), anchor=anchor)


def test_a_model_carries_what_registers_one_more_photo(model, tmp_path):
    models.save(tmp_path / "model.npz", model)
    loaded = models.load(tmp_path / "model.npz")
    assert (loaded.anchor.method, loaded.anchor.limits) == ("rigid", (0.74, 0.29))
    assert np.array_equal(loaded.anchor.picture, model.anchor.picture)
    assert np.array_equal(loaded.anchor.spectra, model.anchor.spectra)


def test_the_line_says_what_the_workflow_says_and_where_the_photo_has_it(model, tmp_path):
    reader = reading.Reader(10, samples.SMALL.size, anchor=model.anchor)
    picture = decoded(samples.jpeg("test", 0, "errorA"))
    found = []
    for content in (png(picture), png(moved(picture, 75, 50, 7))):
        (tmp_path / "a.png").write_bytes(content)
        [(_, verdict, _)] = line.inspect_photos([tmp_path / "a.png"], model, tmp_path / "maps", {})
        read = reading.read(content, "a.png", reader)
        assert verdict == samples.judged(read.mosaic, model, read.placement).verdict
        found.append(verdict)
    before, after = found
    assert (before.verdict, after.verdict) == ("flagged", "flagged")
    assert before.warning == ""
    assert after.warning.endswith("of the part is out of view and was not inspected; let the photo show all of it")
    place = geometry.points_as_taken(np.array([[before.x, before.y]]), Placement(75, 50, 7), SIZE)[0]
    assert (after.x, after.y) == pytest.approx(place, abs=40)  # a place is 33 pixels wide here
    assert after.box_x0 <= after.x <= after.box_x1
    assert after.box_y0 <= after.y <= after.box_y1
    assert (tmp_path / "maps" / "a.png").exists()


def test_the_score_of_a_part_out_of_view_is_that_of_its_heat_map_by_both_readings():
    settings = samples.SMALL._replace(strict_from=8)
    model = image_model.learn(samples.mosaics("learn", 8), SIZE, settings, Alarm())
    for placement in (Placement(60, -40, 8), Placement(-90, 0, 0)):
        hidden = model.hidden(placement, model.size)
        for mosaic in samples.mosaics("test", 3, kind="errorA"):
            stained = mosaic.copy()
            stained.reshape(-1, 3)[hidden] = 255 - stained.reshape(-1, 3)[hidden]
            judged = samples.judged(stained, model, placement)
            verdict, heat = judged.verdict, judged.heat_map().ravel()
            assert verdict.score == np.sort(heat)[-5:].astype(float).mean()
            assert heat[hidden].max() < np.sort(heat)[-5]
            assert verdict.score < samples.judged(stained, model).verdict.score


def test_a_photo_whose_part_is_not_found_is_flagged_for_that(model, tmp_path, standard):
    gradient = np.linspace(0, 255, 500).astype(np.uint8)[:, None, None]
    cv2.imwrite(str(tmp_path / "a.png"), np.broadcast_to(gradient, standard.shape))
    [(_, verdict, _)] = line.inspect_photos([tmp_path / "a.png"], model, None, {})
    assert (verdict.verdict, verdict.score) == ("flagged", None)
    assert line.exit_code(verdict) == 1
    assert verdict.warning.startswith("not registered: expected a correlation with the standard of at least 0.74")


def test_a_box_is_mapped_by_its_corners():
    verdict = Verdict(9.0, 0.01, 0.01, "flagged", 250.0, 250.0, 200, 240, 300, 260, 9.0, "shape", 1.0, warning="dim")
    turned = image_model.verdict_as_taken(verdict, Placement(10, 0, 90, unseen=0.25), SIZE)
    assert (turned.x, turned.y) == (260, 250)
    assert (turned.box_x0, turned.box_y0, turned.box_x1, turned.box_y1) == pytest.approx((250, 200, 270, 300), abs=1)
    unseen = "25 % of the part is out of view and was not inspected; let the photo show all of it"
    assert turned.warning == f"dim; also: {unseen}"


def test_reading_says_how_a_part_lay(standard, rigid):
    read = reading.read(png(moved(standard, 20, 10, 4)), "a.png", reading.Reader(30, 63, anchor=rigid))
    assert read.placement[:3] == pytest.approx((20, 10, 4), abs=0.05)
    still = matrices.gray_and_colour_matrices(standard, 30).astype(int)
    assert (np.abs(read.matrix - still) <= 12).mean() > 0.9
    assert (np.abs(matrices.gray_and_colour_matrices(moved(standard, 20, 10, 4), 30) - still) <= 12).mean() < 0.8


def similar(picture: np.ndarray, placement: Placement) -> np.ndarray:
    background = tuple(map(int, picture[0, 0]))
    return cv2.warpAffine(picture, geometry.motion_matrix(placement, SIZE), SIZE, borderValue=background)


@pytest.mark.parametrize("expected", ["none", "translation", "rigid", "similarity"])
def test_auto_chooses_the_simplest_way_that_brings_good_parts_together(expected, rng):
    """Parts with fluctuating shapes that lie alike, moved, turned as well, and scaled as well."""

    def placement() -> Placement:
        x, y = rng.uniform(-40, 40, 2)
        turn, scale = rng.uniform(-90, 90), rng.uniform(0.85, 1.2)
        return {
            "none": HERE,
            "translation": Placement(x, y),
            "rigid": Placement(x, y, turn),
            "similarity": Placement(x, y, turn, scale),
        }[expected]

    pictures = [similar(decoded(samples.jpeg("learn", index)), placement()) for index in range(10)]
    choice = chosen(pictures)
    assert choice.method == expected
    assert list(choice.unlike) == ["none", "translation", "rigid", "similarity"]
    assert choice.limits == registration.MEASURED
    best = choice.unlike[expected]
    if expected == "none":
        assert min(choice.unlike.values()) > 0.5 * best
    else:
        assert best <= 0.5 * choice.unlike["none"]
        assert all(best <= share / 0.95 + 0.001 for share in choice.unlike.values())
    assert choice.sentence().startswith(f"registration: {expected}: ")
    assert f"{100 * best:.0f} % {expected}" in choice.sentence()


def chosen(pictures: list[np.ndarray]) -> anchors.Choice:
    ways = {method: registration.make_anchor(pictures[0], method, "a") for method in registration.METHODS}
    return anchors.choose_registration(list(map(registration.small_copies, pictures)), ways)


def test_auto_leaves_textures_and_plain_pictures_as_they_are(rng):
    noise = rng.integers(0, 256, (10, 60, 60, 3), dtype=np.uint8)
    textures = [cv2.resize(each, SIZE, interpolation=cv2.INTER_CUBIC) for each in noise]
    assert chosen(textures).method == "none"
    assert chosen([textures[0], *(np.full_like(textures[0], level) for level in (0, 90, 200))]).method == "none"


def test_the_limit_of_quality_is_lowered_where_good_parts_of_low_contrast_need_it(standard, rng):
    dim = (100 + (standard.astype(float) - 100) * 0.1)[None].repeat(8, axis=0)
    grain = [cv2.GaussianBlur(each, (0, 0), 8) for each in rng.normal(0, 160, dim.shape)]
    pictures = [
        np.clip(similar(each, Placement(*rng.uniform(-60, 60, 2))) + own, 0, 255).astype(np.uint8)
        for each, own in zip(dim.astype(np.uint8), grain, strict=True)
    ]
    choice = chosen(pictures)
    assert choice.limits.quality < 0.75


def test_a_choice_is_read_as_it_was_written(tmp_path):
    choice = anchors.Choice("rigid", registration.Limits(0.6, 0.3), {"none": 0.4, "rigid": 0.1})
    anchors.write_choice(tmp_path / "a.json", choice)
    assert anchors.read_choice(tmp_path / "a.json") == choice
    assert "40 % none, 10 % rigid" in (tmp_path / "a.json").read_text()
