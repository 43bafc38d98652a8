"""The drawn part: shapes, their fluctuation (ゆらぎ), its errors, and the camera that looks at it.

A scene is data (config/scene.yaml): `{canvas, background, shapes, errors}`. Coordinates are pixels, boxes are
(x0, y0, x1, y1), colours are (R, G, B) of 0..255. Source: the seed's drawing program; see README, "Source".
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from soart import streams

COORDINATES = ("x0", "y0", "x1", "y1")
TEMPLATE_OFFSET = 2  # pixels by which a template lies aside, at most; of the drawing, as no run has another
SIDES = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}


class Fluctuation(NamedTuple):
    """Fluctuation of good parts: whole pixels, uniform in [-pixels, pixels]; of the listed coordinates or of all."""

    pixels: int
    coordinates: str = "listed"  # "listed" or "all"


class Camera(NamedTuple):
    """Camera: all but the noise's deviation (levels) are limits of one uniform number a picture.

    The part is moved by shares of the width in [-shift, shift] each way and turned by degrees in [-turn, turn]; its
    brightness is multiplied by a gain in [1 - gain, 1 + gain]; normal noise is added to each value.
    """

    gain: float = 0.0
    noise: float = 0.0
    shift: float = 0.0
    turn: float = 0.0


def fluctuate(shapes: list[dict], fluctuation: Fluctuation, rng: np.random.Generator) -> list[dict]:
    """The shapes with their fluctuating coordinates moved.

    Four shifts are drawn for every part whether it uses them or not: letting one more coordinate fluctuate leaves all
    other shifts the same.
    """
    parts = [part for shape in shapes for part in shape["parts"]]
    shifts = rng.integers(-fluctuation.pixels, fluctuation.pixels + 1, size=(len(parts), 4))
    moves = np.array([[is_moving(part, name, fluctuation) for name in COORDINATES] for part in parts])
    boxes = iter((np.array([part["box"] for part in parts]) + shifts * moves).tolist())
    return [{**shape, "parts": [{**part, "box": next(boxes)} for part in shape["parts"]]} for shape in shapes]


def is_moving(part: dict, coordinate: str, fluctuation: Fluctuation) -> bool:
    """Return whether this coordinate of a part moves from image to image."""
    return fluctuation.coordinates == "all" or coordinate in part.get("fluctuates", ())


def make_defective(
    shapes: list[dict], changes: list[dict], background: list[int], pixels: int, rng: np.random.Generator
) -> list[dict]:
    """The shapes with an error's changes made, one after another; each choice comes from `rng`.

    A change has one key: `leave_out`, `move`, `recolour` (of `one_of` the named shapes) or `add` (a part at
    `one_of` the places, or `along` the lines of a shape). `pixels` is the fluctuation, for moves that are measured
    beyond it.
    """
    for change in changes:
        [(verb, how)] = change.items()
        choices = how.get("along", how)["one_of"]
        chosen = choices[rng.integers(len(choices))]
        if verb == "leave_out":
            shapes = [shape for shape in shapes if shape["name"] != chosen]
        elif verb == "add":
            place = _along(shapes, chosen, how["along"]["aside"], rng) if "along" in how else chosen
            shapes = [*shapes, _add(how, place, background, rng)]
        else:
            edit = _move(how, pixels, rng) if verb == "move" else _recolour(how)
            shapes = [edit(shape) if shape["name"] == chosen else shape for shape in shapes]
    return shapes


def _move(how: dict, pixels: int, rng: np.random.Generator):
    side = SIDES[how["sides"][rng.integers(len(how["sides"]))]]
    distance = how["pixels"] + (pixels if how.get("beyond_fluctuation") else 0)
    step = np.tile(side, 2) * distance

    def edit(shape: dict) -> dict:
        return _shift(shape, step)

    return edit


def _shift(shape: dict, step: np.ndarray) -> dict:
    return {**shape, "parts": [{**part, "box": (part["box"] + step).tolist()} for part in shape["parts"]]}


def _recolour(how: dict):
    def edit(shape: dict) -> dict:
        fill = how.get("fill") or np.clip(np.rint(np.array(shape["fill"]) * how["factor"]), 0, 255)
        return {**shape, "fill": [int(value) for value in fill]}

    return edit


def _along(shapes: list[dict], name: str, aside: int, rng: np.random.Generator) -> np.ndarray:
    """A point of the middle three fifths of one of a shape's lines in this image, `aside` pixels to either side."""
    parts = next(shape["parts"] for shape in shapes if shape["name"] == name)
    lines = [part["box"] for part in parts if part["kind"] == "line"]
    chosen, share, side = rng.integers(len(lines)), rng.uniform(0.2, 0.8), 2 * rng.integers(2) - 1
    start, end = np.reshape(lines[chosen], (2, 2))
    step = end - start
    across = np.array([-step[1], step[0]]) / max(np.hypot(*step), 1)
    return np.rint(start + share * step + side * aside * across).astype(int)


def _add(how: dict, place: list[int], background: list[int], rng: np.random.Generator) -> dict:
    centre = np.array(place) + rng.integers(-how["wobble"], how["wobble"] + 1, size=2)
    part = {**how["part"], "box": (how["part"]["box"] + np.tile(centre, 2)).tolist()}
    fill = background if how["fill"] == "background" else how["fill"]
    return {"name": "added", "fill": fill, "parts": [part]}


