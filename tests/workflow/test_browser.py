"""The report in a real browser with its network off: the default run's, and two of 2,000 inspected images."""

import os
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import browser
from browser import PHONE, Visit
from conftest import ROOT, call
from report_samples import HOSTILE, JAPANESE, noisy_pictures, results
from soart.report import page as report

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]
WARNED = 40  # every so many images
WARNING = (
    "darker than the good pictures: brightness 0.61 of theirs, which was 0.93 to 1.06; check light and camera; also: "
    "saved as PNG, the good photos as JPEG 4:2:0 of quality 95: saving alone can make a good part look defective; save "
    "all photos in one format and quality"
)
A4 = (718, 1020)  # pixels of 1/96 inch between margins of 1 cm
COUNTS = {"normal": 900, "errorA": 600, JAPANESE: 400, HOSTILE: 100}


@pytest.fixture(scope="module")
def chromium():
    with browser.browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def default(run) -> Path:
    """The report of the default configuration, made by the workflow."""
    folder, said = run
    assert said.splitlines()[-1].endswith("report: " + str(folder / "results/report.html"))
    return folder / "results/report.html"


@pytest.fixture(scope="module")
def many(run, tmp_path_factory) -> Path:
    """The report of 2,000 inspected photos, made by the workflow: the default run's images under many names."""
    images, folder = run[0] / "results/images", tmp_path_factory.mktemp("many")
    sources = {
        "train/good": (sorted(images.glob("learn/*.jpg")), 1),
        "test/good": (sorted(images.glob("normal/*.jpg")), 100),
        "test/missing plus": (sorted(images.glob("error/image_errorA_*.jpg")), 50),
        f"test/{JAPANESE}": (sorted(images.glob("error/image_errorB_*.jpg")), 50),
    }
    for name, (files, times) in sources.items():
        (folder / "photos" / name).mkdir(parents=True)
        for number in range(times):
            for file in files:
                os.link(file, folder / "photos" / name / f"{file.stem}_{number:02}.jpg")
    done = call(f"snakemake -s {ROOT}/Snakefile --cores 2 --config photos=photos", folder)
    assert done.returncode == 0, done.stdout
    return folder / "results/report.html"


@pytest.fixture(scope="module")
def large(tmp_path_factory) -> Path:
    """A page of 2,000 inspected images from tables that are made up, pictures and warnings as large as they can be."""
    path = tmp_path_factory.mktemp("large") / "report.html"
    given = results(COUNTS)
    warning = np.where(np.arange(len(given.verdicts["image"])) % WARNED, "", WARNING)
    given = given._replace(verdicts=given.verdicts | {"warning": warning})
    path.write_text(report.page(given, noisy_pictures), encoding="utf-8")
    return path


