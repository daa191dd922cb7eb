/** Replaced by rolldown.config.js. */
declare const STAGEPASS_VERSION: string | undefined;
declare const STAGEPASS_COMMIT: string | undefined;

/** The version in the package.json of the build; `unbuilt` without a build. */
export const VERSION: string = typeof STAGEPASS_VERSION === "undefined" ? "unbuilt" : STAGEPASS_VERSION;

/** The commit of the build, with `-dirty` when files had changed; `unknown` when the build did not know it. */
export const COMMIT: string = typeof STAGEPASS_COMMIT === "undefined" ? "unknown" : STAGEPASS_COMMIT;
