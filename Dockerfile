# sbench: workers, the dashboard and the command line in one image; the command decides.
FROM node:20.20.2-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
# Nothing of a package runs at its installation: what is compiled there is optional.
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY scripts ./scripts
COPY src ./src
# typescript is an optional peer of a dependency, so pruning leaves it.
RUN npm run build && npm prune --omit=dev --ignore-scripts && rm -rf node_modules/typescript

FROM node:20.20.2-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY package.json LICENSE ./
COPY --from=build /build/node_modules ./node_modules
COPY --from=build /build/dist ./dist
COPY recipes ./recipes
# Nothing here needs root; results are written to a volume that belongs to this user.
RUN mkdir /results && chown node:node /results \
 && ln -s /app/dist/cli/main.js /usr/local/bin/sbench
USER node
VOLUME /results
ENTRYPOINT ["node", "/app/dist/cli/main.js"]
CMD ["--help"]
