FROM node:24-bookworm-slim AS base
WORKDIR /app
COPY package.json package-lock.json .npmrc ./

FROM base AS build
RUN npm ci --ignore-scripts
COPY tsconfig.json rolldown.config.js ./
COPY src src
COPY console console
COPY packages packages
# The commit that --version prints; the build context has no git repository.
ARG COMMIT
# Source maps are not needed in the image.
RUN npm run build && rm bundle/*.js.map

FROM base AS dependencies
# Only binaries for glibc, and no install scripts.
RUN npm ci --omit=dev --ignore-scripts --libc=glibc
RUN mkdir /data

FROM node:24-bookworm-slim
LABEL org.opencontainers.image.title="stagepass" \
  org.opencontainers.image.description="A self-hosted GraphQL API server that creates video sessions and generates connection tokens for the Vonage Video API" \
  org.opencontainers.image.licenses="MIT"
WORKDIR /app
COPY package.json LICENSE ./
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/bundle bundle
COPY --from=build /app/console/dist console/dist
# The only writable directory. A new volume takes its owner from it.
COPY --from=dependencies --chown=65532:65532 /data /data
ENV NODE_ENV=production HOST=0.0.0.0 PORT=4000 DATABASE_URL=file:/data/stagepass.db
VOLUME /data
EXPOSE 4000
# A number, so that orchestrators can verify that the user is not root.
USER 65532:65532
# Not /readyz: some orchestrators, such as Swarm, restart unhealthy containers, and a restart does not bring back a lost database.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/livez`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "bundle/cli.js"]
CMD ["start"]
