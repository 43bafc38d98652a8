"""Results as the report shows them, in the words of whoever reads it: inputs.py reads them, page.py writes them."""

from typing import NamedTuple

import numpy as np

from soart.report.sheets import Panel
from soart.report.summary import Odd
from soart.report.verdicts import Truth


class Shown(NamedTuple):
    """An image to show: name, `data:` addresses of its picture, of its matrices."""

    set: str
    image: str
    picture: str
    gray: str
    colour: str


class Origin(NamedTuple):
    """Origin: how the results were made."""

    config: dict
    sources: dict[str, str]  # script: fingerprint
    packages: dict[str, str]  # package: version
    needs: dict[str, list[str]]  # script: the scripts whose results it reads
    logs: dict[str, list[str]]  # script: its jobs' logs


class Subject(NamedTuple):
    """Subject: what was inspected, and when."""

    name: str  # the photos' folder or sheet with the folder it is in, or the scene of the drawn part
    drawn: bool
    date: str  # of the verdicts: day and minute


class Run(NamedTuple):
    """Run: by which workflow and command the results were made, and the model's hash."""

    commit: str  # of the workflow
    model: str  # hash of the model's values
    command: str  # the line that was given, with the folder where; empty where it is not known


class Sight(NamedTuple):
    """Sight: what the inspection can see: the smallest changes, in gray levels, that reach the alarm."""

    place: float  # of one place: the median over all places; infinite where half of them are blind
    patch: float  # of 3x3 places
    blind_places: float  # share of places where no change of one place reaches it
    blind_patches: float  # the same of 3x3 places
    areas: list[tuple[str, float]]  # where the tenth that needs the largest changes lies: name, share of it
    picture: str  # `data:` address of the map
    alone: bool = True  # the words of colour, whose map it is, decide alone


class Counted(NamedTuple):
    """Counted: what of a picture counts: how it is registered, and its region of interest."""

    sentences: list[str]
    picture: str | None  # `data:` address of the standard, dimmed where nothing counts; None where everything does


class Results(NamedTuple):
    """Results: what the report shows; every table as `tables` reads it."""

    verdicts: dict
    card: dict
    held_out: np.ndarray  # (n,) scores of the good images that count, each while it was held out
    evaluation: dict | None  # None without error kinds; empty where none was compared
    metrics: dict
    separation: dict
    panels: dict[str, Panel]
    examples: list[Shown]
    truth: Truth
    origin: Origin
    links: dict[str, str]  # what: path of the table behind it, from the report's folder
    subject: Subject
    run: Run
    odd: tuple[Odd, ...] = ()  # good photos that are unlike the others
    mixture: str = ""  # that no kind of good photos has more than half of them
    foreign: int = 0  # good photos of another kind, which do not count in the alarm
    least_like: tuple[Odd, ...] = ()  # good photos with the highest held-out scores that count in the alarm
    repeats: int = 0  # good photos that show what another one shows
    findings: int = 0  # of the input check
    sight: Sight | None = None  # None where photos are compared with templates
    whole: bool = False  # the score is in part that of the image as a whole
    counted: Counted | None = None  # None where drawn parts are taken as they are, or photos compared with templates
