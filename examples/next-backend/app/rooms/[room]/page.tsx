import { redirect } from "next/navigation";
import { currentUser } from "@/server/session";
import { Call } from "./call";

export default async function RoomPage({ params }: PageProps<"/rooms/[room]">) {
  const user = await currentUser();
  if (!user) redirect("/");
  const room = decodeURIComponent((await params).room);
  return (
    <>
      <h1>{room}</h1>
      <Call
        // The URL is public, and the secret is not: these properties are in the page's source.
        stagepassUrl={process.env.STAGEPASS_URL ?? ""}
        room={room}
        name={user.id}
        role={user.isModerator ? "MODERATOR" : "PUBLISHER"}
      />
    </>
  );
}
