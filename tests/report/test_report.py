"""The report: its numbers are the tables', user's text stays text, and it asks for nothing from outside."""

import base64
import hashlib
import re
from collections import Counter
from html.parser import HTMLParser
from itertools import pairwise

import cv2
import numpy as np
import pytest

from report_samples import GOOD_SCORES, HOSTILE, JAPANESE, no_pictures, noisy_pictures, results, verdicts
from soart.inspection import heatmaps
from soart.inspection.verdict import join_warnings
from soart.report import charts as report_charts
from soart.report import origin as report_origin
from soart.report import page as report
from soart.report import pictures as report_pictures
from soart.report import sheets as report_sheets
from soart.report import verdicts as report_verdicts
from soart.report.results import Subject
from soart.report.summary import Odd, Summary
from soart.report.verdicts import Truth

DRAWN = Subject("scene", True, "2026-01-02 03:04")
TRUTH = Truth(["normal"], ["errorA"])
VOID = {"meta", "link", "img", "input", "br"}


class Page(HTMLParser):
    """A page as a browser would see it: the elements with their attributes, and the text of some of them."""

    def __init__(self, html: str):
        super().__init__()
        self.elements: list[tuple[str, dict]] = []
        self.open: list[tuple[str, int]] = []
        self.text: dict[int, str] = {}
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        self.text[len(self.elements) - 1] = ""
        if tag not in VOID:
            self.open.append((tag, len(self.elements) - 1))

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        for _, number in self.open:
            self.text[number] += data

    def all(self, tag: str) -> list[tuple[dict, str]]:
        """Attributes and text of every element of a kind."""
        return [(each, self.text.get(n, "")) for n, (name, each) in enumerate(self.elements) if name == tag]

    def rows(self) -> list[list[tuple[dict, str]]]:
        """The cells of the table of verdicts, row by row."""
        start = next(n for n, (tag, each) in enumerate(self.elements) if each.get("id") == "verdicts")
        found: list[list] = []
        for number, (tag, each) in enumerate(self.elements[start + 1 :], start + 1):
            if tag == "h3":
                break
            if tag == "tr":
                found.append([])
            elif tag in ("td", "th"):
                found[-1].append((each, self.text[number]))
        return found[1:]


def words(text: str) -> str:
    """Text with each run of white space as one space."""
    return " ".join(text.split())


@pytest.fixture(scope="module")
def html() -> str:
    return report.page(results(), no_pictures)


# --- verdicts --------------------------------------------------------------------------------------------------------


def table_of(*rows: tuple) -> dict[str, np.ndarray]:
    """A table of verdicts from (image, set, score, verdict)."""
    table = verdicts({"normal": len(rows)})
    for place, name in enumerate(("image", "set", "score", "verdict")):
        column = [row[place] for row in rows]
        table[name] = np.array(column, dtype=object if None in column else None)
    return table


def all_rows(table: dict[str, np.ndarray]) -> list[dict]:
    """Every row of a table of verdicts as the report has it."""
    found = report_verdicts.rank(table, TRUTH)
    return report_verdicts.rows(table, found, np.arange(len(found["row"])))


def shown_rows(table: dict[str, np.ndarray]) -> list[dict]:
    """The rows of a table of verdicts whose images the report shows."""
    found = report_verdicts.rank(table, TRUTH)
    return report_verdicts.rows(table, found, report_verdicts.shown_ranks(found))


def summarized(table: dict[str, np.ndarray]) -> Summary:
    """Summarize a table of verdicts."""
    asked = {"rate": 0.05, "tail": "exponential", "threshold": 5.0, "worth": "fine"}
    return report_verdicts.summarize(report_verdicts.rank(table, TRUTH), TRUTH, asked, GOOD_SCORES)


def test_rows_are_worst_first_and_what_could_not_be_compared_is_on_top():
    table = table_of(
        ("a", "normal", 2.0, "good"), ("b", "errorA", 9.0, "flagged"), ("c", "errorA", None, "not_compared")
    )
    assert [(row["image"], row["number"]) for row in all_rows(table)] == [("c", 1), ("b", 2), ("a", 3)]


@pytest.mark.parametrize(
    ("image_set", "verdict", "expected"),
    [
        ("errorA", "good", "missed"),
        ("errorA", "flagged", ""),
        ("normal", "flagged", "false alarm"),
        ("normal", "good", ""),
        ("errorA", "no_alarm_possible", ""),
        ("errorA", "not_compared", ""),
        ("inspect", "flagged", ""),
        ("inspect", "good", ""),
    ],
)
def test_outcome(image_set, verdict, expected):
    assert report_verdicts.outcomes(np.array([image_set]), np.array([verdict]), TRUTH).tolist() == [expected]


