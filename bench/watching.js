/** What metrics and traces cost generateToken over HTTP, against the same server that nobody watches. */
import { rate } from "./load.js";
import { localServer } from "./local-server.js";
import { LOAD_CORE, urlIn, withPrograms } from "./programs.js";
import { SESSION_ID } from "./project.js";
import { requestFor, tryOut } from "./query.js";
import { median, spread } from "./statistics.js";

const LAUNCHES = 3;
const ROUNDS = 6;
/** The program takes some five seconds to be compiled. */
const WARM_UP_SECONDS = 6;

const request = requestFor(SESSION_ID);

const WATCHED = {
  "with metrics": () => ({ METRICS_PORT: "0" }),
  "with traces of one in ten": (collector) => ({
    OTEL_EXPORTER_OTLP_ENDPOINT: collector,
    OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
    OTEL_TRACES_SAMPLER_ARG: "0.1",
  }),
  "with traces of all": (collector) => ({ OTEL_EXPORTER_OTLP_ENDPOINT: collector }),
};
const UNWATCHED = "unwatched";

/** One launch of all; their rounds alternate, because the machine's speed drifts. */
function launch(rates) {
  return withPrograms([{ script: "collector.js", core: LOAD_CORE }], (collector) => {
    const environments = Object.values(WATCHED).map((env) => env(urlIn(collector.line)));
    return withPrograms([...environments, {}].map(localServer), async (...servers) => {
      const urls = servers.map(({ line }) => urlIn(line));
      for (const url of urls) {
        await tryOut(url, request);
        await rate(url, request, WARM_UP_SECONDS);
      }
      for (let round = 0; round < ROUNDS; round++) {
        for (const [i, each] of Object.values(rates).entries()) each.push(await rate(urls[i], request));
      }
    });
  });
}

export async function benchWatching() {
  const rates = Object.fromEntries([...Object.keys(WATCHED), UNWATCHED].map((name) => [name, []]));
  for (let run = 0; run < LAUNCHES; run++) await launch(rates);
  return Object.keys(WATCHED).map((name) => {
    const ratios = rates[name].map((value, round) => value / rates[UNWATCHED][round]);
    return {
      measure: `generateToken over HTTP ${name}, against without`,
      ours: `${Math.round(median(rates[name]))}/s`,
      peer: `${Math.round(median(rates[UNWATCHED]))}/s`,
      ratio: median(ratios),
      spread: spread(ratios),
    };
  });
}
