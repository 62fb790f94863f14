# sbench: workers, the dashboard and the command line in one image; the command decides.
FROM node:20.20.2-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY scripts ./scripts
COPY src ./src
RUN npm run build && npm prune --omit=dev

FROM node:20.20.2-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /build/node_modules ./node_modules
COPY --from=build /build/dist ./dist
COPY package.json LICENSE ./
COPY recipes ./recipes
# Nothing here needs root; results are written to a volume that belongs to this user.
RUN mkdir /results && chown node:node /results
USER node
VOLUME /results
ENTRYPOINT ["node", "/app/dist/cli/main.js"]
CMD ["--help"]
