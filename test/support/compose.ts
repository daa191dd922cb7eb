import { readFileSync } from "node:fs";
import { parse } from "yaml";

/** What of a service the tests look at. */
export interface Service {
  readonly image: string;
  readonly user?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly depends_on?: unknown;
  readonly restart: string;
  readonly init: boolean;
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean };
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly tmpfs?: readonly string[];
  readonly networks: readonly string[];
  readonly read_only: boolean;
  readonly cap_drop: readonly string[];
  readonly cap_add?: readonly string[];
  readonly security_opt: readonly string[];
  readonly privileged?: boolean;
}

export interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean } | null>>;
}

/** A file of the repository. */
export const textOf = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

/** `compose.yaml` with these variables put in, as Docker Compose does it. */
export function readCompose(variables: Record<string, string>): Compose {
  return withVariables(parse(textOf("compose.yaml"), { merge: true }), variables) as Compose;
}

/** A file of deploy/. */
export const readDeployed = (file: string) => textOf(`deploy/${file}`);

/** The proxy's configuration. */
export const readProxyConfig = () => readDeployed("nginx.conf");

/** The environment that the image has of its own. */
export function imageEnvironment(): Record<string, string> {
  const [, pairs = ""] = /^ENV (.*)$/m.exec(textOf("Dockerfile")) ?? [];
  return Object.fromEntries(pairs.split(" ").map((pair) => pair.split("=")));
}

function withVariables(value: unknown, variables: Record<string, string>): unknown {
  if (typeof value === "string") return interpolated(value, variables);
  if (Array.isArray(value)) return value.map((item) => withVariables(item, variables));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, withVariables(item, variables)]),
  );
}

/** `${NAME:-default}` and `${NAME:?what to do}` are known; any other dollar is an error. */
function interpolated(text: string, variables: Record<string, string>): string {
  return text.replace(/\$(?:\{(\w+):([-?])([^}]*)\})?/g, (said, name, kind, rest) => {
    if (name === undefined) throw new Error(`${said} in ${text} is not known here`);
    if (variables[name]) return variables[name];
    if (kind === "?") throw new Error(`required variable ${name} is missing a value: ${rest}`);
    return rest;
  });
}
