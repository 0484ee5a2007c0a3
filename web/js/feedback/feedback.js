/** What a run tells its user: errors as toasts in their language, badges on nodes, a report. */

import { api, app, pageWords, shownBy, useStyles } from "../page/host.js";
import { jobs, PREFIX } from "../panel/jobs.js";
import { openReport } from "./report.js";
import { RunLog } from "./runlog.js";
import { badgeText, errorText, receiptText } from "./telling.js";

const EVENTS = [
  "execution_start", "execution_cached", "progress_state", "executed", "adstudio.error", "execution_error",
  "execution_success", "execution_interrupted",
];
const COLOURS = { plain: ["#d8e6df", "#24483a"], warning: ["#2b1d00", "#e8a33d"] };
const TOAST_MS = 15_000;

const log = new RunLog();
/** @type {import("../page/words.js").Say} */
let say = (key) => key.split(".").pop() ?? key;

for (const kind of EVENTS) {
  api.addEventListener(kind, (event) => {
    log.take(kind, event.detail, performance.now());
    if (kind === "executed") setTimeout(() => (pulse().count += 1)); // after ComfyUI has kept what the node showed
    if (kind === "executed") showReceipt(event.detail, event.detail.output);
    if (kind === "adstudio.error") showReceipt({ ...event.detail, node: event.detail.node_id }, event.detail);
    if (kind === "adstudio.error" && !isPanels(event.detail)) showError(event.detail);
  });
}

app.registerExtension({
  name: "AdStudio.Feedback",
  async setup() {
    useStyles(new URL("../../css/feedback.css", import.meta.url).href);
    say = await pageWords();
  },
  nodeCreated(node) {
    if (node.comfyClass?.startsWith("AdStudio") && window.LGraphBadge) node.badges?.push(() => badgeOf(node));
  },
  commands: [{ id: "AdStudio.RunReport", label: "Run report", icon: "pi pi-list-check", function: () => openReport(log, titleOf, say) }],
  menuCommands: [{ path: ["Extensions", "Ad Studio"], commands: ["AdStudio.RunReport"] }],
});

/**
 * What makes Nodes 2.0 draw badges again: it follows whatever reactive state a badge has read, and everything kept in
 * ComfyUI's own store is reactive.
 */
function pulse() {
  const store = /** @type {{adStudioPulse?: {count: number}}} */ (app.extensionManager ?? {});
  store.adStudioPulse ??= { count: 0 };
  return store.adStudioPulse;
}

/** @param {ComfyNode} node */
function badgeOf(node) {
  const badges = pulse().count >= 0 ? shownBy(node).adstudio_badges : [];
  const { text, isWarning } = badgeText(Array.isArray(badges) ? badges : [], say);
  const [fgColor, bgColor] = COLOURS[isWarning ? "warning" : "plain"];
  const Badge = /** @type {NonNullable<typeof window.LGraphBadge>} */ (window.LGraphBadge);
  return new Badge({ text, fgColor, bgColor });
}

/**
 * Write on a node what its run has to say, over what the server wrote there in its own words. ComfyUI knows the node.
 *
 * @param {{node: string, display_node?: string, prompt_id: string}} run
 * @param {{adstudio_receipt?: Badge[][]} | null} told
 */
function showReceipt(run, told) {
  const text = receiptText(told?.adstudio_receipt ?? [], say);
  if (!text) return;
  const detail = { nodeId: String(run.display_node ?? run.node), text, prompt_id: run.prompt_id };
  api.dispatchEvent(new CustomEvent("progress_text", { detail }));
}

/**
 * Whether the ad panel runs it, and tells by itself what happens there.
 *
 * @param {{node_id: string}} error
 */
function isPanels(error) {
  return String(error.node_id).startsWith(PREFIX);
}

/** @param {RunError & {node_id: string}} error */
function showError(error) {
  app.extensionManager?.toast?.add({
    severity: "error", summary: say("toast.stopped", { node: titleOf(error.node_id) }), detail: errorText(error, say), life: TOAST_MS, styleClass: "adstudio-toast",
  });
}

/** @param {string | number} id */
function nodeOf(id) {
  return app.graph?.getNodeById?.(id) ?? app.graph?.getNodeById?.(Number(id)) ?? null;
}

/**
 * A node's title; the panel's nodes are on no canvas and go by their kind.
 *
 * @param {string | number} id
 */
function titleOf(id) {
  const kind = jobs.sent.get(log.promptId)?.[id]?.class_type;
  if (kind) return window.LiteGraph?.registered_node_types?.[kind]?.title ?? kind;
  return nodeOf(id)?.title ?? `#${id}`;
}
