"""Given: what a job is given beyond its files: one text that stands for all of it.

Snakemake compares the parameters of a rule as an unnamed set. It does not see two parameters that trade values, or a
list in another order. It does see one parameter that holds names and order. No numpy here: imported at each start.
"""

import json
import math
from typing import Any


def canonical(values: dict[str, Any]) -> str:
    """Return named values as JSON, the same text for equal values and another one for any others.

    Keys are sorted, because a map has no order; lists keep theirs. 5 and 5.0, 0.0 and -0.0 are one number. Raises
    `ValueError` for a number that is not finite and `TypeError` for what JSON has no form for.
    """
    return json.dumps(_plain(values), sort_keys=True, separators=(",", ":"), allow_nan=False)


def _plain(value: Any) -> Any:
    if isinstance(value, float) and math.isfinite(value) and value == int(value):
        return int(value)
    if isinstance(value, dict):
        if others := [key for key in value if not isinstance(key, str)]:
            raise TypeError(f"expected text as keys, got {others[0]!r}")
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value