def test_summary_counts_only_what_was_judged_and_known():
    table = table_of(
        *((f"n{i}", "normal", 1.0, "good") for i in range(10)),
        ("e0", "errorA", 9.0, "flagged"),
        ("e1", "errorA", 1.0, "good"),
        ("e2", "errorA", None, "not_compared"),
        ("u", "unknown", 9.0, "flagged"),
        ("image_standard", "standard", 0.0, "good"),  # counts nowhere
    )
    found = summarized(table)
    assert found.inspected == 13
    assert found.counts == {"not_compared": 1, "flagged": 2, "good": 11}
    assert found.false_alarms[:2] == (0, 10)
    assert found.false_alarms.high == pytest.approx(1 - 0.025**0.1)  # Clopper and Pearson at 0 of 10
    assert found.missed[:2] == (1, 2)
    assert found.largest_missed == 1.0
    # at 1 of 2: (1 - p)^2 = 0.975 below, p^2 = 0.975 above
    assert found.missed.low == pytest.approx(1 - 0.975**0.5)
    assert found.missed.high == pytest.approx(0.975**0.5)


@pytest.mark.parametrize("rows", [[], [("c", "errorA", None, "not_compared"), ("b", "normal", None, "not_compared")]])
def test_where_nothing_was_compared_nothing_is_counted(rows):
    table = table_of(*rows)
    assert [row["image"] for row in all_rows(table)] == [row[0] for row in rows]
    assert shown_rows(table) == []
    found = summarized(table)
    assert (found.inspected, found.missed, found.false_alarms, found.warnings) == (0, None, None, 0)
    page = report.page(results()._replace(verdicts=table, evaluation=None), no_pictures)
    assert "No image could be compared." in page


def test_rates_of_nothing_are_none():
    table = table_of(("u", "unknown", 9.0, "flagged"))
    found = summarized(table)
    assert found.false_alarms is None
    assert found.missed is None


def test_shown_are_at_most_200_with_every_mistake_and_some_good_ones():
    table = verdicts({"normal": 1000, "errorA": 1000})
    rows, shown = all_rows(table), shown_rows(table)
    assert len(shown) == 200
    assert [row["number"] for row in shown] == sorted({row["number"] for row in shown})
    kinds = Counter((row["outcome"] or row["verdict"]) for row in shown)
    mistakes = sum(bool(row["outcome"]) for row in rows)
    assert 100 < mistakes < 300
    assert kinds["missed"] + kinds["false alarm"] == min(mistakes, 150)
    plain = [row for row in shown if row["verdict"] == "good" and not row["outcome"]]
    assert len(plain) == 50
    highest = [row for row in rows if row["verdict"] == "good" and not row["outcome"]][:30]
    assert all(row in plain for row in highest)


def test_shown_are_all_of_few_but_those_without_a_score():
    table = table_of(("a", "normal", 2.0, "good"), ("c", "errorA", None, "not_compared"))
    assert [row["image"] for row in shown_rows(table)] == ["a"]


@pytest.mark.parametrize(("images", "expected"), [(10_000, 10_000), (10_001, 2_000)])
def test_beyond_ten_thousand_images_the_worst_are_listed(images, expected):
    assert report_verdicts.listed_ranks(images).tolist() == list(range(expected))


def test_what_the_card_says_of_odd_images_is_said_once():
    worth = "Estimated: 4 of 50 (95 % interval 2.2 to 19.2 %); 1 is odd and did not count. a.jpg is odd; look at it."
    expected = "Estimated: 4 of 50 (95 % interval 2.2 to 19.2 %); 1 is odd and did not count."
    assert report_verdicts.first_of(worth) == report_verdicts.first_of(expected) == expected


def test_alarm_is_the_card_s_row(html):
    card = {
        "images": np.array([50, 50]),
        "tail": np.array(["exponential", "conformal"]),
        "rate": np.array([0.05, 0.05]),
        "threshold": np.array([6.5, np.nan]),
        "worth": np.array(["fine", "No alarm possible"]),
    }
    assert report_verdicts.alarm_row(card, 0.05, "exponential")["threshold"] == 6.5
    assert report_verdicts.alarm_row(card, 0.05, "conformal")["threshold"] is None
    with pytest.raises(ValueError, match=r"no row for the alarm 'exponential' at the false-alarm rate 0\.03"):
        report_verdicts.alarm_row(card, 0.03, "exponential")


