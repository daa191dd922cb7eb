/** Opens idle sockets of callers, and prints a line when all are acknowledged. Arguments: the URL of GraphQL, and the number. */
import { createClient } from "graphql-ws";
import { WebSocket } from "ws";
import { callerJwt } from "./caller.js";

const [url, count] = process.argv.slice(2);
const params = { scope: "participants:read", video_grant: { sessions: ["*"] } };

const open = (i) =>
  new Promise((connected, reject) => {
    createClient({
      url: url.replace("http", "ws"),
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${callerJwt(`viewer-${i % 100}`, params)}` },
      lazy: false,
      onNonLazyError: reject,
      on: { connected },
    });
  });

for (let i = 0; i < Number(count); i += 50)
  await Promise.all(Array.from({ length: 50 }, (_, j) => open(i + j)));
console.log("ready");
