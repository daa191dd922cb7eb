import {
  AlwaysOnSampler,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
} from "@opentelemetry/sdk-trace-base";

/**
 * Which traces are recorded, by the standard variables.
 *
 * @returns `isChosen` decides about the next trace that begins here. It does so before the first span, because a span takes time even
 * if nothing records it. Unlike the SDK, it does not look at the trace ID. Afterwards, `sampler` accepts each span without a parent. It
 * decides about traces that callers began.
 */
export function sampling({
  OTEL_TRACES_SAMPLER: name = "parentbased_always_on",
  OTEL_TRACES_SAMPLER_ARG: argument = "1",
}: NodeJS.Dict<string>): { isChosen: () => boolean; sampler: Sampler } {
  const share = name.endsWith("always_off") ? 0 : name.endsWith("traceidratio") ? Number(argument) : 1;
  const byTraceId = new TraceIdRatioBasedSampler(share);
  return {
    isChosen: () => Math.random() < share,
    sampler: new ParentBasedSampler({
      root: new AlwaysOnSampler(),
      ...(!name.startsWith("parentbased_") && {
        remoteParentSampled: byTraceId,
        remoteParentNotSampled: byTraceId,
      }),
    }),
  };
}
