"""The user's configuration and scene, checked before any job runs; and what follows from them.

Every check returns sentences, so that all that is wrong is said at once. No numpy here: this is imported at each start.
"""

import difflib
import math
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from jsonschema import Draft202012Validator, ValidationError, validators

# errors of these names would share a set's, a file's or a keyword's name
RESERVED_SETS = ("standard", "learn", "normal", "base_fluctuate", "errors", "all")
LOW, HIGH = ("x0", "y0"), ("x1", "y1")


class ImageSet(NamedTuple):
    """A set of images.

    `images`: their names in order, which no two images of a run share; `folder`: where they are below results/images,
    with its slash; `changes`: what the error does to the scene, none for good images.
    """

    name: str
    images: list[str]
    folder: str
    changes: list[dict]


def image_sets(config: dict, scene: dict) -> dict[str, ImageSet]:
    """The drawn sets by name: standard, learn, normal, then each error kind in the scene's order."""

    def numbered(stem: str, count: int) -> list[str]:
        return [f"{stem}_{i}" for i in range(count)]

    sets = [
        ImageSet("standard", ["image_standard"], "", []),
        ImageSet("learn", numbered("image_base_fluctuate", config["learn_images"]), "learn/", []),
        ImageSet("normal", numbered("image_normal", config["normal_images"]), "normal/", []),
        *(
            ImageSet(
                error["name"],
                numbered(f"image_{error['name']}", config["error_images"]),
                "error/",
                error["changes"],
            )
            for error in scene["errors"]
        ),
    ]
    return {each.name: each for each in sets}


def expanded(groups: list[dict], error_kinds: list[str]) -> list[dict]:
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
    return {role: expanded(groups, error_kinds) for role, groups in roles.items()}


def standard_set(standard: str, sets: dict[str, ImageSet]) -> str | None:
    """The set that a standard is taken from: of `base`, `mean:SET` or an image's name; None if there is none such."""
    if standard == "base":
        return "standard"
    if standard.startswith("mean:"):
        return standard[5:] if standard[5:] in sets else None
    return next((each.name for each in sets.values() if standard in each.images), None)


