/** Mercurius, which compiles an operation at its second request. */
import { makeExecutableSchema } from "@graphql-tools/schema";
import fastify from "fastify";
import mercurius from "mercurius";
import { resolvers, typeDefs } from "./generate-token.js";

const app = fastify();
await app.register(mercurius, { schema: makeExecutableSchema({ typeDefs, resolvers }), jit: 1 });
process.stdout.write(`${await app.listen({ host: "127.0.0.1", port: 0 })}/graphql\n`);
