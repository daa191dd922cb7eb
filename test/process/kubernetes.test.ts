import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import ts from "typescript";
import { describe, expect, it, onTestFinished } from "vitest";
import { textOf } from "../docs/markdown.ts";
import { EVERYTHING, JWT_SECRET, signedJwt } from "../support/callers.ts";
import { imageEnvironment } from "../support/compose.ts";
import { API_KEY, API_SECRET } from "../support/credentials.ts";
import { honest, startFaultServer } from "../support/fault-server.ts";
import { askForToken, newSession } from "../support/faults.ts";
import { type Container, readKubernetes } from "../support/kubernetes.ts";
import { spawnServer, stagepass } from "../support/process.ts";
import { findProgram } from "../support/programs.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const objects = readKubernetes();
const [deployment, service, budget] = objects;
const pod = deployment.spec.template.spec;
const [migrate]: Container[] = pod.initContainers;
const [server]: Container[] = pod.containers;
if (migrate === undefined || server === undefined) throw new Error("a container is missing");

const environmentOf = ({ env }: Container): Record<string, string> => ({
  ...imageEnvironment(),
  ...Object.fromEntries(env.map(({ name, value }) => [name, value])),
});

/** What TypeScript has against a program, which is put where it finds packages. */
function problemsOf(text: string): string[] {
  mkdirSync("reports", { recursive: true });
  const folder = mkdtempSync("reports/manifest-");
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "manifest.ts");
  writeFileSync(path, text);
  const program = ts.createProgram([path], { strict: true, noEmit: true, types: [], skipLibCheck: true });
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
}

describe("deploy/kubernetes.yaml", () => {
  it("has objects of Kubernetes, with no field that there is not", { timeout: 30_000 }, () => {
    expect(objects.map(({ apiVersion, kind }) => `${apiVersion} ${kind}`)).toEqual([
      "apps/v1 Deployment",
      "v1 Service",
      "policy/v1 PodDisruptionBudget",
    ]);
    const misspelt = JSON.stringify(objects).replace("readinessProbe", "redinessProbe");
    const program = `
      import type { Deployment } from "kubernetes-types/apps/v1";
      import type { Service } from "kubernetes-types/core/v1";
      import type { PodDisruptionBudget } from "kubernetes-types/policy/v1";
      type Objects = [Deployment, Service, PodDisruptionBudget];
      export const objects: Objects = ${JSON.stringify(objects)};
      // @ts-expect-error
      export const misspelt: Objects = ${misspelt};`;
    expect(problemsOf(program)).toEqual([]);
  });

  const kubeconform = findProgram(["kubeconform"], []);
  it.skipIf(kubeconform === null)("is what kubeconform accepts", () => {
    execFileSync(kubeconform ?? "", ["-strict", "deploy/kubernetes.yaml"]);
  });

  it("gives its containers no privilege, and nothing to write to", () => {
    expect(pod).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 65532,
        seccompProfile: { type: "RuntimeDefault" },
      },
    });
    expect(readFileSync("Dockerfile", "utf8")).toContain(`USER ${pod.securityContext.runAsUser}:`);
    for (const { securityContext, volumeMounts } of [migrate, server]) {
      expect(securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      });
      expect(volumeMounts.map((mount) => ({ readOnly: true, ...mount }))).toEqual(volumeMounts);
    }
    expect(pod.volumes).toEqual([
      { name: "secrets", secret: { secretName: "stagepass", defaultMode: 0o440 } },
    ]);
  });

  it("has replicas that are sent requests by their labels, and that are not all taken away", () => {
    expect(deployment.spec.replicas).toBeGreaterThanOrEqual(2);
    expect(deployment.spec.strategy.rollingUpdate.maxUnavailable).toBe(0);
    expect(budget.spec.maxUnavailable).toBeLessThan(deployment.spec.replicas);
    const { labels } = deployment.spec.template.metadata;
    for (const selector of [
      deployment.spec.selector.matchLabels,
      service.spec.selector,
      budget.spec.selector.matchLabels,
      pod.topologySpreadConstraints[0].labelSelector.matchLabels,
    ])
      expect(selector).toEqual(labels);
    expect(server.ports).toEqual([{ name: service.spec.ports[0].targetPort, containerPort: 4000 }]);
    expect(imageEnvironment().PORT).toBe("4000");
  });

  it("is of this version, and has the same one migrate", () => {
    const { version } = JSON.parse(readFileSync("package.json", "utf8"));
    for (const { image } of [migrate, server])
      expect(image).toBe(`registry.example.com/stagepass:${version}`);
    expect(migrate.args).toEqual(["migrate"]);
  });

  it("sets variables that the server knows, and no secret", () => {
    const documented = new Set(textOf("docs/configuration.md").match(/(?<=^\|.*`)[A-Z][A-Z_]+(?=`.*\|$)/gm));
    for (const { name, value } of [...migrate.env, ...server.env]) {
      expect(documented).toContain(name.replace(/_FILE$/, ""));
      if (/SECRET|KEY_FILE|DATABASE_URL/.test(name))
        expect(value).toMatch(/^(\/run\/secrets\/stagepass\/[\w-]+)?$/);
    }
  });

  it("gives a replica longer to stop than it takes", () => {
    const delay = Number(environmentOf(server).SHUTDOWN_DELAY_MS) / 1000;
    expect(delay).toBeGreaterThan(0);
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(delay + 7 + 1);
  });

  it("runs: the tables are made, the replica gets ready, serves what the probes ask, and stops", async () => {
    const platform = await startFaultServer(honest("opentok", API_KEY, API_SECRET));
    onTestFinished(() => platform.close());
    const folder = temporaryFolder();
    const [{ mountPath } = { mountPath: "" }] = server.volumeMounts;
    mkdirSync(join(folder, basename(mountPath)));
    const secrets = {
      "database-url": `file:${join(folder, "replicas.db")}`,
      "jwt-secret": JWT_SECRET,
      "opentok-api-secret": API_SECRET,
    };
    for (const [name, secret] of Object.entries(secrets))
      writeFileSync(join(folder, basename(mountPath), name), `${secret}\n`);
    // As in a container, but for where the secrets and the platform are, and on an address that nobody else reaches.
    const here = (container: Container) => ({
      ...Object.fromEntries(
        Object.entries(environmentOf(container)).map(([name, value]) => [
          name,
          value.replace(mountPath, join(folder, basename(mountPath))),
        ]),
      ),
      OPENTOK_API_URL: platform.url,
      HOST: "127.0.0.1",
      PORT: "0",
      // Or the test takes as long.
      SHUTDOWN_DELAY_MS: "100",
    });
    expect((await stagepass(folder, migrate.args ?? [], here(migrate))).code).toBe(0);
    const replica = spawnServer(folder, here(server));
    const url = await replica.url();
    for (const { httpGet, timeoutSeconds = 1 } of [
      server.startupProbe,
      server.readinessProbe,
      server.livenessProbe,
    ].filter((probe) => probe !== undefined)) {
      expect(httpGet.port).toBe("http");
      const signal = AbortSignal.timeout(timeoutSeconds * 1000);
      expect((await fetch(new URL(httpGet.path, url), { signal })).status).toBe(200);
    }
    const credential = signedJwt(EVERYTHING);
    const call = await askForToken(url, await newSession(url, credential), credential);
    expect(call.token).toMatch(/^eyJ/);
    replica.kill("SIGTERM");
    expect(await replica.exited).toEqual({ code: 0, signal: null });
    for (const secret of Object.values(secrets))
      expect(replica.output() + replica.errors()).not.toContain(secret);
  });
});
