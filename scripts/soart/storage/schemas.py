"""What columns each table has, and of what types.

A missing value is allowed where the type is `Optional`, and nowhere else.
"""

from typing import NamedTuple

import pyarrow as pa

CHANNELS = ("gray", "R", "G", "B")  # of every table of matrices, in this order
BOX = ("box_x0", "box_y0", "box_x1", "box_y1")  # columns of a place that was found
TEXT, INTEGER, NUMBER, TRUTH = pa.string(), pa.int64(), pa.float64(), pa.bool_()


class Optional(NamedTuple):
    """A column's type where a value may be missing."""

    kind: pa.DataType


ENCODING = {"saved_as": TEXT, "jpeg_quality": Optional(INTEGER), "gray": TRUTH}  # how an image was saved


def _numbers(names: str) -> dict[str, pa.DataType]:
    return dict.fromkeys(names.split(), NUMBER)


def _texts(names: str) -> dict[str, pa.DataType]:
    return dict.fromkeys(names.split(), TEXT)


SCHEMAS = {
    "metrics": _texts("image set standard channel quadrant") | _numbers("beta eta gamma2 Y1 Y2 Y3"),
    "attention": _texts("panel channel word image judge q_judge k_judge") | _numbers("raw deviation"),
    "states": _texts("panel channel alignment image annotation") | _numbers("score weight"),
    "signs": _texts("panel channel word judges images") | dict.fromkeys(("positive", "negative", "zero"), INTEGER),
    "extremes": _texts("panel channel word image set")
    | {"largest": NUMBER, "largest_judge": TEXT, "smallest": NUMBER, "smallest_judge": TEXT},
    "verdicts": _texts("image set")
    | {"score": Optional(NUMBER), "p_value": Optional(NUMBER), "conformal_p_value": Optional(NUMBER)}
    | {"verdict": TEXT, "x": Optional(NUMBER), "y": Optional(NUMBER)}
    | dict.fromkeys(BOX, Optional(INTEGER))
    | {"distance": Optional(NUMBER), "driver": Optional(TEXT), "sensitivity": Optional(NUMBER)}
    | dict.fromkeys(
        ("colour_score", "colour_p_value", "network_score", "network_p_value"),
        Optional(NUMBER),
    )
    | {"warning": TEXT},
    "boxes": _texts("image set") | dict.fromkeys(BOX, INTEGER) | {"distance": NUMBER},
    "photos": _texts("image set path")
    | {"bytes": INTEGER, "sha256": TEXT, "width": INTEGER, "height": INTEGER}
    | ENCODING
    | _texts("mask mask_sha256 template template_sha256")  # empty where a photo has none
    | {"mask_warning": TEXT}
    | {"brightness": NUMBER, "sharpness": NUMBER}
    | dict.fromkeys(("shift_x", "shift_y", "turn", "scale", "quality", "unseen"), Optional(NUMBER))
    | {"unregistered": TRUTH, "problem": TEXT},
    "check": _texts("image set path severity problem"),
    "calibration": {"images": INTEGER, "tail": TEXT, "rate": NUMBER, "threshold": Optional(NUMBER), "worth": TEXT},
    "detectability": {"row": INTEGER, "column": INTEGER, "x": NUMBER, "y": NUMBER}
    | {"place_levels": Optional(NUMBER), "patch_levels": Optional(NUMBER)},
    "evaluation": _texts("detector kind")
    | {"images": INTEGER, "normals": INTEGER}
    | dict.fromkeys(
        [
            f"{name}{end}"
            for name in ("auroc", "detection", "false_alarm_rate", "located")
            for end in ("", "_low", "_high")
        ],
        Optional(NUMBER),
    )
    | {"pixel_auroc": Optional(NUMBER), "region_overlap": Optional(NUMBER)},
    "separation": _texts("panel channel word error_kind judge_rule")
    | {"good_images": INTEGER, "error_images": INTEGER}
    | {"auroc": NUMBER, "direction": TEXT, "auroc_permuted_mean": NUMBER, "auroc_permuted_95": NUMBER}
    | {"errors_among_judges": TRUTH},
}


PLACEMENT = {"placement": pa.list_(NUMBER, 6)}  # where images are registered: x, y, turn, scale, quality, unseen


def mosaics_schema(size: int, small: int | None, registered: bool = False) -> dict[str, pa.DataType]:
    """Columns of a table of colour mosaics: the picture's size in pixels, how it was saved, and the mosaics.

    A mosaic is row by row, a place as R, G, B; the second, of `small` places a side, is for the classical detectors;
    None where there is none. Bytes, not a list of numbers, which Parquet writes and reads ten times slower and in ten
    times the memory.
    """
    counts = {"mosaic": 3 * size * size} | ({"small_mosaic": 3 * small * small} if small else {})
    mosaics = {name: pa.binary(count) for name, count in counts.items()}
    labels = _texts("image set") | {"width": INTEGER, "height": INTEGER} | ENCODING
    return labels | mosaics | (PLACEMENT if registered else {})


def pictures_schema(side: int) -> dict[str, pa.DataType]:
    """Columns of a table of pictures for a network, of `side` pixels a side: row by row, a pixel as B, G, R."""
    return _texts("image set") | {"picture": pa.binary(3 * side * side)}


def distances_schema(size: int, registered: bool = False) -> dict[str, pa.DataType]:
    """Columns of a table of heat maps: the distance of each place in standard deviations, row by row."""
    distances = {"distances": pa.list_(pa.float32(), size * size)}
    return _texts("image set") | distances | (PLACEMENT if registered else {})


def matrices_schema(size: int) -> dict[str, pa.DataType]:
    """Columns of a table of matrices: `values` is the matrix row by row."""
    return _texts("image set channel") | {"values": pa.list_(pa.uint8(), size * size)}