# --- the page --------------------------------------------------------------------------------------------------------


def test_a_good_photo_that_does_not_fit_is_named_on_the_first_screen():
    html = report.page(results()._replace(odd=(Odd("good/<b>.png", kept=False),), findings=3), no_pictures)
    assert "good/&lt;b&gt;.png (it does not fit the other good photos); it was not learned from</li>" in html
    assert html.count("good/&lt;b&gt;.png") == 1  # and in the table of the input check, which says so
    assert "The input check has 3 findings, the odd good photo among them: " in html
    assert "beyond doubt unlike the others" not in html


def test_good_photos_of_other_kinds_are_named_on_the_first_screen():
    odd = (Odd("good/a.png", 26.3, 4.1, fellows=3), Odd("good/b.png", 9.0, 4.1, False, 0), Odd("good/c.png", 80.0, 4.1))
    text = words(Page(report.page(results()._replace(odd=odd, foreign=2), no_pictures)).text[0])
    half = "half of the good ones are below 4.10"
    assert f"good/a.png (looks unlike most good photos, like 3 others of them: score 26.3, {half})" in text
    assert f"good/b.png (looks unlike most good photos: score 9.00, {half}); it was not learned from" in text
    assert f"good/c.png (score 80.0, {half})" in text
    assert "learned from 52 good ones" in text


def test_where_no_kind_has_more_than_half_that_is_the_first_sentence():
    html = report.page(results()._replace(mixture="the good photos are of 2 kinds: a < b"), no_pictures)
    assert "<strong>The good photos are of 2 kinds: a &lt; b.</strong>" in html
    assert "beyond doubt unlike the others" not in html


def test_where_no_good_photo_is_odd_the_first_screen_says_so_and_names_the_least_like(html):
    assert "<dt>Odd good photos</dt><dd>None of 50 is beyond doubt unlike the others.</dd>" in html
    given = results()._replace(
        least_like=(Odd("good/7.png", 13.09, 2.71),), held_out=np.append(np.arange(1.0, 50), 900)
    )
    html = report.page(given, no_pictures)
    said = "unlike the others. The least like them is good/7.png (score 13.1, half of the good ones are below 2.71)."
    assert said in words(Page(html).text[0])
    assert (report.summarize(given).repeats, report.summarize(given._replace(repeats=3)).repeats) == (0, 3)
    # 900 is odd and does not count in the threshold; 49 does
    alarm, others = report.calibration.Alarm(0.05), np.append(np.arange(1.0, 49), 900)
    assert report.summarize(given).without[0] == report.calibration.threshold(alarm, others)
    assert report.summarize(given).without[0] < report.calibration.threshold(alarm, given.held_out)


def test_every_row_holds_the_table_s_values(html):
    table = results().verdicts
    expected = {row["image"]: row for row in all_rows(table)}
    found = Page(html).rows()
    assert len(found) == len(table["image"]) == 16
    for number, cells in enumerate(found, 1):
        rank, image, image_set, verdict, score, p, place, distance, driver = cells
        row = expected[image[1]]
        assert int(rank[1]) == row["number"] == number
        assert image_set[1] == row["set"]
        assert words(verdict[1]) == words(f"{row['verdict']} {row['outcome']}")
        assert float(score[0]["data-value"]) == row["score"]
        assert float(score[1]) == pytest.approx(row["score"], rel=0.01)
        assert float(p[0]["data-value"]) == row["p_value"]
        assert p[1].startswith("<") == (row["p_value"] < 1 / 51)
        assert place[1] == f"{row['x']:.0f}, {row['y']:.0f}"
        assert float(distance[0]["data-value"]) == row["distance"]
        assert driver[1] == row["driver"]


def test_warnings_are_counted_by_kind_with_their_numbers_from_least_to_most():
    table = verdicts({"inspect": 6})
    unseen = "{} % of the part is out of view; let the photo show all of it"
    said = [
        unseen.format(10),
        "much darker",
        join_warnings("much darker", unseen.format(3)),
        "",
        unseen.format(7),
        "gone",
    ]
    verdict = np.array(["good", "good", "flagged", "good", "good", "not_compared"])
    given = table | {"warning": np.array(said), "verdict": verdict}
    assert report_verdicts.warned(given) == [(3, unseen.format("3 to 10")), (2, "much darker")]
    page = report.page(results()._replace(verdicts=given), no_pictures)
    assert f"<li>3 photos: {unseen.format('3 to 10')}</li><li>2 photos: much darker</li>" in page


