/** One ad under way: fed with the server's events and with what the server answers when asked. Knows no page. */

import { RunLog } from "../feedback/runlog.js";

/** Drawing takes most of the time; the rest are moments. */
const WEIGHTS = /** @type {Record<string, number>} */ ({ AdStudioText2Image: 10, AdStudioImage2Image: 10, AdStudioContactBlend: 6, AdStudioZitLoader: 2,
  SamplerCustomAdvanced: 10, KSampler: 10, UNETLoader: 2, CLIPLoader: 2, CheckpointLoaderSimple: 2 });
const LOST_AFTER = 2; // answers in a row that know nothing of it: between two questions it may have moved

export class Job {
  /** @param {JobStart} start */
  constructor(start) {
    this.start = start;
    this.promptId = start.promptId ?? "";
    /** @type {"sending" | "queued" | "running" | "done" | "failed" | "cancelled" | "lost"} */
    this.state = this.promptId ? "queued" : "sending";
    this.ahead = 0;
    /** @type {PictureFile[]} */
    this.files = [];
    /** What was written on it. @type {AdWords | null} */
    this.words = null;
    /** @type {RunError | null} */
    this.error = null;
    this.node = "";
    /** @type {[number, number]} */
    this.steps = [0, 0];
    this.share = 0;
    this.log = new RunLog();
    this.unknown = 0;
  }

  get isOver() {
    return ["done", "failed", "cancelled", "lost"].includes(this.state);
  }

  /** @param {string} promptId */
  accepted(promptId) {
    this.promptId = promptId;
    if (this.state === "sending") this.state = "queued";
  }

  /** @param {RunError} error */
  refused(error) {
    [this.state, this.error] = ["failed", error];
  }

  /**
   * @param {string} kind the event's name
   * @param {any} detail
   * @param {number} now milliseconds
   */
  take(kind, detail, now) {
    if (this.isOver || String(detail?.prompt_id) !== this.promptId) return;
    this.unknown = 0;
    this.log.take(kind, detail, now);
    if (kind === "execution_start") this.state = "running";
    if (kind === "progress_state") this.#progress(detail.nodes ?? {});
    if (kind === "executed") this.#collect(detail.node, detail.output);
    if (kind === "execution_success" && this.files.length) this.#end("done"); // else the history has them
    if (kind === "execution_interrupted") this.#end("cancelled");
    if (kind === "execution_error") {
      const step = this.log.steps.get(String(detail.node_id));
      this.error = step?.error?.code ? step.error : said(detail, this.start.prompt);
      this.#end("failed");
    }
  }

  /**
   * What the server says of its queue.
   *
   * @param {{queue_running?: any[], queue_pending?: any[]}} queue
   */
  seen(queue) {
    if (this.isOver || !this.promptId) return;
    const waiting = [...(queue.queue_pending ?? [])].sort((one, other) => one[0] - other[0]).map((item) => item[1]);
    if ((queue.queue_running ?? []).some((item) => item[1] === this.promptId)) [this.state, this.unknown] = ["running", 0];
    else if (waiting.includes(this.promptId)) {
      if (this.state === "running") return; // its turn came while the answer was on its way
      [this.state, this.unknown] = ["queued", 0];
      this.ahead = waiting.indexOf(this.promptId) + (queue.queue_running ?? []).length;
    } else if (++this.unknown > LOST_AFTER) this.#end("lost");
  }

  /**
   * What the history holds of this job: how it ended while nobody listened.
   *
   * @param {any} entry
   */
  remembered(entry) {
    if (this.isOver || !entry?.status) return;
    for (const [node, output] of Object.entries(entry.outputs ?? {})) this.#collect(node, output);
    const told = new Map(entry.status.messages ?? []);
    const failure = /** @type {any} */ (told.get("execution_error"));
    if (told.has("execution_interrupted")) this.#end("cancelled");
    else if (failure) {
      this.error = said(failure, this.start.prompt);
      this.#end("failed");
    } else this.#end("done");
  }

  /** @param {Record<string, {state?: string, value?: number, max?: number}>} nodes */
  #progress(nodes) {
    const all = Object.entries(this.start.prompt).map(([id, { class_type }]) => ({ id, weight: WEIGHTS[class_type] ?? 1, type: class_type }));
    const whole = all.reduce((sum, { weight }) => sum + weight, 0) || 1;
    let done = 0;
    for (const { id, weight, type } of all) {
      const { state, value = 0, max = 1 } = nodes[id] ?? {};
      if (state === "finished" || this.log.steps.get(id)?.state === "cached") done += weight;
      else if (state === "running") {
        done += weight * Math.min(1, max ? value / max : 0);
        this.node = type;
        this.steps = [Math.round(value), max > 1 ? Math.round(max) : 0];
      }
    }
    this.share = Math.max(this.share, Math.min(1, done / whole));
  }

  /**
   * @param {string} node
   * @param {any} output
   */
  #collect(node, output) {
    const kind = this.start.prompt[node]?.class_type;
    if (kind === "AdStudioLayoutEditor") this.words = wordsOf(output?.adstudio_editor?.[0]?.proposal?.texts ?? []);
    if (kind === "AdStudioChannelTemplate") this.words = output?.adstudio_words?.length ? wordsOf(output.adstudio_words) : null;
    if (kind !== "AdStudioSaveImage") return;
    this.files = (output?.images ?? [])
      .map((/** @type {PictureFile} */ file, /** @type {number} */ index) => {
        const origin = output.adstudio_besides?.[index]?.origin;
        return origin ? { ...file, origin } : file;
      })
      .filter((/** @type {PictureFile} */ file) => file.type === "output");
  }

  /** @param {"done" | "failed" | "cancelled" | "lost"} state */
  #end(state) {
    this.state = state;
    if (state === "done") this.share = 1;
  }
}

/**
 * @param {{role?: string, text?: string}[]} texts
 * @returns {AdWords}
 */
function wordsOf(texts) {
  const of = (/** @type {string} */ role) => texts.find((each) => each.role === role)?.text?.replace(/\s+/g, " ") ?? "";
  return { headline: of("headline"), sub: of("sub") };
}

/**
 * What a node without a code of ours said. ComfyUI's own loader of photos is one: it fails on nothing but its photo.
 *
 * @param {{node_id?: string, node_type?: string, exception_message?: string}} failure
 * @param {Prompt} prompt
 * @returns {RunError}
 */
function said({ node_id: id = "", node_type: type, exception_message: message }, prompt) {
  const file = String(prompt[String(id)]?.inputs?.image ?? "");
  return { code: type === "LoadImage" ? "photo.unreadable" : "", message: String(message ?? "").trim(), hint: "", figures: { file } };
}
