"""The picture at the front door: the first image of each set above its matrices in gray and in colour."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from soart.storage import tables

SIDE, GAP, CAPTION = 260, 14, 34  # pixels
INK, PAPER = (20, 20, 20), (255, 255, 255)


def matrix_pictures(path: str) -> list[Image.Image]:
    """The first image's gray matrix and its colour matrix, enlarged so that each element is a square."""
    gray, *colours = tables.read_matrices(path)[1][0]
    shown = [Image.fromarray(gray), Image.fromarray(np.dstack(colours))]
    return [picture.convert("RGB").resize((SIDE, SIDE), Image.Resampling.NEAREST) for picture in shown]


def overview(sets: list[tuple[str, str, str]]) -> Image.Image:
    """Return a picture with a column a set, each its name, image and table of matrices: image, gray, colour matrix."""
    rows = ("image", "gray matrix", "colour matrix")
    margin = 120
    width = margin + len(sets) * (SIDE + GAP)
    sheet = Image.new("RGB", (width, CAPTION + len(rows) * (SIDE + GAP)), PAPER)
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(18)
    for row, label in enumerate(rows):
        draw.text((8, CAPTION + row * (SIDE + GAP) + SIDE // 2), label.replace(" ", "\n"), INK, font, anchor="lm")
    for column, (name, image, table) in enumerate(sets):
        left = margin + column * (SIDE + GAP)
        draw.text((left + SIDE // 2, CAPTION // 2), name, INK, font, anchor="mm")
        with Image.open(image) as picture:
            shown = [picture.convert("RGB").resize((SIDE, SIDE)), *matrix_pictures(table)]
        for row, each in enumerate(shown):
            sheet.paste(each, (left, CAPTION + row * (SIDE + GAP)))
    return sheet
