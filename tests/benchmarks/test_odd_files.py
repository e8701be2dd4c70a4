"""A short run of the fuzz command."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from benchmarks._odd_files import files, outcome


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=150, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(files())
def test_odd_files_are_read_or_refused_in_one_sentence(data: bytes) -> None:
    assert outcome(data)
