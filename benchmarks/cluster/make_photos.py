"""Make many photos from the workflow's drawn ones: each a drawn JPEG with a comment of its own.

Half of them good, half to inspect.

    python benchmarks/cluster/make_photos.py results/images FOLDER COUNT

A comment changes the file and its hash but costs nothing to decode: reading one is like reading any drawn image.
"""

import sys
from itertools import cycle
from pathlib import Path

START = b"\xff\xd8"


def with_comment(jpeg: bytes, text: str) -> bytes:
    """The JPEG with a comment segment after its start marker."""
    content = text.encode()
    return START + b"\xff\xfe" + (len(content) + 2).to_bytes(2, "big") + content + jpeg.removeprefix(START)


def make_photos(drawn: Path, folder: Path, count: int) -> None:
    """Write the photos, 1,000 to a folder."""
    for kind, sources in (("good", sorted(drawn.glob("learn/*.jpg"))), ("inspect", sorted(drawn.glob("[en]*/*.jpg")))):
        pictures = cycle([path.read_bytes() for path in sources])
        for number in range(count // 2):
            path = folder / kind / f"{number // 1000:03}" / f"{kind}_{number:06}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(with_comment(next(pictures), path.name))


if __name__ == "__main__":
    make_photos(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
