/** The settings page: what the panel starts with. Keys are never typed here; it says where they belong. */

import { h } from "../page/dom.js";
import { app, pageWords, useStyles } from "../page/host.js";
import { channelName } from "./form.js";
import { keep, memory } from "./memory.js";
import { offers, usualCheckpoint } from "./offers.js";
import { EMBEDDED } from "./wishes.js";

const WISH = /** @type {Record<string, (value: string) => Partial<Wishes>>} */ ({
  channel: (value) => ({ channels: value ? [value] : [] }), provider: (value) => ({ provider: value || "auto" }),
  checkpoint: (value) => ({ checkpoint: value }), font: (value) => ({ font: value }), languageModel: (value) => ({ languageModel: value }),
});
const GROUP = ["Ad Studio", "Panel"];
/** @typedef {import("../page/words.js").Say} Say */

/** Tells with "change" what of the form has a new default: the form may be open. */
export const newDefaults = new EventTarget();

/** @type {Record<string, {id: string, list: (offered: Offers) => string[], name: (value: string, say: Say) => string}>} */
const MENUS = {
  channel: { id: "AdStudio.Panel.Channel", list: ({ channels }) => channels, name: (id, say) => channelName(id, say) },
  provider: { id: "AdStudio.Panel.Provider", list: ({ providers }) => providers, name: (id, say) => say(`panel.providers.${id}`) },
  checkpoint: { id: "AdStudio.Panel.Checkpoint", list: ({ checkpoints }) => checkpoints, name: (id, say) => (id === EMBEDDED ? say("panel.embedded") : id) },
  font: { id: "AdStudio.Panel.Font", list: ({ fonts }) => fonts, name: (id) => id },
};

app.registerExtension({
  name: "AdStudio.Settings",
  settings: [
    // ComfyUI lists them from the last to the first.
    { id: "AdStudio.Panel.Service", name: "Key and base URL of the language model", category: [...GROUP, "Service"], type: () => serviceNote(), defaultValue: "" },
    { id: "AdStudio.Panel.LanguageModel", name: "Language model of the service", category: [...GROUP, "LanguageModel"], type: "text", defaultValue: "", onChange: changed("languageModel"),
      tooltip: "Empty takes the one of the settings file." },
    ...["font", "checkpoint", "provider", "channel"].map((key) => ({
      id: MENUS[key].id, name: { font: "Font", checkpoint: "Model", provider: "Who writes", channel: "Channel" }[key] ?? key,
      category: [...GROUP, key], type: (/** @type {string} */ _name, /** @type {(value: string) => void} */ set, /** @type {string} */ value) => menuOf(key, set, value), defaultValue: "", onChange: changed(key),
    })),
  ],
  commands: [{ id: "AdStudio.OpenPanel", label: "Make an ad", icon: "pi pi-megaphone", function: () => void app.extensionManager?.command?.execute("Workspace.ToggleSidebarTab.adstudio") }],
  menuCommands: [{ path: ["Extensions", "Ad Studio"], commands: ["AdStudio.OpenPanel"] }],
});

/**
 * What a form is filled with that nobody has filled in yet.
 *
 * @param {Offers} offered
 * @returns {Partial<Wishes>}
 */
export function defaults(offered) {
  const chosen = Object.entries(MENUS).map(([key, { id, list }]) => {
    const value = String(app.extensionManager?.setting?.get(id) ?? "");
    return WISH[key](list(offered).includes(value) ? value : "");
  });
  return Object.assign(WISH.languageModel(String(app.extensionManager?.setting?.get("AdStudio.Panel.LanguageModel") ?? "")), ...chosen);
}

/**
 * A new default goes into the form as well; ComfyUI tells of the old ones, without a value before them, at every start.
 *
 * @param {string} key
 */
function changed(key) {
  return (/** @type {string} */ value, /** @type {string | undefined} */ before) => {
    if (before === undefined || before === value) return;
    const detail = WISH[key](value);
    Object.assign(memory.wishes, detail);
    keep();
    newDefaults.dispatchEvent(new CustomEvent("change", { detail }));
  };
}

/**
 * A menu that fills itself when the settings are opened: what there is, the server knows.
 *
 * @param {string} key
 * @param {(value: string) => void} set
 * @param {string} value
 */
function menuOf(key, set, value) {
  useStyles(new URL("../../css/panel.css", import.meta.url).href);
  const select = h("select", { class: "adstudio-setting", onchange: () => set(select.value) });
  void Promise.all([offers(), pageWords()]).then(([offered, say]) => {
    const { list, name } = MENUS[key];
    const usual = key === "checkpoint" ? name(usualCheckpoint(offered), say) : "";
    select.append(h("option", { value: "" }, usual ? say("panel.usual_is", { name: usual }) : say("panel.usual")),
      ...list(offered).map((each) => h("option", { value: each, selected: each === value }, name(each, say))));
  }).catch(() => { select.disabled = true; });
  return select;
}

function serviceNote() {
  const note = h("p", { class: "adstudio-setting-note" });
  void pageWords().then((say) => { note.textContent = say("panel.service_note"); });
  return note;
}
