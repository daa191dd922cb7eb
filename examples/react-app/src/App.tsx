import { useState } from "react";
import { JoinForm, type Seat } from "./JoinForm.tsx";
import { Room } from "./Room.tsx";

export function App() {
  const [seat, setSeat] = useState<Seat>();
  const [ending, setEnding] = useState<string>();

  if (seat)
    return (
      <Room
        {...seat}
        onEnd={(reason) => {
          setEnding(reason);
          setSeat(undefined);
        }}
      />
    );
  return (
    <>
      <h1>Join a room</h1>
      {ending !== undefined && <p role="alert">{ending}</p>}
      <JoinForm onJoin={setSeat} />
    </>
  );
}
