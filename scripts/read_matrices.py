"""Read one shard's images once: gray matrices as CSV, gray, R, G and B as a table, colour mosaics as another.

Of photos, a third table says how each was read; one that cannot be read or registered is a row there and nowhere else.
"""

from itertools import chain
from pathlib import Path

import numpy as np

from soart import job
from soart.photos import decoding as photos
from soart.photos import geometry, reading, registration
from soart.storage import tables
from soart.storage.schemas import CHANNELS, ENCODING, SCHEMAS, matrices_schema, mosaics_schema


def readings(
    images: list[str], masks: list[str], templates: list[str], reader: reading.Reader
) -> tuple[list, dict[str, list]]:
    """Each image's reading, None where it cannot be read; and the columns that say how it went."""
    found, columns = [], {name: [] for name in SCHEMAS["photos"] if name not in ("image", "set", "path")}
    none = [""] * len(images)
    for path, *others in zip(images, masks or none, templates or none, strict=True):
        content, each, problem, unregistered = photos.content(path), None, "", False
        beside = [(other, other and photos.content(other)) for other in others]
        try:
            each = reading.read(content, path, reader)
            for what, (other, read) in zip(("mask", "template"), beside, strict=True):
                if other:
                    reading.check_beside(read, other, each.original, what)
        except ValueError as error:
            each, problem, unregistered = None, str(error), isinstance(error, registration.Unregistered)
        found.append(each)
        width, height = each.original if each else (0, 0)
        light, sharp = (each.brightness, each.sharpness) if each else (0.0, 0.0)
        placement = (each and each.placement) or (None,) * len(geometry.Placement._fields)
        file = (len(content), reading.content_hash(content), width, height)
        saved = each.saved if each else ("", None)
        hashed = chain(*((other, other and reading.content_hash(read)) for other, read in beside))
        row = (*file, *saved, *hashed, light, sharp, *placement, unregistered, problem)
        for column, value in zip(columns.values(), row, strict=True):
            column.append(value)
    return found, columns


def write_tables(found: list[reading.Reading], labels: dict[str, list], reader: reading.Reader, output) -> None:
    """Write matrices and mosaics; `labels` are the images' names and sets."""
    channels, size, count = CHANNELS, reader.matrix_size, len(found)
    long = {name: np.repeat(np.array(column, str), len(channels)) for name, column in labels.items()}
    values = np.reshape([each.matrix for each in found], (count * len(channels), size * size))
    columns = long | {"channel": list(channels) * count, "values": values}
    tables.write_parquet(output.table, columns, matrices_schema(size))
    pictures = {name: [each.picture[side] for each in found] for side, name in enumerate(("width", "height"))}
    pictures |= {name: [getattr(each.saved, name) for each in found] for name in ENCODING}
    flat = {"mosaic": np.reshape([each.mosaic for each in found], (count, 3 * reader.mosaic_size**2))}
    if reader.small:
        flat["small_mosaic"] = np.reshape([each.small_mosaic for each in found], (count, 3 * size**2))
    if reader.anchor:
        flat["placement"] = np.reshape([each.placement for each in found], (count, len(geometry.Placement._fields)))
    schema = mosaics_schema(reader.mosaic_size, size if reader.small else None, bool(reader.anchor))
    tables.write_parquet(output.mosaics, labels | pictures | flat, schema)


def read_matrices(
    images: list[str], names: list[str], image_set: str, masks: list[str], templates: list[str], reader, output, csv
) -> None:
    """Read all images of a shard; without a table of photos the first that cannot be read ends the job."""
    found, columns = readings(images, masks, templates, reader)
    if output.get("photos"):
        about = {"image": names, "set": [image_set] * len(names), "path": images}
        tables.write_parquet(output.photos, about | columns, SCHEMAS["photos"])
    elif any(columns["problem"]):
        raise ValueError(next(filter(None, columns["problem"])))
    else:
        photos.check_alike(images, [each.picture for each in found])
    whole = [number for number, each in enumerate(found) if each]
    for number in whole if csv else ():
        tables.write_matrix(csv[number], found[number].matrix[0])
    labels = {"image": [names[number] for number in whole], "set": [image_set] * len(whole)}
    write_tables([found[number] for number in whole], labels, reader, output)


def csv_files(names: list[str], folder: str, made: str | list[str]) -> list[str]:
    """Where the matrices go as CSV: the files that drawn images have, or files in the folder that photos have."""
    if not isinstance(made, str):
        return made
    Path(made).mkdir(parents=True, exist_ok=True)
    return [f"{made}/{name.removeprefix(folder)}.csv" for name in names]


if "snakemake" in globals():
    with job.reporting(snakemake):
        given, params, made = snakemake.input, snakemake.params, snakemake.output
        job.log.info("%d photo(s) as of %s", len(params.photos), params.state or "never: the images are drawn")
        read_matrices(
            images=list(params.photos or given.images),
            names=params.names,
            image_set=params.image_set,
            masks=params.masks,
            templates=params.templates,
            reader=reading.Reader(
                params.matrix_size,
                params.mosaic_size,
                params.decoding,
                params.picture,
                params.small,
                registration.read_anchor(given.anchor, params.registration, params.limits),
            ),
            output=made,
            csv=csv_files(params.names, params.folder, made.get("csv", [])),
        )
