"""YAML files read, and checked for keys that are given twice and against a JSON schema.

Every check returns sentences: all that is wrong is said at once. No numpy here: this is imported at each start.
"""

import difflib
import math
import re
import reprlib
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, ValidationError, validators

from soart.names import printable

MOST_VALUES = 1_000_000
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(path: str | Path) -> Any:
    """Read a YAML file; `ValueError` names the file and the place where it cannot be read, or gives a key twice."""
    try:
        loader = _Loader(Path(path).read_text(encoding="utf-8"))
        node = loader.get_single_node()
        if problem := too_many(node):
            raise ValueError(f"{path}: {problem}")
        data = None if node is None else loader.construct_document(node)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"{path}: expected YAML, got something else: {' '.join(str(error).split())}") from error
    if twice := list(_given_twice(node)):
        raise ValueError(f"{path}: {'; '.join(twice)}")
    return data


def repeated_keys(paths: Iterable[str | Path]) -> list[str]:
    """One sentence for each YAML file that gives keys twice: Snakemake would take the last."""
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
                yield f"the key '{printable(key)}' is given in lines {' and '.join(map(str, found))}; keep one of them"


def too_many(root: Any) -> str:
    """Return why data, or a YAML node, are not looked at: aliases stand for too many values; empty if they can be."""
    counts: dict[int, float] = {}

    def count(value: Any) -> float:
        if id(value) not in counts:
            counts[id(value)] = math.inf  # until it is known, which it is not within itself
            counts[id(value)] = 1 + sum(map(count, _parts(value)))
        return counts[id(value)]

    if count(root) <= MOST_VALUES:
        return ""
    return f"expected at most {MOST_VALUES:,} values, got more, by aliases (*name) of aliases; write them out"


def _parts(value: Any) -> Iterable:
    match value:
        case yaml.MappingNode():
            return chain.from_iterable(value.value)
        case yaml.SequenceNode():
            return value.value
        case dict():
            return value.values()
        case list():
            return value
    return ()


def _nodes(root: yaml.Node | None) -> Iterable[yaml.Node]:
    """A YAML node and all below it, each once, although anchors may lead to it again."""
    found, waiting = {}, [root] if root else []
    while waiting:
        node = waiting.pop()
        if id(node) not in found and isinstance(node, yaml.CollectionNode):
            found[id(node)] = node
            waiting += _parts(node)
    return found.values()


def schema_problems(data: Any, schema: dict, where: str) -> list[str]:
    """One sentence for each breach of a JSON schema, in the order of the file."""
    if problem := too_many(data):
        return [f"{where}: {problem}"]
    errors = sorted(Validator(schema).iter_errors(data), key=lambda error: [str(key) for key in error.path])
    return [f"{where}: {sentence}" for error in errors for sentence in _sentences(error)]


def _is_integer(_, value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(_, value: Any) -> bool:
    return _is_integer(_, value) or (isinstance(value, float) and math.isfinite(value))


Validator = validators.extend(
    Draft202012Validator,
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine_many({"integer": _is_integer, "number": _is_number}),
)

_REPR = reprlib.Repr()
_REPR.maxstring = _REPR.maxother = 80
_REPR.maxlist = _REPR.maxdict = 4
_REPR.maxlevel = 2

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
    "exclusiveMaximum": "expected less than {limit}, got {value}",
    "multipleOf": "expected a multiple of {limit}, got {value}",
    "minItems": "expected at least {limit} entries, got {count}",
    "maxItems": "expected at most {limit} entries, got {count}",
    "minProperties": "expected {limit} of its keys, got {count}: it needs exactly {limit}",
    "maxProperties": "expected {limit} of its keys, got {count}: it takes exactly {limit}",
    "uniqueItems": "expected different entries, got {value}",
    "minLength": "expected some text, got an empty one",
    "pattern": "expected letters, digits and _ with a letter first, got {value}",
}


def _sentences(error: ValidationError) -> Iterator[str]:
    place = _place(error.absolute_path)
    value = error.instance
    got = "nothing" if value is None else shorten(value)
    match error.validator:
        case "additionalProperties":
            known = list(error.schema["properties"])
            for key in sorted(set(value) - set(known), key=str):
                yield f"{place}{str(key)!r} is no key here{did_you_mean(str(key), known)}"
        case "required":
            missing = [key for key in error.validator_value if key not in value]
            if missing and error.message.startswith(f"'{missing[0]}'"):
                yield f"{place}expected the key(s) {', '.join(missing)}, got none"
        case "type":
            yield f"{place}expected {_TYPES[error.validator_value]}, got {got}{_path_hint(error)}"
        case "pattern" if error.schema.get("format") == "path":
            yield f"{place}expected {error.schema['description']}, got {got}"
        case "enum":
            allowed = [str(each) for each in error.validator_value]
            yield f"{place}expected {' or '.join(allowed)}, got {got}{did_you_mean(str(value), allowed)}"
        case kind:
            count = len(value) if hasattr(value, "__len__") else value
            yield place + _LIMITS[kind].format(limit=error.validator_value, value=got, count=count) + _path_hint(error)


def _path_hint(error: ValidationError) -> str:
    """A sentence's end for a key that names a file or folder: what it is, and how a number or the like is a path."""
    if error.schema.get("format") != "path":
        return ""
    value = error.instance
    named = isinstance(value, int | float | date) and not isinstance(value, bool)
    return f" ({error.schema['description']})" + (f"; a path of that name is written ./{value}" if named else "")


def _place(path: Iterable) -> str:
    text = re.sub(r"\.\[", "[", ".".join(f"[{key}]" if isinstance(key, int) else str(key) for key in path))
    return f"{text}: " if text else ""


def shorten(value: Any) -> str:
    """Return a value as a sentence can have it: long text, lists and maps in part; aliases may stand for billions."""
    return str(value) if isinstance(value, date) else _REPR.repr(value)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A sentence's end that asks whether the nearest of the known words was meant; empty if none is near."""
    close = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean '{close[0]}'?" if close else ""


def repeated_names(names: list[str]) -> list[str]:
    """The names that are there more than once, sorted."""
    return sorted({name for name in names if names.count(name) > 1})
