// Audio tracks of a film in the form of the browser's AudioTrackList, which no script can construct. One of them is
// heard by all who watch: to have none, an element is muted.

/** An audio track. */
export class Track {
  kind = '';
  language = '';
  id;
  label;
  #list;
  #index;

  /** @param {AudioTracks} list @param {number} index @param {string} label what the film calls it */
  constructor(list, index, label) {
    this.#list = list;
    this.#index = index;
    this.id = String(index);
    this.label = label;
  }

  /** Whether it is heard. Setting it to true has it heard instead of the one before. */
  get enabled() {
    return this.#list.heard === this.#index;
  }
  set enabled(wanted) {
    if (wanted && !this.enabled) this.#list.select(this.#index);
  }
}

/**
 * The list, whose tracks are also its properties 0, 1 and so on. Its events are `addtrack`, `removetrack` and `change`.
 * @implements {Iterable<Track>}
 */
export class AudioTracks extends EventTarget {
  /** Number of the track that is heard; `null`: none. */
  heard = /** @type {number | null} */ (null);
  #tracks = /** @type {Track[]} */ ([]);
  /** Has the server play another. */
  select;

  /** @param {(index: number) => void} select */
  constructor(select) {
    super();
    this.select = select;
  }

  get length() {
    return this.#tracks.length;
  }

  /** @param {string} id @returns {Track | null} */
  getTrackById(id) {
    return this.#tracks.find(track => track.id === id) ?? null;
  }

  [Symbol.iterator]() {
    return this.#tracks.values();
  }

  /** Has the next one heard, after the last the first. */
  next() {
    if (this.length > 0) this.select(((this.heard ?? -1) + 1) % this.length);
  }

  /** What the server says. @param {readonly string[]} names @param {number | null} heard */
  update(names, heard) {
    const isSame = names.length === this.length && this.#tracks.every(({ label }, index) => label === names[index]);
    if (!isSame) this.#replace(names);
    if (heard === this.heard) return;
    this.heard = heard;
    this.dispatchEvent(new Event('change'));
  }

  /** @param {readonly string[]} names */
  #replace(names) {
    const had = this.length;
    for (let index = 0; index < had; index += 1) Reflect.deleteProperty(this, index);
    this.#tracks = names.map((name, index) => new Track(this, index, name));
    this.#tracks.forEach((track, index) =>
      Object.defineProperty(this, index, { value: track, configurable: true, enumerable: true }),
    );
    if (had > 0) this.dispatchEvent(new Event('removetrack'));
    if (names.length > 0) this.dispatchEvent(new Event('addtrack'));
  }
}
