"""Layout: which images a run has, in which shards they are read, and what is wanted of each.

Where results lie: paths.py; which rule makes them: graph.py. No numpy here: this is imported at each start.
"""

import os
from functools import cached_property
from typing import Any

from soart import resolution
from soart.names import LEARN, NETWORKS, NORMAL, STANDARD, UNKNOWN, Pretrained
from soart.plan import image_sets, panel_checks, paths, shards
from soart.plan.collection import Collection, summary
from soart.plan.image_sets import ImageSet
from soart.plan.shards import Shard
from soart.resolution import Places

REGISTERED_FIRST = 30  # good photos by which it is chosen how all are registered
EACH_UP_TO = 1000  # photos that `photo_files: auto` gives a CSV and a heat map each
GATHERED_UP_TO = 10000  # images whose metrics are in one table, too


class Layout:
    """Layout: what a checked configuration asks for: the drawn data of a scene, or a collection of photos."""

    def __init__(
        self, config: dict[str, Any], scene: dict, photos: Collection | None = None, picture: tuple | None = None
    ):
        """`picture`: (width, height) in pixels that photos are brought to."""
        self.config, self.scene, self.photos, self.picture = config, scene, photos, picture
        self.notes: list[str] = []  # what the run says at its start
        if photos:
            self.sets = shards.photo_sets(photos)
            self.shards = shards.shards(photos, config["shard_size"], config["photo_standard"])
            self.kinds = [name for name in self.sets if name not in (STANDARD, LEARN, NORMAL)]
            self.panels, notes = panel_checks.runnable_panels(config["panels"], self.sets, self.kinds)
            self.notes = [*summary(photos), *notes]
        else:
            self.sets = image_sets.image_sets(config, scene)
            self.shards = [self._drawn_shard(image_set) for image_set in self.sets.values()]
            self.kinds = [error["name"] for error in scene["errors"]]
            self.panels = config["panels"]
        self.by_name = {shard.name: shard for shard in self.shards}

    # --- images and shards -------------------------------------------------------------------------------------------

    @staticmethod
    def _drawn_shard(image_set: ImageSet) -> Shard:
        images, masks = paths.image_files(image_set), paths.mask_files(image_set)
        return Shard(image_set.name, image_set.name, image_set.images, images, masks, [], [], "")

    @cached_property
    def drawn(self) -> list[ImageSet]:
        """The sets that are drawn, the standard first; none where photos take their place."""
        return [] if self.photos else list(self.sets.values())

    @cached_property
    def read(self) -> list[Shard]:
        """The shards that are read from pictures: all but a standard that is a mean."""
        return [shard for shard in self.shards if shard.files]

    @cached_property
    def inspected(self) -> list[Shard]:
        """The shards that are inspected; a drawn standard is, too."""
        aside = (LEARN, *([STANDARD] if self.photos else []))
        return [shard for shard in self.shards if shard.image_set not in aside]

    @cached_property
    def errors(self) -> list[str]:
        """The kinds that are known to be errors: missed ones are counted."""
        return [kind for kind in self.kinds if kind != UNKNOWN]

    @cached_property
    def labelled(self) -> list[str]:
        """The same, where there are good test images to compare them with."""
        return self.errors if NORMAL in self.sets else []

    @cached_property
    def tested(self) -> list[str]:
        """The sets that detectors are evaluated on."""
        return [NORMAL, *self.labelled]

    @cached_property
    def images(self) -> int:
        """Return how many images there are."""
        return sum(len(image_set.images) for image_set in self.sets.values())

    @cached_property
    def pairs(self) -> bool:
        """Return whether photos are compared with templates of their own."""
        return self.config["detector"] == "pair"

    @cached_property
    def words(self) -> tuple[str, ...]:
        """Words by which images are compared with good ones: colour, network; none where they have templates."""
        if self.pairs:
            return ()
        auto = "both" if self.photos else "colour"
        wanted = auto if self.config["words"] == "auto" else self.config["words"]
        return ("colour", "network") if wanted == "both" else (wanted,)

    @cached_property
    def side(self) -> int:
        """Pixels of the pictures that the network takes, a side; 0 without one."""
        if "network" not in self.words:
            return 0
        return self.network.side

    @property
    def network(self) -> Pretrained:
        """The network that is asked for; of a file of the user's own no package brings the weights."""
        use = self.config["network_use"]
        return NETWORKS.get(self.config["network"]) or Pretrained(use["side"], use["places"], "")

    @cached_property
    def places(self) -> Places:
        """By how many words a picture is compared, a side."""
        mosaic = self.config["mosaic_size"] if "colour" in self.words else 0
        return Places(mosaic, self.network.places if "network" in self.words else 0)

    def few_pixels(self) -> list[str]:
        """Say, where it is so, that photos of the size that all are brought to have too few pixels."""
        said = resolution.warning(self.picture, self.places) if self.picture else ""
        return [f"Photos: {said}"] if said else []

    def resaving(self, image_set: str) -> list[int]:
        """JPEG quality and seed of the copies of a set's photos: of good ones; else nothing."""
        wanted = self.photos and image_set == LEARN and self.words and self.config["resaving"]
        return [self.config["resaving"], self.config["seed"]] if wanted else []

    @cached_property
    def detectability(self) -> list[str]:
        """The map of what words of colour can see, as a table and as a picture, where there are such words."""
        wanted = ("parquet", "png") if "colour" in self.words else ()
        return [f"results/inspection/detectability.{kind}" for kind in wanted]

    @cached_property
    def registered(self) -> bool:
        """Return whether pictures are brought to where the standard lies, or it is tried whether that helps.

        `auto` tries it with photos alone: how drawn parts lie is known, and photos lie as their templates do.
        """
        wanted = self.config["registration"]
        return wanted != "none" and (wanted != "auto" or bool(self.photos and not self.pairs))

    @cached_property
    def registration(self) -> list:
        """Method and limits by which drawn parts are registered; of photos a file of `choose_anchor` says both."""
        if self.photos or not self.registered:
            return ["none", {}]
        return [self.config["registration"], self.config["registration_limits"]]

    @cached_property
    def each(self) -> bool:
        """Return whether each image has a CSV and a heat map of its own; else the flagged ones alone."""
        wanted = self.config["photo_files"]
        return not self.photos or (self.images <= EACH_UP_TO if wanted == "auto" else wanted == "all")

    @cached_property
    def gathered(self) -> bool:
        """Return whether the metrics of all sets are in one table, too."""
        return self.images <= GATHERED_UP_TO

    def mapped(self, shard: Shard) -> str:
        """Return which images of a shard keep their distances: all, or the flagged ones."""
        return "all" if self.each or shard.image_set != UNKNOWN else "flagged"

    def of_sets(self, names: list[str]) -> list[Shard]:
        """Return the shards of some sets."""
        return [shard for shard in self.shards if shard.image_set in names]

    def firsts(self) -> list[Shard]:
        """Return the first shard of each set."""
        return [next(shard for shard in self.shards if shard.image_set == name) for name in self.sets]

    def masks(self) -> dict[str, str]:
        """Return each error image's mask, where it has one."""
        errors = self.of_sets(self.errors)
        return {image: mask for shard in errors for image, mask in zip(shard.images, shard.masks, strict=False) if mask}

    def anchor_photos(self) -> dict[str, Any]:
        """Return the photos by which registration is chosen: the first good ones, and the standard or None."""
        standard = self.config["photo_standard"]
        usable = [photo for photo in self.photos.sets[LEARN] if not photo.problem]
        good = [os.path.join(self.photos.root, photo.path) for photo in usable[:REGISTERED_FIRST]]
        return {
            "photos": good,
            "standard": None if standard == shards.MEAN else os.path.join(self.photos.root, standard),
            "state": shards.state(good),
        }

    # --- standards and panels ----------------------------------------------------------------------------------------

    @cached_property
    def standards(self) -> list[list]:
        """Each standard that a panel asks for, the base first, with the tables of matrices that it is taken from."""
        names = dict.fromkeys(["base", *(panel["standard"] for panel in self.panels)])
        return [[name, self._standard_tables(name)] for name in names]

    def _standard_tables(self, standard: str) -> list[str]:
        name = image_sets.standard_set(standard, self.sets)
        whole = name == STANDARD or standard.startswith("mean:")
        return [paths.matrix_table(shard) for shard in self.of_sets([name]) if whole or standard in shard.images]

    @cached_property
    def sheet_panels(self) -> list[dict]:
        """The panels of score sheets."""
        return [panel for panel in self.panels if "alignment" not in panel]

    @cached_property
    def state_panels(self) -> list[dict]:
        """The panels of states."""
        return [panel for panel in self.panels if "alignment" in panel]

    def panel(self, name: str) -> dict:
        """Return a panel's entry with its images' groups spelled out by role, `errors` replaced by the error kinds."""
        panel = next(each for each in self.panels if each["name"] == name)
        groups = panel_checks.groups_of(panel, self.kinds)
        return {key: value for key, value in panel.items() if key not in ("measured", "annotations")} | {
            "groups": groups
        }

    def panel_metrics(self, name: str) -> list[str]:
        """Return the tables of metrics of the images that a panel's entry names."""
        wanted = {}
        for group in (group for role in self.panel(name)["groups"].values() for group in role):
            first = None if group["first"] == "all" else group["first"]
            wanted.setdefault(group["set"], set()).update(self.sets[group["set"]].images[:first])
        return [
            paths.metric_table(shard)
            for shard in self.shards
            if not wanted.get(shard.image_set, set()).isdisjoint(shard.images)
        ]

    # --- files of a shard ---------------------------------------------------------------------------------------------

    def csv_files(self, shard: Shard) -> list[str]:
        """Return where a shard's matrices go as CSV: a file each of drawn images, a folder of photos, or none."""
        if not self.photos:
            return paths.image_files(self.sets[shard.image_set], "results/matrices/csv", ".csv")
        return [paths.csv_folder(shard)] if self.each else []

    def heatmap_files(self, shard: Shard) -> list[str]:
        """Return where a shard's heat maps go: a file each of drawn images, a folder of photos."""
        folder = f"results/inspection/heatmaps/{shard.name}"
        return [folder] if self.photos else [f"{folder}/{name}.png" for name in shard.images]

    def heat_values(self, shard: Shard) -> list[str]:
        """Return where the values of a shard's heat maps go: a file each of drawn images; of photos in their folder."""
        form = self.config["heatmap_values"]
        drawn = [] if self.photos or form == "none" else self.heatmap_files(shard)
        return [f"{path.removesuffix('.png')}.{form}" for path in drawn]
