"""The outcome of a run in a few sentences: the first ones of the report, the last ones on the terminal.

Neither numpy nor pandas here: the terminal's lines are printed by Snakemake's own process.
"""

import atexit
import json
import re
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from soart.inspection.verdict import (
    FLAGGED,
    GOOD,
    IMPOSSIBLE,
    INDICATIVE,
    NOT_COMPARED,
    Odd,
    capitalized,
    repeats_words,
)
from soart.names import beyond
from soart.storage import files

REPORT, OUTCOME, LOGS = "results/report.html", "results/summary.json", "results/logs"
BLAMED = 50  # good photos among which one odd one may explain what is missed; among more it is but named
NEAR = 0.8  # share of a threshold that is near it
MOST_LINES = 5  # of what went wrong, said again at the end
VERIFYING = ("verify", "verify_reference")
SAYING = (*VERIFYING, "remove_leftovers", "write_reference")  # rules whose result is what they say
NO_MENDING = (*VERIFYING, "judge_outcome")  # rules whose failure says itself what to do
RECORD = re.compile(r"^\d{4}-\d\d-\d\d [\d:,]+ ([A-Z]+) ", re.MULTILINE)  # how a line of a job's log begins
FAILURES = ("none", "flagged", "not_compared", "odd")  # what `fail_on` may name


class Rate(NamedTuple):
    """Rate: how often something happened, with the exact 95 % interval of its share."""

    count: int
    total: int
    share: float
    low: float
    high: float


class Summary(NamedTuple):
    """Summary: what an engineer must know first. The standard is counted nowhere."""

    counts: dict[str, int]  # verdict: images
    good_images: int  # n, that were learned from and count in the alarm
    needed: int  # n that the alarm needs
    alarm: dict  # rate, tail, threshold (None where no alarm is possible), worth
    largest_good: float  # largest held-out score
    kinds: dict[str, Rate | None]  # error kind: its missed ones
    missed: Rate | None = None  # known defects that were not flagged; None where none is known
    false_alarms: Rate | None = None  # known good images that were flagged
    largest_missed: float | None = None  # score
    warnings: int = 0  # compared images that came with one
    odd: tuple[Odd, ...] = ()  # good photos to look at
    mixture: str = ""  # that no kind of good photos has more than half of them
    foreign: int = 0  # good photos of another kind, which were learned from and do not count in the alarm
    least_like: tuple[Odd, ...] = ()  # the good photos with the highest held-out scores that count in the alarm
    without: Sequence[float | None] = ()  # thresholds that would be left without the first of them, the first two, ...
    repeats: int = 0  # good photos that show what another one shows, beside `good_images`
    findings: int = 0  # of the input check
    visible: float | None = None  # gray levels by which one place must change to be flagged: the median; 128: blind
    registered: bool = True  # pictures were registered, or never can be
    drawn: bool = False  # the images are drawn, not photos

    @property
    def inspected(self) -> int:
        """Return how many images were compared."""
        return sum(number for verdict, number in self.counts.items() if verdict != NOT_COMPARED)


def first_sentence(summary: Summary) -> str:
    """Return what matters most: whether an alarm is possible, whether known defects were missed, and why.

    Else whether the good photos are a mixture; else how many images are flagged.
    """
    if not summary.inspected:
        return "Nothing could be compared." if summary.counts.get(NOT_COMPARED) else "Nothing was inspected."
    if impossible(summary):
        return f"No image can be flagged: {impossible(summary)}."
    missed = summary.missed
    if missed and missed.count:
        how_many = f"All {missed.total}" if missed.count == missed.total else f"{missed.count} of {missed.total}"
        return f"{how_many} known defects were missed: {reason(summary)}."
    if summary.mixture:
        return f"{capitalized(summary.mixture)}."
    found = f", and none of the {missed.total} known defects was missed" if missed else ""
    flagged = summary.counts.get(FLAGGED, 0)
    return f"{flagged or 'None'} of {summary.inspected} inspected images {be(flagged)} flagged{found}."


