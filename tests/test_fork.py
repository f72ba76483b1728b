"A process that has used a knowledge base forks: its children search, ask and write, and the parent goes on."

import os
import subprocess
import sys
from pathlib import Path

import pytest

CASES = Path(__file__).with_name("fork_cases.py")
pytestmark = pytest.mark.skipif(not hasattr(os, "fork") or sys.platform == "darwin", reason="nobody forks there")


def run(case, place):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(CASES), case, str(place)], capture_output=True, text=True, timeout=400
    )
    assert done.stdout.strip().endswith("ok"), done.stderr[-3000:]


@pytest.mark.parametrize("case", ["says_so", "says_so_beside_threads", "alone", "writers_lock", "leases"])
def test_on_a_folder(tmp_path, case):
    run(case, tmp_path / "kb")


@pytest.mark.parametrize("case", ["reads", "writes", "many", "beside_threads", "connections"])
def test_on_a_cluster(elastic_url, case):
    run(case, elastic_url)
