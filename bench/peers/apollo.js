/** Apollo Server on fastify, set up as @as-integrations/fastify documents it. */
import { ApolloServer } from "@apollo/server";
import fastifyApollo, { fastifyApolloDrainPlugin } from "@as-integrations/fastify";
import { maxDepthRule } from "@escape.tech/graphql-armor-max-depth";
import { createApp, hasDuties, MAX_DEPTH } from "./app.js";
import { resolvers, typeDefs } from "./generate-token.js";

const app = await createApp();
const apollo = new ApolloServer({
  typeDefs,
  resolvers,
  validationRules: hasDuties ? [maxDepthRule({ n: MAX_DEPTH })] : [],
  plugins: [fastifyApolloDrainPlugin(app)],
});
await apollo.start();
await app.register(fastifyApollo(apollo), { context: async ({ user }) => ({ caller: user }) });
process.stdout.write(`${await app.listen({ host: "127.0.0.1", port: 0 })}/graphql\n`);
