import type { GraphQLRequestListener } from "@apollo/server";
import type { Context } from "./context.ts";
import { REFUSALS } from "./format-error.ts";
import { refusesWith200 } from "./media-type.ts";

/**
 * GraphQL over HTTP, 6.4.1: an answer in `application/json` to a well-formed request has status 200, also when what is
 * asked cannot be executed. Apollo Server gives 400 whatever the media type.
 */
export const statusByMediaType: NonNullable<GraphQLRequestListener<Context>["willSendResponse"]> = async ({
  request,
  response: { http, body },
}) => {
  if (http.status !== 400 || body.kind !== "single") return;
  const codes = body.singleResult.errors?.map(({ extensions }) => String(extensions?.code)) ?? [];
  if (codes.every((code) => REFUSALS.has(code)) && refusesWith200(request.http?.headers.get("accept"))) {
    http.status = 200;
  }
};
