"""Resolution: whether a photo has enough pixels for the places by which it is compared.

No numpy here: imported at each start.
"""

from typing import NamedTuple

LEAST = 2  # pixels a side of each place
FEWEST = 10  # places of a mosaic, a side, that may be asked for


class Places(NamedTuple):
    """Places: how many words a picture is compared by, a side; 0 where there are none of a kind."""

    mosaic: int = 0  # of colour
    network: int = 0


def cropped(size: tuple[int, int], aspect: float) -> tuple[int, int]:
    """Return the largest (width, height) within a size that has this aspect, width / height.

    >>> cropped((300, 100), 1.5), cropped((300, 100), 6)
    ((150, 100), (300, 50))
    """
    width, height = size
    return min(width, max(1, round(height * aspect))), min(height, max(1, round(width / aspect)))


def compared(size: tuple[int, int], picture: tuple[int, int], crops: bool) -> tuple[int, int]:
    """Return how many of a photo's own pixels, (width, height), are compared: at most those of the standard's picture.

    `crops`: whether only the part of the picture's aspect is taken.

    >>> compared((4000, 90), (100, 80), False), compared((60, 90), (100, 80), True)
    ((100, 80), (60, 48))
    """
    width, height = cropped(size, picture[0] / picture[1]) if crops else size
    return min(width, picture[0]), min(height, picture[1])


def warning(size: tuple[int, int], places: Places) -> str:
    """A sentence where a photo has fewer than `LEAST` pixels a place of those that are `compared`; else empty.

    >>> warning((300, 126), Places(63, 28))
    ''
    >>> warning((300, 125), Places(63, 28)).partition(": ")[0]
    '300 x 125 pixels are compared, too few to see small defects'
    """
    shorter, kinds = min(size), ("places of the mosaic", "words of the network")
    lacking = [(count, kind) for count, kind in zip(places, kinds, strict=True) if shorter < LEAST * count]
    if not lacking:
        return ""
    needed = " and ".join(f"{LEAST * count} a side for {count} {kind}" for count, kind in lacking)
    most = shorter // LEAST
    smaller = most >= max(FEWEST, places.network)
    advice = "take closer photos, the standard too" + (f", or set mosaic_size to {most} or less" if smaller else "")
    width, height = size
    few = f"{width} x {height} pixels are compared, too few to see small defects"
    return f"{few}: {LEAST} a place are needed, {needed}; {advice}"
