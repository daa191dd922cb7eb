/** The cost of metrics and traces for generateToken over HTTP, relative to the same server without them. */
import { requestFor } from "./caller.js";
import { sideBySide } from "./load.js";
import { localServer } from "./local-server.js";
import { LOAD_CORE, urlIn, withPrograms } from "./programs.js";
import { SESSION_ID } from "./project.js";
import { perSecond, rowOf } from "./statistics.js";

const LAUNCHES = 3;

/** The environment of each server, given the URL of a trace collector. */
const WATCHED = {
  "with metrics": () => ({ METRICS_PORT: "0" }),
  "with traces of 10% of requests": (collector) => ({
    OTEL_EXPORTER_OTLP_ENDPOINT: collector,
    OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
    OTEL_TRACES_SAMPLER_ARG: "0.1",
  }),
  "with traces of all requests": (collector) => ({ OTEL_EXPORTER_OTLP_ENDPOINT: collector }),
};

export function bench() {
  return withPrograms([{ script: "collector.js", core: LOAD_CORE }], async ({ line }) => {
    const programs = Object.values(WATCHED).map((envOf) => localServer(envOf(urlIn(line))));
    const programsOf = () => [localServer(), ...programs];
    const requests = [requestFor(SESSION_ID)];
    const [unwatched, ...watched] = await sideBySide(programsOf, requests, LAUNCHES);
    return Object.keys(WATCHED).map((name, i) => {
      const what = `generateToken over HTTP ${name} vs. without`;
      return rowOf(what, watched[i].rates, unwatched.rates, perSecond);
    });
  });
}
