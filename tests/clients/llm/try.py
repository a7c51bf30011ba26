"""simonw/llm: the command line with a model entry, streaming and not, and a shell pipe."""

import os
import subprocess
import sys
from pathlib import Path

folder = Path(os.environ["WORK"])
(folder / "extra-openai-models.yaml").write_text(
    f"- model_id: dragoman\n  model_name: dragoman:en-de\n  api_base: {os.environ['BASE_URL']}\n"
    "  api_key_name: dragoman\n"
)
environment = {**os.environ, "LLM_USER_PATH": str(folder)}
llm = str(Path(sys.executable).with_name("llm"))


def run(*arguments: str, text: str | None = None) -> str:
    done = subprocess.run([llm, *arguments], env=environment, input=text, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


run("keys", "set", "dragoman", "--value", os.environ["API_KEY"])
assert run("-m", "dragoman", "The old dog sleeps.") == "«The old dog sleeps.»"
print("prompt, streamed")
assert run("-m", "dragoman", "--no-stream", "The old dog sleeps.") == "«The old dog sleeps.»"
print("prompt, whole")
assert (
    run("-m", "dragoman", text="The old dog sleeps.\nThe river is long.\n")
    == "«The old dog sleeps.»\n«The river is long.»"
)
print("pipe")
