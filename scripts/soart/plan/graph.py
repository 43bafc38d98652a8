"""Graph: which rule makes each result of a full run, which rules read what others make, and where their logs lie.

No numpy here: this is imported at each start.
"""

from collections.abc import Iterable, Iterator
from graphlib import TopologicalSorter

from soart.names import STANDARD
from soart.plan import paths
from soart.plan.layout import Layout

# Which rules read what others make; write_manifest reads all results. `snakemake --rulegraph` is the same (tests hold
# them together).
READS = {
    "draw_standard": [],
    "draw_images": [],
    "draw_set": ["draw_images"],
    "choose_anchor": [],
    "read_images": [],
    "read_set": ["read_images", "draw_standard", "draw_set"],
    "read_photos": ["choose_anchor"],
    "check_photos": ["read_photos"],
    "accept_photos": ["check_photos"],
    "gather_findings": ["accept_photos", "learn_model", "calibrate_pairs"],
    "average_matrices": ["read_photos"],
    "measure_metrics": ["read_set", "read_photos", "average_matrices"],
    "gather_metrics": ["measure_metrics"],
    "score_panel": ["measure_metrics"],
    "score_states": ["measure_metrics"],
    "gather_separation": ["score_panel", "score_states"],
    "learn_model": ["read_set", "read_photos", "choose_anchor"],
    "calibrate_pairs": ["read_photos"],
    "inspect_images": ["read_set", "read_photos", "learn_model"],
    "inspect_pairs": ["read_photos", "calibrate_pairs"],
    "gather_boxes": ["inspect_pairs"],
    "draw_heatmaps": ["inspect_images", "inspect_pairs"],
    "gather_verdicts": ["inspect_images", "inspect_pairs", "accept_photos"],
    "evaluate_detectors": ["inspect_images", "inspect_pairs", "accept_photos"],
    "write_report": [
        "gather_findings",
        "gather_verdicts",
        "evaluate_detectors",
        "gather_metrics",
        "gather_separation",
    ],
}

SETTLED = {  # what all jobs that draw or read images share: files, and rules that force these jobs
    "results/images/drawing.json": "draw_images",
    "results/matrices/reading.json": "read_images",
}
ONE_JOB = {  # the log of a rule that has one job, by what it makes
    "draw_standard": "standard",
    "draw_images": "drawing",
    "read_images": "reading",
    "choose_anchor": "anchor",
    "check_photos": "findings",
    "accept_photos": "accepted",
    "gather_findings": "check",
    "average_matrices": "standard",
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


def results(layout: Layout) -> dict[str, str]:
    """Return every table, picture, model and folder of them that a full run makes, with the rule that makes it.

    The report is no result but a view of them.
    """
    found = {path: rule for rule, made in _made(layout) for path in made}
    return dict(sorted(found.items()))


def _made(layout: Layout) -> Iterator[tuple[str, Iterable[str]]]:
    reader = "read_photos" if layout.photos else "read_set"
    if layout.drawn:
        yield "draw_standard", paths.image_files(layout.sets[STANDARD])
        for image_set in layout.drawn[1:]:
            yield "draw_set", [*paths.image_files(image_set), *paths.mask_files(image_set)]
    if layout.photos and layout.registered:
        yield "choose_anchor", ["results/photos/anchor.png"]
    for shard in layout.read:
        yield reader, [paths.matrix_table(shard), paths.mosaic_table(shard), *layout.csv_files(shard)]
        if layout.side:
            yield reader, [paths.picture_table(shard)]
    if layout.photos:
        yield reader, map(paths.photo_table, layout.read)
        for rule, name in (("check_photos", "findings"), ("gather_findings", "check")):
            yield rule, [f"results/photos/{name}.parquet", f"results/photos/{name}.csv"]
    if layout.sets[STANDARD].name not in {shard.image_set for shard in layout.read}:
        yield "average_matrices", ["results/matrices/standard.parquet"]
    yield "measure_metrics", map(paths.metric_table, layout.shards)
    if layout.gathered:
        yield "gather_metrics", ["results/metrics/metrics.parquet", "results/metrics/metrics.csv"]
    for panels, rule in ((layout.sheet_panels, "score_panel"), (layout.state_panels, "score_states")):
        for panel in panels:
            folder = f"results/attention/{panel['name']}"
            yield rule, [folder, f"{folder}.parquet"]
    yield "gather_separation", ["results/attention/separation.csv"]
    learner, inspector = ("calibrate_pairs", "inspect_pairs") if layout.pairs else ("learn_model", "inspect_images")
    yield learner, ["results/inspection/model.npz", "results/inspection/calibration.csv"]
    if not layout.pairs:
        yield learner, layout.detectability
    for shard in layout.inspected:
        yield inspector, [paths.verdict_table(shard), paths.distance_table(shard)]
        yield "draw_heatmaps", [*layout.heatmap_files(shard), *layout.heat_values(shard)]
        if not layout.each:
            yield "draw_heatmaps", [paths.csv_folder(shard)]
    if layout.pairs:
        yield inspector, map(paths.box_table, layout.inspected)
        yield "gather_boxes", ["results/inspection/boxes.parquet", "results/inspection/boxes.csv"]
    yield "gather_verdicts", ["results/inspection/verdicts.parquet", "results/inspection/verdicts.csv"]
    if layout.labelled:
        names = ("evaluation.parquet", "evaluation.csv")
        yield "evaluate_detectors", [f"results/inspection/{name}" for name in names]
    if layout.drawn:
        yield "write_report", ["results/overview.png"]


def beside_results(layout: Layout) -> list[str]:
    """Return the files that a full run makes beside its results: what settles how these are made, and what shows them.

    A changed setting is seen by their records as by those of results.
    """
    settled = ["results/photos/accepted.txt"] if layout.photos else [*SETTLED]
    if layout.photos and layout.registered:
        settled.append("results/photos/registration.json")
    judged = [] if layout.config["fail_on"] == "none" else ["results/logs/judge_outcome/passed.txt"]
    return [*settled, "results/report.html", "results/summary.json", "results/manifest.json", *judged]


def rules(layout: Layout) -> list[str]:
    """Return the rules of a full run, each before those that read what it makes."""
    return list(TopologicalSorter(reads(layout)).static_order())


def logs(layout: Layout) -> dict[str, list[str]]:
    """Return where the jobs of each rule of a full run leave their logs."""
    drawn = [image_set.name for image_set in layout.drawn[1:]]
    inspected = [shard.name for shard in layout.inspected]
    jobs = {
        "draw_set": drawn,
        "read_set": layout.by_name,
        "read_photos": [shard.name for shard in layout.read],
        "measure_metrics": layout.by_name,
        "score_panel": [panel["name"] for panel in layout.sheet_panels],
        "score_states": [panel["name"] for panel in layout.state_panels],
        "inspect_images": inspected,
        "inspect_pairs": inspected,
        "draw_heatmaps": inspected,
    }
    return {
        rule: [f"results/logs/{rule}/{name}.log" for name in jobs.get(rule, [ONE_JOB.get(rule)])]
        for rule in rules(layout)
    }


def reads(layout: Layout) -> dict[str, list[str]]:
    """Return which rules of a full run read what others make, by rule."""
    makers = set(results(layout).values())
    there = makers | ({"accept_photos"} if layout.photos else {*SETTLED.values()}) | {"write_report"}
    found = {name: [each for each in direct if each in there] for name, direct in READS.items() if name in there}
    return found | {"write_manifest": sorted(makers)}
