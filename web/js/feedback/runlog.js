/** What happened in the last run, node by node; fed with the server's events, knows no page. */

export class RunLog {
  constructor() {
    this.promptId = "";
    this.begun = 0;
    this.ended = 0;
    /** @type {"running" | "done" | "failed" | "cancelled" | "none"} */
    this.state = "none";
    /** @type {Map<string, RunStep>} */
    this.steps = new Map();
    /** @type {Map<string, RunStep>} the run's before it */
    this.before = new Map();
  }

  /**
   * @param {string} kind the event's name
   * @param {any} detail
   * @param {number} now milliseconds
   */
  take(kind, detail, now) {
    if (kind === "execution_start") this.#begin(String(detail.prompt_id), now);
    if (!detail?.prompt_id || String(detail.prompt_id) !== this.promptId) return;
    if (kind === "execution_cached") for (const id of detail.nodes ?? []) this.#keep(id);
    if (kind === "progress_state") for (const [id, node] of Object.entries(detail.nodes ?? {})) this.#progress(id, /** @type {any} */ (node), now);
    if (kind === "executed") this.#step(detail.display_node ?? detail.node).badges = detail.output?.adstudio_badges ?? [];
    if (kind === "adstudio.error") this.#step(detail.node_id).error = { code: detail.code, message: detail.message, hint: detail.hint, figures: detail.figures };
    if (kind === "execution_error") this.#fail(detail, now);
    if (kind === "execution_success") this.#end("done", now);
    if (kind === "execution_interrupted") this.#end("cancelled", now);
  }

  /** Milliseconds from begin to end, or to now. */
  lasted(now = performance.now()) {
    return (this.ended || now) - this.begun;
  }

  /**
   * @param {string} promptId
   * @param {number} now
   */
  #begin(promptId, now) {
    [this.promptId, this.begun, this.ended, this.state] = [promptId, now, 0, "running"];
    [this.before, this.steps] = [this.steps, new Map()];
  }

  /**
   * The server tells nothing of a node whose result it has kept: what that said then still holds.
   *
   * @param {string} id
   */
  #keep(id) {
    const step = this.#step(id);
    step.state = "cached";
    step.badges = this.before.get(step.id)?.badges ?? [];
  }

  /**
   * @param {string} id
   * @param {{state?: string}} node
   * @param {number} now
   */
  #progress(id, node, now) {
    if (node.state === "running") {
      const step = this.#step(id);
      step.begun ||= now;
      if (step.state === "waiting") step.state = "running";
    } else if (node.state === "finished" && this.steps.get(id)?.state === "running") {
      const step = this.#step(id);
      step.state = "done";
      step.milliseconds = now - step.begun;
    }
  }

  /**
   * @param {any} detail
   * @param {number} now
   */
  #fail(detail, now) {
    const step = this.#step(detail.node_id);
    step.state = "failed";
    step.milliseconds = step.begun ? now - step.begun : 0;
    step.error ??= { code: "", message: String(detail.exception_message ?? "").trim(), hint: "" };
    this.#end("failed", now);
  }

  /**
   * @param {"done" | "failed" | "cancelled"} state
   * @param {number} now
   */
  #end(state, now) {
    [this.state, this.ended] = [state, now];
    for (const step of this.steps.values()) {
      if (step.state !== "running") continue;
      step.state = state === "done" ? "done" : state;
      step.milliseconds = now - step.begun;
    }
  }

  /**
   * @param {string | number} id
   * @returns {RunStep}
   */
  #step(id) {
    const key = String(id);
    let step = this.steps.get(key);
    if (!step) {
      step = { id: key, state: "waiting", begun: 0, milliseconds: 0, badges: [], error: null };
      this.steps.set(key, step);
    }
    return step;
  }
}
