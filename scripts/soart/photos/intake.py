"""Intake: what is wrong with photos once all have been read: what cannot be used, and what looks odd."""

import numpy as np

from soart import resolution
from soart.names import ALIKE, CROP, LEARN, NORMAL, STANDARD
from soart.photos import encodings
from soart.resolution import Places

ERROR, WARNING = "error", "warning"  # cannot be used; is used, but look at it
LEFT_OUT = "left out"  # a photo that cannot be registered: flagged, or not learned from, and no reason to stop
SHOWN = 5  # problems with the same advice that are listed when a run stops; the table has all
SEVERITIES = (ERROR, LEFT_OUT, WARNING)
DARK, BLURRED = 0.5, 0.3  # shares of the median below which a photo is much darker, or more blurred, than the rest


def findings_table(
    table: dict[str, np.ndarray], places: Places, picture: tuple[int, int], fit: str = ALIKE
) -> dict[str, np.ndarray]:
    """The input check's table, a row for each finding: image, set, path, severity, problem; errors first.

    `table` has the columns of `photos` (see schemas.SCHEMAS), a row a photo. They are brought to `picture`, (width,
    height), as `fit` says, and compared by so many `places`.
    """
    findings = [*_unusable(table), *_duplicates(table), *_odd(table), *_coarse(table, places, picture, fit)]
    findings.sort(key=lambda finding: (SEVERITIES.index(finding[1]), finding[0]))
    rows = np.array([row for row, _, _ in findings], int)
    columns = {name: table[name][rows] for name in ("image", "set", "path")}
    return columns | {
        "severity": np.array([severity for _, severity, _ in findings], str),
        "problem": np.array([problem for _, _, problem in findings], str),
    }


def _unusable(table: dict[str, np.ndarray]):
    for row in np.flatnonzero(table["problem"] != ""):
        image_set, problem = table["set"][row], str(table["problem"][row])
        left_out = table["unregistered"][row] and image_set != STANDARD
        if left_out and image_set == LEARN:
            path = f"{table['path'][row]}: "
            problem = f"{path}an odd good photo, which is not learned from: {problem.removeprefix(path)}"
        yield row, LEFT_OUT if left_out else ERROR, problem


def _duplicates(table: dict[str, np.ndarray]):
    """The same content twice: an error where one was learned from and the other is inspected, else a warning."""
    mine = np.flatnonzero((table["set"] != STANDARD) & (table["sha256"] != ""))
    hashes, first, inverse = np.unique(table["sha256"][mine], return_index=True, return_inverse=True)
    learned = np.full(len(hashes), -1)
    good = table["set"][mine] == LEARN
    learned[inverse[good][::-1]] = mine[good][::-1]
    for row, which in zip(mine.tolist(), inverse.tolist(), strict=True):
        if learned[which] >= 0 and table["set"][row] != LEARN:
            other = table["path"][learned[which]]
            yield (
                row,
                ERROR,
                f"the same picture as {other}, which is learned from: it would flatter the result; remove one",
            )
        elif mine[first[which]] != row:
            yield row, WARNING, f"the same picture as {table['path'][mine[first[which]]]}"


def _odd(table: dict[str, np.ndarray]):
    whole = table["problem"] == ""
    if not whole.any():
        return
    for name, share, text in (("brightness", DARK, "much darker"), ("sharpness", BLURRED, "much more blurred")):
        usual = float(np.median(table[name][whole]))
        for row in np.flatnonzero(whole & (table[name] < share * usual)):
            yield row, WARNING, f"{text} than the rest: {name} {table[name][row]:.3g}, usual is {usual:.3g}"
    for row in np.flatnonzero(whole & (table["mask_warning"] != "") & (table["set"] != NORMAL)):
        yield row, WARNING, str(table["mask_warning"][row])  # a good photo's has no pixel, rightly
    yield from _saved_otherwise(table, whole)


def _coarse(table: dict[str, np.ndarray], places: Places, picture: tuple[int, int], fit: str):
    whole = np.flatnonzero(table["problem"] == "")
    for row, *size in zip(whole, table["width"][whole].tolist(), table["height"][whole].tolist(), strict=True):
        if said := resolution.warning(resolution.compared(tuple(size), picture, fit == CROP), places):
            yield row, WARNING, said


def _saved_otherwise(table: dict[str, np.ndarray], whole: np.ndarray):
    """Photos saved otherwise than the good ones; of these themselves, those of another format than most."""
    saved, good = encodings.of_table(table), whole & (table["set"] == LEARN)
    learned = [saved[row] for row in np.flatnonzero(good)]
    for chosen, usual in ((good, encodings.most_common(learned)), (whole & ~good, encodings.learn(learned))):
        said = {each: encodings.warning(each, usual) for each in {saved[row] for row in np.flatnonzero(chosen)}}
        for row in np.flatnonzero(chosen):
            if said[saved[row]]:
                yield row, WARNING, said[saved[row]]


def left_out(findings: dict[str, np.ndarray]) -> int:
    """Return how many findings leave a photo out."""
    return int(np.isin(findings["severity"], [ERROR, LEFT_OUT]).sum())


def required_action(findings: dict[str, np.ndarray], photos: dict[str, int], skip: bool) -> str:
    """Return what a person has to do before the run can go on, all at once; empty if it can.

    `photos` says how many each set has. Leaving photos out (`skip`) must leave a standard, two good photos, and one to
    inspect.
    """
    bad, out = findings["severity"] == ERROR, findings["severity"] == LEFT_OUT
    if bad.any() and not skip:
        advice = f"{bad.sum()} photo(s) cannot be used; mend or remove them, or set on_bad_image: skip"
        return "\n".join([advice, *_listed(findings, bad)])
    gone, learned = bad | out, findings["set"] == LEARN
    left = {name: count - int((gone & (findings["set"] == name)).sum()) for name, count in photos.items()}
    if (of_standard := gone & (findings["set"] == STANDARD)).any():
        advice = "the standard cannot be used; choose another photo_standard"
        return "\n".join([advice, *_listed(findings, of_standard)])
    unlike = out & learned
    if unlike.any() and 2 * unlike.sum() >= photos[LEARN]:  # half: nobody can say which are meant
        advice = (
            f"{unlike.sum()} of {photos[LEARN]} good photos do not fit the one that all are registered on; learn "
            "parts of several kinds each by itself, else choose another photo_standard, lower registration_limits or "
            "set registration: auto or none"
        )
        return "\n".join([advice, *_listed(findings, unlike)])
    if left[LEARN] < 2:
        advice = f"expected at least 2 good photos to learn from, {left[LEARN]} can be used"
        return "\n".join([advice, *_listed(findings, gone & learned)])
    if not any(count for name, count in left.items() if name != LEARN):
        advice = "expected photos to inspect, none of them can be used"
        return "\n".join([advice, *_listed(findings, gone & ~learned)])
    return ""


def _listed(findings: dict[str, np.ndarray], chosen: np.ndarray) -> list[str]:
    """A line each of those that are `chosen`; of those with one advice (after the semicolon) only the first `SHOWN`."""
    by_advice = {}
    for path, problem in zip(findings["path"][chosen].tolist(), findings["problem"][chosen].tolist(), strict=True):
        said = problem if problem.startswith(path) else f"{path}: {problem}"
        by_advice.setdefault(said.rpartition(";")[2], []).append(said)
    lines = []
    for advice, alike in by_advice.items():
        lines += [f"  {problem}" for problem in alike[:SHOWN]]
        if len(alike) > SHOWN:
            lines.append(f"  and {len(alike) - SHOWN} more to do this with: {advice.strip()}")
    return lines
