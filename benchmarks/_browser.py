"""The app on a free port and Chromium before it: what the benchmarks and the browser tests both need."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.remote.webdriver import WebDriver

ROOT = Path(__file__).resolve().parents[1]
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--force-device-scale-factor=1",
)  # fmt: skip
# Found and pressed in one step: a rerun may replace the button in between.
_PRESS = """const last = b => b.innerText.trim().split('\\n').pop();
    const button = [...document.querySelectorAll('button')].find(b => !b.disabled && last(b) === arguments[0]);
    if (button) button.click();
    return Boolean(button)"""


def start_server(runs: Path, script: Path | None = None) -> tuple[subprocess.Popen[bytes], str]:
    """Start the app on a free port, in a process group of its own, and return it and its address once it answers.

    Parameters
    ----------
    runs : Path
        Where it keeps its runs; its log stands beside them.
    script : Path, optional
        Another app than this one.

    Raises
    ------
    RuntimeError
        It did not answer in time; the message has the end of its log.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    app = "app.py" if script is None else str(script)
    command = [sys.executable, "-m", "streamlit", "run", app, "--server.headless=true", f"--server.port={port}"]
    environment = {**os.environ, "COUNTERWEIGHT_RUNS": str(runs)}
    log = runs.parent / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    url = f"http://localhost:{port}"
    for _ in range(1500):
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=1):
                return process, url
        except OSError:
            if process.poll() is not None:
                break
            time.sleep(0.02)
    raise RuntimeError(f"the app did not start: {log.read_text()[-2000:]}")


def chromium(profile: Path, width: int = 1440, height: int = 900, *, dark: bool = False) -> WebDriver:
    """Open Chromium in a size and theme.

    Raises
    ------
    RuntimeError
        Chromium or its driver is not on the path.
    """
    binary = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    driver_path = shutil.which("chromedriver")
    if binary is None or driver_path is None:
        raise RuntimeError("Chromium and ChromeDriver are needed: run make test, or install them.")
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    driver = webdriver.Chrome(options=options, service=Service(driver_path))
    theme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": theme})
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    return driver


def press(driver: WebDriver, label: str) -> bool:
    """Press the enabled button with this label and return whether there was one."""
    return bool(driver.execute_script(_PRESS, label))