def test_odd_good_photos_in_the_verdict_table_are_not_counted_as_inspected():
    table = verdicts({"inspect": 6, "learn": 1})
    given = table | {"verdict": np.array(["good"] * 6 + ["odd"]), "warning": np.array([""] * 6 + ["odd"])}
    page = report.page(results()._replace(verdicts=given), no_pictures)
    assert len(Page(page).rows()) == 6
    assert report_verdicts.warned(given) == []
    assert report.summarize(results()._replace(verdicts=given)).counts == {"good": 6}


def test_of_unlabelled_photos_the_first_screen_has_what_is_known_alone():
    given = results({"inspect": 20})._replace(truth=Truth([], []), evaluation=None)
    text = words(Page(report.page(given, noisy_pictures)).text[0])
    text = text.partition("Skip to the verdict")[2].partition("What is compared")[0]
    assert "The strangest flagged images" in text
    for noise in ("Missed defects", "False alarms", "cannot be counted", "none;", "Clopper"):
        assert noise not in text


def test_missed_ones_of_a_folder_of_bad_photos_are_counted_without_good_ones_to_test_with():
    given = results({"bad": 20})._replace(truth=Truth([], ["bad"]), evaluation=None)
    verdicts = given.verdicts["verdict"]
    verdicts[:] = ["good"] * 3 + ["flagged"] * 17
    text = words(Page(report.page(given, no_pictures)).text[0])
    assert "3 of 20 known defects were missed" in text
    assert "Missed defects 3 of 20, 15" in text
    assert "False alarms asked for" not in text


@pytest.mark.parametrize("shown", ["standard", "learn"])
def test_the_part_as_it_should_be_is_told_of_where_it_is_shown(shown):
    given = results()
    page = Page(report.page(given._replace(examples=[given.examples[0]._replace(set=shown)]), no_pictures))
    assert ("the part as it should be" in words(page.text[0])) == (shown == "standard")


def test_the_first_screen_says_how_many_defects_are_marked_at_their_true_place():
    said = "Of the flagged ones whose true place is known 75 % (95 % interval 50 % to 90 %) are marked there."
    given = results({"normal": 9, "errorA": 6, "errorB": 3})
    of_one = np.arange(len(given.evaluation["kind"]))
    first, second = (np.where(of_one == 2, 0.75, other) for other in (0.1, np.nan))  # of three rows of `inspection`
    for located, shown in ((first, True), (second, True), (np.full(6, np.nan), False)):
        page = report.page(given._replace(evaluation=given.evaluation | {"located": located}), no_pictures)
        assert (said in words(Page(page).text[0])) == shown
    assert "whose true place is known" not in report.page(given._replace(evaluation=None), no_pictures)


def test_warnings_have_a_column_and_a_count_where_there_are_any(html):
    assert "Warning" not in [text for _, text in Page(html).all("th")]
    given = results()
    warning = given.verdicts["warning"].astype("<U40")
    warning[[2, 5]] = "darker than the good pictures"
    page = report.page(given._replace(verdicts=given.verdicts | {"warning": warning}), no_pictures)
    images = given.verdicts["image"][[2, 5]].tolist()
    assert {cells[1][1] for cells in Page(page).rows() if cells[9][1] == "darker than the good pictures"} == {*images}
    assert "2 inspected images came with one" in words(page)
    verdict = given.verdicts["verdict"].astype("<U12")
    verdict[2] = "not_compared"  # its warning is why
    page = report.page(given._replace(verdicts=given.verdicts | {"warning": warning, "verdict": verdict}), no_pictures)
    assert "1 inspected image came with one" in words(page)
    assert page.count('data-warning="warning"') == 2


def test_the_verdict_on_top_is_counted_from_the_table(html):
    table = results().verdicts
    flagged = table["verdict"] == "flagged"
    errors = table["set"] == "errorA"
    section = words(re.search(r'<section id="verdict".*?</section>', html, re.DOTALL).group())
    text = words(Page(section).text[0])
    assert not (~flagged & errors).any()
    first = f"{flagged.sum()} of 16 inspected images are flagged, and none of the 6 known defects was missed."
    assert text.startswith(f"Verdict {first}")
    assert f" 16 images inspected: {flagged.sum()} flagged, " in text
    assert f"{(~flagged & errors).sum()} of 6, " in text
    assert f"found: {(flagged & ~errors).sum()} of 10, " in text
    assert "asked for: at most 5 % of good parts" in text


