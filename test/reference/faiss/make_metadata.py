"""Writes metadata as LangChain users have them: values of Python's, NumPy's and pandas' own types, for the tests of
@embeddinggemma/faiss. What each must become in JSON is asked of Python.

    python make_metadata.py ../../fixtures/faiss/python-metadata [protocol…]

For each protocol it writes `<python>-numpy<major>-<protocol>.pkl`, a pickled dict. With langchain-community it also
writes the folder `langchain`. The fixtures are of Python 3.11 as requirements.txt says (protocols 0 2 3 4 5), of 3.10
with NumPy 1.26 and pandas 2.0 (protocol 4), and of 3.13 with NumPy 2.5 and pandas 2.3 (protocol 4).
"""

import collections
import datetime as dt
import decimal
import enum
import fractions
import json
import pathlib
import pickle
import pickletools
import sys
import types
import uuid
from base64 import b64encode
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

BERLIN = ZoneInfo("Europe/Berlin")
EAST = dt.timezone(dt.timedelta(hours=5, minutes=45))
WEST = dt.timezone(-dt.timedelta(hours=3, minutes=30, seconds=52, microseconds=7))


def iso(value):
    return value, value.isoformat()


def text(value):
    return value, str(value)


def same(value, data):
    return value, data


def array(value):
    return value, value.tolist()


def binary(value):
    return value, b64encode(value).decode()


def seconds(value):
    return value, value.total_seconds()


SHARED = [1, {"a": dt.date(2024, 2, 29)}]

VALUES = {
    "date": iso(dt.date(1, 12, 31)),
    "naive": iso(dt.datetime(2024, 1, 2, 3, 4, 5)),
    "micros": iso(dt.datetime(2024, 1, 2, 3, 4, 5, 60)),
    "utc": iso(dt.datetime(2024, 1, 2, 3, 4, 5, tzinfo=dt.timezone.utc)),
    "east": iso(dt.datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=EAST)),
    "west": iso(dt.datetime(2024, 1, 2, tzinfo=WEST)),
    "berlin winter": iso(dt.datetime(2024, 1, 2, 3, tzinfo=BERLIN)),
    "berlin summer": iso(dt.datetime(2024, 7, 2, 3, tzinfo=BERLIN)),
    "berlin first": iso(dt.datetime(2024, 10, 27, 2, 30, tzinfo=BERLIN)),
    "berlin second": iso(dt.datetime(2024, 10, 27, 2, 30, tzinfo=BERLIN, fold=1)),
    "berlin gap": iso(dt.datetime(2024, 3, 31, 2, 30, tzinfo=BERLIN)),
    "berlin gap, fold": iso(dt.datetime(2024, 3, 31, 2, 30, tzinfo=BERLIN, fold=1)),
    "berlin before zones": iso(dt.datetime(1880, 1, 1, tzinfo=BERLIN)),
    "lord howe": iso(dt.datetime(2024, 4, 7, 1, 45, tzinfo=ZoneInfo("Australia/Lord_Howe"), fold=1)),
    "time": iso(dt.time(3, 4, 5)),
    "time, micros": iso(dt.time(23, 59, 59, 999000, fold=1)),
    "time in utc": iso(dt.time(3, 4, tzinfo=dt.timezone.utc)),
    "time in berlin": iso(dt.time(3, 4, tzinfo=BERLIN)),
    "timedelta": seconds(dt.timedelta(days=1, seconds=2, microseconds=3)),
    "negative timedelta": seconds(-dt.timedelta(microseconds=1)),
    "timezone": text(EAST),
    "zone": text(BERLIN),
    "decimal": same(decimal.Decimal("1.10"), 1.1),
    "decimal, 15 digits": same(decimal.Decimal("-1234567890.12345"), -1234567890.12345),
    "decimal, exponent": same(decimal.Decimal("1E+3"), 1000),
    "decimal, many digits": text(decimal.Decimal("0.1234567890123456789")),
    "decimal, huge": text(decimal.Decimal("1E+999999")),
    "decimal, nan": same(decimal.Decimal("NaN"), None),
    "decimal, infinite": text(decimal.Decimal("-Infinity")),
    "fraction": text(fractions.Fraction(-1, 3)),
    "whole fraction": text(fractions.Fraction(4, 2)),
    "complex": text(1.5 - 2j),
    "imaginary": text(1e20j),
    "uuid": text(uuid.UUID("00000678-1234-5678-1234-567812345678")),
    "posix path": text(pathlib.PurePosixPath("/data//papers/./a.pdf")),
    "relative path": text(pathlib.PurePosixPath("data", "../a b.pdf")),
    "empty path": text(pathlib.PurePosixPath()),
    "two slashes": text(pathlib.PurePosixPath("//host/a")),
    "path": text(pathlib.Path("/mnt/data")),
    "windows path": text(pathlib.PureWindowsPath("C:/data/a.pdf")),
    "windows share": text(pathlib.PureWindowsPath("//host/share/a/b.pdf")),
    "windows, no drive": text(pathlib.PureWindowsPath("a/b")),
    "windows, drive alone": text(pathlib.PureWindowsPath("d:a", "b")),
    "bytes": binary(b"\x00\xff\n\\bytes"),
    "no bytes": binary(b""),
    "many bytes": binary(bytes(range(256)) * 2),
    "bytearray": binary(bytearray(b"\x80abc")),
    "no bytearray": binary(bytearray()),
    "big": same(2**60 + 1, str(2**60 + 1)),
    "negative big": same(-(2**70), str(-(2**70))),
    "exact": same(2**53 - 1, 2**53 - 1),
    "byte": same(-1, -1),
    "nan": same(float("nan"), None),
    "infinite": same(float("inf"), "Infinity"),
    "minus infinite": same(float("-inf"), "-Infinity"),
    "float": same(1e-7, 1e-7),
    "true": same(True, True),
    "false": same(False, False),
    "text": same("a\\u0041 ä 火 🪐\n\x00", "a\\u0041 ä 火 🪐\n\x00"),
    "tuple": same((1, (2,), ()), [1, [2], []]),
    "list": same([1, [dt.date(2024, 1, 2)]], [1, ["2024-01-02"]]),
    "set": same({"a"}, ["a"]),
    "frozenset": same(frozenset([b"a"]), ["YQ=="]),
    "ordered": same(collections.OrderedDict(b=2, a=[1]), {"b": 2, "a": [1]}),
    "default": same(collections.defaultdict(list, a=[1]), {"a": [1]}),
    "counter": same(collections.Counter("aab"), {"a": 2, "b": 1}),
    "deque": same(collections.deque([1, dt.date(2024, 1, 2)], maxlen=3), [1, "2024-01-02"]),
    "namespace": same(types.SimpleNamespace(a=1), {"a": 1}),
    "shared": same([SHARED, SHARED], [[1, {"a": "2024-02-29"}]] * 2),
    "keys": same(
        {
            1: "int",
            2.5: "float",
            None: "none",
            False: "bool",
            (1, "a", None): "tuple",
            (dt.date(2024, 1, 2), 2**60): "tuple of others",
            dt.date(2024, 1, 2): "date",
            uuid.UUID(int=5): "uuid",
            np.int64(7): "numpy",
            frozenset(["x"]): "frozenset",
            b"abc": "bytes",
        },
        {
            "1": "int",
            "2.5": "float",
            "null": "none",
            "false": "bool",
            '[1,"a",null]': "tuple",
            '["2024-01-02","1152921504606846976"]': "tuple of others",
            "2024-01-02": "date",
            "00000000-0000-0000-0000-000000000005": "uuid",
            "7": "numpy",
            '["x"]': "frozenset",
            "YWJj": "bytes",
        },
    ),
}

