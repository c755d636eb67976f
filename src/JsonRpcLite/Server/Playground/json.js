'use strict';
const isRpc = document.documentElement.dataset.kind === 'methods';
const $ = id => document.getElementById(id);
const make = (tag, props = {}, ...children) => { const e = Object.assign(document.createElement(tag), props); e.append(...children); return e; };
document.body.classList.toggle('function', !isRpc);
if (!isRpc) { $('nav').hidden = true; document.querySelectorAll('.rpc').forEach(e => e.hidden = true); }

/* JSON as text. A value is read into what it was written as, so that 1.0 and 2^64+1 stay what they are; only strings are ever decoded. */
function read(text) {
  let at = 0;
  const fail = () => { throw new SyntaxError(at < text.length ? `Not JSON at character ${at + 1}.` : 'The JSON ends too early.'); };
  const take = rule => { rule.lastIndex = at; const m = rule.exec(text); if (!m) fail(); at = rule.lastIndex; return m[0]; };
  const space = () => take(/[ \t\r\n]*/y);
  const string = () => take(/"(?:[^"\\\u0000-\u001f]|\\(?:["\\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y);
  function value(depth) {
    if (depth > 200) throw new SyntaxError('The JSON is nested too deeply.');
    space();
    const c = text[at];
    if (c === '{' || c === '[') {
      const end = c === '{' ? '}' : ']', items = [];
      at++; space();
      if (text[at] === end) { at++; return { kind: c, items }; }
      for (;;) {
        space();
        let key = null;
        if (c === '{') { key = string(); space(); if (text[at] !== ':') fail(); at++; }
        items.push({ key, value: value(depth + 1) });
        space();
        if (text[at] === end) { at++; return { kind: c, items }; }
        if (text[at] !== ',') fail();
        at++;
      }
    }
    if (c === '"') return { kind: 's', raw: string() };
    if (c === '-' || (c >= '0' && c <= '9')) return { kind: 'n', raw: take(/-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y) };
    return { kind: 'w', raw: take(/true|false|null/y) };
  }
  const result = value(0);
  space();
  if (at < text.length) fail();
  return result;
}
const tryRead = text => { try { return read(text); } catch { return null; } };
const decode = raw => JSON.parse(raw);
const member = (node, name) => node && node.kind === '{' ? node.items.find(i => decode(i.key) === name)?.value : undefined;
const textOf = node => node && node.kind === 's' ? decode(node.raw) : undefined;

/* Writes indented JSON, with put(text, class) for each piece. Short lists of simple values stay on a line. */
function write(node, put, indent = '') {
  if (node.kind !== '{' && node.kind !== '[') return put(node.raw, node.kind);
  const end = node.kind === '{' ? '}' : ']';
  if (!node.items.length) return put(node.kind + end);
  const flat = node.kind === '[' && node.items.every(i => 'nw'.includes(i.value.kind)) && node.items.reduce((n, i) => n + i.value.raw.length + 2, 0) < 60;
  put(node.kind);
  node.items.forEach((item, i) => {
    put((i ? ',' : '') + (flat ? (i ? ' ' : '') : '\n' + indent + '  '));
    if (item.key !== null) { put(item.key, 'k'); put(': '); }
    write(item.value, put, indent + '  ');
  });
  put((flat ? '' : '\n' + indent) + end);
}
const pretty = node => { let s = ''; write(node, t => s += t); return s; };
/* Each string is isolated, so that right-to-left text does not turn the punctuation around it. */
function show(target, node) {
  const parts = [];
  write(node, (t, kind) => parts.push(kind ? make(kind === 's' || kind === 'k' ? 'bdi' : 'span', { className: kind, textContent: t }) : t));
  target.replaceChildren(...parts);
}

