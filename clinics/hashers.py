"""Password hashing parameters, chosen once and written down in docs/security.md."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2(Argon2PasswordHasher):
    """Argon2id, 46 MiB, one pass, one lane: an OWASP setting that a burst of sign-ins cannot turn on us."""

    time_cost = 1
    memory_cost = 46 * 1024
    parallelism = 1
