/** Put in by rolldown.config.js. */
declare const STAGEPASS_VERSION: string | undefined;
declare const STAGEPASS_COMMIT: string | undefined;

/** The version in the package.json of the build; `unbuilt` where there is no build. */
export const VERSION: string = typeof STAGEPASS_VERSION === "undefined" ? "unbuilt" : STAGEPASS_VERSION;

/** The commit of the build, with `-dirty` where files had changed; `unknown` where the build did not know it. */
export const COMMIT: string = typeof STAGEPASS_COMMIT === "undefined" ? "unknown" : STAGEPASS_COMMIT;
