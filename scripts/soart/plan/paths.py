"""Paths: where the results of a set or a shard lie, for who reads them.

A rule has the paths of what it makes itself, in its output; a test holds the two equal. No numpy here: this is
imported at each start.
"""

from soart.plan.image_sets import ImageSet
from soart.plan.shards import Shard


def image_files(image_set: ImageSet, folder: str = "results/images", ending: str = ".jpg") -> list[str]:
    """Return the files of a set's images below a folder, in order."""
    return [f"{folder}/{image_set.folder}{name}{ending}" for name in image_set.images]


def mask_files(image_set: ImageSet) -> list[str]:
    """Return the files of an error set's masks, in order; none of good images."""
    return [f"results/images/mask/{name}.png" for name in image_set.images] if image_set.changes else []


def photo_table(shard: Shard) -> str:
    """Return where it is said how a shard's photos were read."""
    return f"results/photos/shards/{shard.name}.parquet"


def matrix_table(shard: Shard) -> str:
    """Return where a shard's matrices are."""
    return f"results/matrices/{shard.name}.parquet"


def mosaic_table(shard: Shard) -> str:
    """Return where a shard's colour mosaics are."""
    return f"results/matrices/mosaics/{shard.name}.parquet"


def picture_table(shard: Shard) -> str:
    """Return where a shard's images are as a network takes them."""
    return f"results/matrices/pictures/{shard.name}.parquet"


def csv_folder(shard: Shard) -> str:
    """Return the folder of the matrices as CSV of a shard of photos."""
    return f"results/matrices/csv/{shard.name}"


def metric_table(shard: Shard) -> str:
    """Return where a shard's metrics are."""
    return f"results/metrics/sets/{shard.name}.parquet"


def verdict_table(shard: Shard) -> str:
    """Return where a shard's verdicts are."""
    return f"results/inspection/sets/{shard.name}.parquet"


def distance_table(shard: Shard) -> str:
    """Return where the distances of a shard's images are."""
    return f"results/inspection/distances/{shard.name}.parquet"


def box_table(shard: Shard) -> str:
    """Return where the boxes of a shard's photos with templates are."""
    return f"results/inspection/boxes/{shard.name}.parquet"
