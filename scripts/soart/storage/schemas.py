"""Schemas: what columns each table has: of what kind, what each one is in a sentence, and its unit.

docs/tables.md is made from this page (docs/make_tables.py), and so is what Parquet files say of their columns.
Neither numpy nor pyarrow here: the program beside the line needs the names, too.
"""

from typing import NamedTuple

CHANNELS = ("gray", "R", "G", "B")  # of every table of matrices, in this order
BOX = ("box_x0", "box_y0", "box_x1", "box_y1")  # columns of a place that was found
PIXELS, DEVIATIONS, LEVELS = "pixels", "standard deviations of good images", "gray levels"


class Column(NamedTuple):
    """A column of a table."""

    kind: str  # text, integer, number (float64), truth; float32, uint8 and bytes where each row has `width` values
    about: str = ""  # what it is, in a sentence
    unit: str = ""  # of its numbers; none where they have none
    gaps: bool = False  # whether a value may be missing: an empty cell in CSV, null in Parquet
    width: int = 0  # how many values each row has; 0: one, by itself


TEXT, INTEGER, NUMBER, TRUTH = map(Column, ("text", "integer", "number", "truth"))
Schema = dict[str, Column]


def text(about: str) -> Column:
    """A column of text."""
    return TEXT._replace(about=about)


def integer(about: str, unit: str = "") -> Column:
    """A column of whole numbers."""
    return INTEGER._replace(about=about, unit=unit)


def number(about: str, unit: str = "") -> Column:
    """A column of numbers in double precision, all finite."""
    return NUMBER._replace(about=about, unit=unit)


def truth(about: str) -> Column:
    """A column of True and False."""
    return TRUTH._replace(about=about)


def optional(column: Column) -> Column:
    """The column, in which values may be missing."""
    return column._replace(gaps=True)


def _with_interval(name: str, about: str) -> Schema:
    """A share, and the ends of its 95 % interval."""
    ends = {"_low": "Lower end of the 95 % interval of", "_high": "Upper end of the 95 % interval of"}
    columns = {name: number(about)} | {f"{name}{end}": number(f"{words} {name}.") for end, words in ends.items()}
    return {each: optional(column) for each, column in columns.items()}


IMAGE = {
    "image": text("Name of the image; of a photo its path below the collection, without the ending."),
    "set": text("Set of the image: standard, learn, normal, inspect, or a kind of error."),
}
SHEET = {
    "panel": text("Name of the panel, as the configuration has it."),
    "channel": text("Channel of the matrices: gray, R, G, B, or RGB for the three together."),
    "word": text("Metric whose four quadrants are the words: Y1, Y2 or Y3; state for all twelve numbers as one."),
}
ENCODING = {
    "saved_as": text("Format of the file; of a JPEG with its chroma subsampling."),
    "jpeg_quality": optional(integer("Quality of a JPEG, 1 to 100, from its quantisation table.")),
    "gray": truth("Whether the file holds gray values alone, no colour."),
}
PLACEMENT = {
    "placement": Column(
        "number",
        "How the part lay: shift to the right and down (pixels), turn (degrees), scale, quality, share out of view.",
        width=6,
    )
}
CORNERS = {
    "box_x0": integer(
        "Left edge of the box around the places beyond the threshold, or around the strongest alone.", PIXELS
    ),
    "box_y0": integer("Upper edge of that box.", PIXELS),
    "box_x1": integer("Right edge of that box; the first column beyond it.", PIXELS),
    "box_y1": integer("Lower edge of that box; the first row beyond it.", PIXELS),
}

