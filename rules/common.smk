# What the rules share: the checked configuration, the image sets that follow from it, and the fingerprint of a
# script. Helper functions only.
import gc
import hashlib
import os
import sys
from functools import cache
from itertools import chain
from pathlib import Path

BASE = Path(workflow.current_basedir).parent
sys.path.insert(0, str(BASE / "scripts"))
# A job is one thread; libraries that start more at import only cost time (numpy: half of its import).
os.environ |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
# Pictures come and go: glibc keeps their memory (bytes, each limit's largest) instead of asking for it anew each time,
# which took a quarter of the time that reading takes. No value depends on it.
os.environ |= {"MALLOC_MMAP_THRESHOLD_": "33554432", "MALLOC_TRIM_THRESHOLD_": "33554432"}

from snakemake.exceptions import WorkflowError
from snakemake.io import is_flagged
from soart.names import KINDS
from soart.plan import collection, configuration, image_sets, panel_checks, shards, yaml_files
from soart.plan.fingerprint import fingerprint as _fingerprint
from soart.plan.fingerprint import packages, version


def beside_workflow(name):
    """A path that the configuration names: as it is from the working directory, else from the workflow's folder."""
    name = os.path.expanduser(name)
    return str(BASE / name) if not Path(name).exists() and (BASE / name).exists() else name


def checked_scene():
    """The scene, if it and the configuration can run; otherwise all that is wrong, a line each."""
    schemas = {name: yaml_files.read_yaml(BASE / f"config/{name}.schema.yaml") for name in ("config", "scene")}
    name = str(config.get("scene"))
    try:
        scene = yaml_files.read_yaml(beside_workflow(name))
    except (OSError, ValueError) as error:
        reason = f"it is neither in the working directory nor in {BASE}"
        problems = yaml_files.schema_problems(config, schemas["config"], "config")
        problems.append(
            f"config: scene: the file '{name}' cannot be read: "
            f"{reason if isinstance(error, FileNotFoundError) else error}"
        )
    else:
        problems = configuration.problems(config, scene, schemas, name)
    problems = yaml_files.repeated_keys(workflow.configfiles) + problems
    if problems:
        raise WorkflowError("The configuration cannot run:\n  " + "\n  ".join(problems))
    return scene


def made_since(path, moment):
    """Whether a result was made or changed since a moment, in seconds as a file's time is."""
    return os.path.exists(path) and os.path.getmtime(path) >= moment


@cache
def fingerprint(script):
    """Hash of a script's meaning, of the modules it imports and of the packages' versions, for `params: code=`."""
    return _fingerprint(BASE / f"scripts/{script}.py")


def checked_photos():
    """The user's photos and their size, if they can be used; otherwise all that is wrong. None for the drawn data."""
    if config["photos"] == configuration.DRAWN:
        return None, None
    found, standard = collection.found(beside_workflow(config["photos"])), config["photo_standard"]
    problems = found.problems or collection.standard_problems(found, standard)
    if PAIRS and not problems:
        problems = collection.template_problems(found)
    try:
        return found, None if problems else shards.expected_size(found, standard)
    except ValueError as error:
        problems = [str(error)]
    finally:
        if problems:
            raise WorkflowError("The photos cannot be used:\n  " + "\n  ".join(problems)) from None


def claim(script, images=0):
    """What a job asks of a scheduler: twice its measured memory, five times its time and five minutes to start."""
    need = NEEDS[script]

    def mem_mb(wildcards, attempt):
        return round(2 * (need["memory"] + images * need.get("memory_per_image", 0)) * attempt)

    def runtime(wildcards, attempt):
        return round(5 + 5 * (need["seconds"] + images * need.get("seconds_per_image", 0)) / 60) * attempt

    return {"mem_mb": mem_mb, "runtime": runtime}


def results_so_far():
    """Every table, picture, model and folder of them that the rules so far make, with the rule.

    The report is no result but a view of them.
    """
    made = [(path, rule.name) for rule in workflow.rules for path in rule.output]
    return {str(path): name for path, name in made if path.endswith(KINDS) or is_flagged(path, "directory")}


def fingerprints_so_far():
    """The fingerprint of every script of the rules so far."""
    return {Path(rule.script).name: rule.params.code for rule in workflow.rules if rule.script}


