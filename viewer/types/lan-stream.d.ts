// Types of `lanstream-viewer`, whose import defines the element. What tsc makes of the sources is in generated/.

import type { LanStream } from './generated/element/lan-stream.js';
import type { StreamErrorEvent } from './generated/element/errors.js';
import type { Stats } from './generated/session/engine.js';

export { LanStream, StreamError, StreamErrorEvent } from './generated/lan-stream.js';
export type { ErrorCode, ErrorDetail } from './generated/element/errors.js';
export type { FrameCallback, FrameMetadata } from './generated/element/frame-callbacks.js';
export type { State, Stats } from './generated/session/engine.js';

/** Events of the element that are not those of every element. */
export interface LanStreamEventMap {
  error: StreamErrorEvent;
  frame: CustomEvent<{ seq: number; frames: number }>;
  stats: CustomEvent<Stats>;
  statechange: Event;
  'exactness-lost': CustomEvent<{ seq: number }>;
  renewed: CustomEvent<{ url: string }>;
}

declare module './generated/element/lan-stream.js' {
  interface LanStream {
    addEventListener<K extends keyof LanStreamEventMap>(
      type: K,
      listener: (this: LanStream, event: LanStreamEventMap[K]) => unknown,
      options?: boolean | AddEventListenerOptions,
    ): void;
    addEventListener<K extends keyof HTMLElementEventMap>(
      type: K,
      listener: (this: LanStream, event: HTMLElementEventMap[K]) => unknown,
      options?: boolean | AddEventListenerOptions,
    ): void;
    addEventListener(
      type: string,
      listener: EventListenerOrEventListenerObject,
      options?: boolean | AddEventListenerOptions,
    ): void;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'lan-stream': LanStream;
  }
}
