import type { NextConfig } from "next";

const config: NextConfig = {
  // Without it, Next takes the repository's root, which has another lockfile.
  turbopack: { root: import.meta.dirname },
  // No AGENTS.md written into this folder.
  agentRules: false,
};

export default config;
