import Link from "next/link";
import { currentUser } from "@/server/session";
import { userIds } from "@/server/users";
import { signIn, signOut } from "./actions";

export default async function Home() {
  const user = await currentUser();
  if (!user)
    return (
      <form action={signIn}>
        <h1>Sign in</h1>
        {userIds.map((id) => (
          <button type="submit" key={id} name="user" value={id}>
            {id}
          </button>
        ))}
      </form>
    );
  return (
    <>
      <h1>Rooms of {user.id}</h1>
      <ul>
        {user.rooms.map((room) => (
          <li key={room}>
            <Link href={`/rooms/${encodeURIComponent(room)}`}>{room}</Link>
          </li>
        ))}
      </ul>
      <form action={signOut}>
        <button type="submit">Sign out</button>
      </form>
    </>
  );
}