SCHEMAS: dict[str, Schema] = {
    "metrics": IMAGE
    | {
        "standard": text("What the image was measured against: base, mean:SET, or the name of an image."),
        "channel": text("Channel of the matrices: gray, R, G, B, or RGB for the three together."),
        "quadrant": text("Quadrant of the matrix: X0 up left, X1 up right, X2 down left, X3 down right."),
        "beta": number("Slope of the measured vector on the standard's through the origin (sensitivity)."),
        "eta": number("Mean distance from that line.", LEVELS),
        "gamma2": number("Mean squared distance from that line.", "gray levels squared"),
        "Y1": number("ln(beta): 0 where as bright as the standard, above where brighter."),
        "Y2": number("ln(eta + 1): 0 where of the standard's shape, larger where of another."),
        "Y3": number("0.5 ln(gamma2 + 1) - Y2: how uneven the distances are."),
    },
    "attention": SHEET
    | {
        "image": text("Name of the measured image (contestant)."),
        "judge": text("Learned image that gives the values (V); in a panel of states the annotation."),
        "q_judge": text("Learned image that gives the queries (Q); empty where there are fewer, and for states."),
        "k_judge": text("Learned image that gives the keys (K); empty where there are fewer, and for states."),
        "raw": optional(number("Score of the image by the judge: softmax(Q K^T / sqrt(k)) V.")),
        "deviation": optional(number("Raw score less the judge's mean, divided by the judge's range.")),
        "alignment": optional(text("Alignment model of a panel of states, with its numbers.")),
        "score": optional(number("Alignment score of the image's state and the annotation's.")),
        "weight": optional(number("Softmax of the scores over the annotations: their weights sum to 1 for an image.")),
    },
    "signs": SHEET
    | {
        "judges": text("Set of the judges."),
        "images": text("Set of the images."),
        "positive": integer("How many deviations are above 0."),
        "negative": integer("How many deviations are below 0."),
        "zero": integer("How many deviations are exactly 0."),
    },
    "extremes": SHEET
    | IMAGE
    | {
        "largest": number("The image's largest deviation."),
        "largest_judge": text("The judge that gave it."),
        "smallest": number("The image's smallest deviation."),
        "smallest_judge": text("The judge that gave it."),
    },
    "separation": SHEET
    | {
        "error_kind": text("Kind of error that is told from the good images; all for every kind together."),
        "judge_rule": text("How one score for each image is read off the sheet."),
        "good_images": integer("How many good images were compared."),
        "error_images": integer("How many images with errors were compared."),
        "auroc": number("Area under the ROC curve, whichever side the errors are on: 0.5 to 1."),
        "direction": text("Side that the errors are on: errors higher or errors lower."),
        "auroc_permuted_mean": number("Mean of the same area for 1,000 permutations of the labels: chance."),
        "auroc_permuted_95": number("95 % point of the same area for these permutations."),
        "errors_among_judges": truth("Whether images with errors are among the judges."),
    },
    "verdicts": IMAGE
    | {
        "score": optional(
            number("Mean of the largest distances of the image's places; of a network in part the whole's.", DEVIATIONS)
        ),
        "p_value": optional(number("How often a good image scores as high, by the chosen tail; at least 1 / (n + 1).")),
        "conformal_p_value": optional(number("The same by rank among the held-out good images alone.")),
        "threshold": optional(number("Score from which on an image is flagged; empty where no alarm is possible.")),
        "largest_good_score": optional(number("Largest score of a good image that was learned from, held out.")),
        "verdict": text(
            "good, flagged, no_alarm_possible or not_compared; odd for a good photo that was to be learned from."
        ),
        "x": optional(number("Middle of the strongest place, from the left.", PIXELS)),
        "y": optional(number("Middle of the strongest place, from the top.", PIXELS)),
    }
    | {name: optional(column) for name, column in CORNERS.items()}
    | {
        "distance": optional(number("Distance of the strongest place.", DEVIATIONS)),
        "driver": optional(
            text("What tells most: brightness, shape; a network's output, whole; brighter, darker: see docs/tables.md.")
        ),
        "sensitivity": optional(
            number("Brightness beside the good images'; 1 where as bright; none without words of colour.")
        ),
        "colour_score": optional(number("Score by the colour words alone, in a unit of its own.", DEVIATIONS)),
        "colour_p_value": optional(number("The same by the colour words alone; at least 1 / (n + 1).")),
        "network_score": optional(number("Score by the network's words alone.", DEVIATIONS)),
        "network_p_value": optional(number("The same by the network's words alone; at least 1 / (n + 1).")),
        "warning": text("What to look at before the verdict is believed; empty where nothing is."),
    },
    "boxes": IMAGE | CORNERS | {"distance": number("Distance of the box's strongest place.", DEVIATIONS)},
    "photos": IMAGE
    | {
        "path": text("File of the photo."),
        "bytes": integer("Size of the file.", "bytes"),
        "sha256": text("SHA-256 of the file's content."),
        "width": integer("Width as shown, turned as the camera noted; 0 where it could not be read.", PIXELS),
        "height": integer("Height as shown; 0 where it could not be read.", PIXELS),
    }
    | ENCODING
    | {
        "mask": text("File of the mask of true errors; empty where there is none."),
        "mask_sha256": text("SHA-256 of that file's content; empty where there is none."),
        "template": text("File of the template; empty where there is none."),
        "template_sha256": text("SHA-256 of that file's content; empty where there is none."),
        "mask_warning": text("What looks odd in the mask; empty where nothing does."),
        "brightness": number("Mean of the mosaic.", LEVELS),
        "sharpness": number("Mean square of the step from one green value to the next.", "gray levels squared"),
        "shift_x": optional(number("How far the part lay to the right of the anchor's.", PIXELS)),
        "shift_y": optional(number("How far the part lay below the anchor's.", PIXELS)),
        "turn": optional(number("How far the part was turned from the anchor's, clockwise.", "degrees")),
        "scale": optional(number("How large the part was beside the anchor's.")),
        "quality": optional(number("Correlation with the anchor where both are seen, at most 1.")),
        "unseen": optional(number("Share of the anchor's part that is out of view.")),
        "unregistered": truth("Whether the part could not be found in the photo."),
        "problem": text("Why the photo cannot be used; empty where it can."),
    },
    "check": IMAGE
    | {
        "path": text("File that the finding is about."),
        "severity": text("error (cannot be used), left out (no verdict) or warning (used, but look at it)."),
        "problem": text("What was found, and what to do."),
    },
    "calibration": {
        "images": integer("How many good images the card was made from."),
        "tail": text("How the p-value is found beyond the held-out scores."),
        "rate": number("False-alarm rate that is asked for, a share of good images."),
        "threshold": optional(number("Score from which on an image is flagged; empty where no alarm is possible.")),
        "worth": text("What such an alarm is worth, in a sentence."),
    },
    "detectability": {
        "row": integer("Row of the place, from the top, from 0."),
        "column": integer("Column of the place, from the left, from 0."),
        "x": number("Middle of the place, from the left.", PIXELS),
        "y": number("Middle of the place, from the top.", PIXELS),
        "place_levels": optional(number("Smallest change of this place alone that reaches the alarm.", LEVELS)),
        "patch_levels": optional(number("Smallest change of 3 x 3 places that reaches the alarm.", LEVELS)),
    },
    "evaluation": {
        "detector": text("Detector that was evaluated: inspection is this workflow's own."),
        "kind": text("Kind of error; all for every kind together."),
        "images": integer("How many images with this error were compared, or flagged as misfits."),
        "normals": integer("How many good test images they are ranked with, misfits among them."),
    }
    | _with_interval("auroc", "Area under the ROC curve of the scores: good images against this error.")
    | {"aupr": optional(number("Area under the precision-recall curve of this error, as average precision."))}
    | _with_interval("detection", "Share of the images with this error that were flagged.")
    | _with_interval("false_alarm_rate", "Share of the good test images that were flagged.")
    | {"f1": optional(number("F1 at the alarm: harmonic mean of precision and recall of the flagged images."))}
    | _with_interval(
        "located", "Share of flagged images with a mask whose strongest place lies in it, grown by a place."
    )
    | {
        "pixel_auroc": optional(number("Area under the ROC curve of all pixels, inside masks against outside.")),
        "aupro": optional(number("Area under the per-region overlap, up to 30 % false pixels.")),
    },
}


