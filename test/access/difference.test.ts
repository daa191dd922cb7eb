import { expect, it } from "vitest";
import { differenceOf } from "../../src/access/difference.ts";

it("is found in a time that grows as the claim does, whatever a stranger puts there", () => {
  const begun = performance.now();
  const says = differenceOf("iss", `${"/".repeat(40_000)}x`, "AUTH_JWT_ISSUER", ["a/", "b/"]);
  expect(says).toMatch(/^its iss is "\/+…"; AUTH_JWT_ISSUER is a\/,b\/$/);
  // To look at each slash from each before it takes ten seconds.
  expect(performance.now() - begun).toBeLessThan(1000);
});

it("is the scheme, also where one of the two has none", () => {
  expect(differenceOf("iss", "https://idp.example.com/", "AUTH_JWT_ISSUER", ["idp.example.com"])).toBe(
    'its iss "https://idp.example.com/" differs only in the scheme; AUTH_JWT_ISSUER is idp.example.com',
  );
});