def test_user_s_text_stays_text():
    page = Page(report.page(results({"normal": 3, HOSTILE: 3, JAPANESE: 3}, HOSTILE + "{i}", HOSTILE), no_pictures))
    assert not any("onerror" in attributes or attributes.get("src") == "x" for _, attributes in page.elements)
    assert len(page.all("script")) == 1
    texts = [text for _, text in page.all("td")]
    assert HOSTILE in texts
    assert JAPANESE in texts
    assert HOSTILE + "0" in [text for _, text in page.all("th")]  # not 49: a name is no template


def test_no_chart_holds_a_user_s_name():
    name = "zzgeheim"
    page = report.page(results({"normal": 3, name: 3}, names=name + "{i}", panel=name), no_pictures)
    charts = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert len(charts) > 6
    assert not any(name in chart for chart in charts)


def test_nothing_is_asked_from_outside(html):
    assert "http" not in html.replace("http-equiv", "")
    page = Page(html)
    for tag, attributes in page.elements:
        for key in ("src", "href", "srcset", "action", "data", "poster", "background"):
            address = attributes.get(key, "#")
            allowed = ("#", "data:", "inspection/")
            assert address.startswith(allowed), (tag, attributes)
    assert not re.search(r"@import|url\((?!#)", re.sub(r"data:[^\"]*", "", html))


def test_the_policy_allows_this_script_alone(html):
    policy = next(attributes["content"] for attributes, _ in Page(html).all("meta") if "content" in attributes)
    script = re.search(r"<script>(.*?)</script>", html, re.DOTALL).group(1)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")


def test_links_are_quoted_and_inner_ones_lead_somewhere(html):
    page = Page(html)
    targets = {attributes["id"] for _, attributes in page.elements if "id" in attributes}
    addresses = [attributes["href"] for attributes, _ in page.all("a")]
    assert "inspection/calibration%20card.csv" in addresses
    inner = [address[1:] for address in addresses if address.startswith("#")]
    assert len(inner) > 16
    assert set(inner) <= targets


def test_no_id_twice():
    page = Page(report.page(results(), noisy_pictures))
    found = Counter(attributes["id"] for _, attributes in page.elements if "id" in attributes)
    assert [name for name, count in found.items() if count > 1] == []


def test_headings_in_order_and_pictures_described(html):
    page = Page(report.page(results(), noisy_pictures))
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    pictures = page.all("img")
    assert len(pictures) == 3 + 1 + 1 + 3 * 16 + min(6, sum(results().verdicts["verdict"] == "flagged"))
    assert all(attributes["alt"].strip() for attributes, _ in pictures)
    drawings = [attributes for tag, attributes in page.elements if tag == "svg" and "chart" in attributes["class"]]
    assert all(attributes["aria-label"] for attributes in drawings)


def test_same_tables_same_bytes_but_for_run_times(tmp_path):
    log = tmp_path / "job.log"
    origin = results().origin._replace(logs={"draw": [str(log)]})
    pages = []
    for seconds in (1.5, 1.5, 99.25):
        log.write_text(f"INFO draw: done in {seconds} s; {seconds} s of CPU and 50 MB in all\n")
        pages.append(report.page(results()._replace(origin=origin), noisy_pictures))
    assert pages[0] == pages[1]
    assert pages[0] != pages[2]
    without = [re.sub(r"<(p|span|table|dd|pre) data-run-time>.*?</\1>", "", page, flags=re.DOTALL) for page in pages]
    assert without[0] == without[2]
    assert "99.2" not in without[2]


def test_two_thousand_images_with_the_worst_pictures_are_below_8_mb():
    page = report.page(results({"normal": 1000, "errorA": 1000}), noisy_pictures)
    assert 4_000_000 < len(page.encode()) < 8_000_000
    assert page.count('<figure id="p') == 200
    assert len(Page(page).rows()) == 2000


def test_without_errors_panels_or_alarm_the_page_says_so():
    given = results({"normal": 3})
    table = given.verdicts | {"p_value": np.array([None] * 3), "verdict": np.array(["no_alarm_possible"] * 3)}
    empty = {name: column[:0] for name, column in results().separation.items()}
    bare = given._replace(
        subject=DRAWN, verdicts=table, evaluation=None, panels={}, separation=empty, truth=Truth(["normal"], [])
    )
    text = words(Page(report.page(bare, no_pictures)).text[0])
    assert "3 no alarm possible" in text
    assert "Missed defects" not in text  # what cannot be counted has no card
    assert "need inspected images that are known to be good, and some that are known to be errors" in text
    assert "no panels" in text
    assert "No heat map was drawn of this image, or its picture was not found." in text


