"A program that fills a knowledge base, killed at random points. For the tests of adding and of following a folder."

import random
import shutil
import subprocess
import sys

from kbase import KnowledgeBase


def program(method: str) -> str:
    "Fill a knowledge base from a folder; it says when it begins, since what it imports is no part of the draw."
    return (
        "import sys; from kbase import KnowledgeBase; kb = KnowledgeBase(sys.argv[1]); kb.embedder; print('begun'); "
        f"kb.{method}(sys.argv[2], progress=False); print('done')"
    )


def kill_again_and_again(method, place, folder, kills, seconds, look):
    "`look` at the knowledge base after each kill, and each time that a run got through, after which it begins anew."
    draw = random.Random(7)
    while kills:
        command = [sys.executable, "-u", "-c", program(method), str(place), str(folder)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as child:
            assert child.stdout.readline() == "begun\n"
            try:
                assert child.wait(timeout=0.2 + draw.random() * seconds) == 0
            except subprocess.TimeoutExpired:
                child.kill()
        ended = child.returncode == 0
        with KnowledgeBase(place) as kb:
            look(kb, ended)
        if ended:
            shutil.rmtree(place)
        else:
            kills -= 1
