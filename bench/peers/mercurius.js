/** Mercurius, which compiles an operation at its second request. */
import { makeExecutableSchema } from "@graphql-tools/schema";
import mercurius from "mercurius";
import { createApp, hasDuties, MAX_DEPTH } from "./app.js";
import { resolvers, typeDefs } from "./generate-token.js";

const app = await createApp();
await app.register(mercurius, {
  schema: makeExecutableSchema({ typeDefs, resolvers }),
  jit: 1,
  ...(hasDuties && { queryDepth: MAX_DEPTH, context: ({ user }) => ({ caller: user }) }),
});
process.stdout.write(`${await app.listen({ host: "127.0.0.1", port: 0 })}/graphql\n`);
