/** GraphQL Yoga, set up as its documentation shows: bare on node:http, and with duties on fastify. */
import { createServer } from "node:http";
import { maxDepthPlugin } from "@escape.tech/graphql-armor-max-depth";
import { createSchema, createYoga } from "graphql-yoga";
import { createApp, hasDuties, MAX_DEPTH } from "./app.js";
import { resolvers, typeDefs } from "./generate-token.js";

const yoga = createYoga({
  schema: createSchema({ typeDefs, resolvers }),
  logging: false,
  ...(hasDuties && {
    plugins: [maxDepthPlugin({ n: MAX_DEPTH })],
    context: ({ req }) => ({ caller: req.user }),
  }),
});

async function listenWithDuties() {
  const app = await createApp();
  app.route({
    url: yoga.graphqlEndpoint,
    method: ["GET", "POST", "OPTIONS"],
    handler: (req, reply) => yoga.handleNodeRequestAndResponse(req, reply, { req }),
  });
  return await app.listen({ host: "127.0.0.1", port: 0 });
}

async function listenBare() {
  const server = createServer(yoga);
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  return `http://127.0.0.1:${server.address().port}`;
}

process.stdout.write(`${await (hasDuties ? listenWithDuties() : listenBare())}/graphql\n`);
