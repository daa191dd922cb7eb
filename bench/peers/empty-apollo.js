/** An Apollo Server with our schema and no resolvers, set up as its documentation shows. */
import { readFileSync } from "node:fs";
import { ApolloServer } from "@apollo/server";
import { startStandaloneServer } from "@apollo/server/standalone";

const typeDefs = readFileSync(new URL("../../schema.graphql", import.meta.url), "utf8");
const server = new ApolloServer({ typeDefs });
const { url } = await startStandaloneServer(server, { listen: { port: 0, host: "127.0.0.1" } });
console.log(`Server ready at: ${url}`);
