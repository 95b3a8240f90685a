FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app

# A new volume mounted here takes over its owner.
RUN mkdir -m 700 /data && chown node:node /data

# No install script runs: better-sqlite3 brings its binary inside the package.
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --omit=optional --ignore-scripts --cache /tmp/npm && rm -rf /tmp/npm

COPY db ./db
COPY queues ./queues
COPY src ./src

USER node
CMD ["node", "src/api.ts"]
