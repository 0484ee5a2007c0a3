/** The parts of the form that speak of engines: which draws, which wait for files, and how a picture is changed. */

import { h } from "../page/dom.js";
import { drawing, engineOf, gigabytes, hindrance, INSTRUCTING, ZIT } from "./engines.js";
import { field, menu, switcher } from "./fields.js";

/** @typedef {import("./form.js").Form} Form */

/**
 * Which engine draws a new ad: those whose files are there, and a way to the others.
 *
 * @param {Form} form
 */
export function engineField({ say, wishes, offered, draw, actions }) {
  const name = (/** @type {string} */ id) => say(`panel.engines.${id}`);
  const known = drawing(offered.engines);
  const ready = known.filter((engine) => engine.ready).map(({ id }) => id);
  const waiting = known.filter((engine) => !engine.ready);
  const element = field(say("panel.engine"), menu(ready.length ? ready : [ZIT], engineOf(wishes), name, (engine) => draw({ engine }, ".adp-engine select")));
  element.classList.add("adp-engine");
  if (known.find(({ id }) => id === engineOf(wishes))?.commercial === false) element.append(h("p", { class: "adp-notice" }, say("panel.not_for_sale")));
  if (waiting.length) {
    element.append(h("p", { class: "adp-hint adp-waiting" }, say("panel.waiting_engines", { names: waiting.map(({ id }) => name(id)).join(", ") }), " ",
      h("button", { type: "button", class: "adp-link", onclick: () => actions.openFiles(waiting) }, say("panel.which_files"))));
  }
  return element;
}

/**
 * How a picture is changed: told in words, or by how much.
 *
 * @param {Form} form
 */
export function wayField({ say, wishes, draw }) {
  return h("div", { class: "adp-group" }, switcher(say("panel.way.label"), ["instruction", "strength"], wishes.way,
    (way) => say(`panel.way.${way}`), (way) => draw({ way }, `input[value="${way}"]`)));
}

/**
 * Why the engine that was chosen cannot draw this, and what helps.
 *
 * @param {Form} form
 * @returns {HTMLElement[]}
 */
export function hindranceNotice({ say, wishes, offered, draw, actions }) {
  const reason = hindrance(wishes, offered.engines);
  if (!reason) return [];
  const id = engineOf(wishes);
  const engines = offered.engines.filter((engine) => engine.id === id);
  const button = (/** @type {string} */ words, /** @type {() => void} */ act) => h("button", { type: "button", class: "adp-action", onclick: act }, words);
  const files = engines.length ? [button(say("panel.which_files"), () => actions.openFiles(engines))] : [];
  const other = id === INSTRUCTING
    ? button(say("panel.by_strength"), () => draw({ way: "strength" }, 'input[value="strength"]'))
    : button(say("panel.by_zit"), () => draw({ engine: ZIT }, ".adp-go"));
  const words = id === INSTRUCTING && engines.length
    ? say("panel.lacks_instructing", { count: lacking(engines), gb: gigabytes(engines) })
    : say(`panel.errors.${reason}`);
  return [h("div", { class: "adp-notice adp-hindrance", role: "alert" }, h("p", {}, words),
    h("div", { class: "adp-actions adp-choices" }, ...(reason === "engine_files" ? files : []), other))];
}

/** @param {Engine[]} engines */
function lacking(engines) {
  return engines.flatMap(({ files }) => files.filter(({ state }) => state !== "there")).length;
}
