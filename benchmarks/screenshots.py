"""Pictures of every page, wide and narrow, light and dark, as the documentation shows them.

``python -m benchmarks.screenshots`` opens the shipped examples in a fresh app, and made-up runs of 2, 12 and 63
strategies and of 18 classes, so that nothing is computed but the toy table's networks, and writes
``docs/pages/<page>-<width>-<theme>.webp``. Few colours keep the pictures small and their words sharp.
"""

from __future__ import annotations

import base64
import io
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.support.ui import WebDriverWait

from benchmarks._browser import ROOT, chromium, start_server
from benchmarks._made_runs import made_run
from benchmarks._print import parser, show

SIZES = ((1440, 900), (390, 850))
# What is not taken everywhere is taken wide and light, and narrow and dark.
_TWO = ((1440, "light"), (390, "dark"))
_TALLEST = 3_200
_COLOURS = 96
_STATE = "const a = document.querySelector('[data-testid=stApp]'); return a ? a.dataset.testScriptState : ''"
_HEIGHT = "const m = document.querySelector('[data-testid=stMain]'); return m ? m.scrollHeight : 0"
_WIDTH = "const m = document.querySelector('[data-testid=stMain]'); return m ? m.scrollWidth : 0"


@dataclass(frozen=True)
class Stop:
    """One page to take: its address, and words that show that it is there whole.

    Parameters
    ----------
    everywhere : bool
        Whether it is taken in every size and theme.
    """

    name: str
    address: str
    words: str
    everywhere: bool = True


_VIEWS = ("pairs", "classes", "calibration", "threshold", "net_benefit", "errors", "code", "report")
# Views of the example that a picture in one theme per size is enough for.
_LESSER = ("capacity", "promise", "next_file", "more_rows", "why", "slices", "training")
# What many strategies or many classes change most.
_MADE = {
    (2, 2): ("overview",),
    (12, 2): ("overview",),
    (63, 2): ("overview", "pairs", "calibration", "threshold", "training"),
    (12, 18): ("overview", "classes"),
    (63, 18): ("overview", "classes", "errors"),
}


def stops(run: str, made: Mapping[tuple[int, int], str]) -> tuple[Stop, ...]:
    """Return what is taken.

    Parameters
    ----------
    run : str
        The id of a finished run.
    made : mapping of pair of int to str
        Runs by their numbers of strategies and classes.
    """
    table = "/?table=page_blocks"
    of_run = [
        Stop(f"compare-{view}", f"/compare?run={run}&view={view}", "How good", view not in _LESSER)
        for view in (*_VIEWS, *_LESSER)
    ]
    many = [
        Stop(f"many-{n}x{classes}-{view}", f"/compare?run={made[n, classes]}&view={view}", "How good", False)
        for (n, classes), shown in _MADE.items()
        for view in shown
    ]
    return (
        Stop("home", "/", "Bring your own table"),
        Stop("data", table, "5,472 rows"),
        Stop("strategies", f"/strategies{table[1:]}", "strategies ×"),
        Stop("learn", "/learn?strategy=smote", "What SMOTE learns"),
        Stop("learn-two", "/learn?strategy=focal&beside=random_under", "What Focal loss learns", False),
        Stop("compare", f"/compare?run={run}", "Curves"),
        *of_run,
        *many,
        Stop("ranking", "/ranking", "Ranking"),
        Stop("export", f"/export?run={run}", "Export"),
        Stop("history", "/history", "History"),
    )


def file_names() -> frozenset[str]:
    """Return the names of all pictures."""
    return frozenset(
        f"{stop.name}-{width}-{theme}.webp"
        for width, _ in SIZES
        for theme in ("light", "dark")
        for stop in stops("", dict.fromkeys(_MADE, ""))
        if stop.everywhere or (width, theme) in _TWO
    )


