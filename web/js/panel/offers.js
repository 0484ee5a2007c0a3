/** What this server offers to choose from, read from its nodes. */

import { api } from "../page/host.js";
import { choicesOf } from "./graph.js";
import { EMBEDDED } from "./wishes.js";

const NODES = [
  "AdStudioZitLoader", "AdStudioLoraStyle", "AdStudioLanguageModel", "AdStudioPromptProcessor", "AdStudioAdCopy", "AdStudioText2Image",
  "AdStudioTextOverlay", "AdStudioChannelPreset", "AdStudioFitToChannel", "AdStudioChannelTemplate",
];

/** @type {Promise<Offers> | undefined} */
let known;

/**
 * @param {{anew?: boolean}} [how] `anew` asks again: a model may have been put in place
 * @returns {Promise<Offers>}
 */
export function offers({ anew = false } = {}) {
  if (anew || !known) known = ask().catch((error) => { known = undefined; throw error; });
  return known;
}

/** @returns {Promise<Offers>} */
async function ask() {
  const told = readiness();
  const found = await Promise.all(NODES.map(async (node) => {
    const answer = await api.fetchApi(`/object_info/${node}`);
    return Object.entries(await answer.json());
  }));
  /** @type {Record<string, NodeSchema>} */
  const schemas = Object.fromEntries(found.flat());
  const menu = (/** @type {string} */ node, /** @type {string} */ input) => {
    const { required, optional } = schemas[node]?.input ?? {};
    return choicesOf(required?.[input] ?? optional?.[input]);
  };
  const { engines, broken, locked, wordless } = await told;
  const byCopy = menu("AdStudioAdCopy", "channel").filter((name) => !["none", "auto"].includes(name));
  const bySize = menu("AdStudioChannelPreset", "channel");
  return {
    schemas, locked, wordless, channels: (bySize.length ? bySize : byCopy).filter((name) => !wordless.includes(name)), industries: menu("AdStudioPromptProcessor", "industry"),
    styles: menu("AdStudioLoraStyle", "style"), aspects: menu("AdStudioText2Image", "aspect"),
    providers: menu("AdStudioLanguageModel", "provider"), checkpoints: menu("AdStudioZitLoader", "checkpoint"),
    fonts: menu("AdStudioTextOverlay", "font"), engines, broken,
  };
}

/**
 * What lies on the server's disk, engines with their files and checkpoints that do not open, and channels that take their own template alone, or no words.
 *
 * @returns {Promise<Pick<Offers, "engines" | "broken" | "locked" | "wordless">>}
 */
async function readiness() {
  const answer = await api.fetchApi("/adstudio/panel");
  if (!answer.ok) return { engines: [], broken: {}, locked: {}, wordless: [] }; // Z-Image needs none of it
  const { engines, checkpoints, locked, wordless } = /** @type {{engines: Engine[], checkpoints: (RunError & {name: string})[], locked: (LockedTemplate & {channel: string})[], wordless: string[]}} */ (await answer.json());
  return { engines, locked: Object.fromEntries(locked.map(({ channel, ...template }) => [channel, template])), wordless, broken: Object.fromEntries(checkpoints.filter(({ code }) => code).map(({ name, ...problem }) => [name, problem])) };
}

/**
 * The model that is taken where nobody chose: the first real one that opens, else the small one of the pack.
 *
 * @param {Pick<Offers, "checkpoints" | "broken">} offered
 */
export function usualCheckpoint({ checkpoints, broken }) {
  return checkpoints.find((name) => name !== EMBEDDED && name !== "auto" && !broken[name]) ?? EMBEDDED;
}
