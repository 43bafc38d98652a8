"""The report's pictures, small and inside the page: photos beside their heat maps, matrices, the colour scale."""

import base64

import cv2
import numpy as np

from soart.inspection import heatmaps
from soart.photos import geometry
from soart.storage.schemas import CHANNELS

SIDE = 240  # pixels, longer side of a shown photo
MOST_BYTES = 15_500  # of one picture; its quality, then its size is lowered until it fits
QUALITIES = (82, 60, 30)
FOUND = (255, 90, 0)  # BGR of the box: the blue of the heat maps


def address(picture: np.ndarray, most: int = MOST_BYTES) -> str:
    """A (height, width, 3) uint8 BGR picture as a `data:` address: WebP of at most so many bytes."""
    for quality in QUALITIES:
        encoded, content = cv2.imencode(".webp", picture, [cv2.IMWRITE_WEBP_QUALITY, quality])
        if not encoded:
            raise ValueError("OpenCV could not encode a picture of the report as WebP")
        if len(content) <= most:
            return "data:image/webp;base64," + base64.b64encode(content.tobytes()).decode()
    return address(cv2.resize(picture, None, fx=0.7, fy=0.7, interpolation=cv2.INTER_AREA), most)


def exact_address(picture: np.ndarray) -> str:
    """A small picture as a `data:` address that keeps every value: PNG."""
    encoded, content = cv2.imencode(".png", np.ascontiguousarray(picture))
    if not encoded:
        raise ValueError("OpenCV could not encode a matrix of the report as PNG")
    return "data:image/png;base64," + base64.b64encode(content.tobytes()).decode()


def small(picture: np.ndarray) -> np.ndarray:
    """Return the picture at `SIDE` pixels, the longer side; a smaller one unchanged, a strip at one pixel across."""
    shorter, longer = sorted(picture.shape[:2])
    scale = max(SIDE / longer, 1 / shorter)
    return picture if scale >= 1 else cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


def dim(picture: np.ndarray, region: np.ndarray) -> np.ndarray:
    """A picture, small, (height, width, 3) uint8 BGR: a quarter as bright where a region of interest is not."""
    shown = small(picture)
    inside = cv2.resize(region.astype(np.float32), shown.shape[1::-1], interpolation=cv2.INTER_LINEAR) >= 0.5
    return np.where(inside[..., None], shown, shown // 4)


def heat(
    picture: np.ndarray,
    distances: np.ndarray,
    covered: tuple[int, int],
    box: tuple | None = None,
    mask: np.ndarray | None = None,
    placement: geometry.Placement = geometry.HERE,
) -> np.ndarray:
    """The heat map over its picture, small, BGR; the place found as a blue box, the true error's outline in black.

    `picture` is (height, width, 3) uint8 BGR, as taken; `distances` (S, S) cover `covered` (width, height) pixels of
    it, as registered; `box` is (x0, y0, x1, y1) in its pixels and `mask` (height, width) bool, as taken.
    """
    shown = small(picture)
    scale = shown.shape[1] / picture.shape[1]
    wide, high = (round(side * scale) for side in covered)
    shares = cv2.resize(heatmaps.shade(distances), (wide, high), interpolation=cv2.INTER_LINEAR)
    shares = geometry.values_as_taken(shares[: shown.shape[0], : shown.shape[1]], placement, scale)
    sheet = heatmaps.blend(cv2.cvtColor(shown, cv2.COLOR_BGR2GRAY), shares)[..., ::-1].copy()
    if mask is not None:
        outline = cv2.resize(mask.astype(np.uint8), shown.shape[1::-1], interpolation=cv2.INTER_AREA)
        contours, _ = cv2.findContours(outline, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        for colour, thickness in (((255, 255, 255), 3), ((0, 0, 0), 1)):
            cv2.drawContours(sheet, contours, -1, colour, thickness)
    if box is not None and None not in box:
        x0, y0, x1, y1 = (round(corner * scale) for corner in box)
        cv2.rectangle(sheet, (x0, y0), (max(x1 - 1, x0), max(y1 - 1, y0)), FOUND, 2)
    return sheet


def pair(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Two pictures of one height side by side, with a white gap."""
    return np.hstack([left, np.full((len(left), 8, 3), 255, np.uint8), right])


def colour_scale() -> tuple[str, list[tuple[str, float]]]:
    """The heat maps' colour scale as a picture, and its ticks: (standard deviations, share of the width)."""
    ticks = [(str(tick), float(heatmaps.shade(np.array(float(tick))))) for tick in heatmaps.TICKS]
    return exact_address(np.rot90(heatmaps.colour_bar(360, 14), -1)[..., ::-1]), ticks


def matrices(values: np.ndarray) -> tuple[str, str]:
    """One image's matrices, (4, S * S) uint8 of gray, R, G, B, as two pictures: gray, colour."""
    size = round(values.shape[1] ** 0.5)
    gray, red, green, blue = values.reshape(len(CHANNELS), size, size)
    return exact_address(gray), exact_address(np.dstack([blue, green, red]))
