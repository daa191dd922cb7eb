/** Apollo Server on fastify, set up as @as-integrations/fastify documents it. */
import { ApolloServer } from "@apollo/server";
import fastifyApollo, { fastifyApolloDrainPlugin } from "@as-integrations/fastify";
import fastify from "fastify";
import { resolvers, typeDefs } from "./generate-token.js";

const app = fastify();
const apollo = new ApolloServer({ typeDefs, resolvers, plugins: [fastifyApolloDrainPlugin(app)] });
await apollo.start();
await app.register(fastifyApollo(apollo));
process.stdout.write(`${await app.listen({ host: "127.0.0.1", port: 0 })}/graphql\n`);
