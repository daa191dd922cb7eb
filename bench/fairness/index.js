/** The parts of the measurement that tests use. */
export { localServer } from "../local-server.js";
export { askSteadily } from "../pace.js";
export { megabytes } from "../resident-memory.js";
export { ATTACKS } from "./attacks.js";
export { fill } from "./records.js";
export { underAttack } from "./under-attack.js";
