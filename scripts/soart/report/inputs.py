"""Inputs: what the report reads: the tables of every stage, and some words and pictures about them."""

import os
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from soart.attention import panels, states
from soart.inspection import calibration, changes, detectability
from soart.inspection.detector import Detector
from soart.inspection.image_model import ImageModel
from soart.names import LEARN
from soart.photos import decoding as photos
from soart.photos import region as regions
from soart.photos.registration import AUTO
from soart.report import pictures as report_pictures
from soart.report import sheets as report_sheets
from soart.report import why as report_why
from soart.report.evidence import where
from soart.report.results import Counted, Origin, Results, Run, Shown, Sight, Subject
from soart.report.summary import Odd
from soart.report.verdicts import ROW_COLUMNS, Truth
from soart.report.why import Key
from soart.storage import frames, manifest, tables
from soart.storage.schemas import BOX, CHANNELS, SCHEMAS

EXAMPLES = {"learn": 3}  # images shown of a set; of any other set one
MOST_MAP_BYTES = 60_000  # of the picture of what the inspection can see
SHEET = ["panel", "channel", "word", "image", "judge", "raw", "deviation"]
STATES = ["panel", "channel", "alignment", "image", "judge", "weight"]
METRICS = ["set", "standard", "channel", "quadrant", "Y1", "Y2"]


def examples(matrix_tables: list[str], paths_of: Callable[[set[Key]], dict[Key, str]]) -> list[Shown]:
    """The first images of each set with their matrices; the mean of good photos is no photo, and is left out."""
    channels, firsts = len(CHANNELS), {}
    for path in matrix_tables:
        table = tables.read_first(path, ["image", "set", "values"], channels * max(1, *EXAMPLES.values()))
        for first in range(0, len(table["image"]), channels):
            name, image = str(table["set"][first]), str(table["image"][first])
            if first < EXAMPLES.get(name, 1) * channels:
                firsts[name, image] = table["values"][first : first + channels]
    found, paths = [], paths_of(set(firsts))
    for (name, image), values in firsts.items():
        if Path(paths.get((name, image), "")).is_file():
            picture = report_pictures.small(photos.read(paths[name, image]))
            gray, colour = report_pictures.matrices(values)
            found.append(Shown(name, image, report_pictures.address(picture), gray, colour))
    return found


def read_metrics(paths: list[str]) -> dict[str, np.ndarray]:
    """The metrics of all sets against the first standard, the standard image."""
    table = tables.read_several(paths, METRICS)
    first = table["standard"] == table["standard"][0]
    return {name: column[first] for name, column in table.items()}


def sheet_panels(longs: list[str]) -> dict[str, report_sheets.Panel]:
    """The panels of score sheets by name, from their long tables and the folders of the same names."""
    found = {}
    for path in longs:
        folder = path.removesuffix(".parquet")
        long, extreme = tables.read(path, SHEET), frames.read_csv(f"{folder}/extremes.csv", SCHEMAS["extremes"])
        keys = report_sheets.keys(long, ("channel", "word"))
        wide = {key: _wide(panels.sheet_path(folder, *key, "weights")) for key in keys}
        sets = dict(zip(extreme["image"], extreme["set"], strict=True))
        signs = frames.to_columns(frames.read_csv(f"{folder}/signs.csv", SCHEMAS["signs"]))
        found[str(long["panel"][0])] = report_sheets.Panel(long, wide, signs, sets)
    return found


def state_panels(longs: list[str]) -> dict[str, report_sheets.Panel]:
    """The panels of states by name, from their long tables and the folders of the same names."""
    found = {}
    for path in longs:
        long, folder = tables.read(path, STATES), path.removesuffix(".parquet")
        keys = report_sheets.keys(long, ("channel",))
        wide = {key: _wide(states.table_path(folder, *key, "context")) for key in keys}
        found[str(long["panel"][0])] = report_sheets.Panel(long, wide)
    return found


def _wide(path: str) -> dict[str, np.ndarray]:
    return frames.to_columns(frames.read_wide(path))


def links(behind: dict[str, str], long_tables: list[str], folder: Path) -> dict[str, str]:
    """The tables behind each part, as seen from the report's folder; a panel's are in the folder of its name."""
    paths = {what: path for what, path in behind.items() if path}
    paths |= {f"panel {Path(path).stem}": Path(path).with_suffix("") for path in long_tables}
    return {what: os.path.relpath(path, folder) for what, path in paths.items()}


def subject(config: dict, verdicts: str, drawn: bool) -> Subject:
    """Return what was inspected: the photos' folder or sheet with the folder it is in, or the scene; and when."""
    date = datetime.fromtimestamp(Path(verdicts).stat().st_mtime).strftime("%Y-%m-%d %H:%M")
    own = Path(*Path(config["photos"]).resolve().parts[-2:]).as_posix()  # the folder with the one it is in
    return Subject(f"drawn parts of {Path(config['scene']).name}" if drawn else own, drawn, date)


