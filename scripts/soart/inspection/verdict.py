"""Verdict: what inspection says of one picture, as a value. Neither numpy nor OpenCV here: the report needs it, too."""

from collections.abc import Sequence
from typing import NamedTuple

GOOD, FLAGGED, IMPOSSIBLE, NOT_COMPARED = "good", "flagged", "no_alarm_possible", "not_compared"
INDICATIVE = 25  # good photos below which the rate of a fitted alarm is indicative only: it may be double
ODD = "odd"  # of a photo to learn from, which is not inspected
ALSO = "; also: "  # between two warnings: one alone may hold a semicolon


class Odd(NamedTuple):
    """A good photo that is unlike the others."""

    image: str  # its path, or its name
    score: float | None = None  # held out; None where it could not be registered
    median: float | None = None  # of the held-out scores
    kept: bool = True  # whether it was learned from all the same
    fellows: int | None = None  # other good photos like it, where it is of another kind than most; None where it is not

    @property
    def numbers(self) -> list[float | None]:
        """Return its numbers as a model's file holds them: score and median, and the fellows, where there are any."""
        return [self.score, self.median] + ([] if self.fellows is None else [self.fellows])

    @property
    def look(self) -> str:
        """Return how it is unlike the others, as the predicate of a sentence."""
        if self.score is None:
            return "does not fit the other good photos"
        if self.fellows is None:
            return "is odd"
        others = "other" if self.fellows == 1 else "others"
        return "looks unlike most good photos" + (f", like {self.fellows} {others} of them" if self.fellows else "")

    def __str__(self) -> str:
        if self.score is None:
            return f"{self.image} is odd: it does not fit the other good photos and was not learned from"
        end = "" if self.kept else "; it was not learned from"
        return f"{self.image} {self.look}: held out it scores {self.score:.3g}, the median {self.median:.3g}{end}"


def repeats_words(repeats: int) -> str:
    """Return that so many good photos, one or more, show what others show, and were not learned from once more."""
    said = "photo repeats another and tells" if repeats == 1 else "photos repeat others and tell"
    return f"{repeats} more good {said} nothing new"


def apart_words(count: int) -> str:
    """Return that so many good photos, one or more, are of other kinds than most and do not count in the alarm."""
    return f"{count} more good {'photo looks' if count == 1 else 'photos look'} unlike most and did not count"


def mixture_words(sizes: Sequence[int], examples: Sequence[str]) -> str:
    """Return that no kind of good photos has more than half of them; sizes and one photo's name of each.

    >>> mixture_words([12, 12], ["good/1", "good/2"]).partition(";")[0]
    'the good photos are of 2 kinds, none of which has more than half: 12 like good/1, 12 like good/2'
    """
    said = ", ".join(f"{size} like {name}" for size, name in zip(sizes, examples, strict=True))
    return (
        f"the good photos are of {len(sizes)} kinds, none of which has more than half: {said}; an alarm of them all is "
        "worth little: learn each kind by itself"
    )


def capitalized(text: str) -> str:
    """Return a text with a capital first letter; the others, of names among them, stay."""
    return text[:1].upper() + text[1:]


def join_warnings(*warnings: str) -> str:
    """Return what was said, without what says nothing, as one text."""
    return ALSO.join(filter(None, warnings))


class Verdict(NamedTuple):
    """One picture's result. What could not be found is None, never NaN."""

    score: float | None = None  # mean of the largest distances, in part the whole picture's; in standard deviations
    p_value: float | None = None  # the chosen alarm's: how often a good picture scores as high; at least 1 / (n + 1)
    conformal_p_value: float | None = None
    verdict: str = NOT_COMPARED  # good, flagged, no_alarm_possible, not_compared; in the table of all sets also odd
    x: float | None = None  # strongest place, pixels from the left of the picture
    y: float | None = None  # and from its top
    box_x0: int | None = None  # the connected places around it that are above the alarm's threshold, in pixels
    box_y0: int | None = None
    box_x1: int | None = None
    box_y1: int | None = None
    distance: float | None = None  # of the strongest place, in standard deviations of good pictures there
    driver: str | None = None  # what the difference is: schemas.py
    sensitivity: float | None = None  # brightness beside the good pictures'; words of colour are divided by it
    colour_score: float | None = None  # by words of colour alone, in their own unit
    colour_p_value: float | None = None  # how often a good picture scores as high by them
    network_score: float | None = None  # by words of a network alone, in their own unit
    network_p_value: float | None = None
    warning: str = ""
