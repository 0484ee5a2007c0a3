/** From what was filled in to the workflow that makes it. Knows no page. */

import { engineOf, fillEngine, SIZED, taskOf, ZIT } from "./engines.js";
import { Workflow } from "./graph.js";
import { fillLocked, isWordless, LOCKED_WORKFLOW, lockedOf } from "./locked.js";

export const EMBEDDED = "demo (embedded)";
const DRAWING = ["AdStudioText2Image", "AdStudioImage2Image", "VAEDecode"]; // the last one is the other engines'

/** @type {Wishes} */
export const BLANK = {
  mode: "create", way: "strength", engine: "zit", brief: "", instruction: "", industry: "auto", style: "realistic", channels: [], aspect: "4:5", photo: null, picture: null, words: "auto",
  headline: "", sub: "", advertiser: "", keepsRest: false, strength: 0.45, provider: "auto", languageModel: "", checkpoint: "", font: "",
};

/**
 * @param {Wishes} wishes
 * @param {Engine[]} engines
 * @param {LockedTemplate} [locked] of the channel, where that takes no other
 * @returns {string} the template's file name
 */
export function templateOf(wishes, engines, locked) {
  if (locked) return LOCKED_WORKFLOW;
  const name = engineOf(wishes);
  if (name !== ZIT) return `${engines.find((each) => each.id === name)?.workflows[taskOf(wishes)] ?? ""}.json`;
  if (wishes.mode === "edit") return "Edit ad.app.json";
  return wishes.photo ? "Product ad.app.json" : "Create ad.app.json";
}

/**
 * What has to be filled in before anything is run; empty where nothing is missing.
 *
 * @param {Wishes} wishes
 * @param {Offers["locked"]} locked
 * @returns {"" | "brief" | "picture" | "photo" | "instruction" | "headline"}
 */
export function missing(wishes, locked) {
  if (wishes.mode === "edit" && !wishes.picture) return "picture";
  if (isWordless(wishes, locked)) return wishes.photo ? "" : "photo";
  if (isInstructed(wishes)) {
    if (!wishes.instruction.trim()) return "instruction";
  } else if (!wishes.brief.trim()) return "brief";
  if (lockedOf(wishes, locked).length && !wishes.photo) return "photo";
  return wishes.words === "own" && !wishes.headline.trim() ? "headline" : "";
}

/** @param {Wishes} wishes */
export function isInstructed({ mode, way }) {
  return mode === "edit" && way === "instruction";
}

/**
 * By which words an ad is known to its user.
 *
 * @param {Wishes} wishes
 */
export function titleOf(wishes) {
  return (isInstructed(wishes) ? wishes.instruction : wishes.brief.trim()) || (wishes.photo?.title.replace(/\.\w+$/, "") ?? "");
}

/**
 * What the copy of an ad is about.
 *
 * @param {Wishes} wishes
 */
export function subjectOf(wishes) {
  return isInstructed(wishes) ? wishes.brief.trim() || wishes.instruction : wishes.brief;
}

/**
 * @param {SavedWorkflow} template
 * @param {Wishes} wishes
 * @param {{channel: string, seed: number}} one which of several ads
 * @param {Pick<Offers, "schemas" | "engines" | "locked">} offered the schemas of the nodes that channels need, where this version has them
 * @returns {Workflow}
 */
