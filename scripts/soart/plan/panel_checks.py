"""The images that panels name, what is wrong with panels, and which of them can run on photos.

No numpy here: this is imported at each start.
"""

from collections.abc import Iterator

from soart.plan.image_sets import ImageSet, standard_set
from soart.plan.yaml_files import did_you_mean, repeated_names


def expand_groups(groups: list[dict], error_kinds: list[str]) -> list[dict]:
    """Image groups with the set `errors` replaced by every error kind."""
    return [
        {**group, "set": name}
        for group in groups
        for name in (error_kinds if group["set"] == "errors" else [group["set"]])
    ]


def groups_of(panel: dict, error_kinds: list[str]) -> dict[str, list[dict]]:
    """Every list of image groups in a panel, by role: measured, and query, key, value or annotations."""
    roles = {"measured": panel["measured"]}
    if "alignment" in panel:
        roles["annotations"] = panel["annotations"]
    else:
        roles |= {role: panel[role]["judges"] for role in ("query", "key", "value")}
    return {role: expand_groups(groups, error_kinds) for role, groups in roles.items()}


def runnable_panels(panels: list[dict], sets: dict[str, ImageSet], kinds: list[str]) -> tuple[list[dict], list[str]]:
    """The panels that can run on a collection of photos, and a sentence for each that cannot.

    Measured sets that do not exist are left out, and `first` is at most what a set has. A panel is left out where its
    standard or judges do not exist, or where its query and key judges are not as many.
    """
    fitted, notes = [], []
    for panel in panels:
        groups = groups_of(panel, kinds)
        groups["measured"] = [group for group in groups["measured"] if group["set"] in sets]
        missing = sorted({group["set"] for role in groups.values() for group in role} - set(sets))
        groups = {role: [_at_most(group, sets) for group in each] for role, each in groups.items()}
        judges = [
            sum(_count(group, sets) for group in groups.get(role, ())) for role in ("query", "key") if not missing
        ]
        if missing:
            why = f"there is no set '{missing[0]}'"
        elif standard_set(panel["standard"], sets) is None:
            why = f"there is no standard '{panel['standard']}'"
        elif not groups["measured"]:
            why = "none of the sets that it measures is there"
        elif judges[0] != judges[1]:
            why = f"it has {judges[0]} query judges and {judges[1]} key judges"
        else:
            fitted.append(panel | {role: _replaced(panel[role], each) for role, each in groups.items()})
            continue
        notes.append(f"panel '{panel['name']}' is left out: {why}")
    return fitted, notes


def _at_most(group: dict, sets: dict[str, ImageSet]) -> dict:
    if group["first"] == "all" or group["set"] not in sets:
        return group
    return group | {"first": min(group["first"], len(sets[group["set"]].images))}


def _replaced(role: dict | list, groups: list[dict]) -> dict | list:
    return groups if isinstance(role, list) else role | {"judges": groups}


def panel_problems(panels: list[dict], sets: dict[str, ImageSet], error_kinds: list[str]) -> list[str]:
    """Return what cannot work in panels of the right form: sets, counts and standards that are not there or unfit."""
    problems = [
        f"config: two panels are named '{name}'" for name in repeated_names([panel["name"] for panel in panels])
    ]
    for panel in panels:
        where = f"config: panel '{panel['name']}'"
        if standard_set(panel["standard"], sets) is None:
            known = ["base", *(f"mean:{name}" for name in sets), *(sets[name].images[0] for name in sets)]
            problems.append(
                f"{where}: standard '{panel['standard']}' is neither base, nor mean:SET, nor an image's name"
                f"{did_you_mean(panel['standard'], known)}"
            )
        counts = {}
        for role, groups in groups_of(panel, error_kinds).items():
            found = list(_group_problems(groups, sets))
            problems += [f"{where}, {role}: {text}" for text in found]
            if not found:
                counts[role] = sum(_count(group, sets) for group in groups)
        if "query" in counts and "key" in counts and counts["query"] != counts["key"]:
            problems.append(
                f"{where}: expected as many query judges as key judges, got {counts['query']} and {counts['key']}"
            )
    return problems


def _count(group: dict, sets: dict[str, ImageSet]) -> int:
    available = len(sets[group["set"]].images)
    return available if group["first"] == "all" else group["first"]


def _group_problems(groups: list[dict], sets: dict[str, ImageSet]) -> Iterator[str]:
    if not groups:
        yield "expected images, got none: the set 'errors' is empty, because the scene has no errors"
    names = [group["set"] for group in groups]
    yield from (f"the set '{name}' is listed twice" for name in repeated_names(names))
    for group in groups:
        name = group["set"]
        if name not in sets:
            known = [*sets, "errors"]
            yield f"'{name}' is no set; sets are {', '.join(known)}{did_you_mean(name, known)}"
        elif _count(group, sets) > len(sets[name].images):
            yield (
                f"expected at least {group['first']} images in the set '{name}', got {len(sets[name].images)}; let the "
                "panel take fewer, or leave all panels out (panels: [])"
            )
