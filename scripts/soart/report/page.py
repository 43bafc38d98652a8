"""The report: one page without any other file, for the engineer who looks first at the verdict.

`page` takes tables and pictures and returns HTML. Whatever comes from a user (names of images, sets, error kinds,
panels, the configuration) is escaped by the template library; the page allows itself no script but its own, and no
request at all.
"""

import base64
import hashlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.parse import quote

import numpy as np
import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from soart.inspection import calibration, calibration_card
from soart.inspection.verdict import FLAGGED
from soart.report import charts as report_charts
from soart.report import origin as report_origin
from soart.report import pictures as report_pictures
from soart.report import sheets as report_sheets
from soart.report import summary as report_summary
from soart.report import verdicts as report_verdicts
from soart.report.results import Results
from soart.report.summary import Summary
from soart.report.why import Why
from soart.storage import tables

NARROW = "\N{NO-BREAK SPACE}"
TEMPLATES = Path(__file__).parent / "templates"
EARLY = 6  # flagged images that are shown on the first screen
METRIC_IMAGES = 400  # in the metrics' charts, shared by the sets
DETECTORS = {
    "inspection": "this inspection",
    "place_z": "z-score of each place",
    "pca": "PCA reconstruction",
    "nearest_neighbour": "nearest good image",
    "isolation_forest": "isolation forest",
    "one_class_svm": "one-class SVM",
    "local_outlier_factor": "local outlier factor",
    "rt_correlation": "RT method, correlation",
    "rt_adjugate": "RT method, adjugate",
}


def summarize(results: Results) -> Summary:
    """Return what an engineer must know first."""
    found = report_verdicts.rank(results.verdicts, results.truth)
    return _summarized(found, results)


def _summarized(found: dict[str, np.ndarray], results: Results) -> Summary:
    config = results.origin.config
    asked = report_verdicts.alarm_row(results.card, config["false_alarm_rate"], config["alarm"])
    drawn = results.subject.drawn
    more = {name: getattr(results, name) for name in ("findings", "repeats", "mixture", "foreign")}
    more |= {"registered": config["registration"] != "none" or drawn, "drawn": drawn}
    if results.least_like:
        alarm = calibration.Alarm(config["false_alarm_rate"], config["alarm"])
        more |= {"least_like": results.least_like, "without": calibration.thresholds_without(alarm, results.held_out)}
    more["visible"] = min(results.sight.place, 128.0) if results.sight and results.sight.alone else None
    return report_verdicts.summarize(found, results.truth, asked, results.held_out, results.odd, **more)


def page(results: Results, pictures: Callable[[list[dict]], list[tuple[str | None, Why | None]]]) -> str:
    """The whole report; `pictures` gives the `data:` address of each row's picture, and why it is flagged, or None."""
    config = results.origin.config
    verdicts = results.verdicts
    found = report_verdicts.rank(verdicts, results.truth)
    count = len(found["row"])
    summary = _summarized(found, results)
    alarm = summary.alarm
    panels = [(name, kind, found, report_sheets.ticks(found)) for name, (kind, found) in sheet_parts(results).items()]
    listed = report_verdicts.rows(verdicts, found, report_verdicts.listed_ranks(count))
    shown = report_verdicts.rows(verdicts, found, report_verdicts.shown_ranks(found))
    shown = [row | {"address": address, "why": why} for row, (address, why) in zip(shown, pictures(shown), strict=True)]
    series = {name: place for place, name in enumerate(dict.fromkeys(names_of_sets(results)))}
    times = report_origin.run_times(results.origin.logs)
    return render(
        p_values=partial(format_p_value, scores=results.held_out),
        least_p=calibration.rank_limit(len(results.held_out)),
        extremity=partial(calibration_card.extremity, scores=results.held_out),
        summary=summary,
        lead=report_summary.first_sentence(summary),
        named_already=report_summary.named_already(summary),
        agreement=report_summary.false_alarm_words(summary),
        located=located(results.evaluation),
        subject=results.subject,
        sight=results.sight,
        whole=results.whole,
        counted=results.counted,
        run=results.run,
        alarm=alarm,
        rows=listed,
        count=count,
        shown=shown,
        early=[row for row in shown if row["verdict"] == FLAGGED and row["address"]][:EARLY],
        warned=report_verdicts.warned(verdicts),
        shown_numbers={row["number"] for row in shown},
        scale=report_pictures.colour_scale(),
        examples=results.examples,
        scores=score_charts(found, results, alarm, series),
        metrics=metric_charts(results.metrics, series),
        series_of=series,
        seed=results.subject.drawn
        or bool(panels),  # photos have the seed's metrics and sheets where they are asked for
        sheets=panels,
        ticks=report_sheets.ticks([sheet for _, _, found, _ in panels for sheet in found]),
        kinds=list(dict.fromkeys(results.separation["error_kind"].tolist())),
        drawing=report_origin.drawing(results.origin.needs),
        times=times,
        total={key: sum(row[key] for row in times) for key in ("jobs", "seconds", "cpu")},
        origin=results.origin,
        config_text=yaml.safe_dump(config, sort_keys=False, allow_unicode=True, width=100),
        links={what: quote(path) for what, path in results.links.items()},
        truth=results.truth,
    )


