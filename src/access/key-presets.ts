import { Role, roleName } from "../domain/role.ts";
import type { Claims } from "./claims.ts";
import { ANY } from "./permissions.ts";
import { SCOPES, type Scope } from "./scope.ts";

/** A prepared grant of an API key. */
export enum ApiKeyPreset {
  EVERYTHING = "EVERYTHING",
  FRONT_END = "FRONT_END",
  READ_ONLY = "READ_ONLY",
}

const scope = (...scopes: readonly Scope[]) => scopes.join(" ");

/** The longest lifetime of a front end's tokens, in seconds. */
const FRONT_END_LIFETIME = 3600;

/** The claims of each preset. */
export const PRESET_CLAIMS: Readonly<Record<ApiKeyPreset, Claims>> = {
  [ApiKeyPreset.EVERYTHING]: {
    scope: scope(...SCOPES),
    video_grant: { roles: Object.values(Role).map(roleName), sessions: [ANY] },
  },
  [ApiKeyPreset.FRONT_END]: {
    scope: scope("sessions:create", "tokens:create"),
    video_grant: { roles: ["SUBSCRIBER", "PUBLISHER"], names: [ANY], maxLifetime: FRONT_END_LIFETIME },
  },
  [ApiKeyPreset.READ_ONLY]: {
    scope: scope("sessions:read", "tokens:inspect", "ledger:read", "participants:read"),
    video_grant: { sessions: [ANY] },
  },
};
