import { ApolloProvider } from "@apollo/client/react";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Connection } from "./api/connection.ts";
import { App } from "./app.tsx";
import "./styles.css";

const connection = new Connection("graphql");
const root = document.getElementById("root");
if (root === null) throw new Error("the page has no element with the ID root");
createRoot(root).render(
  <StrictMode>
    <ApolloProvider client={connection.client}>
      <App connection={connection} />
    </ApolloProvider>
  </StrictMode>,
);