def package_versions():
    """The version of every package that a script of the rules so far imports, and Snakemake's own."""
    scripts = [BASE / "scripts" / name for name in fingerprints_so_far()]
    return {name: version(name) for name in sorted({"snakemake"}.union(*map(packages, scripts)))}


def templates_digest():
    """Hash of the report's templates, style and script, which a fingerprint of code does not see."""
    digest = hashlib.sha256()
    for path in sorted((BASE / "scripts/soart/report/templates").iterdir()):
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def scripts_and_needs(script, inputs):
    """What each script so far reads, as the scripts that make it; and of one more script with such inputs."""
    scripts = [(Path(made_by.script).stem, made_by) for made_by in workflow.rules if made_by.script]
    makers = {str(path): name for name, made_by in scripts for path in made_by.output}
    needs = {name: {} for name, _ in scripts} | {script: {}}
    for name, paths in [*((name, made_by.input) for name, made_by in scripts), (script, inputs)]:
        needs[name] |= {makers[str(path)]: None for path in paths if makers.get(str(path), name) != name}
    return {name: list(found) for name, found in needs.items()}


def records_so_far():
    """Where each script's jobs so far leave what they took: a benchmark file and a log each."""
    found = {}
    for each in workflow.rules:
        if each.script and each.benchmark:
            found.setdefault(Path(each.script).stem, []).append((str(each.benchmark), str(each.log[0])))
    return found


def flat(inputs):
    """All paths of named inputs, of which each is one path or a list."""
    return [path for paths in inputs.values() for path in ([paths] if isinstance(paths, str) else paths)]


def report_tables():
    """What the report shows, by what it is; results of the error kinds only where there are some."""
    folders = {kind: [panel_files(panel) for panel in panels] for kind, panels in PANELS_BY_KIND.items()}
    longs = {
        kind: [f"results/attention/{panel['name']}.parquet" for panel in panels]
        for kind, panels in PANELS_BY_KIND.items()
    }
    return {
        "verdicts": "results/inspection/verdicts.parquet",
        "card": "results/inspection/calibration.csv",
        "model": "results/inspection/model.npz",
        "learned": [] if PAIRS else set_files("results/matrices/mosaics", ["learn"]),
        "mosaics": [f"results/matrices/mosaics/{shard.name}.parquet" for shard in INSPECTED_SHARDS if not PAIRS],
        "detectability": [f"results/inspection/detectability.{kind}" for kind in ("parquet", "png") if not PAIRS],
        "check": ["results/photos/check.parquet"] if PHOTOS else [],
        "separation": "results/attention/separation.csv",
        "evaluation": ["results/inspection/evaluation.parquet"] if LABELLED_KINDS else [],
        "distances": [f"results/inspection/distances/{shard.name}.parquet" for shard in INSPECTED_SHARDS],
        "metrics": [f"results/metrics/sets/{shard.name}.parquet" for shard in first_shards()],
        "matrices": [f"results/matrices/{shard.name}.parquet" for shard in first_shards()],
        "photos": [photo_table(shard) for shard in READ_SHARDS if PHOTOS],
        "sheets": longs["sheets"],
        "signs": [files["signs"] for files in folders["sheets"]],
        "extremes": [files["extremes"] for files in folders["sheets"]],
        "weights": [path for files in folders["sheets"] for path in files["weights"]],
        "states": longs["states"],
        "contexts": [path for files in folders["states"] for path in files["context"]],
    }


def image_files(image_set, suffix=".jpg", folder="results/images"):
    """The files of a set's images below a folder, in order."""
    return [f"{folder}/{image_set.folder}{name}{suffix}" for name in image_set.images]


def mask_files(image_set):
    """The files of an error set's masks, in order."""
    return [f"results/images/mask/{name}.png" for name in image_set.images] if image_set.changes else []


def drawn_shard(image_set):
    """A drawn set as one shard."""
    files, masks = image_files(image_set), mask_files(image_set)
    return shards.Shard(image_set.name, image_set.name, image_set.images, files, masks, [], "")


def first_shards():
    """The first shard of each set."""
    return [next(shard for shard in SHARDS if shard.image_set == name) for name in SETS]


def drawn_files(shard):
    """A drawn shard's images: a job's input."""
    return [] if PHOTOS else shard.files