@pytest.fixture(params=["default", "many", "large"])
def path(request) -> Path:
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize("size", [browser.DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("colours", ["light", "dark"])
def test_the_page_opens_fast_silent_alone_and_fits(chromium, path, size, colours, tmp_path):
    visit = Visit(chromium, path, size, color_scheme=colours)
    assert visit.first_paint() < 2
    height = visit.page.evaluate("document.documentElement.scrollHeight")
    for _ in range(0, height, 2 * size[1]):
        visit.page.mouse.wheel(0, 2 * size[1])
    visit.page.evaluate("Promise.all(Array.from(document.images, image => (image.loading = 'eager', image.decode())))")
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= size[0]
    visit.page.screenshot(path=tmp_path / "page.png")
    assert visit.said == []
    assert visit.asked == [visit.address]
    visit.context.close()


def test_a_request_would_be_noticed(chromium, tmp_path):
    path = tmp_path / "page.html"
    path.write_text('<p>here</p><img src="https://example.org/x.png"><script>console.error("loud")</script>')
    visit = Visit(chromium, path)
    visit.first_paint()
    assert "https://example.org/x.png" in visit.asked
    assert any("loud" in said for said in visit.said)
    visit.context.close()


def test_the_default_report_lists_the_verdicts_of_the_table(chromium, default):
    table = pd.read_csv(default.parent / "inspection/verdicts.csv")
    table = table[table["set"] != "standard"]  # which nobody inspects
    visit = Visit(chromium, default)
    expected = table.sort_values(["score", "image"], ascending=[False, True])
    scores = dict(zip(table["image"], table["score"], strict=True))
    shown = visit.images()
    assert sorted(shown) == sorted(expected["image"])
    assert [scores[name] for name in shown] == expected["score"].tolist()
    for address in visit.page.locator("main a").evaluate_all("links => links.map(link => link.href)"):
        if "#" not in address:
            assert Path(address.removeprefix("file://")).exists(), address
    visit.context.close()


def test_two_thousand_photos_by_set_and_verdict(chromium, many):
    assert many.stat().st_size < 8_000_000
    table = pd.read_csv(many.parent / "inspection/verdicts.csv")
    table = table[table["verdict"] != "odd"]  # good photos that were learned from are named at the end
    assert len(table) == 2000
    visit = Visit(chromium, many)
    assert visit.images()[0] == table.sort_values(["score", "image"], ascending=[False, True])["image"].iloc[0]
    visit.page.get_by_role("combobox", name="Set").select_option(JAPANESE)
    visit.page.get_by_role("combobox", name="Verdict").select_option("flagged")
    chosen = table[(table["set"] == JAPANESE) & (table["verdict"] == "flagged")]
    assert len(chosen)
    assert sorted(visit.images()) == sorted(chosen["image"])
    assert visit.said == []
    visit.context.close()


def test_sorting_by_mouse(chromium, large):
    visit = Visit(chromium, large)
    table = results(COUNTS).verdicts
    scores = dict(zip(table["image"].tolist(), table["score"].tolist(), strict=True))
    heading = visit.page.locator("#verdicts").get_by_role("columnheader", name="Score", exact=True)
    for direction, reverse in (("ascending", False), ("descending", True)):
        heading.get_by_role("button").click()
        assert heading.get_attribute("aria-sort") == direction
        assert [scores[name] for name in visit.images()] == sorted(scores.values(), reverse=reverse)
    assert visit.page.locator("[aria-sort]").count() == 1
    assert visit.said == []
    visit.context.close()


def test_sorting_and_filtering_by_keyboard(chromium, default):
    visit = Visit(chromium, default)
    visit.page.locator("#filters select").first.focus()
    reached = []
    for _ in range(20):
        visit.page.keyboard.press("Tab")
        reached.append(visit.page.evaluate("document.activeElement.textContent"))
        if reached[-1] == "Image":
            break
    assert reached[-1] == "Image", reached
    visit.page.keyboard.press("Enter")
    assert visit.images()[:2] == ["image_errorA_0", "image_errorA_1"]
    visit.page.keyboard.press("Space")
    assert visit.images()[0].startswith("image_normal_")
    visit.page.locator("#filters input").focus()
    visit.page.keyboard.type("ERRORb_1")
    assert visit.images() == ["image_errorB_1"]
    assert visit.page.locator("#count").text_content() == "1 of 30 images"
    visit.context.close()


@pytest.mark.parametrize("name", [JAPANESE, HOSTILE, "errorA"])
def test_filtering_by_set_and_verdict(chromium, large, name):
    visit = Visit(chromium, large)
    table = results(COUNTS).verdicts
    chosen = table["set"] == name
    visit.page.get_by_role("combobox", name="Set").select_option(name)
    assert sorted(visit.images()) == sorted(table["image"][chosen].tolist())
    visit.page.get_by_role("combobox", name="Verdict").select_option("flagged")
    assert sorted(visit.images()) == sorted(table["image"][chosen & (table["verdict"] == "flagged")].tolist())
    visit.page.get_by_role("combobox", name="Verdict").select_option("missed")
    assert sorted(visit.images()) == sorted(table["image"][chosen & (table["verdict"] == "good")].tolist())
    assert visit.said == []
    visit.context.close()


def test_those_with_a_warning(chromium, large):
    visit = Visit(chromium, large)
    visit.page.get_by_role("combobox", name="Verdict").select_option("with a warning")
    assert sorted(visit.images()) == sorted(results(COUNTS).verdicts["image"][::WARNED].tolist())
    assert visit.page.locator("#verdicts td.warning >> visible=true").first.text_content() == WARNING
    assert visit.said == []
    visit.context.close()


def test_without_javascript_the_table_stands_and_no_dead_button(chromium, large):
    visit = Visit(chromium, large, java_script_enabled=False)
    assert visit.page.locator("#verdicts tbody tr").count() == 2000
    assert visit.page.locator("#verdicts button").count() == 0
    assert not visit.page.locator("#filters").is_visible()
    visit.context.close()


def test_on_paper(chromium, large):
    visit = Visit(chromium, large, A4)
    visit.page.emulate_media(media="print")
    assert not visit.page.locator("#filters").is_visible()
    assert visit.page.locator("#verdicts tbody tr >> visible=true").count() == 60
    assert visit.page.get_by_text("On paper: the first 60 rows.").is_visible()
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= A4[0]
    visit.context.close()


def test_every_picture_is_on_paper_though_nobody_scrolled_to_it(chromium, default):
    visit = Visit(chromium, default)
    addresses = visit.page.locator("img:visible").evaluate_all("all => all.map(image => image.src)")
    printed = visit.page.pdf(format="A4")
    assert len(re.findall(rb"/Subtype\s*/Image", printed)) >= len({*addresses}) > 60
    visit.context.close()


@pytest.mark.parametrize("chart", [".strips .chart", ".wide > .chart", ".map.wide > img"])
def test_letters_of_charts_stay_readable_on_a_phone(chromium, default, chart):
    """At least 8 pixels: of what is drawn wider than the screen, a part is scrolled to."""
    visit = Visit(chromium, default, PHONE)
    script = """all => all.filter(each => each.getBoundingClientRect().width).flatMap(each => {
        const wide = each.getBoundingClientRect().width
        if (each.tagName === "IMG") return [15 * wide / each.naturalWidth]
        const scale = wide / each.viewBox.baseVal.width
        return Array.from(each.querySelectorAll("text"), text => scale * parseFloat(getComputedStyle(text).fontSize))
    })"""
    sizes = visit.page.locator(chart).evaluate_all(script)
    assert sizes
    assert min(sizes) >= 8
    visit.context.close()


def test_without_chromium_it_says_what_to_install(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(FileNotFoundError, match="found no chromium on the PATH; on Debian: apt-get install chromium"):
        browser.browser().__enter__()
