/** The ad panel in the sidebar: an ad without ever seeing a node. */

import { h } from "../page/dom.js";
import { app, pageWords, useStyles } from "../page/host.js";
import { findLacks, hasSidebar } from "../page/lacks.js";
import { engineOf } from "./engines.js";
import { Form } from "./form.js";
import { lacksNotice, openFilesHelp, openModelHelp } from "./help.js";
import { jobs, workflowOf } from "./jobs.js";
import { begin, keep, memory, otherTabs } from "./memory.js";
import { offers } from "./offers.js";
import { photoIn } from "./photos.js";
import { Results } from "./results.js";
import { defaults, newDefaults } from "./settings.js";
import { downloadName, EMBEDDED, titleOf } from "./wishes.js";

export const TAB = "adstudio";
const TOAST_MS = 15_000;

/** What is mounted now; the form's values live in `memory`, so that closing the tab loses nothing. */
let stop = () => {};

void pageWords().then((say) => {
  if (!hasSidebar()) {
    app.extensionManager?.toast?.add({ severity: "warn", summary: say("panel.title"), detail: say("panel.lacks.sidebar") });
    return;
  }
  app.extensionManager?.registerSidebarTab?.({
    id: TAB, icon: "pi pi-megaphone", title: say("panel.title"), label: say("panel.short"), tooltip: say("panel.title"), type: "custom",
    render: (/** @type {HTMLElement} */ element) => void mount(element, say), destroy: () => stop(),
  });
});

/**
 * @param {HTMLElement} place
 * @param {import("../page/words.js").Say} say
 */
async function mount(place, say) {
  stop();
  useStyles(new URL("../../css/panel.css", import.meta.url).href);
  const panel = h("div", { class: "adstudio-panel" }, h("p", { class: "adp-hint", role: "status" }, say("panel.loading")));
  place.replaceChildren(panel);
  const offered = await offers({ anew: true }).catch(() => null);
  if (!panel.isConnected) return;
  if (!offered) {
    panel.replaceChildren(h("p", { class: "adp-problem", role: "alert" }, say("panel.errors.unreachable")),
      h("button", { type: "button", class: "adp-action", onclick: () => mount(place, say) }, say("panel.fix.again")));
    return;
  }
  if (!("AdStudioZitLoader" in offered.schemas)) {
    panel.replaceChildren(h("p", { class: "adp-problem", role: "alert" }, say("panel.errors.no_nodes")),
      h("button", { type: "button", class: "adp-action", onclick: () => location.reload() }, say("panel.fix.reload")));
    return;
  }
  begin(defaults(offered));

  const openFiles = (/** @type {Engine[]} */ engines) => openFilesHelp(say, engines, () => void mount(place, say));
  const form = new Form(say, offered, { make, openSettings, openHelp: () => openModelHelp(say), openFiles });
  function make() {
    void jobs.make({ ...memory.wishes, keepsRest: form.seed !== undefined }, form.seed);
    results.element.scrollIntoView({ behavior: "smooth", block: "start" });
  }
  const results = new Results(say, {
    cancel: (job) => void jobs.cancel(job), open: (ad) => void open(ad).catch(() => tellAway(say)), again: (ad) => void jobs.make({ ...ad.wishes, channels: ad.channel ? [ad.channel] : [] }),
    reword: (ad) => form.reword(ad),
    refer: (ad) => void form.refer(ad),
    fix: (fix, job) => mend(fix, job, form),
  }, offered.locked);
  panel.replaceChildren(form.element, results.element);
  void findLacks().then((lacks) => panel.append(...lacksNotice(lacks, say)));
  stop = listen(panel, form, results);
}

/**
 * @param {HTMLElement} panel
 * @param {Form} form
 * @param {Results} results
 */
