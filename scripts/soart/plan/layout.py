"""Layout: which images a run has, in which shards they are read, and where each result lies.

The rules name the paths of what they make; what several rules agree on stands here, once. No numpy here: this is
imported at each start.
"""

import os
from functools import cached_property
from typing import Any

from soart.names import LEARN, NORMAL, STANDARD, UNKNOWN
from soart.plan import image_sets, panel_checks, shards
from soart.plan.collection import Collection, summary
from soart.plan.configuration import SIDES
from soart.plan.image_sets import ImageSet
from soart.plan.shards import Shard

REGISTERED_FIRST = 30  # good photos by which it is chosen how all are registered
EACH_UP_TO = 1000  # photos that `photo_files: auto` gives a CSV and a heat map each
GATHERED_UP_TO = 10000  # images whose metrics are in one table, too

# Which rules read what others make: the report's graph; `snakemake --rulegraph` is the same (tests hold them together).
READS = {
    "draw_standard": [],
    "draw_images": [],
    "draw_set": ["draw_images"],
    "choose_anchor": [],
    "read_images": ["draw_standard", "draw_set"],
    "read_photos": ["choose_anchor"],
    "check_photos": ["read_photos"],
    "accept_photos": ["check_photos"],
    "average_matrices": ["read_photos"],
    "draw_overview": ["draw_standard", "draw_set", "read_images"],
    "measure_metrics": ["read_images", "read_photos", "average_matrices"],
    "gather_metrics": ["measure_metrics"],
    "score_panel": ["measure_metrics"],
    "score_states": ["measure_metrics"],
    "gather_separation": ["score_panel", "score_states"],
    "learn_model": ["read_images", "read_photos", "choose_anchor"],
    "calibrate_pairs": ["read_photos"],
    "inspect_images": ["read_images", "read_photos", "learn_model"],
    "inspect_pairs": ["read_photos", "calibrate_pairs"],
    "gather_boxes": ["inspect_pairs"],
    "draw_heatmaps": ["inspect_images", "inspect_pairs"],
    "gather_verdicts": ["inspect_images", "inspect_pairs", "accept_photos"],
    "evaluate_detectors": ["inspect_images", "inspect_pairs", "accept_photos"],
    "write_report": ["gather_verdicts", "evaluate_detectors", "gather_metrics", "gather_separation"],
    "write_manifest": [
        *("gather_metrics", "gather_separation", "gather_verdicts", "gather_boxes"),
        *("evaluate_detectors", "draw_heatmaps", "draw_overview"),
    ],
}

