"""Write where huggingface_hub keeps its cache and its token, for many settings of the environment, to
`../golden/hub-folders.json`. Run on Linux or macOS.

    python make_hub_folders.py
"""

import json
import os
import subprocess
import sys
from pathlib import Path

GOLDEN = Path(__file__).parent.parent / "golden"

ENVIRONMENTS = [
    {},
    {"HOME": "/home/me/"},
    {"HF_HOME": "/data/hf"},
    {"HF_HOME": "~/hf"},
    {"HF_HOME": "~"},
    {"HF_HOME": "a~/hf"},
    {"HF_HOME": "~no-such-user/hf"},
    {"HF_HOME": "$DATA/hf", "DATA": "/data"},
    {"HF_HOME": "${DATA}/hf$TAIL", "DATA": "/data", "TAIL": "-1"},
    {"HF_HOME": "$DATA/hf"},
    {"HF_HOME": "${DATA/hf", "DATA": "/data"},
    {"HF_HOME": "$DATA_1/hf/$$DATA/$", "DATA": "/data"},
    {"HF_HOME": "$A/hf", "A": "$B", "B": "/b"},
    {"HF_HOME": "$A/hf", "A": "~"},
    {"HF_HOME": "/data/%DATA%", "DATA": "/data"},
    {"XDG_CACHE_HOME": "/cache"},
    {"XDG_CACHE_HOME": "~/cache"},
    {"XDG_CACHE_HOME": "$DATA/cache", "DATA": "/data"},
    {"XDG_CACHE_HOME": "/cache", "HF_HOME": "/hf"},
    {"HF_HUB_CACHE": "~/hub"},
    {"HF_HUB_CACHE": "${DATA}/hub", "DATA": "/data"},
    {"HUGGINGFACE_HUB_CACHE": "~/$DATA", "DATA": "data"},
    {"HUGGINGFACE_HUB_CACHE": "/old", "HF_HUB_CACHE": "/new", "HF_HOME": "/hf"},
    {"HF_TOKEN_PATH": "~/token", "HF_HOME": "/hf"},
    {"HF_TOKEN_PATH": "$DATA/token", "DATA": "/data"},
    {"HF_HUB_OFFLINE": "1"},
    {"HF_HUB_OFFLINE": "0", "TRANSFORMERS_OFFLINE": "1"},
    {"HF_HUB_OFFLINE": "", "TRANSFORMERS_OFFLINE": "ON"},
]

PROGRAM = """
import json
from huggingface_hub import constants
print(json.dumps([constants.HF_HUB_CACHE, constants.HF_TOKEN_PATH, constants.HF_HUB_OFFLINE]))
"""


def main() -> None:
    rows = []
    for environment in ENVIRONMENTS:
        variables = {"PATH": os.environ["PATH"], "HOME": "/home/me", **environment}
        output = subprocess.run([sys.executable, "-c", PROGRAM], env=variables, capture_output=True, check=True)
        cache, token, offline = json.loads(output.stdout)
        rows.append({"environment": {"HOME": "/home/me", **environment}, "cache": cache, "token": token, "offline": offline})
    (GOLDEN / "hub-folders.json").write_text("[\n" + ",\n".join("  " + json.dumps(row) for row in rows) + "\n]\n")


if __name__ == "__main__":
    main()
