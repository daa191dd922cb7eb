/** What every peer serves: the same schema and a generateToken with the same rules and the same signing code. */
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { GraphQLError, GraphQLScalarType } from "graphql";
import { TokenFormat } from "../../dist/domain/connection-token.js";
import { grantFor } from "../../dist/domain/grant.js";
import { Role } from "../../dist/domain/role.js";
import { ownerOf } from "../../dist/domain/session-id.js";
import { SessionNotFound, StagepassError } from "../../dist/errors.js";
import { openTokKeyRing } from "../../dist/signing/key-ring.js";
import { SigningService } from "../../dist/signing/signing-service.js";
import { API_KEY, API_SECRET } from "../project.js";
import { admit, hasDuties } from "./app.js";

const signing = new SigningService(openTokKeyRing(API_KEY, API_SECRET));

async function generateToken(_root, { sessionId, format, ...input }, { caller }) {
  try {
    if (hasDuties) await admit(caller, { sessionId, role: input.role });
    if (ownerOf(sessionId) !== API_KEY) throw new SessionNotFound("sessionId is not ours");
    const grant = grantFor(sessionId, input, new Date());
    const { role, data, initialLayoutClassList, createTime, expireTime } = grant;
    return {
      token: await signing.sign(grant, randomUUID(), format),
      sessionId,
      applicationId: API_KEY,
      role,
      data,
      initialLayoutClassList,
      format,
      createdAt: new Date(createTime * 1000),
      expiresAt: new Date(expireTime * 1000),
      expireTime,
    };
  } catch (error) {
    // Yoga, for example, hides errors of any other class from the caller.
    if (error instanceof StagepassError) throw new GraphQLError(error.message, error);
    throw error;
  }
}

/** The published contract. */
export const typeDefs = readFileSync(new URL("../../schema.graphql", import.meta.url), "utf8");

/** The resolvers that generateToken needs. The enums map each name to its value in a token. */
export const resolvers = {
  Mutation: { generateToken },
  Role,
  TokenFormat,
  DateTime: new GraphQLScalarType({ name: "DateTime", serialize: (date) => date.toISOString() }),
};
