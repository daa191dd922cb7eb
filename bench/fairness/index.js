/** What the tests use of the measurement of attacks. */
export { localServer } from "../local-server.js";
export { askSteadily } from "../pace.js";
export { megabytes } from "../resident-memory.js";
export { ATTACKS } from "./attacks.js";
export { fill } from "./records.js";
export { underAttack } from "./under-attack.js";
