/** As many requests as a server answers: from this process, with a fixed number of connections. */
import autocannon from "autocannon";

const CONNECTIONS = 32;
const ROUND_SECONDS = 1;

/** Answers per second during one round in which the requests, one or several, are sent in turn. Throws when one is not answered with 200. */
export async function rate(url, requests, seconds = ROUND_SECONDS) {
  const { origin, pathname } = new URL(url);
  const result = await autocannon({
    url: origin,
    connections: CONNECTIONS,
    duration: seconds,
    requests: [requests].flat().map((request) => ({ ...request, path: pathname })),
  });
  if (result.non2xx || result.errors)
    throw new Error(`${url}: ${result.non2xx} refusals, ${result.errors} errors`);
  return result.requests.average;
}
