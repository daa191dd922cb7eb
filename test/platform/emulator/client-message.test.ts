import { describe, expect, it } from "vitest";
import { MAX_MESSAGE } from "../../../src/platform/emulator/client-message.ts";
import { type TestClient, testRooms } from "../../support/rooms.ts";

const CANARY = "canary-31415926";

function answerTo(text: string | null): [string, string, TestClient] {
  const client = testRooms().join();
  client.says(text);
  const [error] = client.all("error");
  return [error?.code ?? "", error?.message ?? "", client];
}

describe("a message that is refused", () => {
  it.each([
    ["binary", null, "a message must be text, not binary"],
    ["empty", "", "a message must be JSON"],
    ["not JSON", CANARY, "a message must be JSON"],
    ["null", "null", "a message must be a JSON object with a type"],
    ["a list", `["${CANARY}"]`, "a message must be a JSON object with a type"],
    ["a text", `"${CANARY}"`, "a message must be a JSON object with a type"],
    [
      "of no type",
      `{"canary": "${CANARY}"}`,
      "type must be one of join, publish, unpublish, signal, forceUnpublish, forceDisconnect, forceMute, forceMuteAll, leave",
    ],
    [
      "of an unknown type",
      `{"type": "${CANARY}"}`,
      "type must be one of join, publish, unpublish, signal, forceUnpublish, forceDisconnect, forceMute, forceMuteAll, leave",
    ],
    [
      "of an inherited type",
      '{"type": "constructor"}',
      "type must be one of join, publish, unpublish, signal, forceUnpublish, forceDisconnect, forceMute, forceMuteAll, leave",
    ],
    [
      "with an unknown field",
      `{"type": "publish", "${CANARY}": 1}`,
      "publish takes only name, videoType, type",
    ],
    ["with an inherited field", '{"type": "leave", "__proto__": 1}', "leave takes only type"],
    ["without a field", '{"type": "unpublish"}', "unpublish needs streamId"],
    [
      "with a number",
      '{"type": "publish", "name": 31415926}',
      "name must be well-formed text of at most 1000 characters",
    ],
    [
      "with a lone surrogate",
      '{"type": "publish", "name": "\\ud800"}',
      "name must be well-formed text of at most 1000 characters",
    ],
    [
      "with a long name",
      JSON.stringify({ type: "publish", name: CANARY.repeat(100) }),
      "name must be well-formed text of at most 1000 characters",
    ],
    [
      "with an unknown video type",
      `{"type": "publish", "videoType": "${CANARY}"}`,
      "videoType must be camera, screen, custom or null",
    ],
    [
      "with a list of numbers",
      '{"type": "forceMuteAll", "excludedStreamIds": [31415926]}',
      "excludedStreamIds must be a list of at most 1000 stream IDs",
    ],
    ["a second join", `{"type": "join", "token": "${CANARY}"}`, "the client has joined already"],
  ])("is %s", (_, text, message) => {
    const [code, said, client] = answerTo(text);
    expect([code, said]).toEqual(["BAD_USER_INPUT", message]);
    expect(client.ended).toBeNull();
  });

  it("is longer than allowed, in bytes", () => {
    const padded = (length: number) => `{"type": "publish"${" ".repeat(length - 19)}}`;
    expect(answerTo(padded(MAX_MESSAGE))[0]).toBe("");
    expect(answerTo(padded(MAX_MESSAGE + 1)).slice(0, 2)).toEqual([
      "PAYLOAD_TOO_LARGE",
      `a message must be at most ${MAX_MESSAGE} bytes`,
    ]);
  });
});
