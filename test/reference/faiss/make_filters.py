"""Asks LangChain's FAISS store which metadata pass which filters, for the tests of @embeddinggemma/langchain.

    python make_filters.py ../../golden/langchain-filters.json

Each filter has a list with one answer for each metadata: true, false, or null where Python raises a TypeError. A filter
that Python refuses has the error in place of the list. A datetime is written as {"$date": "…"}.

Python never compares a datetime with a string. Where the answers would differ if every string that is a date were one,
`passesAsDates` has those answers.
"""

import json
import sys
from datetime import datetime, timezone

from langchain_community.vectorstores import FAISS


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)


METADATA = [
    {"lang": "en", "year": 1969, "score": 0.5, "draft": False, "tags": ["moon", "nasa"], "landed": day("1969-07-20")},
    {"lang": "de", "year": 1976, "score": -1.5, "draft": True, "tags": [], "landed": day("1976-07-20T11:53:06")},
    {"lang": "fr", "year": 2012, "score": 0, "tags": ["mars"], "landed": day("2012-08-06")},
    {"lang": "EN", "year": "1969", "score": 1e300, "landed": "1969-07-20"},
    {"lang": "", "year": None, "tags": None, "landed": None},
    {"lang": "zh-火星", "year": 1969.0, "a.b": 1, "a": {"b": 2}},
    {},
]

VALUES = {
    "lang": ["en", "", None, 1969],
    "year": [1969, 1969.0, "1969", None, 2012],
    "score": [0, 0.5, -1.5],
    "draft": [True, False, None],
    "tags": ["moon", None],
    "landed": [day("1976-07-20T11:53:06"), day("1969-07-20"), "1969-07-20"],
    "missing": ["x", None, 0],
    "a.b": [1],
}

EQ = ["$eq", "$neq"]
ORDER = ["$gt", "$gte", "$lt", "$lte"]


def filters():
    yield {}
    for key, values in VALUES.items():
        for value in values:
            yield {key: value}
            yield from ({key: {op: value}} for op in EQ)
            if value is not None and not isinstance(value, bool):
                yield from ({key: {op: value}} for op in ORDER)
        for listed in [values, values[:1], [], values * 6]:
            yield {key: listed}
            yield {key: {"$in": listed}}
            yield {key: {"$nin": listed}}
    yield {"tags": {"$eq": ["moon", "nasa"]}}
    yield {"tags": {"$neq": ["moon", "nasa"]}}
    yield {"tags": {"$eq": []}}
    yield {"tags": {"$in": [["mars"], ["moon"]]}}
    yield {"lang": "en", "year": 1969}
    yield {"year": {"$gte": 1969, "$lt": 1977}}
    yield {"year": {"$neq": 1969, "$in": [1969, 2012]}, "lang": {"$nin": ["de"]}}
    yield {"$and": []}
    yield {"$or": []}
    yield {"$and": [{"lang": "en"}, {"year": {"$eq": 1969}}]}
    yield {"$or": [{"lang": "en"}, {"lang": "de"}]}
    yield {"$or": [{"lang": "en", "year": 2012}, {"draft": True}]}
    yield {"$not": {"lang": "en"}}
    yield {"$not": {}}
    yield {"$not": {"$or": [{"lang": "en"}, {"missing": None}]}}
    yield {"$and": [{"$or": [{"lang": "en"}, {"lang": "de"}]}, {"$not": {"draft": True}}]}
    yield {"$or": [{"$and": [{"lang": {"$in": ["fr", "de"]}}, {"draft": None}]}, {"$not": {"year": {"$neq": None}}}]}
    # What Python refuses, or takes for something else.
    yield {"$nor": [{"lang": "en"}]}
    yield {"lang": {"$regex": "e"}}
    yield {"lang": {"$not": {"$eq": "en"}}}
    yield {"a": {"b": 2}}
    yield {"$eq": "en"}
    yield {"lang": {"$in": "english"}}
    yield {"lang": {}}
    yield {"$or": [{"lang": "en"}], "year": 2012}
    yield {"draft": {"$eq": 0}}
    yield {"score": {"$eq": False}}


def as_dates(value):
    if isinstance(value, dict):
        return {key: as_dates(part) for key, part in value.items()}
    if isinstance(value, list):
        return [as_dates(part) for part in value]
    return day(value) if value == "1969-07-20" else value


def answers(given, metadata):
    try:
        passes = FAISS._create_filter_func(given)
    except ValueError as error:
        return str(error)

    def ask(one):
        try:
            return bool(passes(one))
        except TypeError:
            return None

    return [ask(one) for one in metadata]


def dates(value):
    if isinstance(value, datetime):
        return {"$date": value.isoformat().replace("+00:00", "Z")}
    raise TypeError(type(value))


def lines(values) -> str:
    return ",\n".join("    " + json.dumps(value, default=dates, ensure_ascii=False) for value in values)


def row(given) -> dict:
    passes = answers(given, METADATA)
    with_dates = answers(as_dates(given), as_dates(METADATA))
    return {"filter": given, "passes": passes} | ({} if passes == with_dates else {"passesAsDates": with_dates})


table = [row(given) for given in filters()]
with open(sys.argv[1], "w", encoding="utf-8") as file:
    file.write(f'{{\n  "metadata": [\n{lines(METADATA)}\n  ],\n  "filters": [\n{lines(table)}\n  ]\n}}\n')
