/** Channels that take nothing but their own template: a product's cut-out in its place, and words where it has lines. Knows no page. */

const TEMPLATE = "AdStudioChannelTemplate";
const VARIATIONS = 1000;
export const LOCKED_WORKFLOW = "Bizboard ad.app.json";

/**
 * Those of the chosen channels that need a product's photo; a picture that is changed goes to none of them.
 *
 * @param {Wishes} wishes
 * @param {Offers["locked"]} locked
 */
export function lockedOf({ mode, channels }, locked) {
  return mode === "create" ? channels.filter((id) => Object.hasOwn(locked, id)) : [];
}

/**
 * Whether a chosen channel has lines for words, and so wants its advertiser named.
 *
 * @param {Wishes} wishes
 * @param {Offers["locked"]} locked
 */
export function isNamed(wishes, locked) {
  return lockedOf(wishes, locked).some((id) => locked[id].words);
}

/**
 * Whether nothing is drawn: all chosen channels have a template of their own.
 *
 * @param {Wishes} wishes
 * @param {Offers["locked"]} locked
 */
export function isUndrawn(wishes, locked) {
  const { length } = lockedOf(wishes, locked);
  return length > 0 && length === wishes.channels.length;
}

/**
 * Whether nothing is written: not one of the chosen channels has a line for it.
 *
 * @param {Wishes} wishes
 * @param {Offers["locked"]} locked
 */
export function isWordless(wishes, locked) {
  return isUndrawn(wishes, locked) && wishes.channels.every((id) => !locked[id].words);
}

/**
 * Whether an ad would be the very same if it were made once more: nothing in it is drawn or written.
 *
 * @param {Pick<Ad, "wishes" | "channel">} ad
 * @param {Offers["locked"]} locked
 */
export function isSettled({ wishes, channel }, locked) {
  return Object.hasOwn(locked, channel) && (wishes.words === "own" || !locked[channel].words);
}

/**
 * @param {import("./graph.js").Workflow} workflow
 * @param {Wishes} wishes
 * @param {{channel: string, seed: number}} one
 * @param {LockedTemplate} locked
 */
export function fillLocked(workflow, wishes, { channel, seed }, { template, words }) {
  const node = workflow.node(TEMPLATE);
  if (!node) return;
  workflow.set(TEMPLATE, "template", template);
  workflow.set(TEMPLATE, "channel", channel);
  workflow.set("AdStudioAdCopy", "brief", wishes.brief.normalize("NFC"));
  workflow.set("AdStudioAdCopy", "industry", wishes.industry);
  workflow.set("AdStudioAdCopy", "channel", channel);
  workflow.set("AdStudioAdCopy", "variation", seed % VARIATIONS); // no picture is drawn: only the words can differ
  const advertiser = words ? wishes.advertiser.normalize("NFC").trim() : "";
  workflow.set(TEMPLATE, "advertiser", advertiser);
  const own = words && wishes.words === "auto" ? (advertiser ? { sub: advertiser } : {}) : words ? { headline: wishes.headline, sub: wishes.sub } : { headline: "", sub: "" };
  for (const [part, text] of Object.entries(own)) {
    workflow.unlink(node, part);
    workflow.set(TEMPLATE, part, text.normalize("NFC").trim());
  }
}