def reason(summary: Summary) -> str:
    """Return why known defects are missed, as far as the run can tell: the first of these that holds.

    The good photos are a mixture; a few good photos alone lift the threshold (`lifting`); an odd one, one in `BLAMED`
    at least, was learned from; good photos are few; what the alarm can see is coarse; else where the missed scores end.
    """
    if summary.mixture:
        return summary.mixture
    if said := lifting(summary):
        return said
    learned = [odd for odd in summary.odd if odd.kept]
    if learned and BLAMED * len(learned) >= summary.good_images:
        odd, others = learned[0], f" and {len(learned) - 1} more" if len(learned) > 1 else ""
        return (
            f"an odd good photo ({odd.image}{others}: score {odd.score:.3g}, half of the good ones are below "
            f"{odd.median:.3g}) was learned from and may widen what counts as good; look at it"
        )
    if summary.good_images < INDICATIVE:
        return f"{summary.good_images} good photos are few (the fewer, the higher the threshold must lie): add more"
    moving = "" if summary.registered else "; where parts move, try the setting registration"
    if summary.visible is not None:
        levels = "more than 127" if summary.visible > 127 else f"{summary.visible:.0f}"
        return (
            f"good photos differ so much that one place must change by {levels} gray levels to be flagged (median of "
            f"all places){moving}"
        )
    threshold, missed = summary.alarm["threshold"], summary.largest_missed
    return (
        f"they score up to {beyond(missed, threshold)}, and the threshold that the good photos set is "
        f"{beyond(threshold, missed)}{moving}"
    )


def lifting(summary: Summary) -> str:
    """Return which good photos alone lift the threshold, the fewest that do; empty where none do.

    Without them it is below `NEAR` of what it is, and the missed scores come near it. Of several each is far beyond it:
    without the highest of any few photos the threshold is lower.
    """
    threshold, missed = summary.alarm["threshold"], summary.largest_missed
    for count, without in enumerate(summary.without, 1):
        first, *others = photos = summary.least_like[:count]
        if not without or without >= NEAR * threshold or missed <= NEAR * without:
            continue
        if not others:
            return (
                f"one good photo alone ({first.image}: score {first.score:.3g}, half of the good ones are below "
                f"{first.median:.3g}) lifts the threshold from {without:.3g} to {beyond(threshold, missed)}, and they "
                f"score up to {beyond(missed, threshold)}; look at it"
            )
        if without < NEAR * photos[-1].score:
            more = "".join(f", {each.image}: {each.score:.3g}" for each in others)
            return (
                f"{('two', 'three')[count - 2]} good photos ({first.image}: score {first.score:.3g}{more}) lift the "
                f"threshold from {without:.3g} to {threshold:.3g}; look at them"
            )
    return ""


