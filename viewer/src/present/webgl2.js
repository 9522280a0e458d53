// Presenter that paints by WebGL2: patches are written into one texture, which is drawn pixel for pixel.

import { WebGl2Planes } from './webgl2-planes.js';
import { link } from './webgl2-program.js';
import { uploadRects } from './webgl2-upload.js';

/** @typedef {import('./presenter.js').Presenter} Presenter */

// A fetch, not a sample: no filter, no rounding of coordinates. The frame's first row is its uppermost, WebGL's the
// lowest.
const FRAGMENT = `#version 300 es
precision highp float;
precision highp sampler2D;
uniform sampler2D picture;
uniform int height;
out vec4 colour;
void main() {
  colour = vec4(texelFetch(picture, ivec2(int(gl_FragCoord.x), height - 1 - int(gl_FragCoord.y)), 0).rgb, 1.0);
}`;

/** @implements {Presenter} */
export class WebGl2 {
  #canvas;
  #gl;
  #program = /** @type {WebGLProgram | null} */ (null);
  #planes = /** @type {WebGl2Planes | null} */ (null);
  #planesProgram = /** @type {WebGLProgram | null} */ (null);
  #heightUniform = /** @type {WebGLUniformLocation | null} */ (null);
  #texture = /** @type {WebGLTexture | null} */ (null);
  /** Bounds of what has been written and not drawn, in the frame's coordinates. */
  #left = Infinity;
  #top = Infinity;
  #right = 0;
  #bottom = 0;

  /**
   * @param {OffscreenCanvas | HTMLCanvasElement} canvas
   * @param {() => void} lost called when the canvas has lost its content
   */
  constructor(canvas, lost = () => {}) {
    const settings = { alpha: false, antialias: false, depth: false, stencil: false, preserveDrawingBuffer: true };
    const gl = /** @type {WebGL2RenderingContext | null} */ (
      /** @type {OffscreenCanvas} */ (canvas).getContext('webgl2', settings)
    );
    if (gl === null) throw new Error('no WebGL2 context');
    this.#canvas = canvas;
    this.#gl = gl;
    this.#setUp();
    // Without preventDefault a lost context never comes back; when it does, it is empty.
    canvas.addEventListener('webglcontextlost', event => event.preventDefault());
    canvas.addEventListener('webglcontextrestored', () => {
      this.#setUp();
      lost();
    });
  }

  /** @param {number} width @param {number} height */
  resize(width, height) {
    const gl = this.#gl;
    if (Math.max(width, height) > gl.getParameter(gl.MAX_TEXTURE_SIZE))
      throw new Error(`${width}x${height} is too large for WebGL2 here`);
    this.#canvas.width = width;
    this.#canvas.height = height;
    gl.viewport(0, 0, width, height);
    this.#planes?.close();
    this.#planes = null;
    gl.useProgram(this.#program);
    gl.uniform1i(this.#heightUniform, height);
    gl.deleteTexture(this.#texture);
    this.#texture = this.#newTexture();
    this.#touch({ x: 0, y: 0, width, height });
  }

  /** Switches to planes until the next `resize`. @type {NonNullable<Presenter['planes']>} */
  planes(planar, size) {
    if (!WebGl2Planes.holds(this.#gl, planar, size)) return null;
    try {
      this.#planesProgram ??= WebGl2Planes.program(this.#gl);
    } catch {
      return null; // The caller converts them instead.
    }
    this.#planes = new WebGl2Planes(this.#gl, this.#planesProgram, planar, size);
    return this.#planes;
  }

  /** @type {Presenter['paint']} */
  paint(pixels, rects) {
    uploadRects(this.#gl, this.#gl.RGBA, pixels, rects);
    for (const rect of rects) this.#touch(rect);
  }

  commit() {
    if (this.#right === 0) return;
    const gl = this.#gl;
    gl.scissor(this.#left, this.#canvas.height - this.#bottom, this.#right - this.#left, this.#bottom - this.#top);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
    [this.#left, this.#top, this.#right, this.#bottom] = [Infinity, Infinity, 0, 0];
  }

  /** Reads the canvas, not the texture: what is proven is what is shown. */
  read() {
    const gl = this.#gl;
    const { width, height } = this.#canvas;
    const flipped = new Uint8Array(width * height * 4);
    gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, flipped);
    const row = width * 4;
    const bytes = new Uint8ClampedArray(flipped.length);
    for (let y = 0; y < height; y += 1)
      bytes.set(flipped.subarray((height - 1 - y) * row, (height - y) * row), y * row);
    return bytes;
  }

  /** WebGL only queues its work: reading one pixel waits until it is done. */
  finish() {
    const gl = this.#gl;
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
  }

  close() {
    this.#gl.getExtension('WEBGL_lose_context')?.loseContext();
  }

  /** One of the frame's size. */
  #newTexture() {
    const gl = this.#gl;
    const texture = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.texStorage2D(gl.TEXTURE_2D, 1, gl.RGBA8, this.#canvas.width, this.#canvas.height);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
    return texture;
  }

  #setUp() {
    const gl = this.#gl;
    this.#program = link(gl, FRAGMENT);
    this.#heightUniform = gl.getUniformLocation(this.#program, 'height');
    this.#texture = this.#planes = this.#planesProgram = null;
    // Bytes are to arrive as they are.
    gl.pixelStorei(gl.UNPACK_COLORSPACE_CONVERSION_WEBGL, gl.NONE);
    gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, false);
    gl.disable(gl.DITHER);
    gl.disable(gl.BLEND);
    gl.enable(gl.SCISSOR_TEST);
  }

  /** @param {import('../rect.js').Rect} rect */
  #touch({ x, y, width, height }) {
    this.#left = Math.min(this.#left, x);
    this.#top = Math.min(this.#top, y);
    this.#right = Math.max(this.#right, x + width);
    this.#bottom = Math.max(this.#bottom, y + height);
  }
}