def photos_of(shard):
    """A shard's photos: no input, because `state` sees older times, too."""
    return shard.files if PHOTOS else []


def photo_table(shard):
    """How a shard's photos were read."""
    return f"results/photos/shards/{shard.name}.parquet" if PHOTOS else []


def anchor_file():
    """The picture on which all others are registered."""
    return "results/photos/anchor.png" if PHOTOS else "results/images/image_standard.jpg"


def anchor_photos():
    """The photos from which the anchor is chosen: the standard, or the first good ones."""
    standard = config["photo_standard"]
    first = [photo.path for photo in PHOTOS.sets["learn"][: shards.LOOKED_AT]]
    return [os.path.join(PHOTOS.root, path) for path in (first if standard == shards.MEAN else [standard])]


def masks_of_images():
    """Each tested error image's mask, where it has one; that photos' masks changed is seen by their shard."""
    tested = [shard for shard in SHARDS if shard.image_set in LABELLED_KINDS]
    return {image: mask for shard in tested for image, mask in zip(shard.images, shard.masks) if mask}


def set_files(folder, names=None):
    """The tables of some sets (default: all) below a folder, a file for each shard."""
    return [f"{folder}/{shard.name}.parquet" for shard in SHARDS if names is None or shard.image_set in names]


def csv_files(shard):
    """Where all of a shard's matrices go as CSV: files of drawn images, a folder of photos that have files each."""
    if not PHOTOS:
        return image_files(SETS[shard.image_set], ".csv", "results/matrices/csv")
    return f"results/matrices/csv/{shard.name}" if EACH else []


def csv_outputs(shard):
    """A shard's CSV as named outputs of its job: files, a folder, or none."""
    made = csv_files(shard)
    return {"csv": directory(made) if isinstance(made, str) else made} if made else {}


def flagged_csv(shard):
    """Where the matrices of a shard's flagged photos alone go as CSV, as a named output: a folder, or none."""
    return {} if EACH else {"csv": directory(f"results/matrices/csv/{shard.name}")}


def heatmap_files(shard):
    """Where a shard's heat maps go: files of drawn images, a folder of photos."""
    folder = f"results/inspection/heatmaps/{shard.name}"
    return folder if PHOTOS else [f"{folder}/{name}.png" for name in shard.images]


def pairs_of(chosen):
    """The photos of some shards with their templates, as params: no input, because `state` sees older times, too."""
    return {
        "names": list(chain.from_iterable(shard.images for shard in chosen)),
        "photos": list(chain.from_iterable(shard.files for shard in chosen)),
        "templates": list(chain.from_iterable(shard.templates for shard in chosen)),
        "state": [shard.state for shard in chosen],
    }


def boxes_files(chosen):
    """The boxes of some shards' photos, where photos are compared with their templates."""
    return [f"results/inspection/boxes/{shard.name}.parquet" for shard in chosen if PAIRS]


def standard_files(standard):
    """The matrices that a standard is taken from: all of a set's, or those with its image."""
    name = image_sets.standard_set(standard, SETS)
    of_one = name == "standard" or standard.startswith("mean:")
    return [
        f"results/matrices/{shard.name}.parquet"
        for shard in SHARDS
        if shard.image_set == name and (of_one or standard in shard.images)
    ]


def reported_heatmaps(shard):
    """The heat maps of a shard, the first twenty drawn ones flagged for Snakemake's own report."""
    options = {"caption": "../captions/heatmaps.rst", "category": "5. Heat maps"}
    if PHOTOS:
        return directory(heatmap_files(shard))
    pairs = list(zip(heatmap_files(shard), shard.images))
    shown = [report(path, labels={"set": shard.name, "image": image}, **options) for path, image in pairs[:20]]
    return [*shown, *(path for path, _ in pairs[20:])]


def panel_with_groups(panel):
    """A panel's entry with its images' groups spelled out by role, `errors` replaced by the error kinds."""
    roles = ("measured", "annotations")
    groups = panel_checks.groups_of(panel, ERROR_KINDS)
    return {key: value for key, value in panel.items() if key not in roles} | {"groups": groups}


