"""The report's charts as SVG for the page: its own letters, and colours that follow the page from light to dark.

No chart holds a name that a user chose: sets and error kinds are labelled in HTML, series by their number (`SERIES`).
"""

import hashlib
import io
import re
from collections.abc import Sequence

import matplotlib
import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure

MARKERS = "os^DvPX*"  # of series 0, 1, ... in turn; their signs in HTML are SIGNS
SIGNS = "●■▲◆▼✚✖★"
DASHES = ("--", "-.", ":")
INK, QUIET = "#010101", "#020202"  # stand for the page's text colour and its line colour
MOST_POINTS = 3000  # in one strip; more are thinned evenly by rank
_IN_PAGE = [(INK, "currentColor"), (QUIET, "var(--line)")]


def colour(series: int) -> str:
    """Return the colour that stands for that of a series: --s0, --s1 and so on in the page."""
    return f"#00fe0{series % len(MARKERS)}"


def svg(figure: Figure, alt: str) -> Markup:
    """A figure as an inline `<svg>` with a text for those who cannot see it; the same bytes for the same figure."""
    content = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": "soart", "svg.fonttype": "none"}):
        figure.savefig(content, format="svg", transparent=True, metadata={"Date": None})
    text = content.getvalue()[content.getvalue().index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r' xmlns(:\w+)?="[^"]*"', "", text).replace("xlink:href", "href")
    text = re.sub(r'<g id="[^"]*"', "<g", text)  # ids of groups would repeat from chart to chart
    text = re.sub(r"<style.*?</style>", "", text, flags=re.DOTALL)  # would hold for the whole page
    text = re.sub(r"(\.\d\d)\d+", r"\1", text)
    own = "c" + hashlib.sha256(text.encode()).hexdigest()[:8]  # no two charts share an id
    text = re.sub(r'(id="|href="#|url\(#)', rf"\g<1>{own}", text)
    for drawn, name in _IN_PAGE:
        text = text.replace(drawn, name)
    text = re.sub(r"#00fe0(\d)", r"var(--s\1)", text)
    label = Markup.escape(alt)
    return Markup(text.replace("<svg", f'<svg class="chart" role="img" aria-label="{label}"', 1))


def axes(width: float, height: float, **margins: float) -> tuple[Figure, Axes]:
    """A figure of so many inches with one bare pair of axes."""
    figure = Figure((width, height))
    figure.subplots_adjust(**{"left": 0.14, "right": 0.98, "bottom": 0.16, "top": 0.97} | margins)
    return figure, _bare(figure.add_subplot())


def _bare(area: Axes) -> Axes:
    area.spines[["top", "right"]].set_visible(False)
    area.spines[["left", "bottom"]].set_color(INK)
    area.tick_params(colors=INK, labelsize=9)
    area.xaxis.label.set_color(INK)
    area.yaxis.label.set_color(INK)
    return area


def strips(
    groups: list[tuple[int, np.ndarray]], threshold: float | None, alts: list[str]
) -> tuple[list[Markup], Markup]:
    """One strip a set (series, scores) along a common axis, the alarm's threshold as a line; and the axis below."""
    scores = np.concatenate([*(group for _, group in groups), [threshold] if threshold is not None else []])
    low, high = scores.min(), scores.max()
    wide = low > 0 and high > 20 * low
    edge = 1.15 if wide else 0.04 * (high - low or 1)
    limits = (low / edge, high * edge) if wide else (low - edge, high + edge)

    def strip(height: float, bottom: float) -> tuple[Figure, Axes]:
        figure, area = axes(6, height, left=0.02, right=0.98, bottom=bottom, top=1)
        area.set_xscale("log" if wide else "linear")
        area.set_xlim(limits)
        area.yaxis.set_visible(False)
        area.spines["left"].set_visible(False)
        if threshold is not None:
            area.axvline(threshold, color=INK, linestyle="--", linewidth=1)
        return figure, area

    drawn = []
    for (number, group), alt in zip(groups, alts, strict=True):
        figure, area = strip(0.42, 0)
        area.set_ylim(-0.6, 0.6)
        area.spines["bottom"].set_color(QUIET)
        area.xaxis.set_visible(False)
        area.minorticks_off()
        points = thin(np.sort(group), MOST_POINTS)
        heights = (np.arange(len(points)) * 0.618034) % 0.8 - 0.4  # spreads neighbours, the same every time
        area.plot(points, heights, MARKERS[number % len(MARKERS)], **_points(number, 5 if len(points) <= 200 else 3))
        drawn.append(svg(figure, alt))
    figure, area = strip(0.55, 0.75)
    area.set_xlabel("score, standard deviations" + (" (logarithmic)" if wide else ""), fontsize=9)
    if wide:
        ticks = [tick for power in range(-3, 7) for tick in (10.0**power, 3 * 10.0**power)]
        ticks = [tick for tick in ticks if limits[0] <= tick <= limits[1]]
        area.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        area.minorticks_off()
    return drawn, svg(figure, "axis of the scores")


def _points(series: int, size: float) -> dict:
    return {"color": colour(series), "markersize": size, "alpha": 0.8, "markeredgewidth": 0}


def thin(values: np.ndarray, most: int) -> np.ndarray:
    """At most so many of the values, evenly by their order, the ends included."""
    if len(values) <= most:
        return values
    return values[np.linspace(0, len(values) - 1, most).round().astype(int)]


