import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RateLimited } from "../../src/errors.ts";
import { InFlight, type Passage } from "../../src/shares/in-flight.ts";

const few = () => new InFlight<object>({ requests: 2, bytes: 100, connections: 2 });

/** What a caller is refused for. */
function refused(act: () => unknown): { message: string; retryAfter: unknown } {
  try {
    act();
  } catch (error) {
    if (error instanceof RateLimited) {
      return { message: error.message, retryAfter: error.extensions.retryAfterSeconds };
    }
    throw error;
  }
  throw new Error("it was let in");
}

describe("in flight", () => {
  it("are as many requests as are allowed, and no more", () => {
    const inFlight = few();
    const first = inFlight.enter("a", 0);
    inFlight.enter("a", 0);
    const refusal = refused(() => inFlight.enter("a", 0));
    expect(refusal).toEqual({
      message: expect.stringContaining("requests are in flight; at most 2"),
      retryAfter: 1,
    });
    inFlight.enter("b", 0);
    first.leave();
    inFlight.enter("a", 0);
    refused(() => inFlight.enter("a", 0));
  });

  it("are as many bytes as are allowed, and not one more", () => {
    const inFlight = few();
    const first = inFlight.enter("a", 60);
    expect(refused(() => inFlight.enter("a", 41)).message).toContain("bytes are in flight; at most 100");
    const second = inFlight.enter("a", 40);
    inFlight.enter("b", 100);
    second.leave();
    expect(refused(() => inFlight.enter("a", 41)).message).toContain("bytes");
    first.leave();
    inFlight.enter("a", 100);
  });

  it("count room for answers, corrected to more and to less", () => {
    const inFlight = few();
    const passage = inFlight.enter("a", 10);
    refused(() => passage.reserve(91));
    passage.reserve(90);
    refused(() => inFlight.enter("a", 1));
    refused(() => passage.reserve(91));
    passage.reserve(50);
    const second = inFlight.enter("a", 40);
    refused(() => second.reserve(1));
    passage.leave();
    second.reserve(60);
    second.leave();
    inFlight.enter("a", 100);
  });

  it("are held until each holder leaves", () => {
    const inFlight = few();
    const passage = inFlight.enter("a", 100);
    passage.hold();
    passage.leave();
    refused(() => inFlight.enter("a", 1));
    passage.leave();
    inFlight.enter("a", 100);
  });

  it("are as many connections as are allowed, each counted once", () => {
    const inFlight = few();
    const [one, two, three] = [{}, {}, {}];
    expect(inFlight.connected("a", one)).toBe(true);
    expect(inFlight.connected("a", one)).toBe(false);
    expect(inFlight.connected("a", two)).toBe(true);
    const refusal = refused(() => inFlight.connected("a", three));
    expect(refusal.message).toContain("connections are in flight; at most 2");
    expect(inFlight.connected("a", two)).toBe(false);
    inFlight.disconnected(one);
    inFlight.disconnected(one);
    expect(inFlight.connected("a", three)).toBe(true);
    refused(() => inFlight.connected("a", one));
  });

  it("hand a connection from one caller to another", () => {
    const inFlight = few();
    const [one, two, three] = [{}, {}, {}];
    for (const connection of [one, two]) inFlight.connected("a", connection);
    expect(inFlight.connected("b", one)).toBe(false);
    // It is no longer the first caller's, and it is the second one's.
    expect(inFlight.connected("a", three)).toBe(true);
    inFlight.connected("b", {});
    refused(() => inFlight.connected("b", {}));
    // One that the new caller may not have stays with the old one.
    refused(() => inFlight.connected("b", two));
    refused(() => inFlight.connected("a", {}));
    inFlight.disconnected(one);
    expect(inFlight.connected("b", {})).toBe(true);
  });

  it("give everything back, in whatever order requests come and go", () => {
    const step = fc.record({
      callerId: fc.constantFrom("a", "b"),
      body: fc.integer({ min: 0, max: 60 }),
      answer: fc.integer({ min: 0, max: 60 }),
      leaves: fc.nat({ max: 5 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const inFlight = few();
        const passages: Passage[] = [];
        const unlessRefused = (act: () => void) => {
          try {
            act();
          } catch (error) {
            if (!(error instanceof RateLimited)) throw error;
          }
        };
        for (const { callerId, body, answer, leaves } of steps) {
          unlessRefused(() => {
            const passage = inFlight.enter(callerId, body);
            passages.push(passage);
            passage.reserve(answer);
          });
          if (leaves < passages.length) passages.splice(leaves, 1)[0]?.leave();
        }
        for (const passage of passages) passage.leave();
        for (const callerId of ["a", "b"]) {
          inFlight.enter(callerId, 100);
          inFlight.enter(callerId, 0);
        }
      }),
    );
  });
});
