# One image for every service; docker-compose.yml gives each its command.
# Plain Dockerfile syntax: it builds with BuildKit and with the classic builder that docker-compose 1.29 uses.
FROM python:3.12-slim-bookworm AS build
ENV UV_NO_CACHE=1 UV_LINK_MODE=copy PYC_INVALIDATION_MODE=UNCHECKED_HASH PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
COPY requirements/bootstrap.lock requirements/image.lock ./
RUN pip install --quiet --disable-pip-version-check --require-hashes -r bootstrap.lock
# The environment is made where it will stand: its scripts name their interpreter by its full path.
RUN python -m venv --without-pip /opt/venv \
 && VIRTUAL_ENV=/opt/venv uv pip sync --require-hashes --build-constraints bootstrap.lock --compile-bytecode image.lock
# Sources last: a change of theirs rebuilds this and the copy below, nothing more.
COPY . /app
RUN rm -rf /app/requirements \
 && python -m compileall -q --invalidation-mode unchecked-hash /app

FROM python:3.12-slim-bookworm
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
# Where compiled indicators are kept: the image itself can't be written to.
ENV NUMBA_CACHE_DIR=/data/cache/numba
# The command, for `docker-compose exec console chandler status`, whatever the directory; and what a host's cron calls:
# `docker-compose run --rm -T keeper backup`.
RUN printf '#!/bin/sh\nPYTHONPATH=/app exec /opt/venv/bin/python -P -m console "$@"\n' > /usr/local/bin/chandler \
 && printf '#!/bin/sh\nexec chandler backup "$@"\n' > /usr/local/bin/backup \
 && chmod 755 /usr/local/bin/chandler /usr/local/bin/backup
# A fixed uid, so that what it owns on volumes stays its own across rebuilds. Everything in the image belongs to root:
# the service can read its code and not change it.
RUN groupadd --gid 10001 chandler \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin chandler \
 && install -d -o 10001 -g 10001 /data /backups
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
WORKDIR /app
USER 10001:10001
CMD ["python", "-m", "console", "--help"]