function listen(panel, form, results) {
  const change = () => results.update(jobs.list, jobs.isServerGone);
  const preview = (/** @type {any} */ event) => results.preview(event.detail.job, event.detail.blob);
  const made = (/** @type {any} */ event) => void results.made(event.detail.ads);
  jobs.addEventListener("change", change);
  jobs.addEventListener("preview", preview);
  jobs.addEventListener("made", made);
  const redraw = () => results.draw();
  otherTabs.addEventListener("change", redraw);
  const take = (/** @type {any} */ event) => form.draw(event.detail);
  newDefaults.addEventListener("change", take);
  change();
  // Keys and files meant for the panel are not the graph's.
  panel.addEventListener("keydown", (event) => event.stopPropagation());
  panel.addEventListener("keydown", pressOnce, true);
  panel.addEventListener("click", clickOnce, true);
  panel.addEventListener("paste", (event) => {
    event.stopPropagation();
    const file = photoIn(event.clipboardData, event.target);
    if (file) void form.drop(file);
  });
  panel.addEventListener("dragover", (event) => {
    event.preventDefault();
    event.stopPropagation();
    panel.classList.add("adp-over");
  });
  panel.addEventListener("dragleave", () => panel.classList.remove("adp-over"));
  panel.addEventListener("drop", (event) => {
    event.preventDefault();
    event.stopPropagation();
    panel.classList.remove("adp-over");
    const file = event.dataTransfer?.files[0];
    if (file) void form.drop(file);
  });
  return () => {
    jobs.removeEventListener("change", change);
    jobs.removeEventListener("preview", preview);
    jobs.removeEventListener("made", made);
    otherTabs.removeEventListener("change", redraw);
    newDefaults.removeEventListener("change", take);
    results.update([], false);
  };
}

/**
 * The second click of a double click was meant for what stood there at the first: it would make an ad twice, or cancel it.
 *
 * @param {MouseEvent} event
 */
function clickOnce(event) {
  if (event.detail > 1 && /** @type {Element} */ (event.target).closest(".adp-go, .adp-results :is(button, a)")) drop(event);
}

/**
 * Enter that is held down makes one ad.
 *
 * @param {KeyboardEvent} event
 */
function pressOnce(event) {
  const isNewLine = /** @type {Element} */ (event.target).matches("textarea") && !event.ctrlKey && !event.metaKey;
  if (event.key === "Enter" && event.repeat && !isNewLine) drop(event);
}

/** @param {Event} event */
function drop(event) {
  event.preventDefault();
  event.stopPropagation();
}

/** @param {Ad} ad */
async function open(ad) {
  const workflow = await workflowOf(ad.wishes, ad);
  if (workflow.node("LoadImage")) await app.refreshComboInNodes?.(); // its photo may be newer than this page
  await app.loadGraphData?.(workflow.opened(), true, true, downloadName(titleOf(ad.wishes), "ad.json").replace(/\.json$/, ""));
}

/** @param {import("../page/words.js").Say} say */
function tellAway(say) {
  app.extensionManager?.toast?.add({ severity: "error", summary: say("panel.title"), detail: say("panel.errors.unreachable"), life: TOAST_MS, styleClass: "adstudio-toast" });
}

/**
 * @param {string} fix
 * @param {import("./job.js").Job} job
 * @param {Form} form
 */
function mend(fix, job, form) {
  const changes = /** @type {Record<string, Partial<Wishes>>} */ ({
    again: {}, use_rules: { provider: "rules" }, use_font: { font: "Pretendard" }, use_embedded: { checkpoint: EMBEDDED }, any_industry: { industry: "auto" },
  });
  if (fix in changes) {
    const { wishes, channel, seed } = job.start;
    jobs.dismiss(job);
    form.draw(changes[fix]);
    void jobs.make({ ...wishes, ...changes[fix], channels: channel ? [channel] : [] }, seed);
  } else if (fix === "own_words") {
    jobs.dismiss(job);
    form.draw({ words: "own", headline: form.wishes.headline || String(job.error?.figures?.words ?? "") }, ".adp-headline");
    form.element.querySelector(".adp-headline")?.scrollIntoView({ block: "center" });
  } else if (fix === "settings") openSettings();
  else if (fix === "models") openModelHelp(form.say);
  else if (fix === "files") form.actions.openFiles(form.offered.engines.filter(({ id }) => id === engineOf(job.start.wishes)));
  else if (fix === "reload") location.reload();
  else if (fix === "photo") {
    const { wishes } = job.start;
    const part = wishes.mode === "edit" ? "picture" : "photo";
    jobs.dismiss(job);
    if (form.wishes[part]?.name === wishes[part]?.name) form.draw({ [part]: null }); // else there is another one already
    form.element.scrollIntoView();
  }
  keep();
}

function openSettings() {
  void app.extensionManager?.command?.execute("Comfy.ShowSettingsDialog");
}