def roc_corners(good: np.ndarray, errors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """False-alarm and detection rate at every threshold, from (0, 0) to (1, 1), without points in mid-line."""
    levels = np.unique(np.concatenate([good, errors]))[::-1]
    counts = np.stack([len(group) - np.searchsorted(np.sort(group), levels) for group in (good, errors)])
    bends = np.diff(counts, 2).any(axis=0)
    kept = np.concatenate([counts[:, :1], counts[:, 1:-1][:, bends], counts[:, 1:][:, -1:]], axis=1)
    false, true = np.concatenate([np.zeros((2, 1)), kept / [[len(good)], [len(errors)]]], axis=1)
    return false, true


def roc(good: np.ndarray, kinds: Sequence[tuple[int, np.ndarray]], alt: str) -> Markup:
    """Detection rate against false-alarm rate, a curve for each error kind (series, scores), a bold one for all.

    Around the bold one at each threshold the exact 95 % interval of the detection rate. Curves of more than 500 steps
    are thinned.
    """
    from scipy.special import betaincinv  # quantiles of Beta(a, b); scipy.stats takes a second to load

    def curve(errors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return tuple(thin(rates, 500) for rates in roc_corners(good, errors))

    figure, area = axes(4.4, 3.9)
    area.plot([0, 1], [0, 1], color=QUIET, linewidth=1)
    together = np.concatenate([scores for _, scores in kinds])
    false, true = curve(together)
    found, total = np.rint(true * len(together)), len(together)
    low = np.where(found > 0, betaincinv(np.maximum(found, 1), total - found + 1, 0.025), 0)
    high = np.where(found < total, betaincinv(found + 1, np.maximum(total - found, 1), 0.975), 1)
    area.fill_between(false, low, high, color=INK, alpha=0.12, linewidth=0)
    area.plot(false, true, color=INK, linewidth=2.5)
    for number, errors in kinds if len(kinds) > 1 else ():
        line = DASHES[number % len(DASHES)]
        area.plot(*curve(errors), line, color=colour(number), linewidth=1.6)
    area.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.03), xlabel="false-alarm rate", ylabel="detection rate")
    return svg(figure, alt)


def uniformity(p_values: np.ndarray, rate: float, alt: str) -> Markup:
    """The share of good images with a p-value up to p, against p; the band holds 95 % of what uniform ones give.

    The k-th smallest of n uniform p-values has a Beta(k, n - k + 1) distribution.
    """
    from scipy.special import betaincinv

    n = len(p_values)
    ranks = np.arange(1, n + 1)
    picked = thin(ranks, 500)
    figure, area = axes(4.4, 3.9)
    area.fill_betweenx(
        picked / n,
        betaincinv(picked, n - picked + 1, 0.025),
        betaincinv(picked, n - picked + 1, 0.975),
        color=INK,
        alpha=0.12,
        linewidth=0,
    )
    area.plot([0, 1], [0, 1], color=QUIET, linewidth=1)
    area.axvline(rate, color=INK, linestyle="--", linewidth=1)
    area.plot(
        np.sort(p_values)[picked - 1],
        picked / n,
        "o-" if n <= 100 else "-",
        drawstyle="steps-post",
        **_points(0, 4),
        linewidth=1.2,
    )
    area.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.04), xlabel="p-value", ylabel="share of good images up to it")
    return svg(figure, alt)


def intervals(names: list[str], values: list[tuple[float, float, float]], alt: str) -> Markup:
    """Detectors beside each other: each AUROC as a point with its 95 % interval; chance is the line at 0.5."""
    figure, area = axes(6.2, 0.5 + 0.3 * len(names), left=0.3, bottom=0.42 / (0.5 + 0.3 * len(names)))
    area.axvline(0.5, color=QUIET, linewidth=1)
    for place, (value, low, high) in enumerate(values):
        series = 0 if place == 0 else 1
        area.plot([low, high], [place, place], color=colour(series), linewidth=2 if place == 0 else 1.4)
        area.plot([value], [place], MARKERS[series], **_points(series, 7))
    area.set_yticks(range(len(names)), names)
    area.set(ylim=(len(names) - 0.5, -0.5), xlim=(-0.02, 1.03), xlabel="AUROC")
    return svg(figure, alt)


def quadrants(charts: list[tuple[list[tuple[int, dict]], str]]) -> list[Markup]:
    """Y1 against Y2, one pair of axes a quadrant, in its place in the picture; a chart for each (groups, alt).

    Of each set the groups have (series, {quadrant: (Y1, Y2)}). All charts are drawn on the same axes, one after the
    other, because axes and their tick marks take as long to make as to draw.
    """
    figure, areas, first = Figure((6.6, 5.2)), {}, None
    figure.subplots_adjust(left=0.1, right=0.98, bottom=0.1, top=0.95, wspace=0.1, hspace=0.18)
    for place, quadrant in enumerate(("X0", "X1", "X2", "X3")):
        area = first = areas[quadrant] = _bare(figure.add_subplot(2, 2, place + 1, sharex=first, sharey=first))
        area.axvline(0, color=QUIET, linewidth=1)
        area.set_title(quadrant, fontsize=10, color=INK, y=1)  # else its place is looked for, and is 1
        area.tick_params(labelbottom=place > 1, labelleft=place % 2 == 0)
        area.set(xlabel="Y1" if place > 1 else "", ylabel="Y2" if place % 2 == 0 else "")
    found = []
    for groups, alt in charts:
        lines = []
        for quadrant, area in areas.items():
            for number, group in groups:
                lines += area.plot(*group[quadrant], MARKERS[number % len(MARKERS)], **_points(number, 5))
        found.append(svg(figure, alt))
        for line in lines:
            line.remove()
        for area in areas.values():
            area.relim()
    return found
