"""An app without pages, to be killed: an engine on a folder, which resumes what was left behind there."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from core.runs.engine import Engine


def main() -> None:
    engine = Engine(Path(sys.argv[1]))
    print("ready" if engine.wait_ready(300) else "not ready", flush=True)
    while True:
        time.sleep(1)


if __name__ == "__main__":
    main()
