# One image for every part; docker-compose.yml says which part a container is.
FROM python:3.13-slim-bookworm

ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1

# Not root: the number is fixed so that volumes keep their owner from one build to the next.
RUN groupadd --gid 10001 newsroom \
    && useradd --uid 10001 --gid newsroom --no-create-home --shell /usr/sbin/nologin newsroom \
    && install -d -o newsroom -g newsroom /var/lib/newsroom

WORKDIR /app
COPY requirements/base.txt requirements/base.txt
RUN pip install --no-cache-dir --require-hashes --only-binary :all: -r requirements/base.txt

COPY . .
ENV NEWSROOM_STATE=/var/lib/newsroom NEWSROOM_STATIC_ROOT=/app/staticfiles
# Collecting static files reads the settings, which refuse to load without secrets; these serve for this line only.
RUN NEWSROOM_SECRET_KEY=build NEWSROOM_EMAIL_KEYS=k:build NEWSROOM_TOKEN_KEYS=k:build NEWSROOM_AUDIT_KEY=build \
    DATABASE_URL=postgres://build/build REDIS_URL=redis://build \
    python manage.py collectstatic --no-input --verbosity 0 \
    && python -m compileall -q .

USER newsroom
EXPOSE 8000
CMD ["python", "-m", "newsroom.serve", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", "--blocking-threads", "4", "--no-ws", "--http", "1", "--respawn-failed-workers", "newsroom.wsgi:application"]
