"""Reading a shard: all its images, once, as the columns of tables."""

from collections.abc import Iterator, Sequence

import numpy as np

from soart.photos import decoding as photos
from soart.photos import encodings, geometry, reading, registration
from soart.photos import masks as true_masks
from soart.photos.reading import Reader, Reading
from soart.storage import files, tables
from soart.storage.schemas import CHANNELS, ENCODING, SCHEMAS, matrices_schema, mosaics_schema, pictures_schema


def read_all(
    images: list[str], masks: list[str], templates: list[str], reader: reading.Reader, problems: Sequence[str] = ()
) -> tuple[list, dict[str, list]]:
    """Return each image's reading, None where it cannot be read; and the columns that say how it went.

    One that has a problem already is not looked at.
    """
    found, columns = [], {name: [] for name in SCHEMAS["photos"] if name not in ("image", "set", "path")}
    none = [""] * len(images)
    beside = zip(images, masks or none, templates or none, problems or none, strict=True)
    for path, mask, template, known in beside:
        each, problem, unregistered, said = None, "", False, ""
        contents = {}  # by path, of what could be read
        try:
            if known:
                raise ValueError(known)
            for file in filter(None, (path, mask, template)):
                contents[file] = photos.read_bytes(file)
            each = reading.read(contents[path], path, reader)
            if mask:
                its = true_masks.decode_mask(contents[mask], mask)
                reading.check_beside(its.pixels.shape[::-1], mask, each.size, "mask")
                said = its.warning
            if template:
                its = photos.decode(contents[template], template)
                reading.check_beside(its.shape[1::-1], template, each.size, "template")
        except (ValueError, OSError) as error:
            each, problem, unregistered = None, str(error), isinstance(error, registration.Unregistered)
        found.append(each)
        hashes = {file: files.content_hash(content) for file, content in contents.items()}
        width, height = each.size if each else (0, 0)
        light, sharp = (each.brightness, each.sharpness) if each else (0.0, 0.0)
        placement = (each and each.placement) or (None,) * len(geometry.Placement._fields)
        file = (len(contents.get(path, b"")), hashes.get(path, ""), width, height)
        saved = each.saved if each else encodings.Encoding("", None)
        beside = (mask, hashes.get(mask, ""), template, hashes.get(template, ""), said)
        row = (*file, *saved, *beside, light, sharp, *placement, unregistered, problem)
        for column, value in zip(columns.values(), row, strict=True):
            column.append(value)
    return found, columns


def labels_of(found: list[Reading | None], names: list[str], image_set: str) -> dict[str, list[str]]:
    """Return the columns image and set of those images that could be read."""
    read = [name for name, each in zip(names, found, strict=True) if each]
    return {"image": read, "set": [image_set] * len(read)}


def write_tables(
    paths: list[str], pictures: str, found: list[Reading | None], names: list[str], image_set: str, reader: Reader
) -> None:
    """Write what was read: `paths` of the tables of matrices and of mosaics, and that of `pictures` for a network."""
    labels, found, size = labels_of(found, names, image_set), list(filter(None, found)), reader.matrix_size
    tables.write_parquet(paths[0], matrix_columns(found, labels, size), matrices_schema(size))
    more = bool(reader.anchor), bool(reader.resaving)
    schema = mosaics_schema(reader.mosaic_size, size if reader.small else None, *more)
    tables.write_parquet(paths[1], mosaic_columns(found, labels, reader), schema)
    if reader.side:
        schema = pictures_schema(reader.side, bool(reader.resaving))
        tables.write_joined(pictures, picture_columns(found, labels, reader), schema)


def matrix_columns(found: list[Reading], labels: dict[str, list[str]], size: int) -> dict[str, np.ndarray]:
    """Return the table of matrices: a row for each image and channel; `size` is the matrices' side."""
    long = {name: np.repeat(np.array(column, str), len(CHANNELS)) for name, column in labels.items()}
    values = np.reshape([each.matrix for each in found], (len(found) * len(CHANNELS), size * size))
    return long | {"channel": list(CHANNELS) * len(found), "values": values}


def picture_columns(found: list[Reading], labels: dict[str, list[str]], reader: Reader) -> Iterator[dict]:
    """Yield the table of pictures for a network, a few rows at a time: a reader can take as few."""
    for start in range(0, max(1, len(found)), tables.GROUP):
        rows = slice(start, start + tables.GROUP)
        part, shape = {name: column[rows] for name, column in labels.items()}, (len(found[rows]), 3 * reader.side**2)
        part["picture"] = np.array([each.shrunk for each in found[rows]], np.uint8).reshape(shape)
        if reader.resaving:
            part["resaved"] = np.array([each.resaved.shrunk for each in found[rows]], np.uint8).reshape(shape)
        yield part


def mosaic_columns(found: list[Reading], labels: dict[str, list[str]], reader: Reader) -> dict[str, np.ndarray]:
    """Return the table of colour mosaics, with what else inspection needs to know of each image."""
    count = len(found)
    columns = labels | {name: [each.picture[side] for each in found] for side, name in enumerate(("width", "height"))}
    columns |= {name: [getattr(each.saved, name) for each in found] for name in ENCODING}
    columns["mosaic"] = np.reshape([each.mosaic for each in found], (count, 3 * reader.mosaic_size**2))
    if reader.resaving:
        columns["resaved"] = np.reshape([each.resaved.mosaic for each in found], (count, 3 * reader.mosaic_size**2))
    if reader.small:
        small = [each.small_mosaic for each in found]
        columns["small_mosaic"] = np.reshape(small, (count, 3 * reader.matrix_size**2))
    if reader.anchor:
        columns["placement"] = np.reshape([each.placement for each in found], (count, len(geometry.Placement._fields)))
    return columns
