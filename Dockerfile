FROM node:24-bookworm-slim
# Less memory under load; docs/deploy.md has the figures.
ENV NODE_ENV=production MALLOC_ARENA_MAX=2
WORKDIR /app

# A new volume that is mounted at one of these folders gets its owner.
RUN for folder in /data /keys /tokens /redis /redis-auth /simulator; do mkdir -m 700 $folder && chown node:node $folder; done

# Install scripts are not needed: the better-sqlite3 package contains its binary.
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --omit=optional --ignore-scripts --cache /tmp/npm && rm -rf /tmp/npm

COPY db ./db
COPY queues ./queues
COPY src ./src
# The console shows it.
COPY docs/runbook.md ./docs/runbook.md

USER node
CMD ["node", "src/api.ts"]