def panel_metrics(panel):
    """The metrics of the images that a panel's entry names."""
    groups = panel_checks.groups_of(panel, ERROR_KINDS).values()
    wanted = {}
    for group in (group for role in groups for group in role):
        first = None if group["first"] == "all" else group["first"]
        wanted.setdefault(group["set"], set()).update(SETS[group["set"]].images[:first])
    chosen = [shard for shard in SHARDS if not wanted.get(shard.image_set, set()).isdisjoint(shard.images)]
    return [f"results/metrics/sets/{shard.name}.parquet" for shard in chosen]


def panel_files(panel):
    """The tables of a panel other than its long one: wide ones, a file for each channel (and word), and reading aids."""
    folder = f"results/attention/{panel['name']}"
    if "alignment" in panel:
        kinds, stems, aids = ("scores", "weights", "context"), panel["channels"], ()
    else:
        kinds, aids = ("raw", "deviation", "weights"), ("signs", "extremes")
        stems = [f"{channel}_{word}" for channel in panel["channels"] for word in panel["words"]]
    sheets = {kind: [f"{folder}/{stem}_{kind}.csv" for stem in stems] for kind in kinds}
    return sheets | {aid: f"{folder}/{aid}.csv" for aid in aids}


def reported_panel_files(panel):
    """The tables of `panel_files`, the reading aids flagged for Snakemake's own report."""
    tables = panel_files(panel)
    options = {"caption": "../captions/sheets.rst", "category": "3. Score sheets"}
    for aid in {"signs", "extremes"} & tables.keys():
        tables[aid] = report(tables[aid], labels={"panel": panel["name"], "table": aid}, **options)
    return tables


if {"{", "}"} & set(str(BASE)):
    raise WorkflowError(f"Snakemake cannot run from a folder with {{ or }} in its name, got {BASE}; rename it")

gc.disable()  # of 10^5 photos everything stays: looking for garbage among it would be a quarter of the planning
NEEDS = yaml_files.read_yaml(BASE / "rules/needs.yaml")
SCENE = checked_scene()
PAIRS = config["detector"] == "pair"
PART = {key: SCENE[key] for key in ("canvas", "background", "shapes")}
PHOTOS, PICTURE = checked_photos()
if PHOTOS:
    SETS = shards.image_sets(PHOTOS)
    SHARDS = shards.shards(PHOTOS, config["shard_size"], config["photo_standard"])
    ERROR_KINDS = [name for name in SETS if name not in ("standard", "learn", "normal")]
    PANELS, LEFT_OUT = panel_checks.fitted_panels(config["panels"], SETS, ERROR_KINDS)
    LEFT_OUT = [*collection.summary(PHOTOS), *LEFT_OUT]
else:
    SETS = image_sets.image_sets(config, SCENE)
    SHARDS = [drawn_shard(image_set) for image_set in SETS.values()]
    ERROR_KINDS = [error["name"] for error in SCENE["errors"]]
    PANELS, LEFT_OUT = config["panels"], []
DRAWN_SETS = [] if PHOTOS else list(SETS.values())
READ_SHARDS = [shard for shard in SHARDS if shard.files]
INSPECTED_SHARDS = [shard for shard in SHARDS if shard.image_set not in ("learn", *(["standard"] if PHOTOS else []))]
LABELLED_KINDS = [kind for kind in ERROR_KINDS if kind != "inspect" and "normal" in SETS]
IMAGES = sum(len(image_set.images) for image_set in SETS.values())
TESTED_SETS = ["normal", *LABELLED_KINDS]
FILES = "all" if config["photo_files"] == "auto" and IMAGES <= 1000 else config["photo_files"]
EACH = not PHOTOS or FILES == "all"  # each image has a CSV and a heat map of its own
GATHERED = IMAGES <= 10000  # the metrics are in one table, too
REGISTERED = config["registration"] != "none"
ANCHOR = anchor_file() if REGISTERED else []
ACCEPTED = ancient("results/photos/accepted.txt") if PHOTOS else []
STANDARDS = {name: standard_files(name) for name in ["base", *(panel["standard"] for panel in PANELS)]}
SHOWN_SETS = ["standard", "normal", *ERROR_KINDS[:3]]
SHEET_PANELS = [panel for panel in PANELS if "alignment" not in panel]
STATE_PANELS = [panel for panel in PANELS if "alignment" in panel]
PANELS_BY_KIND = {"sheets": SHEET_PANELS, "states": STATE_PANELS}
gc.freeze()
gc.enable()
