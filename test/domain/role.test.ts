import { expect, it } from "vitest";
import { Role, roleName } from "../../src/domain/role.ts";

it.each<[Role, string, string]>([
  [Role.SUBSCRIBER, "SUBSCRIBER", "subscriber"],
  [Role.PUBLISHER, "PUBLISHER", "publisher"],
  [Role.PUBLISHER_ONLY, "PUBLISHER_ONLY", "publisheronly"],
  [Role.MODERATOR, "MODERATOR", "moderator"],
])("calls the role %s %s in the contract and %s in tokens", (role, name, value) => {
  expect(roleName(role)).toBe(name);
  expect(role).toBe(value);
});

it("has four roles", () => {
  expect(Object.keys(Role)).toHaveLength(4);
});

it("leaves a role without a name as it is", () => {
  expect(roleName("guest" as Role)).toBe("guest");
});