def draw_part(canvas: list[int], background: list[int], shapes: list[dict]) -> np.ndarray:
    """Draw the shapes in order, a later one over an earlier one: (height, width, 3) uint8, RGB."""
    image = Image.new("RGB", tuple(canvas), tuple(background))
    draw = ImageDraw.Draw(image)
    for shape in shapes:
        fill = tuple(shape["fill"])
        outline = tuple(shape["outline"]) if "outline" in shape else None
        for part in shape["parts"]:
            box = tuple(part["box"])
            match part["kind"]:
                case "line":
                    draw.line(box, fill=fill, width=part["width"])
                case "chord":
                    draw.chord(box, start=part["start"], end=part["end"], fill=fill, outline=outline)
                case "ellipse":
                    draw.ellipse(box, fill=fill, outline=outline)
                case "rectangle":
                    draw.rectangle(box, fill=fill, outline=outline)
                case kind:
                    raise ValueError(f"a part is of kind '{kind}'; kinds are line, chord, ellipse, rectangle")
    return np.asarray(image)


def place_part(
    picture: np.ndarray, mask: np.ndarray, background: list[int], camera: Camera, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Picture and mask as the part lies before the camera: turned about the centre (clockwise), then moved.

    What comes into view from outside of the canvas is background, without an error.
    """
    if not camera.shift and not camera.turn:
        return picture, mask
    height, width = mask.shape
    *move, turn = rng.uniform(-1, 1, 3) * (camera.shift * width, camera.shift * width, np.deg2rad(camera.turn))
    back = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    middle = np.array([width, height]) / 2
    start = middle - back @ (middle + move)  # what is shown at p was drawn at back @ p + start
    whence = tuple(np.column_stack([back, start]).ravel().tolist())

    def moved(values: np.ndarray, how: Image.Resampling, outside: int | tuple) -> np.ndarray:
        image = Image.fromarray(values)
        return np.asarray(image.transform(image.size, Image.Transform.AFFINE, whence, how, fillcolor=outside))

    return moved(picture, Image.Resampling.BICUBIC, tuple(background)), moved(mask, Image.Resampling.NEAREST, 0)


def photograph(picture: np.ndarray, camera: Camera, rng: np.random.Generator) -> np.ndarray:
    """The picture through the camera: times the gain, plus noise, rounded and clipped to 0..255."""
    if not camera.gain and not camera.noise:
        return picture
    gain = rng.uniform(1 - camera.gain, 1 + camera.gain)
    noisy = picture * gain + camera.noise * rng.standard_normal(picture.shape)
    return np.clip(np.rint(noisy), 0, 255).astype(np.uint8)


def draw_standard(scene: dict) -> np.ndarray:
    """The part as it is meant to be, no fluctuation, no camera: (height, width, 3) uint8, RGB."""
    return draw_part(scene["canvas"], scene["background"], scene["shapes"])


def draw_sample(
    scene: dict, changes: list[dict], fluctuation: Fluctuation, camera: Camera, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """One photographed part and its ground truth.

    Returns the picture, (height, width, 3) uint8 RGB, and the mask, (height, width) bool: the pixels that the
    error changes in this very scene, as it lies before the camera; all False for a good part (`changes` empty).
    How it lies comes from a stream spawned by `rng`: a part that is moved is the same part.
    """
    return _sample(scene, changes, fluctuation, camera, rng)[:2]


def draw_sample_with_template(
    scene: dict,
    changes: list[dict],
    fluctuation: Fluctuation,
    camera: Camera,
    rng: np.random.Generator,
    offset: int = TEMPLATE_OFFSET,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """`draw_sample`, and the part's template, (height, width, 3) uint8 RGB: this very part without its error.

    It is photographed by itself: moved by whole pixels, uniform in [-offset, offset] along x and along y, and with
    fresh noise; all of it drawn after the picture, which is the one of `draw_sample`.
    """
    picture, mask, good = _sample(scene, changes, fluctuation, camera, rng)
    step = np.tile(rng.integers(-offset, offset + 1, size=2), 2)
    moved = [_shift(shape, step) for shape in good]
    return picture, mask, photograph(draw_part(scene["canvas"], scene["background"], moved), camera, rng)


def _sample(
    scene: dict, changes: list[dict], fluctuation: Fluctuation, camera: Camera, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, list[dict]]:
    """`draw_sample`, and the shapes of the part without its error."""
    canvas, background = scene["canvas"], scene["background"]
    good = fluctuate(scene["shapes"], fluctuation, rng)
    bad = make_defective(good, changes, background, fluctuation.pixels, rng)
    picture, twin = draw_part(canvas, background, bad), draw_part(canvas, background, good)
    red, green, blue = np.moveaxis(picture != twin, 2, 0)
    mask = red | green | blue  # a tenth of the time of `any` over three values
    picture, mask = place_part(picture, mask, background, camera, rng.spawn(1)[0])
    return photograph(picture, camera, rng), mask, good


def draw_set(
    part: dict, changes: list[dict], fluctuation: Fluctuation, camera: Camera, seed: int, image_set: str, count: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield picture and mask, as `draw_sample`, of each image of a set: image i from the stream (seed, set, i)."""
    for index in range(count):
        yield draw_sample(part, changes, fluctuation, camera, streams.generator(seed, image_set, index))
