"""The numbers of the method as they were measured: those of config/method.yaml, which an installation has beside this.

They are the defaults of whoever learns without a configuration. A job is given all of its numbers, and uses none of
these: no fingerprint holds them.
"""

import json
from functools import cache
from pathlib import Path


def numbers(group: str) -> dict:
    """Return a group of numbers by name, such as those of `pair`. Raises `KeyError` where there is no such group."""
    return _groups()[group]


@cache
def _groups() -> dict[str, dict]:
    """Return all that the file has, read without YAML, which an installation for a line does without.

    A line is a name, a colon, and a number or a list of numbers; or the name of the group that further lines are in.
    """
    found, group = {}, {}
    for line in Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition("#")[0].partition(":")
        if value.strip():
            (group if name.startswith(" ") else found)[name.strip()] = json.loads(value)
        elif name.strip():
            group = found[name.strip()] = {}
    return found
