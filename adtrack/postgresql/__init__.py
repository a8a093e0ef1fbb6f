"""Django's PostgreSQL backend, which asks a connection in steady use less often whether it still lives."""
