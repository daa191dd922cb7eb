import { expect, it } from "vitest";
import { JWT_SECRET, signedJwt } from "../support/callers.ts";
import { serverForTest } from "../support/server.ts";

const QUERY = `{ videoCaller { videoGrant {
  identity data manage sessionOptions { mediaMode archiveMode archiveResolution e2ee } } } }`;

const FREE = { mediaMode: null, archiveMode: null, archiveResolution: null, e2ee: null };

it.each([
  ["nothing", {}, { identity: null, data: null, manage: null, sessionOptions: FREE }],
  [
    "all that a grant can bind",
    {
      identity: "ann",
      data: "seat 1",
      manage: "as-moderator",
      sessionOptions: {
        mediaMode: ["ROUTED"],
        archiveMode: ["MANUAL", "MANUAL"],
        archiveResolution: ["HD_LANDSCAPE"],
        e2ee: [true, false],
      },
    },
    {
      identity: "ann",
      data: "seat 1",
      manage: "AS_MODERATOR",
      sessionOptions: {
        mediaMode: ["ROUTED"],
        archiveMode: ["MANUAL"],
        archiveResolution: ["HD_LANDSCAPE"],
        e2ee: [true, false],
      },
    },
  ],
  [
    "an empty text and an option without any value, which are not free",
    { data: "", sessionOptions: { mediaMode: [] } },
    { identity: null, data: "", manage: null, sessionOptions: { ...FREE, mediaMode: [] } },
  ],
])("videoCaller shows a caller bound to %s", async (_, video_grant, videoGrant) => {
  const server = await serverForTest({ AUTH_JWT_SECRET: JWT_SECRET });
  const { data, errors } = await server.graphql(QUERY, {}, signedJwt({ sub: "one", video_grant }));
  expect([data, errors]).toEqual([{ videoCaller: { videoGrant } }, []]);
});
