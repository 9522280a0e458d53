// Ranges of time in the form of the browser's TimeRanges, which no script can construct.

export class Ranges {
  #ranges;

  /** @param {readonly (readonly [startS: number, endS: number])[]} ranges */
  constructor(ranges) {
    this.#ranges = ranges;
  }

  get length() {
    return this.#ranges.length;
  }

  /** @param {number} index */
  start(index) {
    return this.#range(index)[0];
  }

  /** @param {number} index */
  end(index) {
    return this.#range(index)[1];
  }

  /** @param {number} index */
  #range(index) {
    const range = this.#ranges[index];
    if (range === undefined) throw new DOMException(`there is no range ${index}`, 'IndexSizeError');
    return range;
  }
}
