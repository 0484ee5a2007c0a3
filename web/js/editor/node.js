/** The editor on its node: the plan lives in the node's own text widget, the editor shows it. */

import { app, language, noteChange, pageWords, pictureUrl, shownBy, useStyles } from "../page/host.js";
import { LayoutEditor } from "./editor.js";
import { fileOf, Picture } from "./picture.js";

const NODE = "AdStudioLayoutEditor";
const LETTERING = "AdStudioTextOverlay";
const OUTPUT = "adstudio_editor";
const SIZE = [480, 720];
const LEAST_PX = 520;

/** @type {WeakMap<ComfyNode, Attached>} */
const attached = new WeakMap();

app.registerExtension({
  name: "AdStudio.LayoutEditor",
  async nodeCreated(node) {
    if (node.comfyClass === NODE) await attach(node);
  },
  loadedGraphNode(node) {
    attached.get(node)?.refresh();
  },
  afterConfigureGraph() {
    requestAnimationFrame(() => requestAnimationFrame(remount));
  },
});

/** @param {ComfyNode} node */
async function attach(node) {
  const text = node.widgets?.find((widget) => widget.name === "plan");
  if (!text) return;
  useStyles(new URL("../../css/editor.css", import.meta.url).href);
  // Added at once, filled when the words have come: the order of widgets must not depend on the network.
  const place = document.createElement("div");
  place.className = "adstudio-editor-place";
  const widget = node.addDOMWidget("layout_editor", "adstudio_layout_editor", place, {
    serialize: false, hideOnZoom: false, hideInPanel: true, margin: 4, getMinHeight: () => LEAST_PX,
  });
  widget.serialize = false;
  text.hidden = true;
  text.options.hidden = true;
  node.setSize([Math.max(node.size[0], SIZE[0]), Math.max(node.size[1], SIZE[1])]);
  const say = await pageWords();
  widget.label = say("editor.title");
  attached.set(node, new Attached(node, text, place, say));
}

class Attached {
  /**
   * @param {ComfyNode} node
   * @param {ComfyWidget} text
   * @param {HTMLElement} place
   * @param {import("../page/words.js").Say} say
   */
  constructor(node, text, place, say) {
    this.node = node;
    this.text = text;
    this.place = place;
    this.shownUrl = "";
    this.hasRun = false;
    /** @type {RunAnswer | null} of the last run */
    this.answer = null;
    this.editor = new LayoutEditor(say, {
      write: (plan) => this.write(plan), style: () => this.style(), isKorean: language().startsWith("ko"),
    });
    place.append(this.editor.element);
    this.#listen();
    this.refresh();
  }

  /** Read again what the node holds: its plan, the last run's answer, the picture before it. */
  refresh() {
    this.editor.load(String(this.text.value ?? ""));
    this.editor.setReadOnly(this.#isLinked());
    const answer = shownBy(this.node)[OUTPUT]?.[0];
    if (answer && !this.hasRun) void this.take(answer);
    else if (!this.hasRun) void this.#showUpstream();
    this.editor.draw(); // the lettering behind this node may have another font by now
  }

  /** @param {RunAnswer} answer */
  async take(answer) {
    this.hasRun = true;
    this.answer = answer;
    this.shownUrl = pictureUrl(answer.picture);
    const picture = await Picture.load(this.shownUrl);
    if (answer !== this.answer || !this.node.graph) return; // a later run was quicker, or the node is gone
    this.editor.update(answer, picture, answer.products.map((product) => pictureUrl(product.picture)));
  }

  /** @param {string} plan */
  write(plan) {
    if (this.text.value === plan) return;
    this.text.value = plan;
    this.text.callback?.(plan);
    this.node.graph?.setDirtyCanvas?.(true, true);
    noteChange();
  }

  /** How the Text Overlay behind this node letters, so that the editor letters alike. */
  style() {
    const links = this.node.outputs?.[0]?.links ?? [];
    for (const link of links) {
      const target = this.node.graph?.getNodeById?.(linkOf(this.node.graph, link)?.target_id ?? "");
      if (target?.comfyClass !== LETTERING) continue;
      const value = (/** @type {string} */ name) => target.widgets?.find((widget) => widget.name === name)?.value;
      const fallback = String(value("fallback") ?? "").split(",").map((name) => name.trim()).filter(Boolean);
      return {
        font: String(value("font") ?? "Pretendard"), weight: Number(value("weight") ?? 800), min_px: Number(value("min_px") ?? 20), fallback,
        hasPlates: value("plate") !== "never", plate: String(value("plate") ?? "auto"), shadow: value("shadow") !== false, outline: value("outline") === true,
        logo: this.#logo(target),
      };
    }
    return { font: "Pretendard", weight: 800, min_px: 20, fallback: [], hasPlates: true };
  }

  #listen() {
    const { node, text, editor } = this;
    chain(node, "onExecuted", (output) => output?.[OUTPUT]?.[0] && this.take(output[OUTPUT][0]));
    chain(node, "onConfigure", () => this.refresh());
    // A node that is taken out of the graph loses its links first.
    chain(node, "onConnectionsChange", () => setTimeout(() => node.graph && this.refresh(), 300));
    chain(node, "onRemoved", () => editor.destroy());
    chain(text, "callback", (value) => editor.load(String(value ?? "")));
    editor.element.addEventListener("pointerenter", () => this.refresh());
    forwardToCanvas(editor.element);
  }

