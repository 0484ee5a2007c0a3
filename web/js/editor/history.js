/** Undo and redo over values that are written down; the same value twice is one step. */

const LONGEST = 200;

export class History {
  /** @param {string} first */
  constructor(first) {
    /** @type {string[]} */
    this.past = [];
    /** @type {string[]} */
    this.future = [];
    /** @type {string} */
    this.present = first;
  }

  /** @param {string} first */
  reset(first) {
    [this.past, this.future, this.present] = [[], [], first];
  }

  /** @param {string} value */
  push(value) {
    if (value === this.present) return;
    this.past = [...this.past, this.present].slice(-LONGEST);
    this.future = [];
    this.present = value;
  }

  get canUndo() {
    return this.past.length > 0;
  }

  get canRedo() {
    return this.future.length > 0;
  }

  /** @returns {string | null} */
  undo() {
    const value = this.past.pop();
    if (value === undefined) return null;
    this.future.push(this.present);
    return (this.present = value);
  }

  /** @returns {string | null} */
  redo() {
    const value = this.future.pop();
    if (value === undefined) return null;
    this.past.push(this.present);
    return (this.present = value);
  }
}
