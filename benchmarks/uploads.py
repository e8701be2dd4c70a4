"""Small files that stand for large tables, uploaded while others click: how long these wait, and what memory grows to.

The app runs as a person starts it. Sessions click through the pages with a table, a click every half second to
second, while another session uploads each file of ``tests.core.data.reading.traps``, one after another and all
several times. A sentence counts from the file's last byte until the page that shows it is there whole; memory is the
app's peak while it reads, above what it held before.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import signal
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psutil
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.Common_pb2 import FileURLs, UploadedFileInfo
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from tornado.httpclient import AsyncHTTPClient, HTTPRequest

from benchmarks._browser import start_server
from benchmarks._print import parser, show
from benchmarks._session import Session
from benchmarks.load import WITH_TABLE
from tests.core.data.reading.traps import CSV, TRAPS


@dataclass(eq=False)
class Uploader(Session):
    """A tab that uploads files on the Data page and keeps what the page says in warnings and errors."""

    said: list[str] = field(default_factory=list)
    _uploader: str = ""
    _urls: FileURLs | None = None

    async def upload(self, name: str, data: bytes) -> float:
        """Upload a file; return the seconds from its last byte until the page is there whole."""
        assert self._socket is not None
        request = BackMsg()
        request.file_urls_request.request_id = name
        request.file_urls_request.file_names.append(name)
        self._urls = None
        await self._socket.write_message(request.SerializeToString(), binary=True)
        while self._urls is None:
            self._take(ForwardMsg.FromString(await asyncio.wait_for(self._socket.read_message(), 60)))
        client = AsyncHTTPClient()
        health = await client.fetch(f"{self.url}/_stcore/health")
        cookie = health.headers["Set-Cookie"].partition(";")[0]
        border = "part"
        head = f'--{border}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
        headers = {
            "Content-Type": f"multipart/form-data; boundary={border}", "Cookie": cookie,
            "X-Xsrftoken": cookie.partition("=")[2].strip('"'), "Origin": self.url,
        }  # fmt: skip
        body = head + data + f"\r\n--{border}--\r\n".encode()
        await client.fetch(HTTPRequest(self.url + self._urls.upload_url, "PUT", headers, body, request_timeout=60))
        self.said.clear()
        state = ClientState(query_string=self.query, page_script_hash=self.page)
        widget = state.widget_states.widgets.add(id=self._uploader)
        info = UploadedFileInfo(file_id=self._urls.file_id, name=name, size=len(data), file_urls=self._urls)
        widget.file_uploader_state_value.uploaded_file_info.append(info)
        began = time.perf_counter()
        await self._socket.write_message(BackMsg(rerun_script=state).SerializeToString(), binary=True)
        while not self._take(ForwardMsg.FromString(await asyncio.wait_for(self._socket.read_message(), 120))):
            pass
        return time.perf_counter() - began

    def _take(self, message: ForwardMsg) -> bool:
        kind = message.WhichOneof("type")
        if kind == "file_urls_response":
            self._urls = message.file_urls_response.file_urls[0]
        elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            element = message.delta.new_element
            if element.WhichOneof("type") == "file_uploader":
                self._uploader = element.file_uploader.id
            elif element.WhichOneof("type") == "alert":
                self.said.append(element.alert.body)
        return super()._take(message)


@dataclass
class Log:
    """Seconds of clicks and of sentences, bytes of the app, and what went wrong."""

    clicks: list[float] = field(default_factory=list)
    sentences: dict[str, float] = field(default_factory=dict)
    peaks: list[int] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    over: bool = False


async def click(session: Session, seed: int, log: Log) -> None:
    rng = random.Random(seed)
    await session.open()
    while not log.over:
        log.clicks.append(await session.visit(rng.choice(["", "strategies", "history"]), WITH_TABLE))
        await asyncio.sleep(rng.uniform(0.5, 1.0))
    log.errors += session.errors
    session.close()


async def watch(process: psutil.Process, log: Log) -> None:
    while not log.over:
        log.peaks.append(process.memory_info().rss)
        await asyncio.sleep(0.05)


async def upload_all(url: str, server: int, sessions: int, rounds: int) -> Log:
    log = Log()
    files = {name: await asyncio.to_thread(make) for name, (make, _) in TRAPS.items()}
    uploader = Uploader(url)
    await uploader.open()
    await uploader.upload("sound.csv", CSV)  # the libraries' first call loads code
    visitors = [asyncio.create_task(click(Session(url), seed, log)) for seed in range(sessions)]
    await asyncio.sleep(5)
    log.clicks.clear()
    watcher = asyncio.create_task(watch(psutil.Process(server), log))
    for name, data in rounds * list(files.items()):
        tab = Uploader(url)
        await tab.open()
        log.sentences[name] = max(log.sentences.get(name, 0.0), await tab.upload("trap.csv", data))
        words = TRAPS[name][1]
        # A page may write a sign of the sentence otherwise, so that letters and figures alone are compared.
        said = "".join(filter(str.isalnum, " ".join(tab.said)))
        if "".join(filter(str.isalnum, words)) not in said:
            log.errors.append(f"{name}: the page said {tab.said}")
        log.errors += tab.errors
        tab.close()
    log.over = True
    await asyncio.gather(*visitors, watcher)
    uploader.close()
    return log


def measure(sessions: int, rounds: int) -> tuple[dict[str, float], Log]:
    folder = Path(tempfile.mkdtemp())
    server, url = start_server(folder / "runs")
    try:
        log = asyncio.run(upload_all(url, server.pid, sessions, rounds))
        figures = {
            "sessions": sessions,
            "files": len(log.sentences),
            "p95_seconds": float(np.percentile(log.clicks, 95)),
            "median_seconds": float(np.median(log.clicks)),
            "clicks": len(log.clicks),
            "peak_mib": (max(log.peaks) - log.peaks[0]) / 2**20,
            "slowest_sentence_seconds": max(log.sentences.values()),
            "errors": len(log.errors),
        }
        return figures, log
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--sessions", type=int, default=5)
    options.add_argument("--rounds", type=int, default=5, help="how often each file is uploaded")
    chosen = options.parse_args()
    figures, log = measure(chosen.sessions, chosen.rounds)
    rows = [
        ("sessions that click", f"{figures['sessions']:.0f}"),
        ("their clicks meanwhile", f"{figures['clicks']:.0f}"),
        ("  median", f"{figures['median_seconds']:.3f} s"),
        ("  95%", f"{figures['p95_seconds']:.3f} s"),
        ("the app's memory, peak above before", f"{figures['peak_mib']:.0f} MiB"),
        *((f"sentence for {name}", f"{seconds:.2f} s") for name, seconds in log.sentences.items()),
        *(("error", text[:150]) for text in log.errors[:5]),
    ]
    show(figures, rows, as_json=chosen.json)


if __name__ == "__main__":
    main()
