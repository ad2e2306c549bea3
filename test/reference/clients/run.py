"""Runs all clients against a server, and compares their scores with those of the embedder.

Starts `@embeddinggemma/server` with the tiny model, unless `--url` names a running server with it and with `--store`.
"""

import argparse
import importlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.request import urlopen

from planets import DOCUMENTS, QUERY, Result, Server

CLIENTS = ["requests", "openai", "huggingface_hub", "haystack", "txtai", "langchain", "llamaindex", "ollama"]

FOLDER = Path(__file__).resolve().parent
REPOSITORY = FOLDER.parents[2]
MODEL = "packages/tiny-model/model"
PROGRAM = "packages/server/dist/embeddinggemma-server.js"

LARGEST_DIFFERENCE = 1e-6

# The clients shall talk to the server only. LiteLLM has the files of OpenAI's tokenizer, which langchain-openai would
# download.
ENVIRONMENT = {
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HAYSTACK_TELEMETRY_ENABLED": "False",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "TIKTOKEN_CACHE_DIR": str(Path(find_spec("litellm").origin).parent / "litellm_core_utils/tokenizers"),
}


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", help="of a server that runs already")
    parser.add_argument("--served-model-name", default="tiny", help="name of the model")
    parser.add_argument("--api-key", default="secret", help="key of the server")
    parser.add_argument("clients", nargs="*", metavar="client", default=CLIENTS, help=", ".join(CLIENTS))
    arguments = parser.parse_args()
    os.environ.update(ENVIRONMENT)
    expected = scores_of_the_embedder()
    if arguments.url:
        server = Server(arguments.url.rstrip("/"), arguments.served_model_name, arguments.api_key)
        return report(server, arguments.clients, expected)
    with running_server(arguments.served_model_name, arguments.api_key) as server:
        return report(server, arguments.clients, expected)


def scores_of_the_embedder() -> dict[bool, list[float]]:
    """With prompts, and without."""
    request = json.dumps({"model": MODEL, "query": QUERY, "documents": DOCUMENTS})
    command = ["node", str(FOLDER / "embedder.mjs"), request]
    answer = json.loads(subprocess.check_output(command, cwd=REPOSITORY))
    return {True: answer["withPrompts"], False: answer["withoutPrompts"]}


@contextmanager
def running_server(model_name: str, key: str) -> Iterator[Server]:
    port = free_port()
    command = ["node", PROGRAM, "--model-id", MODEL, "--served-model-name", model_name, "--api-key", key]
    command += ["--hostname", "127.0.0.1", "--port", str(port)]
    with TemporaryDirectory() as store:
        # What it logs goes to standard error, so that the table can be kept alone.
        process = subprocess.Popen([*command, "--store", store], cwd=REPOSITORY, stdout=sys.stderr)
        try:
            server = Server(f"http://127.0.0.1:{port}", model_name, key)
            wait_for(server, process)
            yield server
        finally:
            process.terminate()
            process.wait(timeout=30)


def wait_for(server: Server, process: subprocess.Popen) -> None:
    for _ in range(600):
        if process.poll() is not None:
            sys.exit(f"The server ended with code {process.returncode}.")
        try:
            urlopen(f"{server.url}/health", timeout=5).close()
            return
        except OSError:
            time.sleep(0.1)
    sys.exit("The server did not start within a minute.")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def report(server: Server, clients: list[str], expected: dict[bool, list[float]]) -> int:
    failures = 0
    for name in clients:
        client = importlib.import_module(f"{name}_client")
        packages = ", ".join(f"{package} {version(package)}" for package in client.PACKAGES)
        print(packages)
        try:
            for result in client.run(server):
                failures += not print_result(result, expected[result.prompts])
            for what, message in getattr(client, "refusals", lambda _: [])(server):
                print(f"  refused: {what}\n    {message}")
        except Exception as error:
            failures += 1
            print(f"  {type(error).__name__}: {error}")
    print("All clients score as the embedder does." if failures == 0 else f"{failures} failures.")
    return min(failures, 1)


def print_result(result: Result, expected: list[float]) -> bool:
    difference = max(abs(a - b) for a, b in zip(result.scores, expected, strict=True))
    as_expected = difference <= LARGEST_DIFFERENCE
    scores = " ".join(f"{score:.4f}" for score in result.scores)
    print(f"  {result.way:32} {scores}   {difference:.0e}   {'ok' if as_expected else 'WRONG'}")
    return as_expected


if __name__ == "__main__":
    sys.exit(main())
