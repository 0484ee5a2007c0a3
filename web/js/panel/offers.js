/** What this server offers to choose from, read from its nodes. */

import { api } from "../page/host.js";
import { choicesOf } from "./graph.js";
import { EMBEDDED } from "./wishes.js";

const NODES = [
  "AdStudioZitLoader", "AdStudioLoraStyle", "AdStudioLanguageModel", "AdStudioPromptProcessor", "AdStudioAdCopy", "AdStudioText2Image",
  "AdStudioTextOverlay", "AdStudioChannelPreset", "AdStudioFitToChannel",
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
  const byCopy = menu("AdStudioAdCopy", "channel").filter((name) => !["none", "auto"].includes(name));
  const bySize = menu("AdStudioChannelPreset", "channel");
  return {
    schemas, channels: bySize.length ? bySize : byCopy, industries: menu("AdStudioPromptProcessor", "industry"),
    styles: menu("AdStudioLoraStyle", "style"), aspects: menu("AdStudioText2Image", "aspect"),
    providers: menu("AdStudioLanguageModel", "provider"), checkpoints: menu("AdStudioZitLoader", "checkpoint"),
    fonts: menu("AdStudioTextOverlay", "font"),
  };
}

/**
 * The model that is taken where nobody chose: the first real one, else the small one of the pack.
 *
 * @param {Offers} offered
 */
export function usualCheckpoint(offered) {
  return offered.checkpoints.find((name) => name !== EMBEDDED && name !== "auto") ?? offered.checkpoints[0] ?? EMBEDDED;
}