def fitted_panels(panels: list[dict], sets: dict[str, ImageSet], kinds: list[str]) -> tuple[list[dict], list[str]]:
    """The panels that can run on a collection of photos, and a sentence for each that cannot.

    Measured sets that do not exist are left out, and `first` is at most what a set has; a panel whose standard or
    judges do not exist, or whose query and key judges are not as many, is left out.
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


# --- checks ----------------------------------------------------------------------------------------------------------


_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(path: str | Path) -> Any:
    """Read a YAML file; `ValueError` names the file and the place where it cannot be read, or gives a key twice."""
    try:
        loader = _Loader(Path(path).read_text(encoding="utf-8"))
        node = loader.get_single_node()
        data = None if node is None else loader.construct_document(node)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: expected YAML, got something else: {' '.join(str(error).split())}") from error
    if twice := list(_given_twice(node)):
        raise ValueError(f"{path}: {'; '.join(twice)}")
    return data


def repeated_keys(paths: Iterable[str | Path]) -> list[str]:
    """One sentence for each YAML file that gives keys twice, of which Snakemake would take the last."""
    problems = []
    for path in paths:
        try:
            read_yaml(path)
        except ValueError as error:
            problems.append(str(error))
    return problems


def _given_twice(root: yaml.Node | None) -> Iterator[str]:
    """The keys that a map holds more than once, with their lines, in the order of the file."""
    for node in sorted(_nodes(root), key=lambda node: node.start_mark.index):
        lines: dict[str, list[int]] = {}
        for key, _ in node.value if isinstance(node, yaml.MappingNode) else ():
            lines.setdefault(str(key.value), []).append(key.start_mark.line + 1)
        for key, found in lines.items():
            if len(found) > 1:
                yield f"the key '{key}' is given in lines {' and '.join(map(str, found))}; keep one of them"


def _nodes(root: yaml.Node | None) -> Iterable[yaml.Node]:
    """A YAML node and all below it, each once, although anchors may lead to it again."""
    found, waiting = {}, [root] if root else []
    while waiting:
        node = waiting.pop()
        if id(node) not in found and isinstance(node, yaml.CollectionNode):
            found[id(node)] = node
            waiting += chain.from_iterable(node.value) if isinstance(node, yaml.MappingNode) else node.value
    return found.values()


def schema_problems(data: Any, schema: dict, where: str) -> list[str]:
    """One sentence for each breach of a JSON schema, in the order of the file."""
    errors = sorted(_Validator(schema).iter_errors(data), key=lambda error: [str(key) for key in error.path])
    return [f"{where}: {sentence}" for error in errors for sentence in _sentences(error)]


def _is_integer(_, value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(_, value: Any) -> bool:
    return _is_integer(_, value) or (isinstance(value, float) and math.isfinite(value))


_Validator = validators.extend(
    Draft202012Validator,
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine_many({"integer": _is_integer, "number": _is_number}),
)

_TYPES = {
    "integer": "a whole number",
    "number": "a number",
    "string": "text",
    "array": "a list",
    "object": "a map of keys",
    "boolean": "true or false",
}
_LIMITS = {
    "minimum": "expected at least {limit}, got {value}",
    "maximum": "expected at most {limit}, got {value}",
    "exclusiveMinimum": "expected more than {limit}, got {value}",
    "multipleOf": "expected a multiple of {limit}, got {value}",
    "minItems": "expected at least {limit} entries, got {count}",
    "maxItems": "expected at most {limit} entries, got {count}",
    "minProperties": "expected {limit} of its keys, got {count}: it needs exactly {limit}",
    "maxProperties": "expected {limit} of its keys, got {count}: it takes exactly {limit}",
    "uniqueItems": "expected different entries, got {value}",
    "minLength": "expected some text, got none",
    "pattern": "expected letters, digits and _ with a letter first, got {value}",
}


def _sentences(error: ValidationError) -> Iterator[str]:
    place = _place(error.absolute_path)
    value = error.instance
    match error.validator:
        case "additionalProperties":
            known = list(error.schema["properties"])
            for key in sorted(set(value) - set(known), key=str):
                yield f"{place}{str(key)!r} is no key here{nearest(str(key), known)}"
        case "required":
            missing = [key for key in error.validator_value if key not in value]
            if missing and error.message.startswith(f"'{missing[0]}'"):
                yield f"{place}expected the key(s) {', '.join(missing)}, got none"
        case "type":
            yield f"{place}expected {_TYPES[error.validator_value]}, got {value!r}"
        case "enum":
            allowed = [str(each) for each in error.validator_value]
            yield f"{place}expected {' or '.join(allowed)}, got {value!r}{nearest(str(value), allowed)}"
        case kind:
            count = len(value) if hasattr(value, "__len__") else value
            yield place + _LIMITS[kind].format(limit=error.validator_value, value=repr(value), count=count)


def _place(path: Iterable) -> str:
    text = re.sub(r"\.\[", "[", ".".join(f"[{key}]" if isinstance(key, int) else str(key) for key in path))
    return f"{text}: " if text else ""


def nearest(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean '{close[0]}'?" if close else ""


def scene_problems(scene: dict, pixels: int, coordinates: str, where: str) -> list[str]:
    """What is wrong with a scene of the right form: names, references, and fluctuations that go too far."""
    shapes = [shape["name"] for shape in scene["shapes"]]
    errors = [error["name"] for error in scene["errors"]]
    problems = [f"{where}: two shapes are named '{name}'" for name in _repeated(shapes)]
    problems += [f"{where}: two errors are named '{name}'" for name in _repeated(errors)]
    problems += [
        f"{where}: an error is named '{name}', which means another set; choose another name"
        for name in errors
        if name in RESERVED_SETS
    ]
    for error in scene["errors"]:
        problems += [
            f"{where}: error '{error['name']}' wants to add along '{name}', which it may have left out before"
            for name in _left_out_before(error["changes"])
        ]
        for change in error["changes"]:
            [(verb, how)] = change.items()
            problems += [
                f"{where}: error '{error['name']}' wants to {verb} '{name}', which is no shape{nearest(name, shapes)}"
                for name in _named(change)
                if name not in shapes
            ]
            problems += [
                f"{where}: error '{error['name']}' wants to add along '{shape['name']}', which has no line"
                for shape in scene["shapes"]
                if "along" in how and shape["name"] in how["along"]["one_of"]
                if not any(part["kind"] == "line" for part in shape["parts"])
            ]
            if verb == "add":
                place = f"{where}: error '{error['name']}', the added part"
                problems += [f"{place}: {text}" for text in _added_problems(how["part"])]
    for shape in scene["shapes"]:
        for number, part in enumerate(shape["parts"]):
            place = f"{where}: shape '{shape['name']}', part {number}"
            problems += [f"{place}: {text}" for text in _part_problems(part, pixels, coordinates, scene["canvas"])]
    return problems


def _added_problems(part: dict) -> Iterator[str]:
    if "fluctuates" in part:
        yield "it moves with its place by the 'wobble', no coordinate fluctuates; leave out 'fluctuates'"
    yield from _unused(part)
    yield from _turned(part, dict.fromkeys((*LOW, *HIGH), 0))


def _left_out_before(changes: list[dict]) -> Iterator[str]:
    """The shapes along which something is to be added after they may have been left out."""
    gone = set()
    for change in changes:
        if "leave_out" in change:
            gone |= set(change["leave_out"]["one_of"])
        yield from sorted(gone & set(change.get("add", {}).get("along", {}).get("one_of", [])))


def _named(change: dict) -> list[str]:
    """The shapes that a change names."""
    [(verb, how)] = change.items()
    return how.get("along", {}).get("one_of", []) if verb == "add" else how["one_of"]


def _part_problems(part: dict, pixels: int, coordinates: str, canvas: list[int]) -> Iterator[str]:
    at = dict(zip((*LOW, *HIGH), part["box"], strict=True))
    reach = {name: pixels if coordinates == "all" or name in part.get("fluctuates", ()) else 0 for name in at}
    beside = _beside(part, at, reach)
    for name, value in at.items():
        limit, axis = canvas[name.startswith("y")], name[0]
        far = reach[name] + beside[axis]
        if value - far < 0 or value + far > limit:
            wide = f" and a width of {part['width']} px" if beside[axis] else ""
            yield (
                f"{name} = {value} with a fluctuation of {reach[name]} px{wide} can leave the canvas (0 to {limit}); "
                "make the fluctuation smaller or move the shape"
            )
    yield from _unused(part)
    yield from _turned(part, reach)


def _beside(part: dict, at: dict[str, int], reach: dict[str, int]) -> dict[str, float]:
    """How far a line's width can stick out beyond its ends along x and along y, in pixels; 0 for other parts.

    Half the width beside the line's own pixel, across the line: along x it is (w - 1)/2 |dy| / sqrt(dx^2 + dy^2),
    largest for the largest |dy| and the smallest |dx| that the ends can come to.
    """
    if part["kind"] != "line":
        return {"x": 0, "y": 0}
    length = {axis: abs(at[f"{axis}1"] - at[f"{axis}0"]) for axis in "xy"}
    moves = {axis: reach[f"{axis}0"] + reach[f"{axis}1"] for axis in "xy"}
    beside = {}
    for axis, other in ("xy", "yx"):
        least, most = max(0, length[axis] - moves[axis]), length[other] + moves[other]
        beside[axis] = (part["width"] - 1) / 2 * (most / math.hypot(least, most) if most else 0)
    return beside


def _unused(part: dict) -> Iterator[str]:
    """Keys that a part of its kind does not use."""
    for key, kind in (("width", "line"), ("start", "chord"), ("end", "chord")):
        if key in part and part["kind"] != kind:
            yield f"'{key}' is of a {kind}, not of kind '{part['kind']}'; leave it out"


def _turned(part: dict, reach: dict[str, int]) -> Iterator[str]:
    """What can be inside out in a part whose coordinates can move by `reach`; a line may run either way."""
    at = dict(zip((*LOW, *HIGH), part["box"], strict=True))
    for low, high in zip(LOW, HIGH, strict=True) if part["kind"] != "line" else ():
        if at[low] + reach[low] > at[high] - reach[high]:
            yield (
                f"{low} = {at[low]} and {high} = {at[high]} with a fluctuation of {reach[low]} and {reach[high]} px "
                "can turn the box inside out; make the fluctuation smaller or the box larger"
            )


def _repeated(names: list[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})


def panel_problems(panels: list[dict], sets: dict[str, ImageSet], error_kinds: list[str]) -> list[str]:
    """What cannot work in panels of the right form: sets, counts and standards that do not exist or do not fit."""
    problems = [f"config: two panels are named '{name}'" for name in _repeated([panel["name"] for panel in panels])]
    for panel in panels:
        where = f"config: panel '{panel['name']}'"
        if standard_set(panel["standard"], sets) is None:
            known = ["base", *(f"mean:{name}" for name in sets), *(sets[name].images[0] for name in sets)]
            problems.append(
                f"{where}: standard '{panel['standard']}' is neither base, nor mean:SET, nor an image's name"
                f"{nearest(panel['standard'], known)}"
            )
        counts = {}
        for role, groups in groups_of(panel, error_kinds).items():
            found = list(_group_problems(groups, sets, error_kinds))
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


def _group_problems(groups: list[dict], sets: dict[str, ImageSet], error_kinds: list[str]) -> Iterator[str]:
    if not groups:
        yield "expected images, got none: the set 'errors' is empty, because the scene has no errors"
    names = [group["set"] for group in groups]
    yield from (f"the set '{name}' is listed twice" for name in _repeated(names))
    for group in groups:
        name = group["set"]
        if name not in sets:
            known = [*sets, "errors"]
            yield f"'{name}' is no set; sets are {', '.join(known)}{nearest(name, known)}"
        elif _count(group, sets) > len(sets[name].images):
            yield f"expected at least {group['first']} images in the set '{name}', got {len(sets[name].images)}"


def pair_problems(config: dict) -> Iterator[str]:
    """What is wrong with the comparison of photos with templates, of the keys that have the right form."""
    if config.get("detector") == "pair" and config.get("photos") == "":
        yield (
            "config: detector: pair compares photos with their own templates; expected in photos: a sheet with the "
            "column template, got the drawn data, which have none"
        )
    if config.get("detector") == "pair" and config.get("registration", "none") != "none":
        yield (
            f"config: registration: expected none with detector: pair, got {config['registration']}; a photo lies "
            "as its template does, to a few pixels (pair: reach)"
        )
    patch = config.get("pair", {}).get("patch", 1)
    if patch % 2 == 0:
        yield f"config: pair: patch: expected an odd number, got {patch}"


def problems(config: dict, scene: Any, schemas: dict[str, dict], scene_file: str) -> list[str]:
    """All that is wrong with configuration and scene, a sentence each; empty if they can run.

    What has not the right form is only said; what has is checked further, so that one run tells as much as it can.
    Panels are not compared with the scene's sets where `photos` takes their place: see `fitted_panels`.
    """
    found = schema_problems(config, schemas["config"], "config")
    in_scene = schema_problems(scene, schemas["scene"], scene_file)
    if in_scene:
        return [*found, *in_scene]
    broken = {tuple(error.absolute_path)[:2] for error in _Validator(schemas["config"]).iter_errors(config)}
    sound = set(config) - {path[0] for path in broken if path}
    if {"fluctuation", "fluctuate"} <= sound:
        found += scene_problems(scene, config["fluctuation"], config["fluctuate"], scene_file)
    found += pair_problems({key: config[key] for key in ("detector", "photos", "registration", "pair") if key in sound})
    if config.get("photos"):
        return found
    if {"learn_images", "normal_images", "error_images"} <= sound and isinstance(config.get("panels"), list):
        panels = [panel for i, panel in enumerate(config["panels"]) if ("panels", i) not in broken]
        kinds = list(dict.fromkeys(error["name"] for error in scene["errors"]))
        found += panel_problems(panels, image_sets(config, scene), kinds)
    return found
