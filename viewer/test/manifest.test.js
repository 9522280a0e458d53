import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readFileSync } from 'node:fs';
import { ERRORS } from '../src/element/errors.js';
import { LanStream } from '../src/lan-stream.js';

/** @param {string} path from this folder */
function text(path) {
  return readFileSync(new URL(path, import.meta.url), 'utf8');
}

const MANIFEST = JSON.parse(text('../custom-elements.json'));
const [{ attributes, members, events, cssParts, cssProperties }] = MANIFEST.modules[0].declarations;

/** @param {{ name: string }[]} list */
function names(list) {
  return list.map(({ name }) => name).sort();
}

/** Public members of the class and of the classes under it that are the package's. */
function publicMembers() {
  const found = /** @type {{ name: string, isMethod: boolean, isSettable: boolean }[]} */ ([]);
  const callbacks = ['constructor', 'connectedCallback', 'disconnectedCallback', 'attributeChangedCallback'];
  for (let at = LanStream.prototype; at.constructor.name !== ''; at = Object.getPrototypeOf(at)) {
    for (const [name, { value, set }] of Object.entries(Object.getOwnPropertyDescriptors(at)))
      if (!callbacks.includes(name))
        found.push({ name, isMethod: typeof value === 'function', isSettable: set !== undefined });
  }
  return found;
}

test('the manifest has the attributes and members of the class, each as what it is', () => {
  assert.equal(MANIFEST.schemaVersion, '2.1.0');
  assert.deepEqual(names(attributes), [...LanStream.observedAttributes].sort());
  const there = publicMembers();
  assert.deepEqual(names(members), names(there));
  for (const { name, isMethod, isSettable } of there) {
    const member = members.find((/** @type {{ name: string }} */ each) => each.name === name);
    assert.equal(member.kind, isMethod ? 'method' : 'field', name);
    if (!isMethod) assert.equal(member.readonly !== true, isSettable, name);
  }
});

test('every attribute is a property that can be set', () => {
  for (const name of LanStream.observedAttributes)
    assert.ok(
      publicMembers().some(member => member.name === name && member.isSettable),
      name,
    );
});

test('the manifest has the parts and the custom properties of the element, and the events that it sends', () => {
  const folder = '../src/element/';
  const files = ['style', 'overlay', 'film', 'stage', 'engine-link', 'media', 'player'];
  const sources = files.map(name => text(`${folder}${name}.js`)).join('\n');
  const found = (/** @type {RegExp} */ pattern) =>
    [...new Set([...sources.matchAll(pattern)].map(match => match[1]))].sort();
  assert.deepEqual(names(cssParts), found(/part\.add\('([a-z]+)'\)/g));
  assert.deepEqual(names(cssProperties), found(/var\((--lanstream-[a-z]+)/g));
  for (const name of names(events)) assert.ok(sources.includes(`'${name}'`) || name === 'error', name);
});

test('the documentation has every event, part and error code', () => {
  const page = text('../../docs/viewer.md');
  for (const name of [...names(events), ...names(cssParts), ...names(cssProperties), ...Object.keys(ERRORS)])
    assert.ok(page.includes(`\`${name}\``), name);
});