def test_no_image_at_all():
    given = results({"normal": 1})
    none = {name: column[:0] for name, column in given.verdicts.items()}
    left_out = {name: column[:0] for name, column in given.evaluation.items()}
    text = words(Page(report.page(given._replace(verdicts=none, evaluation=left_out), no_pictures)).text[0])
    assert "Nothing was inspected. 0 images inspected." in text
    assert "No image could be compared." in text


# --- score sheets ----------------------------------------------------------------------------------------------------


def test_saturation_by_hand():
    found = report_sheets.saturation(np.array([[0.9, 0.1], [0.2, 0.8]]), np.array([[1.0, 10.0], [3.0, 10.0]]))
    assert found == {"words": 2, "largest": pytest.approx(0.85), "most": 0.9, "spread": pytest.approx(0.5)}


def test_levels_of_a_heat_table():
    sets = {"a": "normal", "b": "errorA"}
    signed = report_sheets.heat_table(["a", "b"], sets, ["j", "k"], np.array([[-1.0, 0.01], [0.0, 0.5]]), True)
    assert [[level for _, level in row[2]] for row in signed["rows"]] == [[-4, 1], [0, 2]]
    plain = report_sheets.heat_table(["a", "b"], sets, ["j", "k"], np.array([[1.0, 2.0], [3.0, 5.0]]), False)
    assert [[level for _, level in row[2]] for row in plain["rows"]] == [[0, 1], [2, 4]]
    assert plain["rows"][1] == ("b", "errorA", [(3.0, 2), (5.0, 4)])


def test_a_constant_sheet_has_no_colours():
    found = report_sheets.heat_table(["a"], {"a": "s"}, ["j"], np.array([[0.0]]), True)
    assert found["rows"][0][2] == [(0.0, 0)]


def test_large_sheets_are_cut_and_say_so():
    images = [f"i{n}" for n in range(100)]
    table = report_sheets.heat_table(images, dict.fromkeys(images, "s"), images, np.eye(100), False)
    assert (len(table["rows"]), table["images"]) == (60, 100)
    assert (len(table["judges"]), len(table["rows"][0][2]), table["all_judges"]) == (60, 60, 100)


def test_sheets_show_the_tables_numbers(html):
    given = results()
    sheet = report_sheets.sheet_tables("first", given.panels["first"], given.separation)[0]
    assert [value for value, _ in sheet["raw"]["rows"][2][2]] == [20.0, 21.0]
    assert [value for value, _ in sheet["deviation"]["rows"][0][2]] == [-0.5, -0.5]
    assert sheet["overall"]["errorA"]["beyond_chance"]
    assert not sheet["overall"]["all"]["beyond_chance"]
    state = report_sheets.state_tables("first states", given.panels["first states"], given.separation)[0]
    assert state["distances"][1] == (given.verdicts["image"][1], "normal", 2.0)
    assert state["saturation"]["largest"] == 1
    assert "0.90 (0.75) ✓" in html
    assert "2 of 4 cells are beyond chance's 95 % point; chance alone would give about 0.20." in words(
        Page(html).text[0]
    )
    assert "0.60 (0.75)<" in html


def test_in_sample_sheets_have_no_tick_and_are_not_counted():
    given = results()
    seen = np.where(given.separation["panel"] == "first", "True", "False")
    page = report.page(given._replace(separation=given.separation | {"errors_among_judges": seen}), no_pictures)
    text = words(Page(page).text[0])
    assert page.count("✓</td>") == 1
    assert "1 of 2 cells are beyond chance's 95 % point; chance alone would give about 0.10." in text
    assert text.count("in-sample: not judged") == 2


# --- pictures and charts ---------------------------------------------------------------------------------------------


def test_a_picture_fits_its_share(rng):
    noise = rng.integers(0, 256, (240, 488, 3), np.uint8)
    flat = np.full((240, 488, 3), 90, np.uint8)
    for picture in (noise, flat):
        content = base64.b64decode(report_pictures.address(picture).partition(",")[2])
        assert len(content) <= report_pictures.MOST_BYTES
        height, width, _ = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR).shape
        assert width / height == pytest.approx(488 / 240, rel=0.02)
    assert (height, width) == (240, 488)


