"""The rules of treatment as plain functions: what a schedule gives, what is safe, what a response is. Pure."""