def least_like(model: Detector, paths_of: Callable[[set[Key]], dict[Key, str]]) -> tuple[Odd, ...]:
    """The good images with the highest held-out scores that count, the highest first; none where no name is known."""
    if not model.good:
        return ()
    rows = np.flatnonzero(~model.foreign)[calibration.highest_counted(model.alarm, model.calibrating)]
    median = float(np.median(model.calibrating))
    return named_as_files([Odd(model.good[row], float(model.held_out[row]), median) for row in rows], paths_of)


def named_as_files(found: Sequence[Odd], paths_of: Callable[[set[Key]], dict[Key, str]]) -> tuple[Odd, ...]:
    """Good images with the endings of their files."""
    paths = paths_of({(LEARN, odd.image) for odd in found}) if found else {}
    endings = {name: Path(path).suffix for (_, name), path in paths.items()}
    return tuple(odd._replace(image=odd.image + endings.get(odd.image, "")) for odd in found)


def read_command(path: str) -> str:
    """The line that started the run, as the file says that Snakemake's own process wrote; empty without one."""
    return Path(path).read_text(encoding="utf-8").strip() if Path(path).is_file() else ""


def page_inputs(given, about: dict, model: Detector, folder: Path) -> Results:
    """Return what the page in `folder` shows: `given` are files by name, `about` what is known beyond them."""
    sources = (about[name] for name in ("config", "sources", "packages"))
    findings = tables.read(given.check[0], ["image"])["image"] if given.check else []
    paths_of = partial(where, folders=about["folders"], photo_tables=given.photos)
    return Results(
        verdicts=tables.read(given.verdicts, [*ROW_COLUMNS, *BOX]),
        card=frames.to_columns(frames.read_csv(given.card, SCHEMAS["calibration"])),
        held_out=model.calibrating,
        evaluation=tables.read(given.evaluation[0]) if given.evaluation else None,
        metrics=read_metrics(given.metrics),
        separation=frames.to_columns(frames.read_csv(given.separation, SCHEMAS["separation"])),
        panels=sheet_panels(given.sheets) | state_panels(given.states),
        examples=examples(given.matrices, paths_of),
        truth=Truth(about["good"], about["errors"]),
        origin=Origin(*sources, dict(about["needs"]), about["logs"]),
        links=links(dict(about["links"]), [*given.sheets, *given.states], folder),
        subject=subject(about["config"], given.verdicts, not given.photos),
        run=Run(manifest.commit(), manifest.value_hash(given.model), read_command(about["command"])),
        findings=len(findings),
        odd=named_as_files(model.odd, paths_of),
        mixture=model.mixture,
        foreign=int(model.foreign.sum()),
        least_like=least_like(model, paths_of),
        repeats=model.repeats,
        sight=sight(*given.detectability, model) if given.detectability else None,
        whole=not model.beside_template and model.network is not None and model.network.share > 0,
        counted=None
        if model.beside_template
        else counted_region(model, about["config"]["registration"], not given.photos, given.learned),
    )


def counted_region(model: ImageModel, registration: str, drawn: bool, learned: list[str]) -> Counted | None:
    """Return what of a picture counts; None where there is nothing to say: drawn parts taken as they are, all of them.

    `registration` is what the configuration asks for, `learned` the tables of the good images' mosaics.
    """
    sentences, why = [], "; results/photos/registration.json says why"
    if model.anchor:
        sentences.append(f"Registered: {model.anchor.method}{why if registration == AUTO else ''}.")
    elif registration == AUTO and not drawn:
        sentences.append(f"Photos are taken as they are: no registration would help{why}.")
    if model.region is None:
        return Counted(sentences, None) if sentences else None
    share = regions.region_places(model.region, model.size).mean()
    sentences.append(
        f"{100 * share:.0f} % of the places count (region: auto finds what good photos share; a box or a mask of your "
        "own takes its place). What is dimmed raises no alarm."
    )
    picture = model.anchor.picture if model.anchor else mean_good(model, learned)
    return Counted(sentences, report_pictures.address(report_pictures.dim(picture, model.region)))


def mean_good(model: ImageModel, learned: list[str]) -> np.ndarray:
    """Return the mean good image, (height, width, 3) uint8 BGR, `pictures.SIDE` pixels the longer side.

    It shows what lies outside of a region, too: a jury's own mean has there what good images have inside.
    """
    mosaics = report_why.good_images(learned, model.good, model.size, registered=False).mosaics
    mean = sum(each.astype(np.float64) for each in mosaics) / len(mosaics)
    width, height = (max(1, round(report_pictures.SIDE * side / max(model.picture))) for side in model.picture)
    shown = cv2.resize(mean[..., ::-1], (width, height), interpolation=cv2.INTER_CUBIC)
    return shown.clip(0, 255).round().astype(np.uint8)


def sight(table: str, picture: str, model: Detector) -> Sight:
    """Return what the inspection can see by words of colour, from the map's table and picture."""
    columns = tables.read(table, ["row", "column", "place_levels", "patch_levels"])
    place, patch, inside = detectability.as_maps(columns, model.size)
    address = report_pictures.address(photos.read(picture), MOST_MAP_BYTES)
    blind = (float(np.isnan(levels[inside]).mean()) for levels in (place, patch))
    medians = (changes.median(levels[inside]) for levels in (place, patch))
    return Sight(*medians, *blind, detectability.blind_areas(patch, inside), address, model.network is None)
