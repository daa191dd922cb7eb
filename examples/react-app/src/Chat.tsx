import type { Session, SignalEvent } from "@stagepass/client/local-ot";
import { useEffect, useState } from "react";

interface Line {
  readonly id: number;
  readonly from: string;
  readonly text: string;
}

/** A chat by signals. It has what arrives while it is open. */
export function Chat({ session }: { session: Session }) {
  const [lines, setLines] = useState<readonly Line[]>([]);
  const [problem, setProblem] = useState<string>();

  useEffect(() => {
    const add = ({ from, data = "" }: SignalEvent) =>
      setLines((shown) => [...shown, { id: shown.length, from: from?.data ?? "Server", text: data }]);
    session.on("signal:chat", add);
    return () => session.off("signal:chat", add);
  }, [session]);

  const send = async (form: FormData) => {
    const signal = session.signal({ type: "chat", data: String(form.get("text")) });
    setProblem(
      await signal.then(
        () => undefined,
        ({ message }) => message,
      ),
    );
  };
  return (
    <section>
      <h2>Chat</h2>
      <ul aria-live="polite">
        {lines.map(({ id, from, text }) => (
          <li key={id}>
            <b>{from}:</b> {text}
          </li>
        ))}
      </ul>
      <form action={send}>
        <label>
          Message
          <input name="text" required maxLength={2000} autoComplete="off" />
        </label>
        <button type="submit">Send</button>
      </form>
      {problem !== undefined && <p role="alert">{problem}</p>}
    </section>
  );
}
