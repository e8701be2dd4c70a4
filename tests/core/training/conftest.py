import numpy as np
import pytest

from core.data.samples import load_sample


@pytest.fixture(scope="session")
def page_blocks() -> tuple[np.ndarray, np.ndarray]:
    """Return the inputs as numbers and the labels, 1 for "not text"."""
    frame = load_sample("page_blocks").frame
    y = (frame["not_text"].astype(str) == "yes").to_numpy(np.int64)
    return frame.drop(columns="not_text").to_numpy(np.float32), y
