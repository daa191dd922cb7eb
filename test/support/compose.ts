import { readFileSync } from "node:fs";
import { parse } from "yaml";

/** The parts of a service that the tests check. */
export interface Service {
  readonly env_file?: unknown;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly depends_on?: unknown;
  readonly ports?: readonly string[];
  readonly user?: string;
  readonly volumes?: readonly string[];
  readonly networks: readonly string[];
}

export interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean } | null>>;
}

/** A file of the repository. */
export const textOf = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

/** `compose.yaml` with these variables filled in, as Docker Compose does for `${NAME:-default}` and `${NAME:?what to do}`. */
export function readCompose(variables: Record<string, string>): Compose {
  const compose = JSON.stringify(parse(textOf("compose.yaml"), { merge: true }));
  const filled = compose.replaceAll(/\$\{(\w+):([-?])([^}]*)\}/g, (_, name, kind, rest) => {
    if (kind === "?" && !variables[name]) throw new Error(`required variable ${name}: ${rest}`);
    return JSON.stringify(variables[name] || rest).slice(1, -1);
  });
  return JSON.parse(filled);
}

/** A file of deploy/. */
export const readDeployed = (file: string) => textOf(`deploy/${file}`);

/** The proxy's configuration. */
export const readProxyConfig = () => readDeployed("nginx.conf");

/** The image's own environment. */
export function imageEnvironment(): Record<string, string> {
  const [, pairs = ""] = /^ENV (.*)$/m.exec(textOf("Dockerfile")) ?? [];
  return Object.fromEntries(pairs.split(" ").map((pair) => pair.split("=")));
}
