"""Heat maps: where a picture differs, as a picture; one colour scale for all, which keeps its order in gray print."""

import io
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from soart.inspection import calibration, calibration_card
from soart.inspection.detector import Detector
from soart.inspection.verdict import Verdict
from soart.photos import geometry
from soart.storage import files

LEAST, MOST = 3.0, 300.0  # standard deviations at the ends of the colour scale, which is logarithmic
TICKS = (3, 10, 30, 100, 300)
SIDE = 480  # least width and height of the sheet without scale and caption, in pixels
LONGEST = 32_000  # most width and height of the shown picture, in pixels: OpenCV turns less than 32,767
MARGIN, SCALE_WIDTH, CAPTION_HEIGHT = 12, 118, 64  # pixels


def shade(distances: np.ndarray) -> np.ndarray:
    """Distances in standard deviations as shares of the colour scale: 0 up to LEAST, 1 from MOST on."""
    return np.clip(np.log(np.maximum(distances, LEAST) / LEAST) / np.log(MOST / LEAST), 0, 1)


def blend(gray: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """The lightened gray picture under the colours: (height, width, 3) uint8 RGB from two of (height, width).

    The colours run from orange to black (inferno, reversed) and start no lighter than the picture is shown:
    more distance is always darker.
    """
    sheet, there = cv2.merge([np.rint(170 + gray / 3).astype(np.uint8)] * 3), shares > 0
    if there.any():  # colour by colour: along an axis of three NumPy is slow
        colours = cv2.applyColorMap((195 - 175 * shares[there]).astype(np.uint8), cv2.COLORMAP_INFERNO).reshape(-1, 3)
        cover = np.clip(8 * shares[there], 0, 0.9)
        ground = (1 - cover) * (170 + gray[there] / 3)
        sheet[there] = np.rint(cover * colours.T[::-1] + ground).T
    return sheet


def colour_bar(height: int, width: int) -> np.ndarray:
    """The colour scale as a picture, the largest distance on top: (height, width, 3) uint8 RGB."""
    shares = np.linspace(1, 0, height)[:, None].repeat(width, axis=1)
    return blend(np.full(shares.shape, 128.0), shares)


def pixel_values(
    distances: np.ndarray, shape: tuple[int, int], model: Detector, placement: geometry.Placement
) -> np.ndarray:
    """Return how far each pixel of a picture is from good ones, in standard deviations: float32 of `shape`.

    `shape`: (height, width) of the picture as taken; `distances` (S, S): the z of every place, as registered. Between
    the middles of places it is linear; 0 where the picture shows what is out of the standard's view.
    """
    height, width = shape
    found = cv2.resize(distances.astype(np.float32), model.picture, interpolation=cv2.INTER_LINEAR)[:height, :width]
    return geometry.values_as_taken(found, placement)


def magnification(shape: tuple[int, int]) -> float:
    """Return how many times as large a picture of (height, width) is shown.

    So many whole times that it fills the sheet, but for long narrow ones; less than once where it is beyond `LONGEST`.
    """
    shorter, longer = sorted(shape)
    return min(-(-SIDE // shorter), LONGEST // longer) or LONGEST / longer


def draw_heatmap(
    picture: np.ndarray,
    distances: np.ndarray,
    verdict: Verdict,
    model: Detector,
    boxes: Sequence[tuple[int, int, int, int]] = (),
    placement: geometry.Placement = geometry.HERE,
) -> np.ndarray:
    """The heat map over its picture, with box, scale and caption: (height, width, 3) uint8 RGB.

    `picture` is (height, width, 3) uint8 BGR, as taken, `distances` (S, S) the z of every place, as registered; `boxes`
    are (x0, y0, x1, y1) in its pixels, where there are more than the verdict's.
    """
    from PIL import Image, ImageDraw, ImageFont  # only here: the program for the line starts without it

    zoom = magnification(picture.shape[:2])
    height, width = (max(1, round(side * zoom)) for side in picture.shape[:2])
    gray = cv2.resize(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), (width, height), interpolation=cv2.INTER_LINEAR)
    wide, high = (max(1, round(side * zoom)) for side in model.picture)
    shares = cv2.resize(shade(distances), (wide, high), interpolation=cv2.INTER_LINEAR)[:height, :width]
    shares = geometry.values_as_taken(shares, placement, zoom)
    right, below = max(width, SIDE), max(height, SIDE)  # of a long narrow picture there is white beside
    sheet = Image.new("RGB", (right + SCALE_WIDTH, below + CAPTION_HEIGHT), "white")
    sheet.paste(Image.fromarray(blend(gray, shares)))
    draw = ImageDraw.Draw(sheet)
    if verdict.verdict == "flagged":
        for x0, y0, x1, y1 in boxes or [(verdict.box_x0, verdict.box_y0, verdict.box_x1, verdict.box_y1)]:
            draw.rectangle([corner * zoom for corner in (x0, y0, x1 - 1, y1 - 1)], outline=(0, 90, 255), width=2)
    threshold = calibration.threshold(model.alarm, model.calibrating)
    _scale(draw, sheet, right, below, threshold, ImageFont.load_default(14))
    for line, (text, points) in enumerate(zip(caption(verdict, model.calibrating), (18, 14), strict=True)):
        draw.text((MARGIN, below + 8 + 28 * line), text, "black", ImageFont.load_default(points))
    return np.asarray(sheet)


def caption(verdict: Verdict, held_out: np.ndarray) -> tuple[str, str]:
    """Two lines of text: the verdict with its p-value beside the n held-out scores; score, place and what drives it."""
    if verdict.score is None:
        return verdict.verdict, verdict.warning
    p = verdict.conformal_p_value if verdict.p_value is None else verdict.p_value
    where = f"strongest at ({verdict.x:.0f}, {verdict.y:.0f}), {verdict.distance:.1f} standard deviations"
    words = calibration_card.p_value_words(p, verdict.score, held_out)
    words = f"p {words}" if words.startswith("<") else f"p = {words}"
    return (
        f"{verdict.verdict.replace('_', ' ')}, {words}{calibration_card.extremity(verdict.score, held_out)}",
        f"score {verdict.score:.1f}; {where}; {verdict.driver}",
    )


def _scale(draw, sheet, left: int, height: int, threshold: float | None, font) -> None:
    from PIL import Image

    top, bottom = 56, height - MARGIN
    sheet.paste(Image.fromarray(colour_bar(bottom - top, 22)), (left + MARGIN, top))
    draw.rectangle([left + MARGIN, top, left + MARGIN + 21, bottom - 1], outline="black")
    draw.multiline_text((left + MARGIN, 8), "standard\ndeviations", "black", font)
    edge = left + MARGIN + 22

    def level(distance: float) -> float:
        return bottom - 1 - float(shade(np.array(distance))) * (bottom - 1 - top)

    for tick in TICKS:
        draw.line([edge, level(tick), edge + 5, level(tick)], "black")
        draw.text((edge + 9, level(tick)), str(tick), "black", font, anchor="lm")
    if threshold is not None:
        draw.line([edge - 30, level(threshold), edge + 5, level(threshold)], (0, 90, 255), width=2)
        draw.text((edge + 42, level(threshold)), "alarm", (0, 90, 255), font, anchor="lm")


def encode(picture: np.ndarray) -> bytes:
    """A heat map as the bytes of a PNG."""
    done, content = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    if not done:
        raise ValueError("OpenCV could not encode the heat map as PNG")
    return content.tobytes()


def encoded_values(found: np.ndarray, form: str) -> bytes:
    """Encode the values of a heat map, float32, without loss; `form`: npy or tiff."""
    if form == "npy":
        file = io.BytesIO()
        np.save(file, found, allow_pickle=False)
        return file.getvalue()
    done, content = cv2.imencode(f".{form}", found)
    if not done:
        raise ValueError(f"OpenCV could not encode the heat map's values as {form}")
    return content.tobytes()


def write_heatmap(path: str | Path, picture: np.ndarray) -> None:
    """Write a heat map as PNG."""
    files.write(path, encode(picture))


def write_values(path: str | Path, found: np.ndarray) -> None:
    """Write the values of a heat map, in the form that the path's ending says."""
    files.write(path, encoded_values(found, Path(path).suffix[1:]))
