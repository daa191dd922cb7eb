/** Names that Kubernetes and Docker set for a service: `AUTH_SERVICE_HOST`, `AUTH_PORT_80_TCP_ADDR`. */
const NAME = /_SERVICE_(HOST|PORT(_\w+)?)$|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/;

/** Whether a value is a service's `<NAME>_PORT`: `tcp://10.0.0.1:80`. */
export function isServiceAddress(value: string): boolean {
  return /^(tcp|udp|sctp):\/\//.test(value);
}

/** Whether Kubernetes or Docker sets a variable for a service. */
export function isServiceLink(name: string, value: string): boolean {
  return NAME.test(name) || (name.endsWith("_PORT") && isServiceAddress(value));
}
