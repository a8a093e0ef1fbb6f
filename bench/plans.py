"""What PostgreSQL does for the pages: which index, and how many rows it looks at. Nothing may grow with the table."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

# The tables that grow with the clinic.
TABLES = frozenset({"patients_patient", "patients_currentscores", "patients_assessment", "patients_labresult"})
MOST_ROWS = 500  # a page is 50 rows; each is compared with its namesakes, and its scores are joined


@dataclass
class Reading:
    """Of one page: its queries about patients and scores, the indexes they use, the rows they look at."""

    queries: int
    indexes: set[str]
    rows: int
    whole_tables: int
    most: int = MOST_ROWS

    @property
    def is_bounded(self) -> bool:
        """Whether every row was reached by an index, and few of them."""
        return not self.whole_tables and self.rows <= self.most


def reading(ask: Callable[[], object], most: int = MOST_ROWS) -> Reading:
    """Run it, then let PostgreSQL run each of its queries again and tell."""
    with CaptureQueriesContext(connection) as captured:
        ask()
    asked = [query["sql"] for query in captured.captured_queries if any(name in query["sql"] for name in TABLES)]
    result = Reading(len(asked), set(), 0, 0, most)
    with connection.cursor() as cursor:
        for sql in asked:
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}")
            answer = cursor.fetchone()[0]
            _walk((json.loads(answer) if isinstance(answer, str) else answer)[0]["Plan"], result)
    return result


def _walk(node: dict[str, Any], result: Reading) -> None:
    if node.get("Relation Name") in TABLES:
        looked_at = (
            node["Actual Rows"] + node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
        )
        result.rows += round(looked_at * node["Actual Loops"])
        result.whole_tables += node["Node Type"] == "Seq Scan"
    if "Index Name" in node and node["Index Name"].startswith(("patient", "assessment", "labresult")):
        result.indexes.add(node["Index Name"])
    for part in node.get("Plans", []):
        _walk(part, result)
