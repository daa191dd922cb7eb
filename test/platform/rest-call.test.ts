import { expect, it, onTestFinished } from "vitest";
import { restPlatform } from "../../src/platform/rest-platform.ts";
import { API_KEY } from "../support/credentials.ts";
import { newSessionId, refuse, startFaultServer } from "../support/fault-server.ts";

it("gives each call's method and route without IDs to what wraps it, and sends the headers it adds", async () => {
  const fault = await startFaultServer(refuse(404, "Not found"));
  onTestFinished(() => fault.close());
  const wrapped: string[] = [];
  const platform = restPlatform({
    environment: "vonage",
    applicationId: API_KEY,
    url: fault.url,
    timeout: 2000,
    userAgent: "stagepass/test",
    authenticate: async () => ({ authorization: "Bearer x" }),
    around(method, route, call) {
      wrapped.push(`${method} ${route}`);
      return call({ traceparent: "t", authorization: "Bearer y" });
    },
    onCircuit() {},
  });
  const [sessionId, now] = [newSessionId(API_KEY), new Date()];
  await platform.connections(sessionId, now);
  await expect(platform.disconnect(sessionId, "c", now)).rejects.toThrow("not connected");
  await expect(platform.signal(sessionId, "c", { type: "", data: "" }, now)).rejects.toThrow("not connected");
  expect(wrapped).toEqual([
    "GET /v2/project/{project}/session/{session}/connection",
    "DELETE /v2/project/{project}/session/{session}/connection/{connection}",
    "POST /v2/project/{project}/session/{session}/connection/{connection}/signal",
  ]);
  for (const { headers } of fault.received)
    expect(headers).toMatchObject({
      traceparent: "t",
      authorization: "Bearer x",
      "user-agent": "stagepass/test",
    });
});
