"""A real browser without a network, for the tests of the report; as a program it makes the README's picture of one.

python tests/browser.py results/report.html docs/report.png
"""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

DESKTOP, PHONE = (1280, 800), (390, 844)


@contextmanager
def browser() -> Iterator[Browser]:
    """Debian's chromium."""
    program = shutil.which("chromium")
    if not program:
        raise FileNotFoundError("found no chromium on the PATH; on Debian: apt-get install chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])  # as root it needs this
        yield opened
        opened.close()


class Visit:
    """A page opened from a file with the network off; what it said and asked for meanwhile."""

    def __init__(self, opened: Browser, path: Path, size: tuple[int, int] = DESKTOP, **context: object):
        self.said: list[str] = []
        self.asked: list[str] = []
        width, height = size
        self.context = opened.new_context(viewport={"width": width, "height": height}, offline=True, **context)
        self.context.route("**/*", self._ask)
        self.page: Page = self.context.new_page()
        self.page.on("console", lambda message: self.said.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.address = path.resolve().as_uri()
        self.page.goto(self.address)

    def _ask(self, route) -> None:
        self.asked.append(route.request.url)
        route.continue_() if route.request.url.partition("#")[0] == self.address else route.abort()

    def first_paint(self) -> float:
        """Seconds from the start of the navigation until something was on the screen."""
        script = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
        for _ in range(400):  # not `wait_for_function`: the page's own content security policy forbids what it does
            if moment := self.page.evaluate(script):
                return moment / 1000
            self.page.wait_for_timeout(25)
        raise TimeoutError("nothing was painted within 10 seconds")

    def images(self) -> list[str]:
        """The names in the rows of the table of verdicts that are shown, from top to bottom."""
        script = "rows => rows.filter(row => !row.hidden).map(row => row.cells[1].firstChild.textContent)"
        return self.page.locator("#verdicts tbody tr").evaluate_all(script)


if __name__ == "__main__":
    source, picture = map(Path, sys.argv[1:])
    with browser() as opened:
        Visit(opened, source, (1120, 900)).page.screenshot(path=picture)
