"""What PostgreSQL does for the list pages: which index, and how many rows it looks at. Nothing may grow with the table."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

TABLE = "patients_patient"
MOST_ROWS = 500  # a page is 50 rows; each is compared with its namesakes


@dataclass
class Reading:
    """Of one page: its queries about patients, the indexes they use, the rows they look at."""

    queries: int
    indexes: set[str]
    rows: int
    whole_tables: int

    @property
    def is_bounded(self) -> bool:
        """Whether every row was reached by an index, and few of them."""
        return not self.whole_tables and self.rows <= MOST_ROWS


def reading(ask: Callable[[], object]) -> Reading:
    """Run it, then let PostgreSQL run each of its queries again and tell."""
    with CaptureQueriesContext(connection) as captured:
        ask()
    asked = [query["sql"] for query in captured.captured_queries if TABLE in query["sql"]]
    result = Reading(len(asked), set(), 0, 0)
    with connection.cursor() as cursor:
        for sql in asked:
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}")
            answer = cursor.fetchone()[0]
            _walk((json.loads(answer) if isinstance(answer, str) else answer)[0]["Plan"], result)
    return result


def _walk(node: dict[str, Any], result: Reading) -> None:
    if node.get("Relation Name") == TABLE:
        looked_at = (
            node["Actual Rows"] + node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
        )
        result.rows += round(looked_at * node["Actual Loops"])
        result.whole_tables += node["Node Type"] == "Seq Scan"
    if "Index Name" in node and "patient" in node["Index Name"]:
        result.indexes.add(node["Index Name"])
    for part in node.get("Plans", []):
        _walk(part, result)