def impossible(summary: Summary) -> str:
    """Return why no alarm is possible; empty where one is."""
    if summary.alarm["threshold"] is not None:
        return ""
    if summary.good_images >= summary.needed:
        half = -(-summary.good_images // 2)  # where `calibration.find_odd` ends
        return f"no alarm is possible: {half} of {summary.good_images} good photos are odd"
    more = [repeats_words(summary.repeats)] * (summary.repeats > 0) + [summary.mixture] * bool(summary.mixture)
    return "; ".join([f"no alarm is possible with {summary.good_images} good photos ({summary.needed} needed)", *more])


def false_alarm_words(summary: Summary) -> str:
    """Return how the false alarms that were found compare with the rate asked for; empty where nothing can be said.

    An alarm that misses most of the known defects agrees with nothing.
    """
    found, asked = summary.false_alarms, summary.alarm["rate"]
    if not found:
        return ""
    if found.low > asked:
        return "More than was asked for."
    if summary.missed and summary.missed.share > 0.5:
        return "While most defects are missed, that says nothing good of the alarm."
    if found.high < asked:
        return "Fewer than was asked for."
    loose = f"; {found.total} good images are too few to say more" if found.high > 4 * asked else ""
    return f"That agrees with what was asked for{loose}."


def plural(count: int, noun: str) -> str:
    """Return a number with its noun."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def be(count: int) -> str:
    """Return the verb for so many."""
    return "is" if count == 1 else "are"


def result_lines(summary: Summary, report: str) -> list[str]:
    """Return the last lines of a run: counts, what to look at, and where the report is."""
    counts = {verdict: summary.counts.get(verdict, 0) for verdict in (FLAGGED, GOOD, IMPOSSIBLE, NOT_COMPARED)}
    names = {FLAGGED: "flagged", GOOD: "good", IMPOSSIBLE: "without a verdict", NOT_COMPARED: "not compared"}
    judged = (IMPOSSIBLE, NOT_COMPARED) if impossible(summary) else (FLAGGED, GOOD, NOT_COMPARED)
    said = [f"{counts[verdict]} {names[verdict]}" for verdict in judged]
    parts = [f"{summary.inspected} inspected: {', '.join(said)}"]
    if summary.odd:
        images = ", ".join(odd.image for odd in summary.odd[:3]) + (", ..." if len(summary.odd) > 3 else "")
        one = len(summary.odd) == 1
        parts.append(
            f"{plural(len(summary.odd), f'odd good {thing(summary)}')} ({images}): look at {'it' if one else 'them'}"
        )
    lines = ["; ".join([*parts, f"report: {report}"])]
    if impossible(summary) or summary.mixture or (summary.missed and summary.missed.count):
        lines.append(first_sentence(summary))
    if summary.warnings:
        lines.append(f"{summary.warnings} with a warning: last column of results/inspection/verdicts.csv")
    if summary.findings:
        found = plural(summary.findings, "finding")
        lines.append(f"{found} of the input check{named_already(summary)}: results/photos/check.csv")
    return lines


def named_already(summary: Summary) -> str:
    """Return what to say behind the number of findings where odd good photos, which are named by themselves, count."""
    ending = "" if len(summary.odd) == 1 else "s"
    return f", the odd good {thing(summary)}{ending} among them" if summary.odd else ""


def last_lines(folder: Path, started: float, done: bool = True) -> list[str]:
    """Return the last lines of a run in `folder` that began at `started`, in seconds as a file's time is.

    Its result, if it made one, and what went wrong; else, if it is `done`, where to look.
    """
    outcome, lines = folder / OUTCOME, []
    if outcome.exists() and outcome.stat().st_mtime >= started:
        lines = ["", *lines_of_outcome(folder)]
    if not done:
        return [*lines, *failures(folder, started)]
    return lines or where_to_look(folder, started)


def where_to_look(folder: Path, started: float) -> list[str]:
    """Return the last lines of a run that made no report: what it says where it makes nothing, else what it made."""
    told = [log for rule, log in logs_since(folder, started) if rule in SAYING]
    if told:
        return ["", *(text for log in told for text in said(log, "INFO") if not text.startswith(SAYING))]
    made = [path for path in (REPORT, "results/examples/") if (folder / path).exists()]
    new = [path for path in made if (folder / path).stat().st_mtime >= started]
    lines = ["", f"Done. Look at {[*new, 'results/'][0]} in {folder}"]
    if REPORT in made and not new:
        lines.append(f"{REPORT} is of an earlier run and does not show what this one made; a full run makes it anew")
    return lines


def failures(folder: Path, started: float) -> list[str]:
    """Return what went wrong in jobs of the run that began at `started`, as their logs say, and what to do."""
    lines, failed = [], []
    for rule, log in logs_since(folder, started):
        if not (errors := said(log, "ERROR")):
            continue
        failed.append(rule)
        first, *rest = errors[-1].partition("\nTraceback (most recent call last)")[0].rstrip().splitlines()
        table = [line for line in rest if line.startswith("  (the table: ")]
        rest = [line for line in rest if line not in table]
        lines += ["", f"{rule}: {first}", *rest[:MOST_LINES]]
        if hidden := sum(
            int(more[1]) if (more := re.match(r"  and (\d+) more", line)) else 1 for line in rest[MOST_LINES:]
        ):
            lines.append(f"  and {hidden} more")
        lines += table or [f"  (details: {log.relative_to(folder)})"]
    if set(failed) - {*NO_MENDING}:
        lines.append("Mend that, then give the same line again: what is done stays, and the run goes on from there.")
    return lines


def logs_since(folder: Path, started: float) -> list[tuple[str, Path]]:
    """Return the logs of the jobs of a run that began at `started` with their rules, the oldest first."""
    times = {log: log.stat().st_mtime for log in (folder / LOGS).glob("*/**/*.log")}
    new = sorted((log for log, time in times.items() if time >= started), key=times.get)
    return [(log.relative_to(folder / LOGS).parts[0], log) for log in new]


def said(log: Path, level: str) -> list[str]:
    """Return what a job's log says at a level (INFO, ERROR), without the times."""
    _, *found = RECORD.split(log.read_text(encoding="utf-8", errors="replace"))
    return [text.rstrip() for each, text in zip(found[::2], found[1::2], strict=True) if each == level]


def result_of_before(folder: Path) -> list[str]:
    """Return the last lines of the run that made the results in `folder`, and when that was; none without results."""
    outcome = folder / OUTCOME
    if not outcome.exists():
        return []
    date = datetime.fromtimestamp(outcome.stat().st_mtime).strftime("%Y-%m-%d %H:%M")
    return ["", f"The result of the run of {date}:", *lines_of_outcome(folder)]


def lines_of_outcome(folder: Path) -> list[str]:
    """Return the result of the run that made the results in `folder`, or why its summary does not say."""
    try:
        return result_lines(read(folder / OUTCOME), str(folder / REPORT))
    except ValueError as error:
        return [str(error)]


def say_result_of_before() -> None:
    """Print at the end what the run found that made the results of the working directory."""
    at_the_end(result_of_before(Path.cwd()))


def at_the_end(lines: Iterable[str]) -> None:
    """Print lines when this process ends, after all that Snakemake says."""
    atexit.register(sys.stdout.write, "".join(f"{line}\n" for line in lines))


def fails(summary: Summary, fail_on: str) -> bool:
    """Return whether a run is to end with exit code 1: `fail_on` is one of `FAILURES`.

    Where nothing was compared, or no image can be flagged, a run passes neither as `flagged` nor as `not_compared`.
    """
    if fail_on in ("none", "odd"):
        return fail_on == "odd" and bool(summary.odd or summary.mixture)
    return summary.counts.get(fail_on, 0) > 0 or not summary.inspected or bool(impossible(summary))


def thing(summary: Summary) -> str:
    """Return what a good one to learn from is called."""
    return "image" if summary.drawn else "photo"


def raise_failure(summary: Summary, fail_on: str) -> None:
    """Raise `ValueError` with what was found where a run is to end with exit code 1: `fails`."""
    if not fails(summary, fail_on):
        return
    if fail_on == "odd":
        odd = plural(len(summary.odd), f"odd good {thing(summary)}")
        found = "; ".join([odd] * bool(summary.odd) + [summary.mixture] * bool(summary.mixture))
    elif not (count := summary.counts.get(fail_on, 0)):
        found = first_sentence(summary).removesuffix(".")
    else:
        found = f"{count} of {sum(summary.counts.values())} images {be(count)} {fail_on.replace('_', ' ')}"
    raise ValueError(f"fail_on: {fail_on}: {found}; the run ends with exit code 1, and all results are kept")


def write(path: str | Path, summary: Summary) -> None:
    """Write a summary as JSON."""
    files.write_json(path, summary._asdict())


def read(path: str | Path) -> Summary:
    """Read what `write` wrote; raises `ValueError` where the file is damaged."""
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
        for name in ("missed", "false_alarms"):
            found[name] = found[name] and Rate(*found[name])
        found["kinds"] = {kind: rate and Rate(*rate) for kind, rate in found["kinds"].items()}
        found["odd"] = tuple(Odd(*each) for each in found["odd"])
        found["least_like"] = tuple(Odd(*each) for each in found["least_like"])
        found["without"] = tuple(found["without"])
        return Summary(**found)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(
            f"{path}: expected the summary of a run, got a file that is none ({error}); delete it and the report, and "
            "run the workflow again"
        ) from None
