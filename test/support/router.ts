import { gunzipSync } from "node:zlib";
import {
  ApolloGateway,
  type GraphQLDataSourceProcessOptions,
  IntrospectAndCompose,
  RemoteGraphQLDataSource,
} from "@apollo/gateway";
import { ApolloServer } from "@apollo/server";
import { ApolloServerPluginUsageReporting } from "@apollo/server/plugin/usageReporting";
import { startStandaloneServer } from "@apollo/server/standalone";
import { buildSubgraphSchema } from "@apollo/subgraph";
import { Report } from "@apollo/usage-reporting-protobuf";
import { type GraphQLSchema, parse } from "graphql";

/**
 * A subgraph that knows the sessions of its meetings by their IDs, and has pages of its own. The rest are names that many
 * graphs have: ours must not claim them.
 */
const MEETINGS = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key", "@shareable"])
  type Meeting implements Node { id: ID! title: String session: Session }
  type Session @key(fields: "sessionId", resolvable: false) { sessionId: ID! }
  type Query { meetings: [Meeting!]!  meetingsPage: PageInfo!  node(id: ID!): Node  viewer: Viewer  project: Project }
  type Mutation { hold: Meeting! }
  type PageInfo @shareable {
    hasNextPage: Boolean!  hasPreviousPage: Boolean!  startCursor: String  endCursor: String
  }
  interface Node { id: ID! title: String }
  type Viewer { login: String! }
  type Project { id: ID! platform: Platform! }
  enum Platform { WEB PHONE }`;

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };
const LISTEN = { listen: { port: 0, host: "127.0.0.1" } };

/** Forwards the credential of the router's caller. */
class Forwarding extends RemoteGraphQLDataSource {
  override willSendRequest({ request, context }: GraphQLDataSourceProcessOptions): void {
    if (context.authorization) request.http?.headers.set("authorization", context.authorization);
  }
}

/**
 * A router on a real socket, over the server at this address and a subgraph of meetings.
 *
 * @param authorization the header with which the router reads the server's schema
 * @param sessionIds the sessions of the meetings
 */
export async function startRouter(stagepass: string, authorization: string, sessionIds: () => unknown[]) {
  const meetings = () =>
    sessionIds().map((sessionId, id) => ({ id, title: `${id}`, session: { sessionId } }));
  const typeDefs = parse(MEETINGS);
  const meetingsPage = { hasNextPage: true, hasPreviousPage: false };
  const resolvers = {
    Query: {
      meetings,
      meetingsPage: () => meetingsPage,
      node: (_: unknown, { id }: { id: string }) => meetings()[Number(id)],
      viewer: () => ({ login: "ann" }),
      project: () => ({ id: "intranet", platform: "WEB" }),
    },
    Node: { __resolveType: () => "Meeting" },
    Mutation: { hold: () => meetings()[0] },
  };
  const other = new ApolloServer({ schema: buildSubgraphSchema({ typeDefs, resolvers }), logger: SILENT });
  const { url } = await startStandaloneServer(other, LISTEN);

  const gateway = new ApolloGateway({
    supergraphSdl: new IntrospectAndCompose({
      subgraphs: [
        { name: "stagepass", url: stagepass },
        { name: "meetings", url },
      ],
      introspectionHeaders: { authorization },
    }),
    buildService: ({ url }) => new Forwarding({ url }),
    logger: SILENT,
  });
  const schemas: GraphQLSchema[] = [];
  gateway.onSchemaLoadOrUpdate(({ apiSchema }) => void schemas.push(apiSchema));
  const reports: Buffer[] = [];
  const apollo = new ApolloServer<{ authorization?: string | undefined }>({
    gateway,
    apollo: { key: "service:graph:router", graphRef: "graph@current" },
    logger: SILENT,
    plugins: [
      ApolloServerPluginUsageReporting({
        sendReportsImmediately: true,
        fetcher: async (_url, options) => {
          reports.push(gunzipSync(options?.body as Buffer));
          return new Response("{}");
        },
      }),
    ],
  });
  const { url: router } = await startStandaloneServer(apollo, {
    ...LISTEN,
    context: async ({ req }) => ({ authorization: req.headers.authorization }),
  });

  return {
    /** The schema of the whole graph, for its callers. */
    schema: schemas[0] as GraphQLSchema,
    /** Its reports to Apollo Studio, including the traces of its subgraphs. */
    reports: () => reports.map((bytes) => ({ bytes, report: Report.decode(bytes) })),

    /** Sends an operation with this credential. */
    async graphql(query: string, authorization: string) {
      const response = await fetch(router, {
        method: "POST",
        headers: { "content-type": "application/json", authorization },
        body: JSON.stringify({ query }),
      });
      const { data, errors = [] } = await response.json();
      return { data, errors };
    },

    async close() {
      await apollo.stop();
      await other.stop();
    },
  };
}

export type Router = Awaited<ReturnType<typeof startRouter>>;
