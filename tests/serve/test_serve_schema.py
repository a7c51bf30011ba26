"""schemathesis against /openapi.json: hostile and valid requests made from our own description."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

OURS = "^/(v1|health|ready|metrics)"
OTHER_SHAPES = "^/(translate|languages|detect|download_file|v2|v3|$)"
CONFIG = """
[generation]
max-examples = {examples}
deterministic = true

[checks]
# 400 and 422: a language, a JSON schema or a name that is well-formed and still means nothing.
positive_data_acceptance.expected-statuses = ["2xx", "400", "401", "403", "404", "409", "413", "415", "422", "429"]
"""


@pytest.mark.slow
@pytest.mark.parametrize("paths", [OURS, OTHER_SHAPES], ids=["ours", "other shapes"])
def test_the_server_keeps_to_its_description(process: Callable[..., Any], tmp_path: Path, paths: str) -> None:
    pytest.importorskip("schemathesis")
    config = tmp_path / "schemathesis.toml"
    config.write_text(CONFIG.format(examples=os.environ.get("SCHEMATHESIS_EXAMPLES", "30")))
    server = process("--to", "en")
    command = [str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(config), "run"]
    command += [f"{server.url}/openapi.json", "--include-path-regex", paths, "--max-failures", "20"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    assert ran.returncode == 0, ran.stdout[-8000:] + ran.stderr[-2000:]
    assert "Traceback" not in server.log
