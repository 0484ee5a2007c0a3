/** All ads under way: sent to the server's queue, followed by its events, and asked after when events may be lost. */

import { api } from "../page/host.js";
import { Job } from "./job.js";
import { addAds, keepUnderWay, memory } from "./memory.js";
import { offers, usualCheckpoint } from "./offers.js";
import { warningsOf } from "./warnings.js";
import { fill, templateOf } from "./wishes.js";

export const PREFIX = "ad_";
const EVENTS = [
  "execution_start", "execution_cached", "progress_state", "executed", "adstudio.error", "execution_error", "execution_success",
  "execution_interrupted",
];
const ASK_MS = 2500;
const KEPT_EVENTS = 300;
const FOLDER = /\/extensions\/([^/]+)\//.exec(new URL(import.meta.url).pathname)?.[1] ?? "";

class Jobs extends EventTarget {
  constructor() {
    super();
    /** @type {Job[]} */
    this.list = [];
    this.isServerGone = false;
    /** @type {[string, any][]} */
    this.early = [];
    this.timer = 0;
    /** What was sent, for whoever tells of its steps later. @type {Map<string, Prompt>} */
    this.sent = new Map(memory.underWay.map(({ promptId, prompt }) => [promptId ?? "", prompt]));
    /** Prompts that this tab follows or has followed. @type {Set<string>} */
    this.known = new Set(memory.underWay.map(({ promptId }) => promptId ?? ""));
    this.kept = [...this.known].join();
    /** Prompts that their user cancelled. @type {Set<string>} */
    this.unwanted = new Set();
    for (const kind of EVENTS) api.addEventListener(kind, (event) => this.#hear(kind, event.detail));
    api.addEventListener("b_preview_with_metadata", (event) => this.#show(event.detail));
    for (const start of memory.underWay) this.list.push(new Job(start));
    this.#askLater();
  }

  /**
   * Send one ad for each channel.
   *
   * @param {Wishes} wishes
   * @param {number} [seed]
   */
  async make(wishes, seed = Math.floor(Math.random() * 2 ** 32)) {
    const asked = structuredClone(wishes);
    for (const channel of asked.channels.length ? asked.channels : [""]) {
      const job = new Job({ wishes: asked, channel, seed, at: Date.now(), prompt: {} });
      this.list.unshift(job);
      this.#changed(job);
      await this.#send(job);
    }
  }

  /** @param {Job} job */
  async cancel(job) {
    if (job.isOver) return this.dismiss(job);
    this.unwanted.add(job.promptId);
    await takeBack(job.promptId);
    if (job.state === "queued") job.take("execution_interrupted", { prompt_id: job.promptId }, performance.now());
    this.#changed(job);
    this.#askLater();
  }

  /** @param {Job} job */
  dismiss(job) {
    this.list = this.list.filter((each) => each !== job);
    this.#changed(job);
  }

  /** @param {Job} job */
  async #send(job) {
    try {
      const { start } = job;
      const workflow = await workflowOf(start.wishes, start);
      start.prompt = workflow.prompt(PREFIX);
      const answer = await post("/prompt", { client_id: api.clientId, prompt: start.prompt, extra_data: { extra_pnginfo: { workflow: workflow.opened() } } });
      const told = await answer.json();
      if (!answer.ok) return job.refused(refusal(told));
      start.promptId = told.prompt_id;
      this.sent.set(told.prompt_id, start.prompt);
      job.accepted(told.prompt_id);
      for (const [kind, detail] of this.early.filter(([, detail]) => String(detail?.prompt_id) === job.promptId)) job.take(kind, detail, performance.now());
    } catch {
      job.refused({ code: "panel.unreachable", message: "", hint: "" });
    } finally {
      this.#changed(job);
      this.#askLater();
    }
  }

  /**
   * @param {string} kind
   * @param {any} detail
   */
  #hear(kind, detail) {
    // The first events may come before the answer that names the prompt.
    if (this.list.some((job) => job.state === "sending")) this.early = [...this.early.slice(-KEPT_EVENTS), [kind, detail]];
    const id = String(detail?.prompt_id);
    // What ComfyUI is told between a job's turn and the begin of its run, it has forgotten by now.
    if (kind === "execution_start" && this.unwanted.has(id)) void takeBack(id);
    const job = this.list.find((each) => each.promptId && each.promptId === id);
    if (!job) return;
    job.take(kind, detail, performance.now());
    this.#changed(job);
  }

