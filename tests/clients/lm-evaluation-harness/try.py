"""lm-evaluation-harness: a local YAML task, BLEU and chrF, with and without context."""

import json
import os
import subprocess
import sys
from pathlib import Path

folder = Path(os.environ["WORK"])
rows = [{"source": f"The dog sees river {number}.", "target": f"«The dog sees river {number}.»"} for number in range(6)]
(folder / "lines.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
(folder / "tale.yaml").write_text(
    f"""task: tale
dataset_path: json
dataset_kwargs:
  data_files: {{test: {folder}/lines.jsonl}}
test_split: test
output_type: generate_until
doc_to_text: "{{{{source}}}}"
doc_to_target: "{{{{target}}}}"
generation_kwargs: {{until: [], max_gen_toks: 64}}
metric_list:
  - {{metric: bleu}}
  - {{metric: chrf}}
"""
)
environment = {
    **os.environ,
    "OPENAI_API_KEY": os.environ["API_KEY"],
    "HF_HUB_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "HF_HOME": str(folder),
}


def scores(model: str) -> dict[str, float]:
    """BLEU and chrF of a model id."""
    where = f"model={model},base_url={os.environ['BASE_URL']}/chat/completions,num_concurrent=2,max_retries=1"
    tool = str(Path(sys.executable).with_name("lm_eval"))
    command = [tool, "--model", "local-chat-completions", "--model_args", where, "--tasks", "tale"]
    command += ["--include_path", str(folder), "--apply_chat_template", "--output_path", str(folder / "out.json")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-2000:]
    newest = max(folder.glob("**/out*.json"), key=lambda path: path.stat().st_mtime)
    return json.loads(newest.read_text())["results"]["tale"]


for name in ("dragoman:en-de", "dragoman-nocontext:en-de"):
    found = scores(name)
    assert found["bleu,none"] > 99 and found["chrf,none"] > 99, found
    print(f"BLEU and chrF of {name.partition(':')[0]}")
