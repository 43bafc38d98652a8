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


def warning(size: tuple[int, int], places: Places) -> str:
    """A sentence where a photo, (width, height), has fewer than `LEAST` pixels a place; else empty.

    >>> warning((300, 126), Places(63, 28))
    ''
    >>> warning((300, 125), Places(63, 28)).partition("; ")[0]
    '300 x 125 pixels are too few to see small defects: 2 a place are needed, 126 a side for 63 places of the mosaic'
    """
    shorter, kinds = min(size), ("places of the mosaic", "words of the network")
    lacking = [(count, kind) for count, kind in zip(places, kinds, strict=True) if shorter < LEAST * count]
    if not lacking:
        return ""
    needed = " and ".join(f"{LEAST * count} a side for {count} {kind}" for count, kind in lacking)
    most = shorter // LEAST
    smaller = most >= max(FEWEST, places.network)
    advice = "take a closer photo" + (f", or set mosaic_size to {most} or less" if smaller else "")
    width, height = size
    return f"{width} x {height} pixels are too few to see small defects: {LEAST} a place are needed, {needed}; {advice}"
