// A page in React that shows a stream with media-chrome's controls. The stream's URL stands in the address after the #.

import 'lanstream-viewer';
import 'media-chrome';
import { createRoot } from 'react-dom/client';

function Player({ src }) {
  const keep = element => {
    window.lanstream = element;
  };
  return (
    <media-controller>
      <lan-stream slot="media" ref={keep} src={src} verify />
      <media-control-bar>
        <media-play-button />
        <media-mute-button />
        <media-fullscreen-button />
      </media-control-bar>
    </media-controller>
  );
}

createRoot(document.getElementById('root')).render(<Player src={decodeURIComponent(location.hash.slice(1))} />);