export function fill(template, wishes, { channel, seed }, { schemas, engines, locked }) {
  const workflow = new Workflow(template);
  const photo = wishes.mode === "edit" ? wishes.picture : wishes.photo;
  const engine = engines.find((each) => each.id === engineOf(wishes));
  if (engine && engine.id !== ZIT) fillEngine(workflow, wishes, seed, engine, schemas);
  if (wishes.checkpoint) workflow.set("AdStudioZitLoader", "checkpoint", wishes.checkpoint);
  workflow.set("AdStudioLoraStyle", "style", wishes.style);
  workflow.set("AdStudioLanguageModel", "provider", wishes.provider);
  workflow.set("AdStudioLanguageModel", "language_model", wishes.languageModel);
  workflow.set("AdStudioPromptProcessor", "brief", subjectOf(wishes).normalize("NFC"));
  workflow.set("AdStudioPromptProcessor", "industry", wishes.industry);
  workflow.set("AdStudioText2Image", "aspect", wishes.aspect);
  workflow.set("AdStudioImage2Image", "strength", wishes.strength);
  for (const type of ["AdStudioText2Image", "AdStudioImage2Image", "AdStudioContactBlend"]) workflow.set(type, "seed", seed);
  if (photo) workflow.set("LoadImage", "image", photo.name);
  if (Object.hasOwn(locked, channel)) {
    fillLocked(workflow, wishes, { channel, seed }, locked[channel]);
    return workflow;
  }
  if (wishes.font) workflow.set("AdStudioTextOverlay", "font", wishes.font);
  if (wishes.words === "own") useOwnWords(workflow, wishes);
  if (channel) useChannel(workflow, channel, schemas);
  return workflow;
}

/**
 * @param {Workflow} workflow
 * @param {Wishes} wishes
 */
function useOwnWords(workflow, wishes) {
  const layout = workflow.node("AdStudioTextLayoutAnalyzer");
  if (!layout) return;
  // Price and button of an ad whose words are changed stay; a line that was left out would be filled in from there.
  if (!wishes.keepsRest || !wishes.sub.trim()) workflow.unlink(layout, "copy");
  workflow.set(layout.type, "headline", wishes.headline.normalize("NFC"));
  workflow.set(layout.type, "sub", wishes.sub.normalize("NFC"));
}

/**
 * Draw in the channel's shape, bring the picture to its exact size, and tell every node that knows channels.
 *
 * @param {Workflow} workflow
 * @param {string} channel
 * @param {Record<string, NodeSchema>} schemas
 */
function useChannel(workflow, channel, schemas) {
  workflow.set("AdStudioAdCopy", "channel", channel.split(":")[0]);
  const { AdStudioChannelPreset: presetSchema, AdStudioFitToChannel: fitSchema } = schemas;
  const drawing = DRAWING.map((type) => workflow.node(type)).find((node) => node !== undefined);
  if (!presetSchema || !fitSchema || !drawing) return;

  const preset = workflow.add("AdStudioChannelPreset", presetSchema, drawing);
  const knowing = workflow.saved.nodes.filter((node) => node !== preset && node.inputs.some((input) => input.type === "ADSTUDIO_CHANNEL"));
  const fit = workflow.add("AdStudioFitToChannel", fitSchema, drawing);
  fit.pos = [preset.pos[0] + preset.size[0] + 40, preset.pos[1]];
  workflow.set(preset.type, "channel", channel);
  const style = workflow.node("AdStudioLoraStyle");
  if (style) workflow.link(style, 0, preset, "zit");
  for (const node of workflow.saved.nodes.filter(({ type }) => type === "AdStudioText2Image" || SIZED.includes(type))) {
    workflow.link(preset, 0, node, "width");
    workflow.link(preset, 1, node, "height");
  }
  workflow.reroute([drawing, 0], [fit, 0]);
  workflow.link(drawing, 0, fit, "image");
  for (const node of [fit, ...knowing]) {
    for (const input of node.inputs) if (input.type === "ADSTUDIO_CHANNEL") workflow.link(preset, 4, node, input.name);
  }
}

/**
 * A file's name that every system takes, from the words of a brief.
 *
 * @param {string} words
 * @param {string} filename whose ending stays
 */
export function downloadName(words, filename) {
  const ending = /\.[a-z0-9]{2,5}$/i.exec(filename)?.[0] ?? ".png";
  // eslint-disable-next-line no-control-regex
  const plain = words.normalize("NFC").replace(/[\\/:*?"<>|.\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069]+/g, " ").trim().replace(/\s+/g, " ");
  return `${[...plain].slice(0, 40).join("").trim() || "ad"}${ending}`;
}