def names_of_sets(results: Results) -> list[str]:
    """The set of every row of metrics and verdicts, in their order; a set has one colour and sign in all charts."""
    return results.metrics["set"].tolist() + results.verdicts["set"].tolist()


def render(**context: object) -> str:
    """The page's HTML from its templates, its style and its script, which a content security policy lets run alone."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"percent": percent, "number": format_number, "words": plain_words}
    script = (TEMPLATES / "report.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return environment.get_template("report.html").render(
        style=Markup((TEMPLATES / "report.css").read_text(encoding="utf-8")),
        script=Markup(script),
        script_digest=digest,
        signs=report_charts.SIGNS,
        **context,
    )


def percent(share: float | None) -> str:
    """A share in percent with as many digits as it needs; a dash where there is none."""
    return "–" if share is None else f"{100 * share:.3g}\N{NO-BREAK SPACE}%"


def format_number(value: float | None, digits: int = 3) -> str:
    """A number for reading: so many significant digits, never an exponent; a dash where there is none."""
    if value is None:
        return "–"
    places = max(0, digits - 1 - int(np.floor(np.log10(abs(value))))) if value else 0
    return f"{value:.{min(places, 6)}f}"


def format_p_value(value: float | None, score: float | None, scores: np.ndarray) -> str:
    """A score's p-value for reading, never below what n good images' scores can tell; a dash where there is none."""
    return (
        "–"
        if value is None or score is None
        else calibration_card.p_value_words(value, score, scores).replace(" ", NARROW)
    )


def plain_words(name: str) -> str:
    """A value of a table in words: no underscores."""
    return name.replace("_", " ")


def score_charts(found: dict[str, np.ndarray], results: Results, alarm: dict, series: dict[str, int]) -> dict:
    """Charts of the scores: strips by set, ROC, uniformity of p-values, detectors; None where nothing can be drawn."""
    compared = ~np.isnan(found["score"])
    by_set = {name: found["score"][compared & (found["set"] == name)] for name in series}
    order = [name for name in dict.fromkeys(results.verdicts["set"].tolist()) if len(by_set[name])]
    groups = {name: by_set[name] for name in order}
    alts = [
        f"{len(group)} scores from {format_number(group.min())} to {format_number(group.max())}"
        for group in groups.values()
    ]
    drawn = [(series[name], group) for name, group in groups.items()]
    strips, axis = report_charts.strips(drawn, alarm["threshold"], alts) if groups else ([], None)
    good = compared & np.isin(found["set"], results.truth.good)
    errors = {kind: groups[kind] for kind in results.truth.errors if kind in groups}
    p_values = found["p_value"][good & ~np.isnan(found["p_value"])]
    detectors = ranking(results.evaluation) if results.evaluation and len(results.evaluation["kind"]) else None
    return {
        "strips": list(zip(order, strips, strict=True)),
        "axis": axis,
        "roc": roc_chart(found["score"][good], [(series[kind], group) for kind, group in errors.items()])
        if good.any() and errors
        else None,
        "kinds": list(errors),
        "good": int(good.sum()),
        "uniformity": uniformity_chart(p_values, alarm["rate"]) if len(p_values) else None,
        "detectors": detectors,
    }


def roc_chart(good: np.ndarray, errors: list[tuple[int, np.ndarray]]) -> Markup:
    """The ROC chart with what it shows in words."""
    total = sum(len(scores) for _, scores in errors)
    return report_charts.roc(good, errors, f"ROC curve of {total} error images against {len(good)} good ones")


def uniformity_chart(p_values: np.ndarray, rate: float) -> Markup:
    """The calibration chart with what it shows in words."""
    below = np.mean(p_values <= rate)
    alt = f"p-values of {len(p_values)} good images against uniform: {percent(below)} are at most {rate:g}"
    return report_charts.uniformity(p_values, rate, alt)


def ranking(evaluation: dict) -> dict:
    """Detectors in the order of the evaluation: AUROC with its interval by error kind, and all kinds as a chart."""
    columns = ("detector", "kind", "auroc", "auroc_low", "auroc_high", "detection", "false_alarm_rate")
    rows = tables.row_dicts({name: evaluation[name] for name in columns})
    kinds = list(dict.fromkeys(row["kind"] for row in rows))
    names = list(dict.fromkeys(row["detector"] for row in rows))
    by = {(row["detector"], row["kind"]): row for row in rows}
    overall = [by[name, kinds[-1]] for name in names]
    values = [(row["auroc"], row["auroc_low"], row["auroc_high"]) for row in overall]
    titles = [DETECTORS.get(name, plain_words(name)) for name in names]
    return {
        "kinds": kinds,
        "rows": [(title, [by[name, kind] for kind in kinds]) for title, name in zip(titles, names, strict=True)],
        "chart": report_charts.intervals(titles, values, "AUROC of each detector with its 95 % interval"),
    }


def located(evaluation: dict | None) -> tuple[float, float, float] | None:
    """The share of flagged errors with a mask, of all kinds, that are marked at the true place, with its interval.

    None where none is known.
    """
    rows = np.flatnonzero(evaluation["detector"] == "inspection") if evaluation else ()
    if not len(rows):
        return None
    share, low, high = (float(evaluation[f"located{end}"].astype(float)[rows[-1]]) for end in ("", "_low", "_high"))
    return None if np.isnan(share) else (share, low, high)


def metric_charts(table: dict, series: dict[str, int]) -> dict:
    """Y1 against Y2 of the first images of each set, a chart a channel."""
    names = list(dict.fromkeys(table["set"].tolist()))
    each = max(10, METRIC_IMAGES // max(len(names), 1))
    channels, charts = list(dict.fromkeys(table["channel"].tolist())), []
    for channel in channels:
        groups = []
        for name in names:
            rows = (table["channel"] == channel) & (table["set"] == name)
            points = {}
            for quadrant in ("X0", "X1", "X2", "X3"):
                chosen = np.flatnonzero(rows & (table["quadrant"] == quadrant))[:each]
                points[quadrant] = table["Y1"][chosen], table["Y2"][chosen]
            groups.append((series[name], points))
        charts.append((groups, f"Y1 against Y2 by quadrant, channel {channel}"))
    drawn = report_charts.quadrants(charts)
    return {"sets": names, "charts": list(zip(channels, drawn, strict=True)), "most": each}


def sheet_parts(results: Results) -> dict[str, tuple[str, list[dict]]]:
    """Each panel's kind and sheets."""
    return {
        name: ("states", report_sheets.state_tables(name, panel, results.separation))
        if panel.signs is None
        else ("sheets", report_sheets.sheet_tables(name, panel, results.separation))
        for name, panel in results.panels.items()
    }