ONE_JOB = {  # the log of a rule that has one job, by what it makes
    "draw_standard": "standard",
    "draw_images": "drawing",
    "choose_anchor": "anchor",
    "check_photos": "check",
    "accept_photos": "accepted",
    "average_matrices": "standard",
    "draw_overview": "overview",
    "gather_metrics": "metrics",
    "gather_separation": "separation",
    "learn_model": "model",
    "calibrate_pairs": "model",
    "gather_boxes": "boxes",
    "gather_verdicts": "verdicts",
    "evaluate_detectors": "evaluation",
    "write_report": "report",
    "write_manifest": "manifest",
}


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
        images, masks = image_files(image_set), mask_files(image_set)
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
        """By which words images are compared with good ones: colour, network; none where they have templates."""
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
        return SIDES.get(self.config["network"]) or self.config["network_use"]["side"]

    def resaving(self, image_set: str) -> list[int]:
        """JPEG quality and seed of the copies of a set's photos: of good ones, for words of colour; else nothing."""
        wanted = self.photos and image_set == LEARN and "colour" in self.words and self.config["resaving"]
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
        """How drawn parts are registered, and within which limits; of photos a file of `choose_anchor` says both."""
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
        return [matrix_table(shard) for shard in self.of_sets([name]) if whole or standard in shard.images]

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
            metric_table(shard)
            for shard in self.shards
            if not wanted.get(shard.image_set, set()).isdisjoint(shard.images)
        ]

    # --- results -----------------------------------------------------------------------------------------------------

    def results(self) -> dict[str, str]:
        """Return every table, picture, model and folder of them that a full run makes, with the rule that makes it.

        The report is no result but a view of them.
        """
        found = {path: rule for rule, paths in self._made() for path in paths}
        return dict(sorted(found.items()))

    def _made(self):
        reader = "read_photos" if self.photos else "read_images"
        if self.drawn:
            yield "draw_standard", image_files(self.sets[STANDARD])
            for image_set in self.drawn[1:]:
                yield "draw_set", [*image_files(image_set), *mask_files(image_set)]
        if self.photos and self.registered:
            yield "choose_anchor", ["results/photos/anchor.png"]
        for shard in self.read:
            yield reader, [matrix_table(shard), mosaic_table(shard), *self.csv_files(shard)]
            if self.side:
                yield reader, [picture_table(shard)]
        if self.photos:
            yield reader, map(photo_table, self.read)
            yield "check_photos", ["results/photos/check.parquet", "results/photos/check.csv"]
        if self.sets[STANDARD].name not in {shard.image_set for shard in self.read}:
            yield "average_matrices", ["results/matrices/standard.parquet"]
        yield "measure_metrics", map(metric_table, self.shards)
        if self.gathered:
            yield "gather_metrics", ["results/metrics/metrics.parquet", "results/metrics/metrics.csv"]
        for panels, rule in ((self.sheet_panels, "score_panel"), (self.state_panels, "score_states")):
            for panel in panels:
                folder = f"results/attention/{panel['name']}"
                yield rule, [folder, f"{folder}.parquet"]
        yield "gather_separation", ["results/attention/separation.csv"]
        learner, inspector = ("calibrate_pairs", "inspect_pairs") if self.pairs else ("learn_model", "inspect_images")
        yield learner, ["results/inspection/model.npz", "results/inspection/calibration.csv"]
        if not self.pairs:
            yield learner, self.detectability
        for shard in self.inspected:
            yield inspector, [verdict_table(shard), distance_table(shard)]
            yield (
                "draw_heatmaps",
                [*self.heatmap_files(shard), *self.heat_values(shard), *([] if self.each else [csv_folder(shard)])],
            )
        if self.pairs:
            yield inspector, map(box_table, self.inspected)
            yield "gather_boxes", ["results/inspection/boxes.parquet", "results/inspection/boxes.csv"]
        yield "gather_verdicts", ["results/inspection/verdicts.parquet", "results/inspection/verdicts.csv"]
        if self.labelled:
            names = ("evaluation.parquet", "evaluation.csv")
            yield "evaluate_detectors", [f"results/inspection/{name}" for name in names]
        if self.drawn:
            yield "draw_overview", ["results/overview.png"]

    def csv_files(self, shard: Shard) -> list[str]:
        """Return where a shard's matrices go as CSV: a file each of drawn images, a folder of photos, or none."""
        if not self.photos:
            return image_files(self.sets[shard.image_set], "results/matrices/csv", ".csv")
        return [csv_folder(shard)] if self.each else []

    def heatmap_files(self, shard: Shard) -> list[str]:
        """Return where a shard's heat maps go: a file each of drawn images, a folder of photos."""
        folder = f"results/inspection/heatmaps/{shard.name}"
        return [folder] if self.photos else [f"{folder}/{name}.png" for name in shard.images]

    def heat_values(self, shard: Shard) -> list[str]:
        """Return where the values of a shard's heat maps go: a file each of drawn images; of photos in their folder."""
        form = self.config["heatmap_values"]
        paths = [] if self.photos or form == "none" else self.heatmap_files(shard)
        return [f"{path.removesuffix('.png')}.{form}" for path in paths]

    def rules(self) -> list[str]:
        """Return the rules of a full run, each before those that read what it makes."""
        made = {*self.results().values(), "write_report", "write_manifest"}
        made.add("accept_photos" if self.photos else "draw_images")
        return [name for name in READS if name in made]

    def logs(self) -> dict[str, list[str]]:
        """Return where the jobs of each rule of a full run leave their logs."""
        drawn = [image_set.name for image_set in self.drawn[1:]]
        inspected = [shard.name for shard in self.inspected]
        jobs = {
            "draw_set": drawn,
            "read_images": self.by_name,
            "read_photos": [shard.name for shard in self.read],
            "measure_metrics": self.by_name,
            "score_panel": [panel["name"] for panel in self.sheet_panels],
            "score_states": [panel["name"] for panel in self.state_panels],
            "inspect_images": inspected,
            "inspect_pairs": inspected,
            "draw_heatmaps": inspected,
        }
        return {
            rule: [f"results/logs/{rule}/{name}.log" for name in jobs.get(rule, [ONE_JOB.get(rule)])]
            for rule in self.rules()
        }

    def reads(self) -> dict[str, list[str]]:
        """Return which rules of a full run read what others make, by rule."""
        there = self.rules()
        return {name: [each for each in READS[name] if each in there] for name in there}


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
    """Return where the boxes of a shard's photos are, of which each has a template."""
    return f"results/inspection/boxes/{shard.name}.parquet"
