"compose.yaml starts the version that the tests run on, for this machine only, and with a password."

from pathlib import Path

import yaml
from conftest import IMAGE


def test_compose():
    text = (Path(__file__).parent.parent / "compose.yaml").read_text(encoding="utf-8")
    server = yaml.safe_load(text)["services"]["elasticsearch"]
    assert server["image"] == IMAGE
    assert all(port.startswith("127.0.0.1:") for port in server["ports"])
    assert server["environment"]["xpack.security.enabled"] == "true" and server["environment"][
        "ELASTIC_PASSWORD"
    ].startswith("${ELASTIC_PASSWORD:?")
    assert (
        server["mem_limit"]
        and server["healthcheck"]["test"]
        and server["volumes"] == ["data:/usr/share/elasticsearch/data"]
    )
