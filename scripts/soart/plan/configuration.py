"""The user's configuration and scene, checked before any job runs.

Every check returns sentences: all that is wrong is said at once. No numpy here: this is imported at each start.
"""

import copy
from collections.abc import Iterator
from importlib import metadata
from typing import Any

from soart import names
from soart.plan.image_sets import image_sets
from soart.plan.panel_checks import panel_problems
from soart.plan.scene_checks import scene_problems
from soart.plan.yaml_files import Validator, schema_problems, too_many

DRAWN = "none"  # photos: the drawn data instead


def fill(config: dict, *defaults: dict) -> None:
    """Fill a configuration with what it lacks from the shipped ones, key by key in maps; lists are taken whole.

    Snakemake does the same for `--configfile`, but a workflow that uses this one as a module gives all or nothing.
    """
    for each in defaults:
        for key, value in each.items():
            if key not in config:
                config[key] = copy.deepcopy(value)
            elif isinstance(value, dict) and isinstance(config[key], dict):
                fill(config[key], value)


def asked_panels(config: dict, shipped: dict) -> list[dict]:
    """The panels that a filled configuration asks for: of photos only its own, not the shipped ones."""
    return [] if config["photos"] != DRAWN and config["panels"] == shipped["panels"] else config["panels"]


def pair_problems(config: dict) -> Iterator[str]:
    """Yield what is wrong with the comparison of photos with templates, of the keys that have the right form."""
    if config.get("detector") == "pair" and config.get("photos") == DRAWN:
        yield (
            "config: detector: pair compares photos with their own templates; expected in photos: a sheet with the "
            "column template, got the drawn data, which have none"
        )
    if config.get("detector") == "pair" and config.get("registration", "none") not in ("none", "auto"):
        yield (
            f"config: registration: expected none or auto with detector: pair, got {config['registration']}; a photo "
            "lies as its template does, to a few pixels (pair: reach)"
        )
    patch = config.get("pair", {}).get("patch", 1)
    if patch % 2 == 0:
        yield f"config: pair: patch: expected an odd number, got {patch}"


def region_problems(config: dict) -> Iterator[str]:
    """Yield what is wrong with the region of interest."""
    region = config["region"]
    if (sides := names.parse_box(region)) and not (sides[0] < sides[2] and sides[1] < sides[3]):
        yield f"config: region: expected x0,y0,x1,y1 with x0 < x1 and y0 < y1, got {region}"
    if config.get("detector") == "pair" and region not in ("none", "auto"):
        yield f"config: region: expected none or auto with detector: pair, got {region}"


def box_problems(region: str, picture: tuple[int, int]) -> Iterator[str]:
    """Yield that a region's box leaves the standard's picture of (width, height): its pixels are of another one."""
    (width, height), sides = picture, names.parse_box(region)
    if sides and (min(sides) < 0 or sides[2] > width or sides[3] > height):
        yield f"config: region: expected x0,y0,x1,y1 inside of the standard's {width} x {height} pixels, got {region}"


def network_problems(config: dict, found: bool) -> Iterator[str]:
    """Yield what is wrong with a network of the user's own, of the keys that have the right form.

    `found`: whether its file is there. Without it nothing is said of how it is used, which the file must tell.
    """
    network, use = config.get("network", "lite0"), config.get("network_use", {})
    if network in names.NETWORKS or config.get("words") == "colour" or not use:
        return
    if not found:
        yield f"config: network: expected a file, found none at '{network}'"
        return
    if not use["outputs"]:
        yield (
            f"config: network_use: outputs: expected the names of outputs of '{network}', got none; a program such as "
            "Netron shows them"
        )
    elif len(use["outputs"]) != len(use["maps"]):
        outputs, maps = len(use["outputs"]), len(use["maps"])
        yield f"config: network_use: maps: expected {outputs} numbers, one for each output, got {maps}"
    elif not any(use["maps"]):
        yield f"config: network_use: maps: expected a number above 0, for words of places, got {use['maps']}"
    if 0 in use["deviation"]:
        yield f"config: network_use: deviation: expected numbers other than 0, got {use['deviation']}"


def output_problems(path: str, content: bytes, outputs: list[str]) -> Iterator[str]:
    """Yield which outputs a network's file cannot have, because their names are nowhere in it.

    So nothing is read for a file that is no network, or another one. Whether it runs is known when it is learned with.
    """
    for output in outputs:
        if output.encode() not in content:
            yield (
                f"config: network_use: outputs: expected names of outputs in '{path}', a network as ONNX; '{output}' "
                "stands nowhere in it; a program such as Netron shows them"
            )


def package_problems(network: str) -> Iterator[str]:
    """Yield that the package is not installed which brings the weights of a `network` that is known by name."""
    package = names.NETWORKS[network].package
    try:
        metadata.version(package)
    except metadata.PackageNotFoundError:
        yield f"config: network: {names.not_installed(network, package)}"


def problems(
    config: dict, scene: Any, schemas: dict[str, dict], scene_file: str, network_found: bool = True
) -> list[str]:
    """All that is wrong with configuration and scene, a sentence each; empty if they can run.

    `network_found`: whether the file is there that `network` names, if it names one.

    Of a value without the right form only that is said; all others are checked further: one run tells all it can.
    Panels are not compared with the scene's sets where `photos` takes their place: see `fitted_panels`.
    """
    found = schema_problems(config, schemas["config"], "config")
    in_scene = schema_problems(scene, schemas["scene"], scene_file)
    if in_scene or too_many(config):
        return [*found, *in_scene]
    errors = Validator(schemas["config"]).iter_errors(config) if found else ()
    broken = {tuple(error.absolute_path)[:2] for error in errors}
    sound = set(config) - {path[0] for path in broken if path}
    if {"fluctuation", "fluctuate"} <= sound:
        found += scene_problems(scene, config["fluctuation"], config["fluctuate"], scene_file)
    found += pair_problems({key: config[key] for key in ("detector", "photos", "registration", "pair") if key in sound})
    if {"network", "network_use", "words"} <= sound:
        found += network_problems(config, network_found)
    if "region" in sound:
        found += region_problems(config)
    if config.get("photos", DRAWN) != DRAWN:
        return found
    if {"learn_images", "normal_images", "error_images"} <= sound and isinstance(config.get("panels"), list):
        panels = [panel for i, panel in enumerate(config["panels"]) if ("panels", i) not in broken]
        kinds = list(dict.fromkeys(error["name"] for error in scene["errors"]))
        found += panel_problems(panels, image_sets(config, scene), kinds)
    return found