for name in ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "float16", "float32", "float64"]:
    kind = getattr(np, name)
    VALUES[name] = same(kind(5.25), kind(5.25).item())
    VALUES[f"{name} array"] = array(np.array([0, 1.5, 100], dtype=kind))
    VALUES[f"{name}, other byte order"] = array(np.array([0, 1.5, 100], dtype=np.dtype(kind).newbyteorder(">")))
VALUES |= {
    "numpy uint64": same(np.uint64(2**64 - 1), str(2**64 - 1)),
    "numpy negative": same(np.int64(-5), -5),
    "numpy int64 array": same(np.array([1, -(2**60)]), [1, str(-(2**60))]),
    "numpy float16, small": same(np.float16(6e-8), np.float16(6e-8).item()),
    "numpy nan": same(np.float32("nan"), None),
    "numpy infinite": same(np.float64("-inf"), "-Infinity"),
    "numpy bool": same(np.bool_(True), True),
    "numpy bools": array(np.array([True, False])),
    "numpy text": same(np.str_("äß🪐"), "äß🪐"),
    "numpy no text": same(np.str_(""), ""),
    "numpy texts": array(np.array(["a", "bcd", ""])),
    "numpy bytes": binary(np.bytes_(b"ab\x00c")),
    "numpy complex": text(np.complex128(1 - 2.5j)),
    "numpy matrix": array(np.arange(6).reshape(2, 3)),
    "numpy fortran": array(np.asfortranarray(np.arange(6).reshape(2, 3))),
    "numpy three": array(np.arange(24, dtype="f4").reshape(2, 3, 4)),
    "numpy fortran three": array(np.asfortranarray(np.arange(24, dtype="i2").reshape(2, 3, 4))),
    "numpy slice": array(np.arange(12).reshape(3, 4)[:, ::2]),
    "numpy transposed": array(np.arange(6).reshape(2, 3).T),
    "numpy none": array(np.array(5.5)),
    "numpy empty": array(np.zeros((2, 0))),
    "numpy objects": same(np.array([1, "a", dt.date(2024, 1, 2), None], dtype=object), [1, "a", "2024-01-02", None]),
    "numpy nat": same(np.datetime64("NaT"), None),
    "numpy dates": same(np.array(["2024-01-02", "NaT"], dtype="M8[D]"), ["2024-01-02", None]),
    "numpy timedelta": same(np.timedelta64(1500, "ms"), 1.5),
    "numpy days": same(np.timedelta64(-2, "D"), -172800),
    "numpy years": text(np.timedelta64(3, "Y")),
}
for unit in "Y M W D h m s ms us ns ps".split():
    VALUES[f"numpy datetime64 in {unit}"] = text(np.datetime64("1969-07-20T20:17:40.123456789012", unit))