def take(driver: WebDriver, url: str, stop: Stop, width: int, height: int) -> tuple[bytes, int]:
    """Return a page as WebP, as tall as it is, and by how many pixels it is too wide."""
    wait = WebDriverWait(driver, 240, poll_frequency=0.5)
    _resize(driver, width, height)
    driver.get(url + stop.address)
    wait.until(lambda d: stop.words in d.execute_script("return document.body.innerText"))
    _settle(driver)
    _resize(driver, width, min(_TALLEST, max(height, driver.execute_script(_HEIGHT))))
    _settle(driver)
    over = max(0, driver.execute_script(_WIDTH) - width)
    picture = driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})["data"]
    return _compact(base64.b64decode(picture)), over


def _settle(driver: WebDriver) -> None:
    """Wait until nothing runs and the page keeps its height."""
    last, calm, end = -1, 0, time.monotonic() + 60
    while calm < 4 and time.monotonic() < end:
        time.sleep(0.3)
        height = driver.execute_script(_HEIGHT)
        still = height == last and driver.execute_script(_STATE) == "notRunning"
        calm, last = (calm + 1 if still else 0), height


def _resize(driver: WebDriver, width: int, height: int) -> None:
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


def _compact(png: bytes) -> bytes:
    from PIL import Image

    few = (
        Image.open(io.BytesIO(png))
        .convert("RGB")
        .quantize(_COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    )
    out = io.BytesIO()
    few.convert("RGB").save(out, "WEBP", lossless=True, quality=100, method=6)
    return out.getvalue()


def take_all(
    target: Path, names: Sequence[str] = (), sizes: Sequence[tuple[int, int]] = SIZES, themes: Sequence[str] = ()
) -> dict[str, float]:
    """Take the pages into a folder and return the figures."""
    from core.examples import EXAMPLES
    from core.runs.store import Store

    target.mkdir(parents=True, exist_ok=True)
    every = not names and tuple(sizes) == SIZES and not themes
    folder = Path(tempfile.mkdtemp())
    server, url = start_server(folder / "runs")
    run = Store(EXAMPLES).records()[0].id
    made = {(n, classes): made_run(Store(folder / "runs"), n, classes) for n, classes in _MADE}
    # Whatever is taken anew, no picture stays of a page, width or theme that is not taken any more.
    for old in target.glob("*.webp"):
        if every or old.name not in file_names():
            old.unlink()
    pictures = size = too_wide = 0
    try:
        for width, height in sizes:
            for theme in themes or ("light", "dark"):
                driver = chromium(folder / f"{width}-{theme}", width, height, dark=theme == "dark")
                try:
                    for stop in stops(run, made):
                        if (names and stop.name not in names) or not (stop.everywhere or (width, theme) in _TWO):
                            continue
                        picture, over = take(driver, url, stop, width, height)
                        (target / f"{stop.name}-{width}-{theme}.webp").write_bytes(picture)
                        pictures, size, too_wide = pictures + 1, size + len(picture), too_wide + (over > 0)
                finally:
                    driver.quit()
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(20)
        shutil.rmtree(folder, ignore_errors=True)
    return {"pictures": pictures, "megabytes": size / 1e6, "too_wide": too_wide}


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--to", type=Path, default=ROOT / "docs" / "pages", help="folder for the pictures")
    options.add_argument("--page", action="append", default=[], help="only this page; may be given again")
    options.add_argument("--width", type=int, choices=[width for width, _ in SIZES], help="only this width")
    options.add_argument("--theme", choices=("light", "dark"), help="only this theme")
    given = options.parse_args()
    sizes = tuple(size for size in SIZES if given.width in (None, size[0]))
    figures = take_all(given.to, given.page, sizes, (given.theme,) if given.theme else ())
    rows = [
        ("pictures", f"{figures['pictures']:.0f}"),
        ("size of all", f"{figures['megabytes']:.2f} MB"),
        ("pages wider than the window", f"{figures['too_wide']:.0f}"),
    ]
    show(figures, rows, as_json=given.json)


if __name__ == "__main__":
    main()