RESAVED = "The same of a copy of the photo that was saved anew as a JPEG, of good photos alone."


def mosaics_schema(size: int, small: int | None, registered: bool = False, resaved: bool = False) -> Schema:
    """Columns of a table of colour mosaics; the second mosaic, of `small` places a side, only where there is one.

    So is that of a copy that was `resaved`.

    Bytes, not a list of numbers, which Parquet writes and reads ten times slower and in ten times the memory.
    """
    about = "Mean colours of {} x {} places, row by row, a place as R, G, B."
    mosaics = {"mosaic": Column("bytes", about.format("S", "S"), LEVELS, width=3 * size * size)}
    if resaved:
        mosaics["resaved"] = Column("bytes", RESAVED, LEVELS, width=3 * size * size)
    if small:
        classical = "The same of M x M places, as many as a matrix has elements, for the classical detectors."
        mosaics["small_mosaic"] = Column("bytes", classical, LEVELS, width=3 * small * small)
    labels = IMAGE | {
        "width": integer("Width that the image was brought to.", PIXELS),
        "height": integer("Height that the image was brought to.", PIXELS),
    }
    return labels | ENCODING | mosaics | (PLACEMENT if registered else {})


def pictures_schema(side: int, resaved: bool = False) -> Schema:
    """Columns of a table of pictures for a network, of `side` pixels a side, and of copies that were `resaved`."""
    about = "The picture brought to P x P pixels for the network, row by row, a pixel as B, G, R."
    pictures = {"picture": Column("bytes", about, LEVELS, width=3 * side * side)}
    if resaved:
        pictures["resaved"] = Column("bytes", RESAVED, LEVELS, width=3 * side * side)
    return IMAGE | pictures


def distances_schema(size: int, registered: bool = False) -> Schema:
    """Columns of a table of heat maps."""
    about = "Distance of each of S x S places from the good images' there, row by row; zeros where not compared."
    return (
        IMAGE
        | {"distances": Column("float32", about, DEVIATIONS, width=size * size)}
        | (PLACEMENT if registered else {})
    )


def matrices_schema(size: int) -> Schema:
    """Columns of a table of matrices."""
    labels = IMAGE | {"channel": text("Channel of the matrix: gray, R, G, B.")}
    return labels | {"values": Column("uint8", "The M x M matrix, row by row.", LEVELS, width=size * size)}


NOTES = {  # beyond a sentence a column: of a table, below it in docs/tables.md
    "verdicts": """`driver` has these forms:

- words of colour: `brightness`, where mere brightness explains more than half of the difference at the strongest place;
  else `shape`;
- words of a network: `fine`, `middle` or `coarse`, the output that most of the distance at the strongest place comes
  from (of your own network the output's own name); or `whole`, where the photo as a whole is farther from the good ones
  than its strangest places are;
- both, the default for photos: the jury of the larger score comes first, as in `colour: shape`, `network: fine` or
  `network: whole`;
- beside a template (`detector: pair`): `brighter` or `darker` than the template at the strongest place;
- empty, where the image was not compared.
""",
}
BULK: dict[str, Schema] = {  # tables of many numbers a row, at the default sizes
    "matrices": matrices_schema(30),
    "mosaics": mosaics_schema(63, 30, registered=True, resaved=True),
    "pictures": pictures_schema(224, resaved=True),
    "distances": distances_schema(63, registered=True),
}