  /** @param {{blob: Blob, nodeId: string, jobId?: string}} detail */
  #show(detail) {
    const job = this.list.find((each) => each.promptId === detail.jobId) ?? this.list.find((each) => each.state === "running");
    if (!job || job.isOver || !String(detail.nodeId).startsWith(PREFIX)) return;
    this.dispatchEvent(new CustomEvent("preview", { detail: { job, blob: detail.blob } }));
  }

  #askLater() {
    clearTimeout(this.timer);
    if (this.isServerGone || this.unwanted.size || this.list.some((job) => !job.isOver)) this.timer = window.setTimeout(() => this.#ask(), ASK_MS);
  }

  async #ask() {
    try {
      const queue = await (await api.fetchApi("/queue")).json();
      this.isServerGone = false;
      this.#takeBackAgain([...queue.queue_running, ...queue.queue_pending].map((item) => item[1]));
      for (const job of this.list.filter((each) => !each.isOver && each.promptId)) {
        const isListed = [...queue.queue_running, ...queue.queue_pending].some((item) => item[1] === job.promptId);
        if (!isListed) job.remembered((await (await api.fetchApi(`/history/${job.promptId}`)).json())[job.promptId]);
        job.seen(queue);
        this.#changed(job);
      }
    } catch {
      this.isServerGone = true;
    }
    this.dispatchEvent(new CustomEvent("change"));
    this.#askLater();
  }

  /**
   * Only the tab that sent a job hears when its run begins; any other one that cancelled it sees it go on in the queue.
   *
   * @param {string[]} listed
   */
  #takeBackAgain(listed) {
    for (const id of this.unwanted) {
      if (listed.includes(id)) void takeBack(id);
      else if (!this.list.some((job) => job.promptId === id)) this.unwanted.delete(id);
    }
  }

  /** @param {Job} job */
  #changed(job) {
    if (job.state === "done" && job.files.length) this.#finish(job);
    if (["cancelled", "lost"].includes(job.state) && this.unwanted.has(job.promptId)) this.list = this.list.filter((each) => each !== job);
    const underWay = this.list.filter((each) => !each.isOver && each.promptId).map((each) => each.start);
    const ids = underWay.map((start) => start.promptId ?? "");
    for (const id of ids) this.known.add(id);
    if (ids.join() !== this.kept) keepUnderWay(underWay, this.known);
    this.kept = ids.join();
    this.dispatchEvent(new CustomEvent("change", { detail: { job } }));
  }

  /** @param {Job} job */
  #finish(job) {
    this.list = this.list.filter((each) => each !== job);
    const { wishes, channel, seed, at } = job.start;
    const notes = warningsOf(job.start.prompt, job.log.steps.values());
    const made = job.files.map((file, index) => ({ id: `${job.promptId}-${index}`, at, file, wishes, channel, seed, notes, words: job.words }));
    addAds(made);
    this.dispatchEvent(new CustomEvent("made", { detail: { ads: made } }));
  }
}

/**
 * @param {string} route
 * @param {object} body
 */
function post(route, body) {
  return api.fetchApi(route, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
}

/**
 * Have ComfyUI drop a job. Both, as its turn may come between the two; neither touches another job.
 *
 * @param {string} promptId
 */
async function takeBack(promptId) {
  await post("/queue", { delete: [promptId] }).catch(() => {});
  await post("/interrupt", { prompt_id: promptId }).catch(() => {});
}

/**
 * The workflow that makes an ad.
 *
 * @param {Wishes} wishes
 * @param {{channel: string, seed: number}} one
 */
export async function workflowOf(wishes, one) {
  const offered = await offers();
  const answer = await api.fetchApi(`/workflow_templates/${FOLDER}/${encodeURIComponent(templateOf(wishes, offered.engines, offered.locked[one.channel]))}`);
  // What the form shows as the usual model is what draws, not what the template was saved with.
  return fill(await answer.json(), { ...wishes, checkpoint: wishes.checkpoint || usualCheckpoint(offered) }, one, offered);
}

/**
 * What ComfyUI says of a graph that it does not take.
 *
 * @param {any} told
 * @returns {RunError}
 */
function refusal(told) {
  const [problem] = Object.values(told?.node_errors ?? {}).flatMap((/** @type {any} */ node) => node.errors ?? []);
  const words = problem ? [problem.message, problem.details] : [told?.error?.message, told?.error?.details];
  const input = String(problem?.extra_info?.input_name ?? "");
  const lacksFile = problem?.type === "value_not_in_list" && /_name$/.test(input); // of core's loaders
  const code = input === "image" ? "photo.not_found" : lacksFile ? "panel.engine_files" : told?.error?.type === "missing_node_type" ? "panel.missing_node" : "";
  return { code, message: words.filter(Boolean).join(": "), hint: "", figures: { file: String(problem?.extra_info?.received_value ?? "") } };
}

export const jobs = new Jobs();
