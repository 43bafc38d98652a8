# What the rules share: the checked configuration, the layout that follows from it, what a job is given.
import gc
import os
import re
import sys
from functools import cache
from pathlib import Path

BASE = Path(workflow.current_basedir).parent
sys.path.insert(0, str(BASE / "scripts"))  # where the package is, for the rules as for the scripts
# A job is one thread; libraries that start more at import only cost time (numpy: half of its import).
os.environ |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
# Pictures come and go: glibc keeps their memory (bytes, each limit's largest) instead of asking for it anew each time,
# which took a quarter of the time that reading takes. No value depends on it.
os.environ |= {"MALLOC_MMAP_THRESHOLD_": "33554432", "MALLOC_TRIM_THRESHOLD_": "33554432"}

from snakemake.logging import logger
from soart.plan import configuration, fingerprint as fingerprints, given as givens, graph, layout, paths
from soart.plan import progress, records, shards, yaml_files
from soart.report import summary


def stop(what, problems):
    """End the run with all that is wrong, a line each; no line of these files is at fault, so none is shown."""
    sys.exit("\n  ".join([f"{what}:", *problems]))


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
        reason = (
            f"it is neither in the working directory nor in {BASE}" if isinstance(error, FileNotFoundError) else error
        )
        problems = yaml_files.schema_problems(config, schemas["config"], "config")
        problems.append(f"config: scene: the file '{name}' cannot be read: {reason}")
    else:
        network_found = Path(beside_workflow(str(config["network"]))).is_file()
        problems = configuration.problems(config, scene, schemas, name, network_found)
    if problems := yaml_files.repeated_keys(workflow.configfiles) + problems:
        stop("The configuration cannot run", problems)
    return scene


def checked_photos():
    """The user's photos and their size, if they can be used; otherwise all that is wrong. None for the drawn data."""
    if config["photos"] == configuration.DRAWN:
        return None, None
    *found, problems = shards.usable(beside_workflow(config["photos"]), config)
    if problems:
        stop("The photos cannot be used", problems)
    return found


@cache
def fingerprint(script):
    """Hash of a script's meaning, of the modules it imports and of the packages' versions."""
    return fingerprints.fingerprint(BASE / f"scripts/{script}.py")


def given(script, *keys, of=None, **values):
    """All that a job depends on beside its inputs, as one param: the code, keys of the configuration, other values.

    `of`: what depends on the job, as a function of its wildcards that returns a map.
    """
    fixed = {"code": fingerprint(script)} | {key: config[key] for key in keys} | values

    def of_job(wildcards):
        return givens.canonical(fixed | (of(wildcards) if of else {}))

    return of_job


if braced := [folder for folder in (str(BASE), os.getcwd()) if {"{", "}"} & set(folder)]:
    sys.exit(f"Snakemake cannot run from a folder with {{ or }} in its name, got {braced[0]}; rename it")

fingerprints.remember(".snakemake/fingerprints.json")
gc.disable()  # of 10^5 photos everything stays: looking for garbage among it would be a quarter of the planning
SHIPPED = [yaml_files.read_yaml(BASE / f"config/{name}.yaml") for name in ("config", "method")]
configuration.fill(config, *SHIPPED)
config["panels"] = configuration.asked_panels(config, SHIPPED[0])
SCENE = checked_scene()
PHOTOS, PICTURE = checked_photos()
LAYOUT = layout.Layout(config, SCENE, PHOTOS, PICTURE)
RESULTS = {placed(path): rule for path, rule in graph.results(LAYOUT).items()}
RECORDED = [*RESULTS, *placed(graph.beside_results(LAYOUT))]  # by whose records a changed setting is seen
if workflow.is_main_process and not workflow.logger_manager.settings.dryrun and not MODULE:
    progress.attach(logger, graph.rules(LAYOUT), summary.say_result_of_before)
if workflow.is_main_process and not STORED and (lost := records.lost(RECORDED)):
    sys.exit(records.problem(lost))
LAYOUT.notes += LAYOUT.few_pixels()
LAYOUT.notes += records.of_the_future(RESULTS, STARTED, placed("results"))
LAYOUT.notes += records.in_place_of_photos(placed("results/manifest.json"), drawn=not PHOTOS)
if STORED and not records.any_there():
    LAYOUT.notes.append("No records in .snakemake: results that are in the bucket already are taken as they are")
if "apptainer" in map(str, workflow.deployment_settings.deployment_method) and not MODULE:
    LAYOUT.notes.append(
        "--sdm apptainer changes nothing: no rule names a container; requirements/README.md says what does"
    )
if MODULE and workflow.is_main_process:
    logger.info("\n".join(LAYOUT.notes))  # of a module Snakemake calls no `onstart`
gc.freeze()
gc.enable()
