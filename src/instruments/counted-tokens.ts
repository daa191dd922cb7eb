import type { Counter } from "prom-client";
import { formatOf, TokenFormat, type TokenInput } from "../domain/connection-token.ts";
import { enumName } from "../domain/enum-name.ts";
import { roleOf } from "../domain/grant.ts";
import { roleName } from "../domain/role.ts";
import type { TokenOutcome } from "../domain/token-batch.ts";
import type { Tokens } from "../services/token-service.ts";
import { codeOf } from "./code.ts";

/** The outcome of a token that was issued. */
const ISSUED = "ISSUED";

/** Counts the requested tokens by role, format and outcome. */
export function countedTokens(tokens: Tokens, counter: Counter<"role" | "format" | "outcome">): Tokens {
  const count = (requests: readonly TokenInput[], outcomeOf: (place: number) => string) => {
    // The tokens of a batch have most labels in common, and counting 1 takes as long as counting 100.
    const counts = new Map<string, number>();
    for (const [i, input] of requests.entries()) {
      const labels = [roleName(roleOf(input)), enumName(TokenFormat, formatOf(input)), outcomeOf(i)].join(
        " ",
      );
      counts.set(labels, (counts.get(labels) ?? 0) + 1);
    }
    for (const [labels, number] of counts) {
      const [role = "", format = "", outcome = ""] = labels.split(" ");
      counter.inc({ role, format, outcome }, number);
    }
  };

  return {
    async generate(caller, sessionId, input) {
      try {
        const token = await tokens.generate(caller, sessionId, input);
        count([input], () => ISSUED);
        return token;
      } catch (error) {
        count([input], () => codeOf(error));
        throw error;
      }
    },

    async generateMany(caller, sessionId, requests) {
      try {
        const outcomes = await tokens.generateMany(caller, sessionId, requests);
        count(requests, (i) => refusalCode(outcomes[i]) ?? ISSUED);
        return outcomes;
      } catch (error) {
        count(requests, () => codeOf(error));
        throw error;
      }
    },

    inspectMany: (caller, given) => tokens.inspectMany(caller, given),
  };
}

function refusalCode(outcome: TokenOutcome | undefined): string | undefined {
  return outcome && "code" in outcome ? outcome.code : undefined;
}
