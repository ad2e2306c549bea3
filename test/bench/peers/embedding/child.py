"""The process of a contender in Python: answers lines of JSON (see ../../report/contender.mjs)."""

import json
import sys
import time


def peak_memory():
    try:
        with open("/proc/self/status", encoding="utf-8") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def serve(load):
    """Answers requests; `load(options)` returns an object with the methods below.

    - `embed(texts)`: without a prompt
    - `documents(texts)`: vectors of documents as the library's documentation says
    - `processed`: tokens of its last run, padding included
    """
    contender = None
    for line in sys.stdin:
        request = json.loads(line)
        method, options = request["method"], request["options"]
        try:
            start = time.perf_counter()
            result = None
            if method in ("prepare", "first"):
                contender = load(options)
                result = {"versions": contender.versions}
                if method == "first":
                    contender.embed([options["query"]])
            elif method == "run":
                contender.processed = 0
                contender.embed(options["texts"])
                result = {"processed": contender.processed}
            elif method == "queries":
                result = []
                for text in options["texts"]:
                    began = time.perf_counter()
                    contender.embed([text])
                    result.append((time.perf_counter() - began) * 1000)
            elif method == "vectors":
                result = [[float(x) for x in v] for v in contender.documents(options["texts"])]
            milliseconds = (time.perf_counter() - start) * 1000
            answer = {"result": result, "milliseconds": milliseconds, "peak": peak_memory()}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)
