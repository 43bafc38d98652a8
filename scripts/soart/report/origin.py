"""The report's last part: the graph of rules as a picture, and what each of them took."""

from graphlib import TopologicalSorter

from soart import job

WIDTH, HEIGHT, GAP, STEP = 150, 30, 14, 62  # of a box, and from box to box, in the picture's units


def reduce_graph(needs: dict[str, list[str]]) -> dict[str, list[str]]:
    """A graph {node: what it needs} without the edges that a longer way implies."""
    return {
        node: [each for each in direct if not any(each in _behind(needs, other) for other in direct if other != each)]
        for node, direct in needs.items()
    }


def _behind(needs: dict[str, list[str]], node: str) -> set[str]:
    found, waiting = set(), [node]
    while waiting:
        for each in needs[waiting.pop()]:
            if each not in found:
                found.add(each)
                waiting.append(each)
    return found


def layers(needs: dict[str, list[str]]) -> list[list[str]]:
    """The nodes in layers, each below all that it needs; within a layer near what it needs."""
    waiting, found, place = TopologicalSorter(needs), [], {}
    waiting.prepare()
    while layer := waiting.get_ready():
        middle = {node: sum(place[each] for each in needs[node]) / max(len(needs[node]), 1) for node in layer}
        found.append(sorted(layer, key=lambda node: (middle[node], node)))
        place |= {node: (number + 0.5) / len(layer) for number, node in enumerate(found[-1])}
        waiting.done(*layer)
    return found


def drawing(needs: dict[str, list[str]]) -> dict:
    """The graph as boxes and curves: width, height, boxes of (x, y, name), edges as SVG paths."""
    needs = reduce_graph(needs)
    rows = layers(needs)
    width = max((len(row) for row in rows), default=0) * (WIDTH + GAP) + GAP
    at = {}
    for level, row in enumerate(rows):
        for number, node in enumerate(row):
            at[node] = (width * (number + 0.5) / len(row), GAP + level * STEP)
    edges = []
    for node, direct in needs.items():
        for each in direct:
            (x0, y0), (x1, y1) = at[each], at[node]
            y0, middle = y0 + HEIGHT, (y0 + HEIGHT + y1) / 2
            edges.append(f"M{x0:g} {y0:g}C{x0:g} {middle:g} {x1:g} {middle:g} {x1:g} {y1 - 6:g}")
    return {
        "width": width,
        "height": len(rows) * STEP + GAP,
        "boxes": [(x, y, name) for name, (x, y) in at.items()],
        "edges": edges,
    }


def run_times(logs: dict[str, list[str]]) -> list[dict]:
    """Return what each rule's jobs took, from their logs as far as these are there and whole: a dict a rule.

    Keys: script, jobs, seconds and cpu (sums), memory (of the largest job, MB).
    """
    found = []
    for script, paths in logs.items():
        if used := list(filter(None, map(job.used, paths))):
            sums = {"seconds": sum(each.seconds for each in used), "cpu": sum(each.cpu for each in used)}
            found.append({"script": script, "jobs": len(used), **sums, "memory": max(each.memory for each in used)})
    return found
