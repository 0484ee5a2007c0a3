/** The parts that the form is made of: a label, what is filled in, and what a screen reader says of it. */

import { h } from "../page/dom.js";

let count = 0;

/**
 * @param {string} label
 * @param {HTMLElement} control
 * @param {string} [hint]
 */
export function field(label, control, hint = "") {
  control.id ||= `adstudio-field-${++count}`;
  const element = h("div", { class: "adp-field" }, h("label", { for: control.id }, label), control);
  if (hint) {
    const line = h("p", { class: "adp-hint", id: `${control.id}-hint` }, hint);
    control.setAttribute("aria-describedby", line.id);
    element.append(line);
  }
  return element;
}

/**
 * @param {string[]} values
 * @param {string} chosen
 * @param {(value: string) => string} name
 * @param {(value: string) => void} choose
 */
export function menu(values, chosen, name, choose) {
  const offered = values.includes(chosen) || chosen === "" ? values : [chosen, ...values];
  const select = h("select", { class: "adp-input", onchange: () => choose(select.value) },
    ...offered.map((value) => h("option", { value, selected: value === chosen }, name(value))));
  return select;
}

/**
 * A few choices side by side, one of which holds.
 *
 * @template {string} T
 * @param {string} label
 * @param {T[]} values
 * @param {T} chosen
 * @param {(value: T) => string} name
 * @param {(value: T) => void} choose
 */
export function switcher(label, values, chosen, name, choose) {
  const group = `adstudio-switch-${++count}`;
  return h("fieldset", { class: "adp-switch" }, h("legend", {}, label), ...values.map((value) => h("label", {},
    h("input", { type: "radio", name: group, value, checked: value === chosen, onchange: () => choose(value) }), h("span", {}, name(value)))));
}

/**
 * Several choices of many: those taken stand as buttons that take them away again. What is barred is looked for here, too: it says why.
 *
 * @param {string[]} values
 * @param {string[]} chosen
 * @param {(value: string) => string} name
 * @param {{barred: string[], none: string, add: string, remove: (name: string) => string, change: (values: string[]) => void}} words
 */
export function picker(values, chosen, name, { barred, none, add, remove, change }) {
  const element = h("div", { class: "adp-picker" });
  const draw = (/** @type {string[]} */ taken) => {
    const chips = taken.map((value) => h("button", {
      type: "button", class: "adp-chip", "aria-label": remove(name(value)), onclick: () => update(taken.filter((each) => each !== value)),
    }, name(value), h("i", { class: "pi pi-times", "aria-hidden": "true" })));
    element.replaceChildren(...chips, select(taken));
  };
  const select = (/** @type {string[]} */ taken) => {
    const list = h("select", { class: "adp-input", "aria-label": add, onchange: () => update([...taken, list.value]), onkeydown: openByKey },
      h("option", { value: "", selected: true }, taken.length ? add : none),
      ...values.filter((value) => !taken.includes(value)).map((value) => h("option", { value }, name(value))),
      ...barred.map((words) => h("option", { disabled: true }, words)));
    return list;
  };
  const update = (/** @type {string[]} */ taken) => {
    change(taken);
    draw(taken);
    element.querySelector("select")?.focus();
  };
  draw(chosen);
  return element;
}

/**
 * Open the list by the keys that would choose the next entry of a closed one: here a choice is taken at once, and
 * whoever wants the tenth would take nine others on the way.
 *
 * @param {KeyboardEvent} event
 */
function openByKey(event) {
  const isChoosing = /^(Arrow(Up|Down|Left|Right)|Home|End|Page(Up|Down))$/.test(event.key) || ([...event.key].length === 1 && event.key !== " ");
  const list = /** @type {HTMLSelectElement} */ (event.currentTarget);
  if (!isChoosing || event.ctrlKey || event.metaKey || event.altKey || !("showPicker" in list)) return; // Safari opens it by itself
  event.preventDefault();
  list.showPicker();
}

/**
 * A place for one photo: chosen, dropped or pasted.
 *
 * @param {Photo | null} photo
 * @param {{label: string, hint: string, remove: string, pick: (file: File) => void, clear: () => void}} words
 */
export function photoPlace(photo, { label, hint, remove, pick, clear }) {
  const input = h("input", {
    type: "file", accept: "image/*", class: "adp-file", "aria-label": label, onchange: () => input.files?.[0] && pick(input.files[0]),
  });
  if (!photo) {
    return h("label", { class: "adp-photo" }, input, h("i", { class: "pi pi-image", "aria-hidden": "true" }), h("b", {}, label), h("span", {}, hint));
  }
  return h("div", { class: "adp-photo adp-has-photo" },
    h("img", { src: photo.url, alt: "" }), h("span", { class: "adp-name", title: photo.title }, photo.title),
    h("label", { class: "adp-change" }, input, h("i", { class: "pi pi-pencil", "aria-hidden": "true" })),
    h("button", { type: "button", class: "adp-icon", "aria-label": remove, title: remove, onclick: clear }, h("i", { class: "pi pi-times", "aria-hidden": "true" })));
}
