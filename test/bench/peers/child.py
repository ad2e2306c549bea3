"""The process of a contender in Python: answers lines of JSON (see ../report/contender.mjs)."""

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


def serve(contender):
    """Answers each request with the contender's method of that name."""
    for line in sys.stdin:
        request = json.loads(line)
        try:
            start = time.perf_counter()
            result = getattr(contender, request["method"])(request["options"])
            milliseconds = (time.perf_counter() - start) * 1000
            answer = {"result": result, "milliseconds": milliseconds, "peak": peak_memory()}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)
