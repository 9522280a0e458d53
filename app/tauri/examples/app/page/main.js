// Shows the stream that the application pushes. Its errors are in the title, which the application's window has.

import 'lanstream-viewer';
import { open } from 'tauri-plugin-lanstream-api';

const element = document.querySelector('lan-stream');
element.addEventListener('error', event => {
  document.title = `${event.code}: ${event.message}`;
});
element.src = await open('renderer');
