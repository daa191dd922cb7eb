/**
 * A load at a fixed pace, sent without waiting for answers. It uses bare sockets and rests between requests. A busy load would be late
 * itself, and would slow down a server on the same machine.
 */
import { bytesOf, onAnswers, open } from "./sockets.js";

const CONNECTIONS = 64;

/**
 * The time of each answer, in milliseconds, from the moment when its request was due. So waiting for a free connection or for this
 * program counts.
 */
export async function steadyLoad(url, request, perSecond, seconds) {
  const bytes = bytesOf(url, request);
  const sockets = await Promise.all(Array.from({ length: CONNECTIONS }, () => open(url)));
  try {
    return await atPace(sockets, bytes, perSecond, Math.round(perSecond * seconds));
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}

function atPace(sockets, bytes, perSecond, total) {
  return new Promise((resolve, reject) => {
    const times = [];
    const free = [...sockets];
    const due = new Map();
    for (const socket of sockets) {
      socket.on("error", reject);
      socket.on("close", () => reject(new Error("a connection was closed")));
      onAnswers(socket, (answer) => {
        times.push(performance.now() - due.get(socket));
        if (!answer.startsWith("HTTP/1.1 200") || answer.includes('"errors"')) reject(new Error(answer));
        free.push(socket);
        if (times.length === total) resolve(times);
      });
    }
    const start = performance.now();
    let sent = 0;
    const send = () => {
      while (sent < total && free.length > 0) {
        const moment = start + (sent * 1000) / perSecond;
        if (moment > performance.now()) break;
        const socket = free.pop();
        due.set(socket, moment);
        socket.write(bytes);
        sent += 1;
      }
      if (sent < total) setTimeout(send, 1);
    };
    send();
  });
}
