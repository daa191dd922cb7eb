import { once } from "node:events";
import { createServer } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { lookAtPorts } from "../../src/doctor/ports.ts";
import { foundBy } from "../support/doctor.ts";
import { answerJson, type Behaviour, hang, startFaultServer } from "../support/fault-server.ts";
import { freePort } from "../support/postgres.ts";
import { serverForTest } from "../support/server.ts";

async function listener(behaviour: Behaviour) {
  const server = await startFaultServer(behaviour);
  onTestFinished(() => server.close());
  return String(server.port);
}

it("finds free ports, and leaves them free", async () => {
  const [PORT, METRICS_PORT] = [String(await freePort()), String(await freePort())];
  const free = [
    `ok PORT: ${PORT} is free on 127.0.0.1`,
    `ok METRICS_PORT: ${METRICS_PORT} is free on 127.0.0.1`,
  ];
  expect(await foundBy(lookAtPorts, { PORT, METRICS_PORT })).toEqual(free);
  expect(await foundBy(lookAtPorts, { PORT, METRICS_PORT })).toEqual(free);
  expect(await foundBy(lookAtPorts, { PORT: "0" })).toEqual(["ok PORT: 0: the system chooses a free port"]);
});

it("knows a Stagepass server that listens there, and its metrics", async () => {
  const { url, metricsUrl } = await serverForTest({ METRICS_PORT: "0" });
  const [PORT, METRICS_PORT] = [new URL(url).port, new URL(metricsUrl ?? "").port];
  expect(await foundBy(lookAtPorts, { PORT, METRICS_PORT })).toEqual([
    `ok PORT: a Stagepass server already uses ${PORT} on 127.0.0.1`,
    `ok METRICS_PORT: a Stagepass server already uses ${METRICS_PORT} on 127.0.0.1`,
  ]);
});

it("finds others that listen there", async () => {
  const other = await listener(answerJson(200, { status: "live", of: "another program" }));
  expect(await foundBy(lookAtPorts, { PORT: other })).toEqual([
    `FAIL PORT: ${other} is already in use on 127.0.0.1`,
  ]);
  const silent = await listener(hang);
  const free = String(await freePort());
  expect(await foundBy(lookAtPorts, { PORT: free, METRICS_PORT: silent })).toContain(
    `FAIL METRICS_PORT: ${silent} is already in use on 127.0.0.1`,
  );
});

it("looks at one port on two addresses", async () => {
  const PORT = String(await freePort());
  expect(await foundBy(lookAtPorts, { PORT, METRICS_PORT: PORT, METRICS_HOST: "127.0.0.2" })).toEqual([
    `ok PORT: ${PORT} is free on 127.0.0.1`,
    `ok METRICS_PORT: ${PORT} is free on 127.0.0.2`,
  ]);
});

it("finds a host that is not this machine's", async () => {
  expect(await foundBy(lookAtPorts, { HOST: "192.0.2.1" })).toEqual([
    'FAIL HOST: cannot listen on "192.0.2.1": this machine does not have this address; use 0.0.0.0 for all addresses',
  ]);
});

it("asks by an address where the host is any", async () => {
  const server = createServer((socket) =>
    socket.end('HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{"status":"live"}'),
  );
  await once(server.listen(0, "0.0.0.0"), "listening");
  const { port } = server.address() as import("node:net").AddressInfo;
  const found = await foundBy(lookAtPorts, { HOST: "0.0.0.0", PORT: String(port) });
  server.close();
  expect(found).toEqual([`ok PORT: a Stagepass server already uses ${port} on 0.0.0.0`]);
});
