"""The sets of images that a configuration and its scene draw.

No numpy here: this is imported at each start.
"""

from typing import NamedTuple

# errors of these names would share a set's, a file's or a keyword's name
RESERVED_SETS = ("standard", "learn", "normal", "base_fluctuate", "errors", "all")


class ImageSet(NamedTuple):
    """A set of images.

    `images`: their names in order, which no two images of a run share; `folder`: where they are below results/images,
    with its slash; `changes`: what the error does to the scene, none for good images.
    """

    name: str
    images: list[str]
    folder: str
    changes: list[dict]


def image_sets(config: dict, scene: dict) -> dict[str, ImageSet]:
    """The drawn sets by name: standard, learn, normal, then each error kind in the scene's order."""

    def numbered(stem: str, count: int) -> list[str]:
        return [f"{stem}_{i}" for i in range(count)]

    sets = [
        ImageSet("standard", ["image_standard"], "", []),
        ImageSet("learn", numbered("image_base_fluctuate", config["learn_images"]), "learn/", []),
        ImageSet("normal", numbered("image_normal", config["normal_images"]), "normal/", []),
        *(
            ImageSet(
                error["name"],
                numbered(f"image_{error['name']}", config["error_images"]),
                "error/",
                error["changes"],
            )
            for error in scene["errors"]
        ),
    ]
    return {each.name: each for each in sets}


def standard_set(standard: str, sets: dict[str, ImageSet]) -> str | None:
    """The set that a standard is taken from: of `base`, `mean:SET` or an image's name; None if there is none such."""
    if standard == "base":
        return "standard"
    if standard.startswith("mean:"):
        return standard[5:] if standard[5:] in sets else None
    return next((each.name for each in sets.values() if standard in each.images), None)
