# Where results are: in results/, below what a parent workflow's `prefix:` puts in front, or as copies of a bucket's.
import sys

from snakemake.io import get_flag_value

MODULE = not workflow.modifier.is_main_snakefile()  # of a parent workflow, which may put a prefix before all paths
PLACE = workflow.modifier.path_modifier.replace_prefix("results/")
STORED = workflow.storage_settings.default_storage_provider is not None  # in a bucket, say; each job has copies
if not PLACE.endswith("results/"):
    sys.exit(
        "soart-attention as a module keeps the name of its folder results/, which replace_prefix: makes "
        f"{PLACE}; expected prefix:, which puts results/ below another folder"
    )
if STORED:
    PLACE = str(get_flag_value(workflow.modifier.modify_path("results/x"), "storage_object").local_path())[:-1]
PREFIX = PLACE.removesuffix("results/")
SHARED = MODULE and not PREFIX  # with the files of a parent workflow


def placed(paths):
    """Result paths as they are on disk, for what is no input or output: with `PREFIX` in front."""
    if isinstance(paths, dict):
        return {name: placed(each) for name, each in paths.items()}
    if isinstance(paths, list):
        return [placed(each) for each in paths]
    return f"{PREFIX}{paths}" if paths else paths
