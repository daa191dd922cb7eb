import {
  AlwaysOnSampler,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
} from "@opentelemetry/sdk-trace-base";

/**
 * Which traces are recorded, by the standard variables.
 *
 * @returns `isChosen` decides about the next trace that begins here. It does so before the first span, which takes time even if it is
 * not recorded. Unlike the SDK's, its decision does not depend on the trace ID. `sampler` decides about all other spans, so it accepts each
 * one without a parent.
 */
export function sampling({
  OTEL_TRACES_SAMPLER: name = "parentbased_always_on",
  OTEL_TRACES_SAMPLER_ARG: share = "1",
}: NodeJS.Dict<string>): { isChosen: () => boolean; sampler: Sampler } {
  const chosen = name.endsWith("always_off") ? 0 : name.endsWith("traceidratio") ? Number(share) : 1;
  const ofCallers = new TraceIdRatioBasedSampler(chosen);
  return {
    isChosen: () => Math.random() < chosen,
    sampler: new ParentBasedSampler({
      root: new AlwaysOnSampler(),
      ...(!name.startsWith("parentbased_") && {
        remoteParentSampled: ofCallers,
        remoteParentNotSampled: ofCallers,
      }),
    }),
  };
}
