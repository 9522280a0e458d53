// The element in React 19's JSX: `import type {} from 'lanstream-viewer/react'`.

import type { ClassAttributes, HTMLAttributes } from 'react';
import type { LanStream, LanStreamEventMap } from './lan-stream.js';

type LanStreamAttributes = Partial<
  Pick<
    LanStream,
    | 'src'
    | 'transport'
    | 'codes'
    | 'present'
    | 'thread'
    | 'fit'
    | 'stats'
    | 'verify'
    | 'muted'
    | 'controls'
    | 'autoplay'
    | 'volume'
  >
>;

/** React listens to the event `name` by the property `onname`. */
type LanStreamHandlers = { [K in keyof LanStreamEventMap as `on${K}`]?: (event: LanStreamEventMap[K]) => void } & {
  [
    K in
      | 'playing'
      | 'waiting'
      | 'play'
      | 'pause'
      | 'ended'
      | 'resize'
      | 'loadedmetadata'
      | 'canplay'
      | 'timeupdate' as `on${K}`
  ]?: (event: Event) => void;
};

declare module 'react' {
  namespace JSX {
    interface IntrinsicElements {
      'lan-stream': Omit<HTMLAttributes<LanStream>, keyof LanStreamHandlers> &
        ClassAttributes<LanStream> &
        LanStreamAttributes &
        LanStreamHandlers;
    }
  }
}
