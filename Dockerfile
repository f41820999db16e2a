# The worker's image. Build and run it by docker-compose.yml, see docs/compose.md.
# The base is pinned by version and by the digest of all its platforms: docs/compose.md says how to raise both together.

FROM node:24.21.0-bookworm-slim@sha256:0e0ff40c39bc087845bfb27465a0df4ea419520094bc35842ff83dd8cbe6f9b6 AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
# The image has its Node already, and no dependency of production needs an install script: none is run.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:24.21.0-bookworm-slim@sha256:0e0ff40c39bc087845bfb27465a0df4ea419520094bc35842ff83dd8cbe6f9b6
# Which build this is, for Temporal: `--build-arg MUSTER_COMMIT=$(git rev-parse HEAD)`.
ARG MUSTER_COMMIT
ENV NODE_ENV=production MUSTER_COMMIT=$MUSTER_COMMIT
WORKDIR /app
# Owned by root, so that the running worker cannot change its own code.
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json LICENSE policy.example.yaml ./
COPY activities ./activities
COPY auth ./auth
COPY client ./client
COPY config ./config
COPY datadog ./datadog
COPY domain ./domain
COPY inventory ./inventory
COPY policy ./policy
COPY workers ./workers
COPY workflows ./workflows
# The folder of the SQLite inventory, where DATABASE_URL is not set; a volume mounted here takes over its owner.
RUN install --directory --owner=node --group=node --mode=0700 /var/lib/muster
ENV MUSTER_HOME=/var/lib/muster
USER node
HEALTHCHECK --interval=60s --timeout=20s --start-period=60s --retries=3 CMD ["node", "workers/health.ts"]
# Above the worker's own shutdown time: docker stop waits 10 seconds by default, see stop_grace_period.
STOPSIGNAL SIGTERM
# What `npm run worker` is, without npm in between, which would keep signals to itself.
# Its metrics are for other containers: which ones reach them is the network’s to say.
CMD ["node", "--max-semi-space-size=8", "--heap-growing-percent=40", "workers/main.ts", "--host", "0.0.0.0"]