  /**
   * The logo's picture, where a LoadImage hands it to the lettering.
   *
   * @param {ComfyNode} lettering
   * @returns {PictureFile | null}
   */
  #logo(lettering) {
    const slot = lettering.inputs?.findIndex((input) => input.name === "logo") ?? -1;
    const source = slot < 0 ? null : lettering.getInputNode?.(slot);
    const url = source?.imgs?.[0]?.src ?? chosenFile(source);
    return url ? fileOf(url) : null;
  }

  #isLinked() {
    return this.node.inputs?.some((input) => input.name === "plan" && input.link !== null && input.link !== undefined) ?? false;
  }

  async #showUpstream() {
    const slot = this.node.inputs?.findIndex((input) => input.name === "image") ?? -1;
    const source = slot < 0 ? null : this.node.getInputNode?.(slot);
    const file = source && shownBy(source).images?.[0];
    const url = source?.imgs?.[0]?.src ?? (file ? pictureUrl(file) : chosenFile(source));
    if (!url || url === this.shownUrl) return;
    this.shownUrl = url;
    const picture = await Picture.load(url);
    if (url !== this.shownUrl || !this.node.graph) return; // another photo was quicker, or the node is gone
    if (picture) this.editor.preview(picture);
    else this.shownUrl = ""; // the server may be away
  }
}

/**
 * The file that a LoadImage has chosen, where nothing has drawn it yet.
 *
 * @param {ComfyNode | null | undefined} node
 */
function chosenFile(node) {
  const chosen = node?.comfyClass === "LoadImage" && node.widgets?.find((widget) => widget.name === "image")?.value;
  if (typeof chosen !== "string" || chosen === "") return "";
  const [, subfolder, filename, type] = /^(?:(.*)\/)?([^/]*?)(?: \[(input|output|temp)\])?$/.exec(chosen) ?? [];
  return filename ? pictureUrl({ filename, subfolder: subfolder ?? "", type: type ?? "input" }) : "";
}

/** After the graph's undo, ComfyUI keeps the old node's element mounted; put the living one in its place. */
function remount() {
  for (const node of app.canvas?.graph?.nodes ?? []) {
    const place = attached.get(node)?.place;
    if (!place || place.isConnected) continue;
    document.querySelector(`[data-node-id="${CSS.escape(String(node.id))}"] .adstudio-editor-place`)?.replaceWith(place);
  }
}

/**
 * The classic canvas does not see the wheel and the middle button over an element; hand them on.
 *
 * @param {HTMLElement} element
 */
function forwardToCanvas(element) {
  const isClassic = () => !window.LiteGraph?.vueNodesMode;
  element.addEventListener("wheel", (event) => {
    const scrolls = event.target instanceof HTMLElement && event.target.closest("textarea, .ads-inspector");
    if (!isClassic() || (scrolls && !event.ctrlKey)) return;
    event.preventDefault();
    app.canvas.processMouseWheel(event);
  }, { passive: false });
  element.addEventListener("pointerdown", (event) => isClassic() && event.button === 1 && app.canvas.processMouseDown(event));
  element.addEventListener("pointermove", (event) => isClassic() && event.buttons & 4 && app.canvas.processMouseMove(event));
  element.addEventListener("pointerup", (event) => isClassic() && event.button === 1 && app.canvas.processMouseUp(event));
}

/**
 * @param {ComfyGraph | null | undefined} graph
 * @param {number} id
 */
function linkOf(graph, id) {
  return graph?.getLink?.(id) ?? graph?.links?.[id];
}

/**
 * Run something after what a node or widget does by itself.
 *
 * @param {any} owner
 * @param {string} name
 * @param {(...values: any[]) => unknown} then
 */
function chain(owner, name, then) {
  const before = owner[name];
  owner[name] = function (/** @type {any[]} */ ...values) {
    const result = before?.apply(this, values);
    then(...values);
    return result;
  };
}

