/** A shipped workflow as the page saves it: changed node by node, read as a prompt. Knows no page. */

const WITHOUT_PROMPT = new Set(["MarkdownNote", "Note"]);
const WIDGETS = new Set(["INT", "FLOAT", "STRING", "BOOLEAN", "COMBO"]);
const NEW_NODE = { width: 300, gap: 40 };

export class Workflow {
  /** @param {SavedWorkflow} saved stays as it is */
  constructor(saved) {
    this.saved = structuredClone(saved);
  }

  /**
   * @param {string} type
   * @returns {SavedNode | undefined} the first of that type
   */
  node(type) {
    return this.saved.nodes.find((node) => node.type === type);
  }

  /**
   * Give a widget of every node of a type a value; a node that lacks the widget is left alone.
   *
   * @param {string} type
   * @param {string} name
   * @param {unknown} value
   */
  set(type, name, value) {
    for (const node of this.saved.nodes) if (node.type === type) this.setOn(node, name, value);
  }

  /**
   * @param {SavedNode} node
   * @param {string} name of the widget
   * @param {unknown} value
   */
  setOn(node, name, value) {
    const place = Object.keys(node.widgets_values_named ?? {}).indexOf(name);
    if (place < 0) return;
    /** @type {Record<string, unknown>} */ (node.widgets_values_named)[name] = value;
    /** @type {unknown[]} */ (node.widgets_values)[place] = value;
  }

  /**
   * @param {SavedNode} from
   * @param {number} output
   * @param {SavedNode} to
   * @param {string} name of the input
   */
  link(from, output, to, name) {
    const slot = to.inputs.findIndex((input) => input.name === name);
    if (slot < 0) return;
    this.unlink(to, name);
    const number = Math.max(this.saved.last_link_id, ...this.saved.links.map((link) => link[0])) + 1;
    this.saved.last_link_id = number;
    this.saved.links.push([number, from.id, output, to.id, slot, from.outputs[output].type]);
    to.inputs[slot].link = number;
    from.outputs[output].links = [...(from.outputs[output].links ?? []), number];
  }

  /**
   * @param {SavedNode} node
   * @param {string} name of the input
   */
  unlink(node, name) {
    const input = node.inputs.find((each) => each.name === name);
    const number = input?.link ?? null;
    if (!input || number === null) return;
    input.link = null;
    this.saved.links = this.saved.links.filter((link) => link[0] !== number);
    for (const { outputs } of this.saved.nodes) {
      for (const output of outputs) output.links = output.links?.filter((each) => each !== number) ?? null;
    }
  }

  /**
   * Where an input comes from.
   *
   * @param {SavedNode} node
   * @param {string} name of the input
   * @returns {[SavedNode, number] | null}
   */
  sourceOf(node, name) {
    const number = node.inputs.find((each) => each.name === name)?.link ?? null;
    const link = this.saved.links.find((each) => each[0] === number);
    const source = this.saved.nodes.find((each) => each.id === link?.[1]);
    return link && source ? [source, link[2]] : null;
  }

  /** @param {SavedNode} node taken out with its links */
  remove(node) {
    for (const input of node.inputs) this.unlink(node, input.name);
    for (const [, source, , target, slot] of [...this.saved.links]) {
      const taker = this.saved.nodes.find((each) => each.id === target);
      if (source === node.id && taker) this.unlink(taker, taker.inputs[slot].name);
    }
    this.saved.nodes = this.saved.nodes.filter((each) => each !== node);
  }

  /**
   * Whatever takes an output takes another node's instead, but for that node itself.
   *
   * @param {[SavedNode, number]} before
   * @param {[SavedNode, number]} after
   */
  reroute([from, output], [to, newOutput]) {
    for (const [, source, slot, target, input] of [...this.saved.links]) {
      const node = this.saved.nodes.find((each) => each.id === target);
      if (source !== from.id || slot !== output || !node || node === to) continue;
      this.link(to, newOutput, node, node.inputs[input].name);
    }
  }

  /**
   * @param {string} type
   * @param {NodeSchema} schema
   * @param {SavedNode} beside it is put above that one
   * @returns {SavedNode}
   */
  add(type, schema, beside) {
    const id = Math.max(this.saved.last_node_id, ...this.saved.nodes.map((node) => node.id)) + 1;
    this.saved.last_node_id = id;
    /** @type {Record<string, unknown>} */
    const named = {};
    const inputs = inputsOf(schema).map(({ name, kind, options }) => {
      if (!isWidget(kind)) return { name, type: String(kind), link: null };
      named[name] = options.default ?? choicesOf([kind, options])[0] ?? null;
      return { name, type: Array.isArray(kind) ? "COMBO" : kind, widget: { name }, link: null };
    });
    const outputs = schema.output.map((kind, index) => ({ name: schema.output_name[index], type: kind, links: null }));
    const height = 40 + 26 * Math.max(inputs.length, outputs.length);
    /** @type {SavedNode} */
    const node = {
      id, type, pos: [beside.pos[0], topOf(this.saved) - height - NEW_NODE.gap], size: [NEW_NODE.width, height], flags: {}, order: id, mode: 0,
      inputs, outputs, properties: { "Node name for S&R": type }, widgets_values: Object.values(named), widgets_values_named: named,
    };
    this.saved.nodes.push(node);
    return node;
  }

  /**
   * The graph as `POST /prompt` takes it.
   *
   * @param {string} prefix of every id: what a panel runs must not light up nodes of the graph that is open
   * @returns {Prompt}
   */
  prompt(prefix = "") {
    const sources = new Map(this.saved.links.map((link) => [link[0], [`${prefix}${link[1]}`, link[2]]]));
    /** @type {Prompt} */
    const prompt = {};
    for (const node of this.saved.nodes) {
      if (WITHOUT_PROMPT.has(node.type)) continue;
      /** @type {Record<string, unknown>} */
      const inputs = {};
      for (const input of node.inputs) {
        if (input.link !== null && input.link !== undefined) inputs[input.name] = sources.get(input.link);
        else if (input.widget && input.type !== "IMAGEUPLOAD") inputs[input.name] = node.widgets_values_named?.[input.name];
      }
      prompt[`${prefix}${node.id}`] = { class_type: node.type, inputs };
    }
    return prompt;
  }

  /** The graph to open on the canvas: nodes, not the form of an app. */
  opened() {
    const { linearMode: _mode, linearData: _data, ...extra } = this.saved.extra ?? {};
    return { ...structuredClone(this.saved), extra };
  }
}

/**
 * What a menu of a node offers.
 *
 * @param {[unknown, Record<string, any>?] | undefined} input as `/object_info` describes it
 * @returns {string[]}
 */
export function choicesOf(input) {
  const [kind, options] = input ?? [];
  return (Array.isArray(kind) ? kind : (options?.options ?? [])).map(String);
}

/**
 * @param {NodeSchema} schema
 * @returns {{name: string, kind: any, options: Record<string, any>}[]}
 */
function inputsOf(schema) {
  return ["required", "optional"].flatMap((part) => (schema.input_order?.[part] ?? []).map((name) => {
    const [kind, options] = schema.input[part]?.[name] ?? [];
    return { name, kind, options: options ?? {} };
  }));
}

/** @param {unknown} kind */
function isWidget(kind) {
  return Array.isArray(kind) || WIDGETS.has(String(kind));
}

/** @param {SavedWorkflow} saved */
function topOf(saved) {
  return Math.min(...saved.nodes.map((node) => node.pos[1]));
}
