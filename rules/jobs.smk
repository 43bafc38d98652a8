# What depends on a job's wildcards, its claim too, as functions of them; and patterns and lists that several rules share.
import hashlib

from soart import names

NEEDS = yaml_files.read_yaml(BASE / "rules/needs.yaml")


def listed(paths):
    """Paths as an input, whatever is in them: of text Snakemake would take {x} as a wildcard."""

    def of_any_job(wildcards):
        return paths

    return of_any_job


def any_of(names):
    """A pattern that matches these names alone, whatever letters are in them; Snakemake's own braces as their codes."""
    found = "|".join(map(re.escape, names)) or "(?!)"
    return found.replace("\\{", r"\x7b").replace("\\}", r"\x7d")


wildcard_constraints:
    shard=any_of(LAYOUT.by_name),


def claim(script, images=0):
    """Claim of a job on a scheduler: twice its measured memory, five times its time and five minutes to start."""
    need = NEEDS[script]

    def of_images(wildcards, what):
        count = len(LAYOUT.by_name[wildcards.shard].images) if "shard" in wildcards.keys() else images
        return need[what] + count * need.get(f"{what}_per_image", 0)

    def mem_mb(wildcards, attempt):
        return round(2 * of_images(wildcards, "memory")) * attempt

    def runtime(wildcards, attempt):
        return round(5 + 5 * of_images(wildcards, "seconds") / 60) * attempt

    return {"mem_mb": mem_mb, "runtime": runtime}


def photos_of_shard(wildcards):
    """A shard's photos: no input, because `state` sees older times, too."""
    shard = LAYOUT.by_name[wildcards.shard]
    found = {"image_set": shard.image_set, "names": shard.images, "photos": shard.files, "masks": shard.masks}
    folder = LAYOUT.sets[shard.image_set].folder
    beside = {"templates": shard.templates if LAYOUT.pairs else [], "problems": shard.problems}
    beside |= {"resaving": LAYOUT.resaving(shard.image_set)}
    return found | beside | {"state": shard.state, "folder": folder}


def set_of_shard(wildcards):
    """Return which set a shard is of."""
    return {"image_set": LAYOUT.by_name[wildcards.shard].image_set}


def metrics_of_panel(wildcards):
    """The metrics of the images that a panel names."""
    return LAYOUT.panel_metrics(wildcards.panel)


def entry_of_panel(wildcards):
    """A panel's entry."""
    return {"panel": LAYOUT.panel(wildcards.panel)}


def words_learned():
    """By which words good images are learned: the numbers of each kind, and which network it is."""
    found = {"colour": config["inspection"]} if "colour" in LAYOUT.words else {}
    if "network" in LAYOUT.words:
        found["network"] = {"name": config["network"], "nearest": config["nearest"]}
        if config["network"] in names.NETWORKS:
            packed = "conda" in map(str, workflow.deployment_settings.deployment_method)  # jobs have other packages
            if lacking := [] if packed else [*configuration.package_problems(config["network"])]:
                stop("The network cannot be used", lacking)
        else:
            path = beside_workflow(config["network"])
            content = Path(path).read_bytes()
            if strange := [*configuration.output_problems(path, content, config["network_use"]["outputs"])]:
                stop("The network cannot be used", strange)
            digest = hashlib.sha256(content).hexdigest()
            found["network"] |= {"name": path, "sha256": digest, "use": config["network_use"]}
    return found


def region():
    """The region of interest as it was given; of a mask, its path and a hash of its content."""
    if beyond := list(configuration.box_problems(config["region"], PICTURE or SCENE["canvas"])):
        stop("The region cannot be used", beyond)
    if config["region"] in ("none", "auto") or names.parse_box(config["region"]):
        return [config["region"], None]
    path = beside_workflow(config["region"])
    if not Path(path).is_file():
        expected = "none, auto, a box as x0,y0,x1,y1 (four numbers, pixels) or the file of a mask"
        stop("The region cannot be used", [f"config: region: expected {expected}, found no file at '{path}'"])
    return [path, hashlib.sha256(Path(path).read_bytes()).hexdigest()]


def mapped_of_shard(wildcards):
    """Return which images of a shard keep their distances."""
    return {"mapped": LAYOUT.mapped(LAYOUT.by_name[wildcards.shard])}


def folder_of_shard(wildcards):
    """Return what the names of a shard's photos begin with, and which of them are drawn."""
    folder = LAYOUT.sets[LAYOUT.by_name[wildcards.shard].image_set].folder
    return {"folder": folder, "shown": "all" if LAYOUT.each else "flagged"}


def reported(shard):
    """The paths of a set's heat maps; the first twenty are shown in Snakemake's own report."""
    paths = LAYOUT.heatmap_files(shard)
    labels = [{"set": shard.name, "image": image} for image in shard.images[:20]]
    return [report(path, labels=each, **HEATMAPS) for path, each in zip(paths, labels)] + paths[20:]


def pairs_of(chosen):
    """The photos of some shards with their templates: no input, because `state` sees older times, too."""
    return {
        "names": [name for shard in chosen for name in shard.images],
        "photos": [path for shard in chosen for path in shard.files],
        "templates": [path for shard in chosen for path in shard.templates],
        "state": [shard.state for shard in chosen],
    }


def pairs_of_shard(wildcards):
    """A shard's photos with their templates, and which of them keep their distances."""
    return pairs_of([LAYOUT.by_name[wildcards.shard]]) | mapped_of_shard(wildcards)


def versions(scripts):
    """The version of every package that some scripts import, and Snakemake's own."""
    names = {"snakemake"}.union(*(fingerprints.packages(BASE / f"scripts/{name}.py") for name in scripts))
    return {name: fingerprints.version(name) for name in sorted(names)}


def flat(paths):
    """All paths in a map of paths and lists of them."""
    lists = [each if isinstance(each, list) else [each] for each in paths.values()]
    return [path for found in lists for path in found if path]
