/** What Kubernetes and Docker set for a service of another name: `AUTH_SERVICE_HOST`, `AUTH_PORT_80_TCP_ADDR`. */
const NAME = /_SERVICE_(HOST|PORT(_\w+)?)$|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/;

/** Whether a value is what they set as `<NAME>_PORT`: `tcp://10.0.0.1:80`. */
export function isServiceAddress(value: string): boolean {
  return /^(tcp|udp|sctp):\/\//.test(value);
}

/** Whether a variable is one that they set. */
export function isServiceLink(name: string, value: string): boolean {
  return NAME.test(name) || (name.endsWith("_PORT") && isServiceAddress(value));
}
