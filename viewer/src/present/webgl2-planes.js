// Planes by WebGL2: cells lie in a texture as they arrived, and a shader converts them to pixels by the formula of
// docs/protocol.md, in integers.

import { CELL_BYTES, chromaSize, cellsOf, IDENTITY, numbersOf } from '../decode/planar.js';
import { link } from './webgl2-program.js';
import { uploadRects } from './webgl2-upload.js';

/**
 * @typedef {import('../decode/planar.js').Planar} Planar
 * @typedef {import('../decode/planar.js').Size} Size
 * @typedef {import('./presenter.js').PlanesTarget} PlanesTarget
 */

const FRAGMENT = `#version 300 es
precision highp float;
precision highp int;
precision highp usampler2D;
uniform usampler2D block;
uniform ivec2 size;         // of the picture
uniform int stride;         // bytes in a row of cells
uniform int sampleBytes;
uniform int mask;
uniform ivec2 share;        // pixels that share a sample of chroma, across and down; 0 where there is none
uniform int chromaWidth;
uniform int step;           // samples from one of U to the next
uniform int uAt, vAt;       // the first sample of each
uniform bool isColours;
uniform int black, neutral, luma, redV, greenU, greenV, blueU, shift;
out vec4 colour;

int byteAt(int at) {
  int inRow = at % stride;
  return int(texelFetch(block, ivec2(inRow >> 2, at / stride), 0)[inRow & 3]);
}

int sampleAt(int at) {
  if (sampleBytes == 1) return byteAt(at);
  return (byteAt(2 * at) | byteAt(2 * at + 1) << 8) & mask;
}

int grey(int value) {
  return (value - black) * luma + (1 << (shift - 1));
}

void main() {
  ivec2 at = ivec2(int(gl_FragCoord.x), size.y - 1 - int(gl_FragCoord.y));
  int y = sampleAt(at.y * size.x + at.x), u = neutral, v = neutral;
  if (share.x > 0) {
    int index = ((at.y / share.y) * chromaWidth + at.x / share.x) * step;
    u = sampleAt(uAt + index);
    v = sampleAt(vAt + index);
  }
  ivec3 sums = isColours ? ivec3(grey(v), grey(y), grey(u))
    : grey(y) + ivec3(redV * (v - neutral), -greenU * (u - neutral) - greenV * (v - neutral), blueU * (u - neutral));
  // Whole numbers of 255 parts are stored as they are.
  colour = vec4(vec3(clamp(sums >> shift, 0, 255)) / 255.0, 1.0);
}`;

/** @implements {PlanesTarget} */
export class WebGl2Planes {
  #gl;
  #program;
  #texture;
  #cells;
  #size;

  /**
   * Whether they are not too many for a texture.
   * @param {WebGL2RenderingContext} gl
   * @param {Planar} planar
   * @param {Size} size
   */
  static holds(gl, planar, size) {
    const { width, height } = cellsOf(planar, size);
    return Math.max(width, height) <= gl.getParameter(gl.MAX_TEXTURE_SIZE);
  }

  /** What draws any of them; it throws where this WebGL2 does not take it. @param {WebGL2RenderingContext} gl */
  static program(gl) {
    return link(gl, FRAGMENT);
  }

  /**
   * @param {WebGL2RenderingContext} gl
   * @param {WebGLProgram} program
   * @param {Planar} planar
   * @param {Size} size
   */
  constructor(gl, program, planar, size) {
    const cells = cellsOf(planar, size);
    this.#gl = gl;
    this.#cells = cells;
    this.#size = size;
    this.#program = program;
    gl.useProgram(program);
    this.#set(planar, size);
    this.#texture = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, this.#texture);
    gl.texStorage2D(gl.TEXTURE_2D, 1, gl.RGBA8UI, cells.width, cells.height);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
  }

  /** @type {PlanesTarget['paint']} */
  paint({ bytes, ...place }, rects) {
    // A texture of whole numbers takes no clamped ones.
    const cells = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    uploadRects(this.#gl, this.#gl.RGBA_INTEGER, { bytes: cells, ...place }, rects);
  }

  /** All of it: what changed in planes shows in places that are apart. */
  commit() {
    const gl = this.#gl;
    const { width, height } = this.#size;
    gl.scissor(0, 0, width, height);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  close() {
    this.#gl.deleteTexture(this.#texture);
  }

  /** @param {Planar} planar @param {Size} size */
  #set(planar, size) {
    const gl = this.#gl;
    const { across, down, turns, sampleBytes, bits, matrix } = planar;
    const chroma = chromaSize(planar, size);
    const lumaSamples = size.width * size.height;
    const { black, neutral, luma, redV, greenU, greenV, blueU, shift } = numbersOf(planar);
    const numbers = {
      stride: this.#cells.width * CELL_BYTES,
      sampleBytes,
      mask: 2 ** bits - 1,
      chromaWidth: chroma.width,
      step: turns ? 2 : 1,
      uAt: lumaSamples,
      vAt: lumaSamples + (turns ? 1 : chroma.width * chroma.height),
      isColours: matrix === IDENTITY && across === 1 && down === 1 ? 1 : 0,
      black,
      neutral,
      luma,
      redV,
      greenU,
      greenV,
      blueU,
      shift,
    };
    const place = (/** @type {string} */ name) => gl.getUniformLocation(this.#program, name);
    for (const [name, value] of Object.entries(numbers)) gl.uniform1i(place(name), value);
    gl.uniform2i(place('size'), size.width, size.height);
    gl.uniform2i(place('share'), across, down);
  }
}
