// A WebGL2 program that draws a canvas's every pixel once, by a fragment shader.

const VERTEX = `#version 300 es
void main() {
  // One triangle that covers the canvas, made from the vertex's number alone.
  gl_Position = vec4(vec2(gl_VertexID & 1, gl_VertexID >> 1) * 4.0 - 1.0, 0.0, 1.0);
}`;

/** @param {WebGL2RenderingContext} gl @param {string} fragment */
export function link(gl, fragment) {
  const program = gl.createProgram();
  for (const [type, text] of /** @type {const} */ ([
    [gl.VERTEX_SHADER, VERTEX],
    [gl.FRAGMENT_SHADER, fragment],
  ])) {
    const shader = gl.createShader(type);
    if (shader === null) throw new Error('WebGL2 context was lost');
    gl.shaderSource(shader, text);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(`WebGL2: ${gl.getProgramInfoLog(program)}`);
  return program;
}