@pytest.mark.parametrize(
    ("shape", "shown"),
    [((480, 480), (240, 240)), ((20, 30), (20, 30)), ((20, 3000), (2, 240)), ((60, 40_000), (1, 667)), ((900, 1),) * 2],
)
def test_a_strip_keeps_a_pixel_across(shape, shown):
    picture = np.zeros((*shape, 3), np.uint8)
    assert report_pictures.small(picture).shape == (*shown, 3)
    assert report_pictures.heat(picture, np.zeros((5, 5)), shape[::-1]).shape == (*shown, 3)


def test_heat_shows_box_outline_and_distance_where_they_are():
    picture = np.full((480, 480, 3), 120, np.uint8)
    distances = np.zeros((60, 60), np.float32)
    distances[30:32, 10:12] = 1000
    mask = np.zeros((480, 480), bool)
    mask[320:400, 320:400] = True
    shown = report_pictures.heat(picture, distances, (480, 480), (100, 40, 180, 120), mask).astype(int)
    assert shown.shape == (240, 240, 3)
    assert shown[124, 44].sum() < 250  # dark: the most different place, at (x, y) = (88, 248) of the picture
    assert shown[200, 120].min() > 180  # light: like good images
    assert shown[40, 50].tolist() == [255, 90, 0]  # left edge of the box, BGR blue
    assert shown[180, 160].tolist() == [0, 0, 0]  # left edge of the true error
    assert shown[180, 158].tolist() == [255, 255, 255] or shown[180, 159].tolist() == [255, 255, 255]


def test_heat_covers_only_what_the_mosaic_covers():
    picture = np.zeros((100, 100, 3), np.uint8)
    distances = np.zeros((13, 13), np.float32)
    distances[-1] = 1000
    shown = report_pictures.heat(picture, distances, (104, 104))
    assert shown.shape == (100, 100, 3)
    assert shown[99].sum() < shown[50].sum()


def test_matrices_keep_every_value(rng):
    values = rng.integers(0, 256, (4, 100), np.uint8)
    gray, colour = report_pictures.matrices(values)
    decoded = [
        cv2.imdecode(np.frombuffer(base64.b64decode(each.partition(",")[2]), np.uint8), cv2.IMREAD_UNCHANGED)
        for each in (gray, colour)
    ]
    assert (decoded[0] == values[0].reshape(10, 10)).all()
    assert np.array_equal(decoded[1][..., ::-1].reshape(100, 3).T, values[1:])


def test_scale_has_the_heat_maps_ticks():
    _, ticks = report_pictures.colour_scale()
    assert [name for name, _ in ticks] == [str(tick) for tick in heatmaps.TICKS]
    assert ticks[0][1] == 0
    assert ticks[-1][1] == 1


def test_a_strip_has_a_point_an_image_and_thins_thousands():
    groups = [(0, np.arange(1.0, 8)), (1, np.linspace(1, 9, 5000))]
    strips, axis = report_charts.strips(groups, 5.0, ["few", "many"])
    assert [strip.count("<use ") for strip in strips] == [7, report_charts.MOST_POINTS]
    assert "score, standard deviations" in axis


def test_strips_take_scores_below_zero_and_no_threshold():
    strips, axis = report_charts.strips([(0, np.array([-1.0, 0.0, 100.0]))], None, ["alt"])
    assert strips[0].count("<use ") == 3
    assert "logarithmic" not in axis


def test_a_chart_of_the_metrics_is_the_same_whatever_was_drawn_before_it():
    def chart(scale: float) -> tuple[list, str]:
        return [(0, {f"X{place}": (scale * np.arange(3), scale * np.ones(3)) for place in range(4)})], f"at {scale}"

    small, large = report_charts.quadrants([chart(0.01), chart(100)])
    assert [small] == report_charts.quadrants([chart(0.01)])
    assert [large] == report_charts.quadrants([chart(100)])


def test_a_chart_s_description_is_escaped():
    chart = report_charts.uniformity(np.array([0.5]), 0.05, '"><script>')
    assert "<script>" not in chart


def test_thinned_keeps_both_ends():
    assert report_charts.thin(np.arange(11), 3).tolist() == [0, 5, 10]


# --- how it was made -------------------------------------------------------------------------------------------------


