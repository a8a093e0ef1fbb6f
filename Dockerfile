# Two stages: the first has the installer and compresses the static files, the second only what runs.

FROM python:3.13-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /app
RUN python -m venv /venv
COPY requirements/base.txt requirements/
# Every file is checked against its hash in the lock.
RUN /venv/bin/pip install --no-cache-dir --require-hashes -r requirements/base.txt
COPY . .
# Hashed names and gzip here, once, so that a container starts at once and may be read-only. The two values are only there
# to read the settings with and stay in this line.
RUN SECRET_KEY=collectstatic DATABASE_URL=sqlite:///:memory: /venv/bin/python manage.py collectstatic --noinput \
 && /venv/bin/python -m compileall -q .

FROM python:3.13-slim
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin adtrack
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
USER 10001
EXPOSE 8000
CMD ["gunicorn", "adtrack.wsgi", "--no-control-socket", "--bind", "0.0.0.0:8000", "--workers", "5"]
