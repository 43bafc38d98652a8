"""Scene checks: what is wrong with a scene of the right form, a sentence each.

No numpy here: this is imported at each start.
"""

import math
from collections.abc import Iterator

from soart.plan.image_sets import RESERVED_SETS
from soart.plan.yaml_files import did_you_mean, repeated_names

LOW, HIGH = ("x0", "y0"), ("x1", "y1")


def scene_problems(scene: dict, pixels: int, coordinates: str, where: str) -> list[str]:
    """Return what is wrong with a scene of the right form: names, references, and fluctuations that go too far."""
    shapes = [shape["name"] for shape in scene["shapes"]]
    errors = [error["name"] for error in scene["errors"]]
    problems = [f"{where}: two shapes are named '{name}'" for name in repeated_names(shapes)]
    problems += [f"{where}: two errors are named '{name}'" for name in repeated_names(errors)]
    problems += [
        f"{where}: an error is named '{name}', which means another set; choose another name"
        for name in errors
        if name in RESERVED_SETS
    ]
    for error in scene["errors"]:
        problems += [
            f"{where}: error '{error['name']}' wants to add along '{name}', which it may have left out before"
            for name in _left_out_before(error["changes"])
        ]
        for change in error["changes"]:
            [(verb, how)] = change.items()
            problems += [
                f"{where}: error '{error['name']}' wants to {verb} '{name}', which is no shape"
                f"{did_you_mean(name, shapes)}"
                for name in _named(change)
                if name not in shapes
            ]
            problems += [
                f"{where}: error '{error['name']}' wants to add along '{shape['name']}', which has no line"
                for shape in scene["shapes"]
                if "along" in how and shape["name"] in how["along"]["one_of"]
                if not any(part["kind"] == "line" for part in shape["parts"])
            ]
            if verb == "add":
                place = f"{where}: error '{error['name']}', the added part"
                problems += [f"{place}: {text}" for text in _added_problems(how["part"])]
    for shape in scene["shapes"]:
        for number, part in enumerate(shape["parts"]):
            place = f"{where}: shape '{shape['name']}', part {number}"
            problems += [f"{place}: {text}" for text in _part_problems(part, pixels, coordinates, scene["canvas"])]
    return problems


def _added_problems(part: dict) -> Iterator[str]:
    if "fluctuates" in part:
        yield "it moves with its place by the 'wobble', no coordinate fluctuates; leave out 'fluctuates'"
    yield from _unused(part)
    yield from _turned(part, dict.fromkeys((*LOW, *HIGH), 0))


def _left_out_before(changes: list[dict]) -> Iterator[str]:
    """The shapes along which something is to be added after they may have been left out."""
    gone = set()
    for change in changes:
        if "leave_out" in change:
            gone |= set(change["leave_out"]["one_of"])
        yield from sorted(gone & set(change.get("add", {}).get("along", {}).get("one_of", [])))


def _named(change: dict) -> list[str]:
    """The shapes that a change names."""
    [(verb, how)] = change.items()
    return how.get("along", {}).get("one_of", []) if verb == "add" else how["one_of"]


def _part_problems(part: dict, pixels: int, coordinates: str, canvas: list[int]) -> Iterator[str]:
    at = dict(zip((*LOW, *HIGH), part["box"], strict=True))
    reach = {name: pixels if coordinates == "all" or name in part.get("fluctuates", ()) else 0 for name in at}
    beside = _beside(part, at, reach)
    for name, value in at.items():
        limit, axis = canvas[name.startswith("y")], name[0]
        far = reach[name] + beside[axis]
        if value - far < 0 or value + far > limit:
            wide = f" and a width of {part['width']} px" if beside[axis] else ""
            yield (
                f"{name} = {value} with a fluctuation of {reach[name]} px{wide} can leave the canvas (0 to {limit}); "
                "make the fluctuation smaller or move the shape"
            )
    yield from _unused(part)
    yield from _turned(part, reach)


def _beside(part: dict, at: dict[str, int], reach: dict[str, int]) -> dict[str, float]:
    """Return how far a line's width can stick out beyond its ends along x and along y, in pixels; 0 for other parts.

    Half the width beside the line's own pixel, across the line: along x it is (w - 1)/2 |dy| / sqrt(dx^2 + dy^2),
    largest for the largest |dy| and the smallest |dx| that the ends can come to.
    """
    if part["kind"] != "line":
        return {"x": 0, "y": 0}
    length = {axis: abs(at[f"{axis}1"] - at[f"{axis}0"]) for axis in "xy"}
    moves = {axis: reach[f"{axis}0"] + reach[f"{axis}1"] for axis in "xy"}
    beside = {}
    for axis, other in ("xy", "yx"):
        least, most = max(0, length[axis] - moves[axis]), length[other] + moves[other]
        beside[axis] = (part["width"] - 1) / 2 * (most / math.hypot(least, most) if most else 0)
    return beside


def _unused(part: dict) -> Iterator[str]:
    """Keys that a part of its kind does not use."""
    for key, kind in (("width", "line"), ("start", "chord"), ("end", "chord")):
        if key in part and part["kind"] != kind:
            yield f"'{key}' is of a {kind}, not of kind '{part['kind']}'; leave it out"


def _turned(part: dict, reach: dict[str, int]) -> Iterator[str]:
    """Yield what can be inside out in a part whose coordinates can move by `reach`; a line may run either way."""
    at = dict(zip((*LOW, *HIGH), part["box"], strict=True))
    for low, high in zip(LOW, HIGH, strict=True) if part["kind"] != "line" else ():
        if at[low] + reach[low] > at[high] - reach[high]:
            yield (
                f"{low} = {at[low]} and {high} = {at[high]} with a fluctuation of {reach[low]} and {reach[high]} px "
                "can turn the box inside out; make the fluctuation smaller or the box larger"
            )
