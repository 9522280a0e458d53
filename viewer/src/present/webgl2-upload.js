// Parts of a frame in memory into the bound texture of its size.

/**
 * @param {WebGL2RenderingContext} gl
 * @param {GLenum} format of the texture's texels
 * @param {{ bytes: Uint8Array | Uint8ClampedArray, x: number, y: number, width: number }} pixels four bytes for each
 *   texel; where they begin in the frame, and how many there are in a row
 * @param {readonly import('../rect.js').Rect[]} rects of the frame, all within the pixels
 */
export function uploadRects(gl, format, { bytes, x, y, width }, rects) {
  gl.pixelStorei(gl.UNPACK_ROW_LENGTH, width);
  for (const rect of rects) {
    const offset = ((rect.y - y) * width + rect.x - x) * 4;
    gl.texSubImage2D(
      gl.TEXTURE_2D,
      0,
      rect.x,
      rect.y,
      rect.width,
      rect.height,
      format,
      gl.UNSIGNED_BYTE,
      bytes,
      offset,
    );
  }
  gl.pixelStorei(gl.UNPACK_ROW_LENGTH, 0);
}
