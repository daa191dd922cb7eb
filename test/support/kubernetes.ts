import { parseAllDocuments } from "yaml";
import { readDeployed } from "./compose.ts";

/** The parts of a container that the tests check. */
export interface Container {
  readonly name: string;
  readonly image: string;
  readonly args?: readonly string[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly startupProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly resources: unknown;
  readonly securityContext: unknown;
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
}

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
  readonly timeoutSeconds?: number;
}

/** The objects of deploy/kubernetes.yaml. YAML 1.1, as Kubernetes reads it: a number that begins with 0 is octal. */
export const readKubernetes = () =>
  parseAllDocuments(readDeployed("kubernetes.yaml"), { version: "1.1" }).map((document) => {
    if (document.errors.length > 0) throw document.errors[0];
    return document.toJS();
  });