def test_graph_without_what_a_longer_way_implies():
    needs = {"draw": [], "read": ["draw"], "measure": ["read", "draw"], "tell": ["measure", "draw", "read"]}
    assert report_origin.reduce_graph(needs) == {"draw": [], "read": ["draw"], "measure": ["read"], "tell": ["measure"]}
    assert report_origin.layers(needs) == [["draw"], ["read"], ["measure"], ["tell"]]
    drawing = report_origin.drawing(needs)
    assert len(drawing["boxes"]) == 4
    assert len(drawing["edges"]) == 3


def test_run_times_are_sums_of_the_logs_that_are_there(tmp_path):
    for name, said in (
        ("a", "INFO draw: 3 input(s)\nINFO draw: done in 1.25 s; 0.75 s of CPU and 50 MB in all\n"),
        ("b", "INFO draw: done in 0.25 s; 0.50 s of CPU and 80 MB in all\n"),
        ("failed", "INFO draw: 3 input(s)\nERROR no\n"),
    ):
        (tmp_path / f"{name}.log").write_text(said)
    logs = [str(tmp_path / f"{name}.log") for name in ("a", "b", "failed", "none")]
    assert report_origin.run_times({"draw": logs, "read": logs[3:]}) == [
        {"script": "draw", "jobs": 2, "seconds": 1.5, "cpu": 1.25, "memory": 80.0}
    ]


# --- for reading -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "–"),
        (0, "0"),
        (3.14159, "3.14"),
        (308.2, "308"),
        (12345.6, "12346"),
        (0.00012345, "0.000123"),
        (-2, "-2.00"),
    ],
)
def test_number(value, shown):
    assert report.format_number(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(None, "–"), (0.5, "0.5"), (1e-9, "<\N{NO-BREAK SPACE}0.02"), (0.0312, "0.031")]
)
def test_p_value(value, shown):
    assert report.format_p_value(value, 49.5, np.arange(50.0)) == shown
    assert report.format_p_value(value, None, np.arange(50.0)) == "–"


def luminance(colour: str) -> float:
    """Relative luminance of #rgb or #rrggbb, as the Web Content Accessibility Guidelines 2 define it."""
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    channels = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_contrast_of_text_and_of_charts_in_light_and_dark():
    style = (report.TEMPLATES / "report.css").read_text(encoding="utf-8")
    palettes = [
        dict(re.findall(r"--(\w+): (#\w+);", block)) for block in re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    ]
    assert len(palettes) == 3
    for palette in palettes:
        for ground in ("paper", "panel"):
            for text in ("ink", "quiet", "link", "bad", "good"):
                assert contrast(palette[text], palette[ground]) >= 4.5, (text, palette)
        for series in range(8):
            assert contrast(palette[f"s{series}"], palette["paper"]) >= 3, (series, palette)
    cells = re.findall(r"\.[nph]\d \{ background: (#\w+); color: (#\w+); \}", style)
    assert len(cells) == 12
    assert all(contrast(*cell) >= 4.5 for cell in cells), cells


@pytest.mark.parametrize("levels", [1, 2, 5, 1000])
def test_roc_corners_are_scikit_learns(levels, rng):
    from sklearn.metrics import roc_curve

    for _ in range(20):
        good, errors = (rng.integers(levels, size=rng.integers(1, 20)).astype(float) for _ in range(2))
        truth = np.repeat([0, 1], [len(good), len(errors)])
        false, true, _ = roc_curve(truth, np.concatenate([good, errors]), drop_intermediate=True)
        found = report_charts.roc_corners(good, errors)
        assert np.array_equal(found[0], false)
        assert np.array_equal(found[1], true)


def test_roc_corners_by_hand():
    false, true = report_charts.roc_corners(np.array([1.0, 2.0]), np.array([2.0, 3.0]))
    assert false.tolist() == [0, 0, 0.5, 1]  # at 3, at 2, at 1
    assert true.tolist() == [0, 0.5, 1, 1]


def test_photos_have_soart_metrics_and_score_sheets_only_where_panels_are_asked_for():
    given = results()
    without = given._replace(panels={}, separation={name: each[:0] for name, each in given.separation.items()})
    for shown, expected in ((given, True), (without, False), (without._replace(subject=DRAWN), True)):
        page = Page(report.page(shown, no_pictures))
        ids = {attributes.get("id") for _, attributes in page.elements}
        assert ({"metrics", "sheets"} <= ids) == expected
        assert ({"#metrics", "#sheets"} <= {each.get("href") for each, _ in page.all("a")}) == expected
