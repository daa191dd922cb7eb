import { ApolloProvider } from "@apollo/client/react";
import { lazy, StrictMode, Suspense } from "react";
import { createRoot } from "react-dom/client";
import { Connection } from "./api/connection.ts";
import { App } from "./app.tsx";
import { GUEST } from "./guest-tab.ts";
import "./styles.css";

const GuestPage = lazy(() => import("./pages/guest.tsx"));

const connection = new Connection("graphql");
const root = document.getElementById("root");
if (root === null) throw new Error("the page has no element with the ID root");
createRoot(root).render(
  <StrictMode>
    {location.hash === GUEST ? (
      <Suspense fallback={null}>
        <GuestPage />
      </Suspense>
    ) : (
      <Console />
    )}
  </StrictMode>,
);

function Console() {
  return (
    <ApolloProvider client={connection.client}>
      <App connection={connection} />
    </ApolloProvider>
  );
}
