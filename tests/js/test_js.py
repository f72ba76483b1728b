"The pure functions of the explorers' modules, under bare Node."

import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent


@pytest.mark.parametrize("module", sorted(path.name for path in HERE.glob("*.test.mjs")))
def test_module(module):
    node = shutil.which("node")
    if not node:
        pytest.skip("node is not installed")
    done = subprocess.run([node, "--test", str(HERE / module)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
