import { ACTIONS, type Action } from "../access/actions.ts";
import type { Caller } from "../access/caller.ts";
import { checkArgument, checkName, checkRole, checkScope } from "../access/policy.ts";
import { roleOf } from "../domain/grant.ts";
import type { Role } from "../domain/role.ts";
import { oneKeyOf } from "../domain/session-key.ts";
import { BadUserInput, Forbidden } from "../errors.ts";
import { checkEverywhere, checkManagesIn, type ManagedParts } from "./managed.ts";
import type { SessionService } from "./session-service.ts";
import { checkUsable } from "./usable-sessions.ts";

/** An action that a caller plans, as its arguments will be. */
export interface PlannedAction {
  /** The name in the schema, such as `GENERATE_TOKEN`. */
  readonly action: string;
  readonly sessionId?: string | null;
  readonly name?: string | null;
  readonly role?: Role | null;
}

/** The dependencies of `CallerPermissions`. */
export interface PermissionParts extends Pick<ManagedParts, "applicationId" | "participants" | "shares"> {
  readonly registry: ManagedParts["sessions"];
  readonly sessions: SessionService;
}

/**
 * Tells a caller what it may do, in one request. It applies the checks that the action applies. It reads the database
 * only for a caller that manages as a moderator or uses sessions by name. It reads once for each session.
 */
export class CallerPermissions {
  readonly #parts: PermissionParts;
  readonly #caller: Caller;
  readonly #checked = new Map<string, Promise<void>>();

  constructor(parts: PermissionParts, caller: Caller) {
    this.#parts = parts;
    this.#caller = caller;
  }

  /**
   * Why the caller may not do this; null if it may. Bans, quotas and other arguments are not checked.
   *
   * @throws {BadUserInput} naming an argument that does not fit the action, or is invalid
   * @throws {SessionNotFound} when the session's ID is malformed or another project's
   */
  async refusal(planned: PlannedAction): Promise<Forbidden | null> {
    const action = ACTIONS.get(planned.action);
    if (!action) throw new Error("the schema has an action that the policy does not know");
    checkFits(action, planned);
    try {
      await this.#check(action, planned);
      return null;
    } catch (error) {
      if (error instanceof Forbidden) return error;
      throw error;
    }
  }

  /** In the order of the field's own checks. */
  async #check(action: Action, { sessionId, name, role }: PlannedAction): Promise<void> {
    const caller = this.#caller;
    checkScope(caller, action.field);
    if (action.role === "one") checkRole(caller, roleOf({ role }));
    if (name != null) await this.#checkName(action, name);
    if (action.argument) checkArgument(caller, action.argument);
    if (sessionId != null) await this.#checkSession(action, sessionId);
    else if (action.orEverySession) await checkEverywhere(caller);
    if (action.role === "each" && role != null) checkRole(caller, role);
  }

  async #checkName({ byName }: Action, given: string): Promise<void> {
    const { sessions } = this.#parts;
    const { name } = oneKeyOf({ name: given }) as { name: string };
    try {
      checkName(this.#caller, name);
    } catch (error) {
      // The caller may be allowed to use the session by its ID.
      const hasIds = this.#caller.permissions.sessions.ids.size > 0;
      const [found] = byName === "found" && hasIds ? await sessions.findNamed(this.#caller, [name]) : [];
      if (!found || !sessions.shownTo(this.#caller, found)) throw error;
    }
  }

  async #checkSession({ session }: Action, sessionId: string): Promise<void> {
    const { applicationId, registry, participants, shares } = this.#parts;
    const caller = this.#caller;
    await this.#once(`used ${sessionId}`, () =>
      checkUsable({ applicationId, sessions: registry, shares }, caller, sessionId),
    );
    if (session === "managed")
      await this.#once(`managed ${sessionId}`, () =>
        checkManagesIn({ participants, shares }, caller, sessionId),
      );
  }

  #once(key: string, check: () => Promise<void>): Promise<void> {
    const known = this.#checked.get(key) ?? check();
    this.#checked.set(key, known);
    return known;
  }
}

/** @throws {BadUserInput} naming an argument that does not fit the action */
function checkFits({ session, byName, role }: Action, planned: PlannedAction): void {
  const fits = { sessionId: session, name: byName, role };
  for (const [argument, fit] of Object.entries(fits))
    if (planned[argument as keyof typeof fits] != null && !fit)
      throw new BadUserInput(argument, `${argument} does not apply to ${planned.action}; leave it out`);
  if (planned.sessionId != null && planned.name != null) oneKeyOf(planned);
}
