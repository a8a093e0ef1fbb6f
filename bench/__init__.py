"""Benchmarks that print ratios, bounded in time, on a database of their own. How to run them: docs/performance.md."""
