/** What its user should look at before an ad goes out, of what the nodes said that made it. Knows no page. */

/** Notes that tell of a flaw one can see, or of words that may not be published as they are; the rest is in the report. */
export const FLAWS = new Set([
  "cutout.doubt", "cutout.busy", "cutout.dim", "cutout.own_tone", "cutout.burnt_out", "cutout.shade", "cutout.cut_off", "cutout.pieces", "cutout.inverted",
  "cutout.may_not_sell", "composite.soft", "copy.claim", "template.soft", "template.cut", "template.other_font", "template.found",
]);
const SPEAKERS = ["AdStudioAdCopy", "AdStudioBackgroundRemoval", "AdStudioBackgroundComposite", "AdStudioChannelTemplate"];
const MOST_KEPT = 60;

/** What nodes said, by all that they were given: the server tells nothing of a node whose result it has kept. @type {Map<string, Badge[]>} */
const said = new Map();

/**
 * @param {Prompt} prompt
 * @param {Iterable<RunStep>} steps
 * @returns {Badge[]}
 */
export function warningsOf(prompt, steps) {
  const speaking = [...steps].filter(({ id }) => SPEAKERS.includes(prompt[id]?.class_type));
  const found = speaking.flatMap(({ id, state, badges }) => {
    const given = JSON.stringify(givenTo(prompt, id));
    if (state !== "cached") said.set(given, badges);
    return said.get(given) ?? [];
  });
  for (const oldest of [...said.keys()].slice(0, -MOST_KEPT)) said.delete(oldest);
  return found.filter(({ code }) => code && FLAWS.has(code));
}

/**
 * @param {Prompt} prompt
 * @param {string} id
 * @returns {any} the node's kind and inputs, and in place of a link the same of the node that it leads to
 */
function givenTo(prompt, id) {
  const { class_type: kind, inputs = {} } = prompt[id] ?? {};
  const isLink = (/** @type {any} */ value) => Array.isArray(value) && value.length === 2 && String(value[0]) in prompt;
  return [kind, Object.entries(/** @type {Record<string, any>} */ (inputs)).map(([name, value]) => [name, isLink(value) ? [givenTo(prompt, String(value[0])), value[1]] : value])];
}