VALUES |= {
    "timestamp": iso(pd.Timestamp("2024-01-02T03:04:05")),
    "timestamp, nanos": iso(pd.Timestamp("1950-01-02T03:04:05.123456789")),
    "timestamp, micros": iso(pd.Timestamp("2024-01-02T03:04:05.123456")),
    "timestamp in utc": iso(pd.Timestamp("2024-01-02T03:04:05", tz="UTC")),
    "timestamp in berlin": iso(pd.Timestamp("2024-07-02T03:04:05", tz="Europe/Berlin")),
    "timestamp with offset": iso(pd.Timestamp("2024-07-02T03:04:05-07:30")),
    "nat": same(pd.NaT, None),
    "na": same(pd.NA, None),
    "pandas timedelta": seconds(pd.Timedelta("1 days 00:00:00.5")),
}
try:
    import pytz

    VALUES |= {
        "pytz": iso(pytz.timezone("Europe/Berlin").localize(dt.datetime(2024, 7, 2))),
        "pytz utc": iso(dt.datetime(2024, 7, 2, tzinfo=pytz.utc)),
        "pytz offset": iso(dt.datetime(2024, 7, 2, tzinfo=pytz.FixedOffset(-90))),
        "pytz timestamp": iso(pd.Timestamp("2024-07-02T03:04:05", tz=pytz.timezone("Europe/Berlin"))),
    }
except ImportError:
    pass
try:
    from dateutil import tz

    VALUES |= {
        "dateutil utc": iso(dt.datetime(2024, 7, 2, tzinfo=tz.tzutc())),
        "dateutil offset": iso(dt.datetime(2024, 7, 2, tzinfo=tz.tzoffset("X", 3600))),
    }
except ImportError:
    pass
try:
    from bs4 import BeautifulSoup
    from pypdf.generic import FloatObject, NameObject, NumberObject, TextStringObject

    VALUES |= {
        "soup": text(BeautifulSoup("<title>A title</title>", "html.parser").title.string),
        "pdf text": text(TextStringObject("A title")),
        "pdf name": text(NameObject("/A")),
        "pdf integer": same(NumberObject(5), 5),
        "pdf float": same(FloatObject("1.5"), 1.5),
    }
except ImportError:
    pass


class Color(enum.Enum):
    RED = "red"


class Point:
    def __init__(self, x):
        self.x = x


def langchain(folder: Path) -> None:
    """A folder in which `plain` has known types only, and `odd` an Enum, an object of a class and an odd key."""
    import faiss
    from langchain_community.vectorstores import FAISS
    from langchain_core.embeddings import Embeddings

    class Units(Embeddings):
        def embed_documents(self, texts):
            return [self.embed_query(text) for text in texts]

        def embed_query(self, text):
            return np.eye(4, dtype="float32")[len(text) % 4].tolist()

    when = dt.datetime(2024, 1, 2, tzinfo=dt.timezone.utc)
    authors = ["one", "another"]
    metadata = [
        {"when": when, "price": decimal.Decimal("9.90"), "score": np.float32(0.5), "authors": authors},
        {"color": Color.RED, "points": [Point(when)], "kind": Point, Color.RED: 1, "authors": authors},
    ]
    ids = [7, "odd"]
    FAISS.from_texts(["p", "odd"], Units(), metadata, ids=ids).save_local(str(folder))


def without_fold(value):
    """What Python reads of an older pickle, if it is another value."""
    fold = getattr(value, "fold", 0)
    return pickle.loads(pickle.dumps(value, 3)) if fold and isinstance(value, dt.datetime) else None


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    version = f"{sys.version_info.major}.{sys.version_info.minor}-numpy{np.__version__.split('.')[0]}"
    for protocol in sys.argv[2:] or ["0", "1", "2", "3", "4", "5"]:
        content = pickle.dumps({name: value for name, (value, _) in VALUES.items()}, int(protocol))
        (folder / f"{version}-{protocol}.pkl").write_bytes(pickletools.optimize(content))
    expected = {name: data for name, (_, data) in VALUES.items()}
    # Before protocol 4, Python loses which of two equal times a datetime is.
    old = {name: loaded.isoformat() for name, (value, _) in VALUES.items() if (loaded := without_fold(value))}
    expected = {"expected": expected, "before protocol 4": old}
    (folder / f"{version}.json").write_text(json.dumps(expected, ensure_ascii=False))
    try:
        langchain(folder / "langchain")
    except ImportError as error:
        print(error)


main()
